"""The root command, which imports a command's module only when it runs."""

import contextlib
import errno
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from warehouse_sync._version import __version__
from warehouse_sync.cli import streams
from warehouse_sync.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Each section of `--help`: the commands by name, with the first line of their own help.
SECTIONS = {
    "Workspace": {
        "connections": "List and show connections to warehouses.",
        "models": "List and show data models.",
        "feeds": "List, show and change feeds.",
        "pipelines": "List, show, trigger and pause pipelines.",
        "runs": "List, show and wait for runs.",
        "status": "Show the status and latest run of every pipeline.",
        "schedule": "Show when a pipeline runs next.",
        "report": "Write an HTML report of a workspace's run history.",
        "exporter": "Serve the state of a workspace's pipelines for Prometheus.",
    },
    "Files": {
        "init": "Create the files of a first pipeline.",
        "lint": "Check files for errors without calling the API.",
        "fmt": "Format the YAML files that declare resources.",
        "plan": "Show the changes that `apply` would make.",
        "apply": "Change a workspace to match the files.",
        "drift": "Exit with 2 if the workspace differs from the files.",
        "destroy": "Delete the resources that the files manage.",
        "state": "Show and repair which files manage which resources.",
        "export": "Write the resources of a workspace to files.",
        "from-dbt": "Declare pipelines from the models of a dbt project.",
        "convert": "Convert definitions of the older API to files.",
        "schema": "Print the JSON Schema of the files.",
    },
    "Access": {
        "auth": "Log in, log out and show the cached token.",
        "profiles": "List, show and create profiles.",
        "doctor": "Check settings, network, token and API access.",
        "setup": "Print the SQL that gives mParticle access to a warehouse.",
    },
    "Local tools": {
        "emulator": "Run a local emulator of the Warehouse Sync API.",
        "demo": "Run the tutorial against a local emulator.",
        "preview": "Show how mParticle uses each column of a query.",
        "mcp": "Serve tools for assistants over stdin and stdout.",
        "completion": "Print a shell completion script.",
    },
}
COMMANDS = {name: summary for section in SECTIONS.values() for name, summary in section.items()}
# Optional packages and the extra that installs them.
_EXTRAS = {
    "rich": "cli",
    "yaml": "cli",
    "sqlglot": "cli",
    "dateutil": "emulator",
    "duckdb": "emulator",
    "prometheus_client": "prometheus",
    "mcp": "mcp",
}


class LazyGroup(click.Group):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the command names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the signature is click's
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(_import(f"warehouse_sync.cli.commands.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command for `args`; suggest the closest name if there is none."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            close = import_module("difflib").get_close_matches(args[0], COMMANDS, n=1)
            if close:
                ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the signature is click's
        """Run the command line.

        An output that cannot be written becomes one line and an exit code.
        """
        streams.prepare()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            message = streams.write_failure(error)
            if message is None:
                raise
            with contextlib.suppress(OSError):  # stderr may be the stream that cannot be written
                click.echo(f"Error: {message}", err=True)
            streams.discard()
            sys.exit(ExitCode.ERROR)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; turn Ctrl-C and file errors into one line and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(ExitCode.INTERRUPTED)
        except OSError as error:
            if error.filename is None or error.errno == errno.EPIPE:
                raise
            raise click.ClickException(
                streams.printable(f"{error.filename}: {error.strerror}. Check the path and its permissions.")
            ) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete command names without importing the commands."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - not needed to run a command

        names = [
            CompletionItem(name, help=summary)
            for name, summary in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the signature is click's
        """Write the commands by section without importing them."""
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in commands.items()])


def _import(module: str) -> object:
    """Import a command's module; name the extra if an optional package is missing."""
    try:
        return import_module(module)
    except ImportError as error:
        if error.name not in _EXTRAS:
            raise
        extra = _EXTRAS[error.name]
        raise click.ClickException(
            f"This command needs packages that are not installed: pip install 'warehouse-sync[{extra}]'"
        ) from error


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version and exit.")
def root() -> None:
    """Manage mParticle Warehouse Sync from the command line.

    Settings come from options, a profile or WAREHOUSE_SYNC_ environment variables; `warehouse-sync doctor` checks them.
    """
