"""`warehouse-sync apply`: change a workspace to match the files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click
from click.core import ParameterSource

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import (
    PreparedPlan,
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
@click.option(
    "--parallelism", type=click.IntRange(1), default=10, metavar="N", help="Changes at the same time."
)
@click.option("--keep-going", is_flag=True, help="Continue with independent changes after a failure.")
@plan_options
@output_options
@context_options
def apply(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    files: Path,
    yes: bool,
    parallelism: int,
    keep_going: bool,
    options: "Options",
) -> None:
    """Change a workspace to match the files.

    Shows the plan and asks before it changes anything. An apply that was interrupted can be run again.

    FOLDER may also be a plan saved by `plan --out`. A saved plan is applied without asking, and refused with exit code 15
    if the workspace, the files or the secrets changed since it was made. It contains its options; --max-deletes can only
    lower its limit.

    Example: warehouse-sync apply infra/ --yes
    """
    with errors.exit_on_error():
        saved = declarative.find_plan(files)
    if saved is not None:
        prepared = _prepare_saved(context, output, saved)
    else:
        prepared = _prepare_files(context, output, files, options, yes=yes)
    execute(context, output, prepared, parallelism=parallelism, keep_going=keep_going)


def _prepare_files(
    context: Context, output: Output, files: Path, options: "Options", *, yes: bool
) -> PreparedPlan:
    declarations = load_files(context, files, output, options)
    prepared = prepare_plan(context, declarations, options)
    confirming = bool(prepared.plan.steps) and not yes
    print_plan(output, prepared, confirming=confirming)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, os.environ)  # do not ask about a plan that cannot be applied
    if confirming:
        confirm("Apply these changes?")
    return prepared


def _prepare_saved(context: Context, output: Output, saved: "SavedPlan") -> PreparedPlan:
    with errors.exit_on_error():
        options = _saved_options(saved)
        declarations = declarative.load(_folder_of(saved), environment=context.environment)
    prepared = prepare_plan(context, declarations, options)
    with errors.exit_on_error():
        saved.check(prepared.inputs, prepared.plan)
    print_plan(output, prepared)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, os.environ)
    return prepared


def _saved_options(saved: "SavedPlan") -> "Options":
    """Return the options of a saved plan, with the limit of the command if it is lower.

    Raises:
        UsageError: The command has another option of a plan.
    """
    current = click.get_current_context()
    given = {
        name
        for name in ("prune", "rotate", "adopt", "target", "max_deletes")
        if current.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    if wrong := sorted(given - {"max_deletes"}):
        raise click.UsageError(
            f"a saved plan contains its options: remove {', '.join(f'--{name}' for name in wrong)}"
        )
    if "max_deletes" not in given:
        return saved.options
    limits = (current.params["max_deletes"], saved.options.max_deletes)
    return attrs.evolve(saved.options, max_deletes=min(limit for limit in limits if limit is not None))


def _folder_of(saved: "SavedPlan") -> Path:
    folder = Path(saved.folder)
    if not folder.exists():
        raise errors.CliError(
            f"{folder}, the folder of the saved plan, does not exist.",
            ExitCode.PLAN_STALE,
            "Run the command in the directory where the plan was made.",
        )
    return folder
