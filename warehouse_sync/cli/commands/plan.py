"""`warehouse-sync plan`: show the changes that `apply` would make."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli.commands.drift import DriftCommand
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import DRIFT
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import (
    files_argument,
    load_files,
    plan_format_option,
    plan_options,
    prepare_plan,
    print_markdown,
    print_plan,
)

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options


class PlanCommand(DriftCommand):
    """A command that uses the exit codes of `drift` with `--exit-code`."""

    def uses_drift_codes(self, ctx: click.Context | None, args: Sequence[str]) -> bool:
        """Return whether `--exit-code` is given."""
        return "--exit-code" in args if ctx is None else bool(ctx.params.get("exit_code"))


@click.command(cls=PlanCommand)
@files_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan for `apply FILE`.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 2 if there are changes and with 1 for any error.")
@output_options
@plan_format_option
@plan_options
@context_options
def plan(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    as_markdown: bool,
    files: Path,
    out: Path | None,
    exit_code: bool,
    options: "Options",
) -> None:
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
    if as_markdown:
        print_markdown(prepared)
    else:
        print_plan(output, prepared)
    if exit_code and (prepared.plan.steps or prepared.plan.blockers):
        sys.exit(DRIFT)
