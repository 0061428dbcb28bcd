"""``warehouse-sync export``: files from a workspace."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.looking import with_client
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.writing import show_written


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Replace files that exist.")
@output_options
@target_options
def export(*, target: Target, output: Output, folder: Path, force: bool) -> None:
    """Write files from a workspace, such that `plan` then finds nothing to change.

    Secrets are written as references to environment variables, whose names are printed.

    Example: warehouse-sync export infra/
    """

    async def work() -> None:
        observed = await with_client(target, declarative.observe)
        files, skipped = declarative.export_documents(observed)
        written = declarative.write_files(folder, files, force=force)
        show_written(output, written, files, missing=[f"not written: {note}" for note in skipped])

    failures.run(work)
