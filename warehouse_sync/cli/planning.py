"""What `plan`, `apply`, `drift` and `destroy` have in common: read the files and the workspace, and show the plan."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target
from warehouse_sync.cli.exits import Exit
from warehouse_sync.cli.failures import Failure, printable
from warehouse_sync.cli.looking import with_client
from warehouse_sync.cli.output import Output, has_colour, is_terminal

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient
    from warehouse_sync.declarative import Binding, Declarations, Ledger, Options, Plan

_Command = TypeVar("_Command", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A plan, with what it was made from.

    Attributes:
        plan: The plan.
        binding: What it holds for.
        ledger: What earlier applies left.
    """

    plan: "Plan"
    binding: "Binding"
    ledger: "Ledger"


def ledger_of(target: Target, client: "AsyncClient", files: Path) -> "Ledger":
    """Return the ledger of the workspace, as these files see it."""
    return declarative.Ledger.of(
        api_url=target.api_url, workspace_id=client.workspace_id, environ=os.environ, files=files
    )


async def draft(
    client: "AsyncClient", target: Target, declarations: "Declarations", options: "Options | None"
) -> Draft:
    """Read the workspace and make a plan; without options, one that deletes everything."""
    observed, ledger = await declarative.observe(client), ledger_of(target, client, declarations.files)
    if options is None:
        plan = declarative.plan_destruction(declarations, observed, ledger)
    else:
        plan = declarative.make_plan(declarations, observed, ledger, environ=os.environ, options=options)
    binding = declarative.Binding(
        workspace_id=client.workspace_id,
        api_url=target.api_url,
        files=declarations.digest,
        remote=observed.digest(),
    )
    return Draft(plan=plan, binding=binding, ledger=ledger)


def show(output: Output, made: Draft, *, asks: bool = False) -> None:
    """Print a plan: as a document, or as text for review, of which `--quiet` leaves one line.

    Args:
        output: How to print.
        made: The plan.
        asks: Whether a question about the plan follows, if there is a terminal to ask on: then it is shown whole.
    """
    if output.format in ("json", "yaml"):
        place = {"workspace_id": made.binding.workspace_id, "api_url": made.binding.api_url}
        output.document({**place, **declarative.plan_document(made.plan)})
    elif output.format == "csv":
        rows = [{"action": each.action, "kind": each.kind.name, "id": each.id} for each in made.plan.changes]
        output.rows(rows, ("action", "kind", "id"))
    elif output.quiet and not (asks and is_terminal(sys.stdin)):
        click.echo(printable(declarative.summary(made.plan)))
    else:
        click.echo(f"Workspace {made.binding.workspace_id} at {made.binding.api_url}")
        for line in declarative.show_plan(made.plan):
            click.echo(_coloured(line))


def load_files(files: Path, output: Output) -> "Declarations":
    """Read the files.

    Raises:
        Failure: They cannot be used.
    """
    with failures.told():
        declarations = declarative.load(files)
    if not declarations.resources:
        output.note(f"{files} declares nothing: is it the right folder?")
    return declarations


def make_draft(target: Target, declarations: "Declarations", options: "Options | None") -> Draft:
    """Read the workspace and make a plan, in an event loop of its own."""
    made: Draft = failures.run(
        lambda: with_client(target, lambda client: draft(client, target, declarations, options))
    )
    return made


def carry_out(target: Target, output: Output, made: Draft) -> None:
    """Make the changes, saying each once it is made.

    Raises:
        Failure: Somebody changed the workspace since the plan was made, or a change failed.
    """
    failures.run(
        lambda: with_client(target, lambda client: _carry_out(client, output, made)),
        on_interrupt=lambda: "What was done stays done; the same command goes on from there.",
    )


async def _carry_out(client: "AsyncClient", output: Output, made: Draft) -> None:
    if made.plan.steps and (await declarative.observe(client)).digest() != made.binding.remote:
        raise declarative.StalePlanError(["the workspace changed since the plan was made", "make a new plan"])
    async for change in declarative.apply_plan(client, made.plan, made.ledger, os.environ):
        output.note(f"done: {change.action} {change.kind.noun} {change.id}")


def confirm(question: str) -> None:
    """Ask on the terminal; without one, only `--yes` is an answer.

    Raises:
        Failure: The answer is no.
    """
    if not is_terminal(sys.stdin):
        raise Failure("nothing was changed: there is no terminal to ask on; --yes answers.", Exit.REFUSED)
    if not ask(lambda: click.confirm(question, err=True)):
        raise Failure("nothing was changed.", Exit.REFUSED)


def ask(prompt: Callable[[], T]) -> T:
    """Ask a question, outside of any event loop: inside, the first Ctrl-C would not end it.

    Raises:
        Failure: There was no answer.
    """
    try:
        return prompt()
    except click.Abort as error:
        interrupted = isinstance(error.__context__, KeyboardInterrupt)
        code = Exit.INTERRUPTED if interrupted else Exit.REFUSED
        raise Failure("nothing was changed: there was no answer.", code) from None


def _coloured(line: str) -> str:
    sign = line.lstrip()[:1]
    colour = {"+": "green", "~": "yellow", "-": "red"}.get(sign) if has_colour() else None
    return click.style(printable(line), fg=colour) if colour else printable(line)


def plan_options(command: _Command) -> _Command:
    """Add the options of a plan; the command receives `options`."""

    @wraps(command)
    def chosen(
        *args: Any,  # noqa: ANN401 - the command's own
        prune: bool,
        max_deletes: int | None,
        rotate: tuple[str, ...],
        **kwargs: Any,  # noqa: ANN401 - the command's own
    ) -> Any:  # noqa: ANN401 - the command's own
        limit = max_deletes if max_deletes is not None or prune else 0
        options = declarative.Options(prune=prune, rotate=frozenset(rotate), max_deletes=limit)
        return command(*args, options=options, **kwargs)

    for option in reversed(_OPTIONS):
        chosen = option(chosen)
    return chosen  # type: ignore[return-value]  # click's decorators return what they are given


_OPTIONS = (
    click.option(
        "--prune", is_flag=True, help="Delete what these files were the last to manage and no longer declare."
    ),
    click.option(
        "--max-deletes",
        type=click.IntRange(0),
        metavar="N",
        help="Refuse a plan with more deletes. 0 without --prune; without a limit with it.",
    ),
    click.option(
        "--rotate", multiple=True, metavar="ID", help="Send the secrets of this resource again; repeatable."
    ),
)

FILES = click.argument("files", type=click.Path(exists=True, path_type=Path), metavar="FOLDER")
