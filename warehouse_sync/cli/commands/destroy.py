"""`warehouse-sync destroy`: delete the resources that the files manage."""

import sys
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.planning import (
    execute,
    files_argument,
    load_files,
    prepare_destroy_plan,
    print_plan,
    prompt,
)


@click.command()
@files_argument
@click.option(
    "--confirm", "confirmed", metavar="ID", help="Confirm with the workspace id instead of typing it."
)
@click.option(
    "--unmanaged", is_flag=True, help="Also delete declared resources that these files do not manage."
)
@output_options
@context_options
def destroy(*, context: Context, output: Output, files: Path, confirmed: str | None, unmanaged: bool) -> None:
    """Delete the resources that the files manage.

    Deletes every resource that was last applied from these files. Asks you to type the workspace id.

    Example: warehouse-sync destroy infra/ --workspace 5328
    """
    declarations = load_files(context, files, output)
    prepared = prepare_destroy_plan(context, declarations, unmanaged=unmanaged)
    print_plan(output, prepared, confirming=bool(prepared.plan.steps) and confirmed is None)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, {})
    if prepared.plan.steps:
        _confirm(prepared.inputs.workspace_id, confirmed)
        execute(context, output, prepared)


def _confirm(workspace_id: int, confirmed: str | None) -> None:
    if confirmed is None and is_terminal(sys.stdin):
        question = "Type the workspace id to delete these resources"
        confirmed = prompt(lambda: str(click.prompt(question, err=True, default="", show_default=False)))
    if confirmed is None or confirmed.strip() != str(workspace_id):
        raise errors.CliError(
            "nothing was deleted: the workspace id was not confirmed.",
            ExitCode.REFUSED,
            "Type it when asked, or pass it with --confirm.",
        )
