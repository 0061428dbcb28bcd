"""`warehouse-sync models`: read data models."""

import click

from warehouse_sync.cli.resource_commands import add_get_command, add_list_command


@click.group()
def models() -> None:
    """List and show data models.

    Example: warehouse-sync models list
    """


add_list_command(
    models, "data_models", noun="data models", columns=("id", "name", "state", "status", "errors")
)
add_get_command(
    models, "data_models", summary="Show a data model with its SQL query.", example_id="customers"
)
