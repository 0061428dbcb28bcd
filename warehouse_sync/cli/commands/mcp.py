"""`warehouse-sync mcp`: tools for assistants."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.mcp_server import Tools, create_server
from warehouse_sync.cli.output import Output, text_options

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient

_WORKSPACE = ("profile", "postman_env", "workspace", "api_url", "token_url", "ca_file", "timeout")


@click.command()
@click.option(
    "--allow-writes", is_flag=True, help="Also offer the tools that trigger pipelines and apply saved plans."
)
@text_options
@context_options
def mcp(*, context: Context, output: Output, allow_writes: bool) -> None:
    """Serve tools for assistants over stdin and stdout.

    The tools of the Model Context Protocol show the status of pipelines, their runs and why a run failed, and lint, preview
    and plan the files in the current folder. None changes the workspace without --allow-writes.

    Example: warehouse-sync mcp --allow-writes
    """

    async def serve(client: "AsyncClient") -> None:
        tools = Tools(
            client=client, folder=Path.cwd(), options=_given(*_WORKSPACE), environment=_given("env")
        )
        await create_server(tools, allow_writes=allow_writes).run_stdio_async()

    context.call(serve, on_warning=output.note)


def _given(*names: str) -> tuple[str, ...]:
    """Return the options that the command has, to pass them on."""
    current = click.get_current_context()
    return tuple(
        word
        for parameter in current.command.params
        if parameter.name in names
        and current.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        for word in (parameter.opts[-1], str(current.params[parameter.name]))
    )
