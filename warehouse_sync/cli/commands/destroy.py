"""``warehouse-sync destroy``: delete what the files declare."""

import sys
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.planning import FILES, ask, execute, load_files, prepare_plan, show


@click.command()
@FILES
@click.option(
    "--confirm", "confirmed", metavar="ID", help="The workspace's number, in place of typing it when asked."
)
@output_options
@context_options
def destroy(*, context: Context, output: Output, files: Path, confirmed: str | None) -> None:
    """Delete everything in the workspace that these files declare or were the last to manage.

    The workspace's number has to be typed.

    Example: warehouse-sync destroy infra/ --workspace 5328
    """
    declarations = load_files(files, output)
    prepared = prepare_plan(context, declarations, None)
    show(output, prepared, asks=bool(prepared.plan.steps) and confirmed is None)
    with errors.exit_on_error():
        declarative.check_plan(prepared.plan, {})
    if prepared.plan.steps:
        _confirm(prepared.inputs.workspace_id, confirmed)
        execute(context, output, prepared)


def _confirm(workspace_id: int, confirmed: str | None) -> None:
    if confirmed is None and is_terminal(sys.stdin):
        question = "Type the workspace's number to delete all of this"
        confirmed = ask(lambda: str(click.prompt(question, err=True, default="", show_default=False)))
    if confirmed is None or confirmed.strip() != str(workspace_id):
        raise errors.CliError(
            f"nothing was deleted: type the workspace's number, or give it with --confirm {workspace_id}.",
            ExitCode.REFUSED,
        )
