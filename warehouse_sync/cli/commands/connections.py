"""`warehouse-sync connections`: read connections."""

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.resource_commands import add_get_command
from warehouse_sync.cli.warehouses import SERVICE_PROVIDERS


@click.group()
def connections() -> None:
    """List and show connections to warehouses.

    Example: warehouse-sync connections list
    """


@connections.command(name="list")
@click.option(
    "--provider",
    type=click.Choice(list(SERVICE_PROVIDERS.values()), case_sensitive=False),
    show_default="all",
    help="List only this service provider.",
)
@output_options
@context_options
def list_connections(*, context: Context, output: Output, provider: str | None) -> None:
    """List the connections of a workspace.

    Example: warehouse-sync connections list --provider Snowflake
    """
    found = context.call(lambda client: client.connections.list(provider))
    output.rows(
        declarative.to_documents(found), ("id", "name", "service_provider", "state", "status", "errors")
    )


add_get_command(
    connections, "connections", summary="Show a connection with its secrets masked.", example_id="snowflake"
)
