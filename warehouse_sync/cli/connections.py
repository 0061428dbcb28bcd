"""``warehouse-sync connections``: where the data comes from."""

import click

from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.looking import show_list, show_one
from warehouse_sync.cli.output import Output, output_options

_COLUMNS = ("id", "name", "service_provider", "state", "status", "errors")


@click.group()
def connections() -> None:
    """Look at the connections of a workspace.

    Example: warehouse-sync connections list
    """


@connections.command(name="list")
@click.option("--provider", metavar="NAME", help="Only those of a service provider, such as Snowflake.")
@output_options
@target_options
def list_connections(*, target: Target, output: Output, provider: str | None) -> None:
    """List the connections.

    Example: warehouse-sync connections list --provider Snowflake
    """
    show_list(target, output, lambda client: client.connections.list(provider), _COLUMNS)


@connections.command(name="get")
@click.argument("connection_id", metavar="ID")
@output_options
@target_options
def get_connection(*, target: Target, output: Output, connection_id: str) -> None:
    """Show one connection; its secrets are masked.

    Example: warehouse-sync connections get snowflake
    """
    show_one(target, output, lambda client: client.connections.get(connection_id))
