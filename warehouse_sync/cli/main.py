"""The commands by name. A command's module is imported when it is run, so that ``--help`` stays quick."""

import difflib
import errno
import sys
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from warehouse_sync._version import __version__
from warehouse_sync.cli.exit_codes import ExitCode

# Each command: the module that holds it under its own name, and its line in `--help`.
COMMANDS = {
    "connections": ("warehouse_sync.cli.commands.connections", "Look at the connections of a workspace."),
    "models": ("warehouse_sync.cli.commands.models", "Look at the data models of a workspace."),
    "pipelines": (
        "warehouse_sync.cli.commands.pipelines",
        "Look at the pipelines of a workspace, and start their runs.",
    ),
    "runs": ("warehouse_sync.cli.commands.runs", "Look at the runs of a pipeline, and wait for them."),
    "status": ("warehouse_sync.cli.commands.status", "Show what every pipeline is doing."),
    "plan": (
        "warehouse_sync.cli.commands.plan",
        "Show what would change for a workspace to be as the files say.",
    ),
    "apply": ("warehouse_sync.cli.commands.apply", "Make a workspace as the files say."),
    "drift": (
        "warehouse_sync.cli.commands.drift",
        "Tell by exit code whether a workspace is as the files say.",
    ),
    "destroy": ("warehouse_sync.cli.commands.destroy", "Delete what the files declare."),
    "export": ("warehouse_sync.cli.commands.export", "Write files from a workspace."),
    "lint": ("warehouse_sync.cli.commands.lint", "Look for what would fail an hour later."),
    "schema": ("warehouse_sync.cli.commands.schema", "Print the JSON Schema of the files, for editors."),
    "init": ("warehouse_sync.cli.commands.init", "Write a first folder of files."),
    "setup": ("warehouse_sync.cli.commands.setup", "Print what to do in the warehouse."),
    "schedule": ("warehouse_sync.cli.commands.schedule", "See when pipelines will run."),
    "report": ("warehouse_sync.cli.commands.report", "Write a page of a workspace's run history."),
    "convert": ("warehouse_sync.cli.commands.convert", "Turn definitions of the older API into files."),
    "completion": ("warehouse_sync.cli.commands.completion", "Print the completion script of a shell."),
    "auth": ("warehouse_sync.cli.commands.auth", "Log in, see and forget the token that commands share."),
    "doctor": ("warehouse_sync.cli.commands.doctor", "Check settings, clock, DNS, TLS, token and API."),
    "preview": ("warehouse_sync.cli.commands.preview", "Show what a query's columns become at mParticle."),
    "demo": ("warehouse_sync.cli.commands.demo", "Walk through the tutorial against an emulator."),
    "emulator": ("warehouse_sync.cli.commands.emulator", "Serve the Warehouse Sync API on this machine."),
}
# Packages that are installed with an extra alone.
_EXTRAS = {"rich": "cli", "yaml": "cli", "sqlglot": "cli", "dateutil": "emulator", "duckdb": "emulator"}


class LazyGroup(click.Group):
    """A group that knows its commands' names and first lines, and imports a command to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the commands' names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(_imported(module), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; for a name that is nearly one, say which."""
        near = [] if args[0] in COMMANDS else difflib.get_close_matches(args[0], COMMANDS, n=1)
        if near and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; Ctrl-C ends every one alike, and a file that cannot be read or written is told, and not traced."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(ExitCode.INTERRUPTED)
        except OSError as error:
            if error.filename is None or error.errno == errno.EPIPE:
                raise
            raise click.ClickException(
                f"{error.filename}: {error.strerror}. Check the path, and what you may do there."
            ) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands' names without importing any."""
        known = COMMANDS.items()
        names = [CompletionItem(name, help=line) for name, (_, line) in known if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the commands' lines without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _imported(module: str) -> object:
    """Import a command's module; when a package of an extra is absent, say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        if error.name not in _EXTRAS:
            raise
        extra = _EXTRAS[error.name]
        raise click.ClickException(
            f"This command needs packages that are not installed: pip install 'warehouse-sync[{extra}]'"
        ) from error


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def root() -> None:
    """Work with mParticle's Warehouse Sync API from the command line."""
