"""``warehouse-sync apply``: make it so."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import FILES, confirm, execute, load_files, plan_options, prepare_plan, show

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options, SavedPlan


@click.command()
@FILES
@click.option("--yes", is_flag=True, help="Do not ask.")
@plan_options
@output_options
@context_options
def apply(*, context: Context, output: Output, files: Path, yes: bool, options: "Options") -> None:
    """Make a workspace as the files say: plan, show, ask, change.

    FOLDER may also be a plan that `plan --out` saved; it is carried out without a question, and only if nothing has
    changed since. A command that was interrupted can be run again.

    Example: warehouse-sync apply infra/ --yes
    """
    if declarative.is_plan(files):
        _apply_saved(context, output, files, options)
    else:
        _apply_files(context, output, files, options, yes=yes)


def _apply_files(context: Context, output: Output, files: Path, options: "Options", *, yes: bool) -> None:
    declarations = load_files(files, output)
    prepared = prepare_plan(context, declarations, options)
    asks = bool(prepared.plan.steps) and not yes
    show(output, prepared, asks=asks)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, os.environ)  # before the question, not after it
    if asks:
        confirm("Apply these changes?")
    execute(context, output, prepared)


def _apply_saved(context: Context, output: Output, file: Path, options: "Options") -> None:
    if options != declarative.Options(max_deletes=0):
        raise click.UsageError(
            "a saved plan has its options in it: leave --prune, --max-deletes and --rotate out"
        )
    with errors.exit_on_error():
        saved = declarative.read_plan(file)
        declarations = declarative.load(_folder_of(saved))
    prepared = prepare_plan(context, declarations, saved.options)
    with errors.exit_on_error():
        saved.check(prepared.inputs, prepared.plan)
    show(output, prepared)
    execute(context, output, prepared)


def _folder_of(saved: "SavedPlan") -> Path:
    folder = Path(saved.folder)
    if not folder.exists():
        raise errors.CliError(f"{folder}, which the plan is for, is not here.", ExitCode.PLAN_STALE)
    return folder
