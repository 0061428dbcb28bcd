"""`warehouse-sync convert`: convert definitions of the older API to files."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.output import Output, force_option, output_options


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
    help="Folder to write to.",
)
@force_option
@output_options
def convert(*, old: tuple[Path, ...], folder: Path, force: bool, output: Output) -> None:
    """Convert definitions of the older API to files.

    FILE is a JSON file with connections, data models or pipelines of the older API. Fields without an equivalent are
    listed. Pipelines are written as paused: stop the old ones before you activate them.

    For v1 pipelines that mParticle has already migrated to this API, use `warehouse-sync export` instead.

    Example: warehouse-sync convert old/*.json --to infra/
    """
    with errors.exit_on_error():
        conversion = declarative.convert(list(old))
        files = conversion.files()
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files, missing=conversion.warnings)
    output.note(f"Next: warehouse-sync lint {folder}")
