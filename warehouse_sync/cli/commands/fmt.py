"""`warehouse-sync fmt`: format the files."""

import sys
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, text_options
from warehouse_sync.cli.streams import printable_lines


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 10 if a file is not formatted.")
@text_options
def fmt(*, paths: tuple[Path, ...], check: bool, output: Output) -> None:
    """Format the YAML files that declare resources.

    Indents by two spaces, and puts the fields of each resource into the order of the reference. Values, comments and
    queries stay as they are, so a plan does not change. Prints the names of the files that it changes.

    PATH is a folder or a file; without one, it is the current folder. Other files, such as JSON, SQL and YAML of other
    tools, are left as they are.

    Example: warehouse-sync fmt infra/
    """
    with errors.exit_on_error():
        formatted = declarative.format_files(paths or (Path(),))
    if not check:
        formatted.write()
    for problem in formatted.skipped:
        output.note(f"{problem.location.file} {problem.message}.")
    names = [str(file) for file in formatted.texts]
    if output.format == "json":
        output.document({"files": names})
    else:
        click.echo(printable_lines("\n".join(names)), nl=bool(names))
    sys.exit(ExitCode.FILES_WRONG if check and names else ExitCode.OK)
