"""``warehouse-sync destroy``: delete what the files declare."""

import sys
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.exits import Exit
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.planning import FILES, ask, carry_out, load_files, make_draft, show


@click.command()
@FILES
@click.option(
    "--confirm", "confirmed", metavar="ID", help="The workspace's number, in place of typing it when asked."
)
@output_options
@target_options
def destroy(*, target: Target, output: Output, files: Path, confirmed: str | None) -> None:
    """Delete everything in the workspace that these files declare or were the last to manage.

    The workspace's number has to be typed.

    Example: warehouse-sync destroy infra/ --workspace 5328
    """
    declarations = load_files(files, output)
    made = make_draft(target, declarations, None)
    show(output, made, asks=bool(made.plan.steps) and confirmed is None)
    with failures.told():
        declarative.check_plan(made.plan, {})
    if made.plan.steps:
        _confirm(made.binding.workspace_id, confirmed)
        carry_out(target, output, made)


def _confirm(workspace_id: int, confirmed: str | None) -> None:
    if confirmed is None and is_terminal(sys.stdin):
        question = "Type the workspace's number to delete all of this"
        confirmed = ask(lambda: str(click.prompt(question, err=True, default="", show_default=False)))
    if confirmed is None or confirmed.strip() != str(workspace_id):
        raise failures.Failure(
            f"nothing was deleted: type the workspace's number, or give it with --confirm {workspace_id}.",
            Exit.REFUSED,
        )
