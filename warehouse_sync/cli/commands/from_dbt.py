"""`warehouse-sync from-dbt`: declare pipelines from the models of a dbt project."""

import sys
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, force_option, text_options
from warehouse_sync.cli.streams import printable_lines

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("from-dbt")
@click.argument("manifest", type=_FILE)
@click.option(
    "-o",
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder to write to.",
)
@click.option(
    "--catalog", type=_FILE, show_default="catalog.json beside the manifest", help="The catalog of dbt."
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 10 if columns or settings changed in dbt."
)
@click.option(
    "--exposures",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the exposures that show the pipelines in dbt's lineage.",
)
@force_option
@text_options
def from_dbt(  # noqa: PLR0913 - one argument per option
    *,
    manifest: Path,
    folder: Path,
    catalog: Path | None,
    check: bool,
    exposures: Path | None,
    force: bool,
    output: Output,
) -> None:
    """Declare pipelines from the models of a dbt project.

    MANIFEST is `target/manifest.json`. Each model with `meta.warehouse_sync` becomes a data model and a pipeline. Its
    columns are those of `catalog.json`, which `dbt docs generate` writes, or else those of the project.

    Example: warehouse-sync from-dbt target/manifest.json -o infra/dbt
    """
    with errors.exit_on_error():
        project = declarative.read_dbt_project(manifest, catalog)
        pipelines = declarative.dbt_pipelines(project)
        for warning in project.warnings:
            output.note(warning)
        if not pipelines:
            output.note(f"{manifest} has no model with meta.warehouse_sync.")
        texts = {} if exposures is None else {exposures: declarative.dbt_exposures(pipelines)}
        if check:
            comparison = declarative.compare_with_dbt_folder(pipelines, folder, texts)
            problems = list(comparison.problems)
            if output.format == "json":
                output.document({"problems": problems, "notes": list(comparison.notes)})
            else:
                click.echo(printable_lines("\n".join(problems)), nl=bool(problems))
                for note in comparison.notes:
                    output.note(note)
            sys.exit(ExitCode.FILES_WRONG if problems else ExitCode.OK)
        written, stale = declarative.write_dbt_folder(pipelines, folder, texts, force=force)
    names = [str(file) for file in written]
    output.text({"files": names, "gone": [str(file) for file in stale]}, "\n".join(names))
    for file in stale:
        output.note(f"{file} was written from a model that is gone. Remove it.")
    output.note(f"Next: warehouse-sync lint {folder}")
