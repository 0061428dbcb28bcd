"""``warehouse-sync drift``: a plan for machines."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import DRIFT, ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import FILES, load_files, plan_options, prepare_plan, show

if TYPE_CHECKING:
    from warehouse_sync.declarative import Options


class DriftCommand(click.Command):
    """A command in which every error is 1, since 2 says that there is drift."""

    def make_context(self, *args: object, **kwargs: object) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **kwargs)  # type: ignore[arg-type]  # click's own arguments
        except click.ClickException as error:
            raise _as_error(error) from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _as_error(error) from None


def _as_error(error: click.ClickException) -> click.ClickException:
    error.exit_code = ExitCode.ERROR  # type: ignore[misc]  # click declares it on the class and reads it from the instance
    return error


@click.command(cls=DriftCommand)
@FILES
@plan_options
@output_options
@context_options
def drift(*, context: Context, output: Output, files: Path, options: "Options") -> None:
    """Tell whether a workspace is as the files say: exit code 0 if it is, 2 if not, 1 for any error.

    Example: warehouse-sync drift infra/ --quiet
    """
    declarations = load_files(files, output)
    prepared = prepare_plan(context, declarations, options)
    show(output, prepared)
    sys.exit(DRIFT if prepared.plan.steps or prepared.plan.blockers else ExitCode.OK)
