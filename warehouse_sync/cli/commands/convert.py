"""``warehouse-sync convert``: definitions of the older API to files."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.output import Output, output_options


@click.command()
@click.argument(
    "old",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE...",
)
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where to write.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@output_options
def convert(*, old: tuple[Path, ...], folder: Path, force: bool, output: Output) -> None:
    """Turn JSON definitions of the older API into files for this one.

    What has no equivalent is listed. Pipelines are written as paused: switch the old ones off before you activate them.
    mParticle moved the pipelines of v1 to this API by itself: `warehouse-sync export` writes files from those.

    Example: warehouse-sync convert old/*.json --to infra/
    """
    with errors.exit_on_error():
        conversion = declarative.convert(list(old))
        files = conversion.files()
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files, missing=conversion.warnings)
    output.note(f"Next: warehouse-sync lint {folder}.")
