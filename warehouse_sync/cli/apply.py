"""``warehouse-sync apply``: make it so."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.exits import Exit
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import FILES, carry_out, confirm, load_files, make_draft, plan_options, show

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options, SavedPlan


@click.command()
@FILES
@click.option("--yes", is_flag=True, help="Do not ask.")
@plan_options
@output_options
@target_options
def apply(*, target: Target, output: Output, files: Path, yes: bool, options: "Options") -> None:
    """Make a workspace as the files say: plan, show, ask, change.

    FOLDER may also be a plan that `plan --out` saved; it is carried out without a question, and only if nothing has
    changed since. A command that was interrupted can be run again.

    Example: warehouse-sync apply infra/ --yes
    """
    if declarative.is_plan(files):
        _apply_saved(target, output, files, options)
    else:
        _apply_files(target, output, files, options, yes=yes)


def _apply_files(target: Target, output: Output, files: Path, options: "Options", *, yes: bool) -> None:
    declarations = load_files(files, output)
    made = make_draft(target, declarations, options)
    asks = bool(made.plan.steps) and not yes
    show(output, made, asks=asks)
    with failures.told():
        declarative.check_plan(made.plan, os.environ)  # before the question, not after it
    if asks:
        confirm("Apply these changes?")
    carry_out(target, output, made)


def _apply_saved(target: Target, output: Output, file: Path, options: "Options") -> None:
    if options != declarative.Options(max_deletes=0):
        raise click.UsageError(
            "a saved plan has its options in it: leave --prune, --max-deletes and --rotate out"
        )
    with failures.told():
        saved = declarative.read_plan(file)
        declarations = declarative.load(_folder_of(saved))
    made = make_draft(target, declarations, saved.options)
    with failures.told():
        saved.check(made.binding, made.plan)
    show(output, made)
    carry_out(target, output, made)


def _folder_of(saved: "SavedPlan") -> Path:
    folder = Path(saved.folder)
    if not folder.exists():
        raise failures.Failure(f"{folder}, which the plan is for, is not here.", Exit.PLAN_STALE)
    return folder
