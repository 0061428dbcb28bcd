"""``warehouse-sync convert``: definitions of the older API to files."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures


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
def convert(*, old: tuple[Path, ...], folder: Path, force: bool) -> None:
    """Turn JSON definitions of the older API into files for this one.

    What has no equivalent is listed. Pipelines are written as paused: switch the old ones off before you activate them.

    Example: warehouse-sync convert old/*.json --to infra/
    """
    with failures.told():
        conversion = declarative.convert(list(old))
        files = conversion.files()
        written = declarative.write_files(folder, files, force=force)
    for file in written:
        click.echo(str(file))
    for line in conversion.lost:
        click.echo(failures.printable(line), err=True)
    for name in declarative.needed_variables(files):
        click.echo(f"needs a value: {name}", err=True)
    click.echo(f"Next: warehouse-sync lint {folder}.", err=True)
