"""`warehouse-sync export`: write the resources of a workspace to files."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, force_option, output_options


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(("connection", "data_model", "feed", "pipeline")),
    show_default="all",
    help="Write only this kind; repeatable.",
)
@click.option(
    "--id", "ids", multiple=True, metavar="ID", help="Write only resources with this id; repeatable."
)
@force_option
@output_options
@context_options
def export(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    folder: Path,
    kinds: tuple[str, ...],
    ids: tuple[str, ...],
    force: bool,
) -> None:
    """Write the resources of a workspace to files.

    Writes a file per resource, queries to `.sql` files, and the JSON Schema for editors. A `plan` of these files finds nothing to change. Secrets are written as references to environment variables; the
    command prints the names of these variables.

    Example: warehouse-sync export infra/
    """
    # Without a number of the account, feeds are written only if they are asked for.
    feeds = "feed" in kinds or (not kinds and context.value("account_id") is not None)
    snapshot = context.call(lambda client: declarative.read_snapshot(client, feeds=feeds))
    with errors.exit_on_error():
        files, skipped = declarative.export_documents(snapshot, kinds=frozenset(kinds), ids=frozenset(ids))
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files, missing=[f"not written: {note}" for note in skipped])
