"""`warehouse-sync drift`: compare a workspace with the files, for scripts and CI."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import DRIFT, ExitCode
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


class DriftCommand(click.Command):
    """A command whose errors all exit with 1, because 2 means drift."""

    def uses_drift_codes(self, ctx: click.Context | None, args: Sequence[str]) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether 2 means drift in a call with this context or these arguments."""
        return True

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - the signature is click's
    ) -> click.Context:
        """Parse the arguments."""
        given = tuple(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            raise _with_exit_code_1(error) if self.uses_drift_codes(None, given) else error from None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _with_exit_code_1(error) if self.uses_drift_codes(ctx, ()) else error from None


def _with_exit_code_1(error: click.ClickException) -> click.ClickException:
    error.exit_code = ExitCode.ERROR  # type: ignore[misc]  # click declares it on the class and reads it from the instance
    return error


@click.command(cls=DriftCommand)
@files_argument
@output_options
@plan_format_option
@plan_options
@context_options
def drift(*, context: Context, output: Output, as_markdown: bool, files: Path, options: "Options") -> None:
    """Exit with 2 if the workspace differs from the files.

    Exits with 0 if they match and with 1 for any error. Nothing is changed. A difference is what `apply` with the same
    options would change, or what would stop it. Resources that no files declare or manage are listed as unmanaged.
    Three things are no difference: unmanaged resources, a declared resource that other files manage, and, without
    --prune, a resource that these files manage and no longer declare.

    Example: warehouse-sync drift infra/ --quiet
    """
    declarations = load_files(context, files, output, options)
    prepared = prepare_plan(context, declarations, options)
    if as_markdown:
        print_markdown(prepared, listing_unmanaged=True)
    else:
        print_plan(output, prepared, listing_unmanaged=True)
    plan = prepared.plan
    sys.exit(DRIFT if plan.steps or set(plan.blockers) - set(plan.takeovers) else ExitCode.OK)
