"""``warehouse-sync export``: files from a workspace."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Replace files that exist.")
@output_options
@context_options
def export(*, context: Context, output: Output, folder: Path, force: bool) -> None:
    """Write files from a workspace, such that `plan` then finds nothing to change.

    Secrets are written as references to environment variables, whose names are printed.

    Example: warehouse-sync export infra/
    """
    observed = context.call(declarative.read_snapshot)
    with errors.exit_on_error():
        files, skipped = declarative.export_documents(observed)
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files, missing=[f"not written: {note}" for note in skipped])
