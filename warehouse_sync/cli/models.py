"""``warehouse-sync models``: which rows and columns are loaded."""

import click

from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.looking import show_list, show_one
from warehouse_sync.cli.output import Output, output_options

_COLUMNS = ("id", "name", "state", "status", "errors")


@click.group()
def models() -> None:
    """Look at the data models of a workspace.

    Example: warehouse-sync models list
    """


@models.command(name="list")
@output_options
@target_options
def list_models(*, target: Target, output: Output) -> None:
    """List the data models.

    Example: warehouse-sync models list --output csv
    """
    show_list(target, output, lambda client: client.data_models.list(), _COLUMNS)


@models.command(name="get")
@click.argument("data_model_id", metavar="ID")
@output_options
@target_options
def get_model(*, target: Target, output: Output, data_model_id: str) -> None:
    """Show one data model with its query.

    Example: warehouse-sync models get customers
    """
    show_one(target, output, lambda client: client.data_models.get(data_model_id))
