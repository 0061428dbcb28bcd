"""`warehouse-sync plan`: show the changes that `apply` would make."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import files_argument, load_files, plan_options, prepare_plan, print_plan

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options


@click.command()
@files_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan for `apply FILE`.",
)
@plan_options
@output_options
@context_options
def plan(*, context: Context, output: Output, files: Path, out: Path | None, options: "Options") -> None:
    """Show the changes that `apply` would make.

    Nothing is changed. A plan saved with --out can be applied until the workspace, the files or the secrets change.

    Example: warehouse-sync plan infra/ --out plan.json
    """
    declarations = load_files(context, files, output, options)
    prepared = prepare_plan(context, declarations, options)
    if out is not None:
        declarative.save_plan(
            out,
            prepared.plan,
            prepared.inputs,
            folder=str(files),
            options=options,
            environment=context.environment.name if context.environment else None,
        )
    print_plan(output, prepared)
