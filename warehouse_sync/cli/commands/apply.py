"""`warehouse-sync apply`: change a workspace to match the files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import (
    confirm,
    execute,
    files_argument,
    load_files,
    plan_options,
    prepare_plan,
    print_plan,
)

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options, SavedPlan


@click.command()
@files_argument
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@plan_options
@output_options
@context_options
def apply(*, context: Context, output: Output, files: Path, yes: bool, options: "Options") -> None:
    """Change a workspace to match the files.

    Shows the plan and asks before it changes anything. An apply that was interrupted can be run again.

    FOLDER may also be a plan saved by `plan --out`. A saved plan is applied without asking, and refused with exit code 15
    if the workspace, the files or the secrets changed since it was made.

    Example: warehouse-sync apply infra/ --yes
    """
    if declarative.is_plan(files):
        _apply_saved(context, output, files, options)
    else:
        _apply_files(context, output, files, options, yes=yes)


def _apply_files(context: Context, output: Output, files: Path, options: "Options", *, yes: bool) -> None:
    declarations = load_files(files, output, options)
    prepared = prepare_plan(context, declarations, options)
    confirming = bool(prepared.plan.steps) and not yes
    print_plan(output, prepared, confirming=confirming)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, os.environ)  # do not ask about a plan that cannot be applied
    if confirming:
        confirm("Apply these changes?")
    execute(context, output, prepared)


def _apply_saved(context: Context, output: Output, file: Path, options: "Options") -> None:
    if options != declarative.Options(max_deletes=0):
        raise click.UsageError(
            "a saved plan contains its options: remove --prune, --max-deletes and --rotate"
        )
    with errors.exit_on_error():
        saved = declarative.read_plan(file)
        declarations = declarative.load(_folder_of(saved))
    prepared = prepare_plan(context, declarations, saved.options)
    with errors.exit_on_error():
        saved.check(prepared.inputs, prepared.plan)
    print_plan(output, prepared)
    execute(context, output, prepared)


def _folder_of(saved: "SavedPlan") -> Path:
    folder = Path(saved.folder)
    if not folder.exists():
        raise errors.CliError(
            f"{folder}, the folder of the saved plan, does not exist.",
            ExitCode.PLAN_STALE,
            "Run the command in the directory where the plan was made.",
        )
    return folder
