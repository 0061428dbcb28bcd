"""The commands by name. A command's module is imported when it is run, so that ``--help`` stays quick."""

from importlib import import_module

import click

from warehouse_sync._version import __version__

# Each command: the module that holds it under its own name, and its line in `--help`.
COMMANDS = {
    "emulator": ("warehouse_sync.cli.emulator", "Serve the Warehouse Sync API on this machine."),
}
# Packages that are installed with an extra alone.
_EXTRAS = {"rich": "cli", "dateutil": "emulator"}


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
