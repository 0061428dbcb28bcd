"""The `list` and `get` commands that several resources share."""

from collections.abc import Sequence

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options


def add_list_command(group: click.Group, resource: str, *, noun: str, columns: Sequence[str]) -> None:
    """Add a `list` command to a group.

    Args:
        group: The group of the resource's commands.
        resource: The client's attribute, such as `data_models`.
        noun: The plural that the help uses, such as `data models`.
        columns: The columns of a table.
    """

    @group.command(
        name="list", help=f"List the {noun} of a workspace.\n\nExample: warehouse-sync {group.name} list"
    )
    @output_options
    @context_options
    def list_resources(*, context: Context, output: Output) -> None:
        found = context.call(lambda client: getattr(client, resource).list())
        output.rows(declarative.to_documents(found), columns)


def add_get_command(group: click.Group, resource: str, *, summary: str, example_id: str) -> None:
    """Add a `get` command to a group.

    Args:
        group: The group of the resource's commands.
        resource: The client's attribute, such as `data_models`.
        summary: The first line of the help.
        example_id: The id in the help's example.
    """

    @group.command(name="get", help=f"{summary}\n\nExample: warehouse-sync {group.name} get {example_id}")
    @click.argument("resource_id", metavar="ID", shell_complete=complete_ids(resource))
    @output_options
    @context_options
    def get_resource(*, context: Context, output: Output, resource_id: str) -> None:
        found = context.call(lambda client: getattr(client, resource).get(resource_id))
        output.record(declarative.to_document(found))
