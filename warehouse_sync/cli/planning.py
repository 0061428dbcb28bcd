"""Making and applying plans, shared by `plan`, `apply`, `drift` and `destroy`."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context
from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, has_colour, is_terminal
from warehouse_sync.cli.streams import printable

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient
    from warehouse_sync.declarative import AppliedChange, Declarations, Options, Plan, PlanInputs, StateFile

_Command = TypeVar("_Command", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class PreparedPlan:
    """A plan and what it was made from.

    Attributes:
        plan: The plan.
        inputs: The workspace and files that the plan is valid for.
        state_file: The state of the files.
        feeds: Whether the plan is about feeds, too.
    """

    plan: "Plan"
    inputs: "PlanInputs"
    state_file: "StateFile"
    feeds: bool


def load_files(
    context: Context, files: Path, output: Output, options: "Options | None" = None
) -> "Declarations":
    """Read the files; note when they declare nothing.

    Raises:
        CliError: The files have errors.
        UsageError: `options` has an id that the files do not declare, or one to rotate without a secret.
    """
    with errors.exit_on_error():
        declarations = declarative.load(files, environment=context.environment)
    if not declarations.resources:
        note_nothing_declared(files, output)
    if options is not None:
        _check_rotate(options.rotate, declarations)
        _check_adopt(options.adopt, declarations)
    return declarations


def _check_rotate(ids: frozenset[str], declarations: "Declarations") -> None:
    with_secrets = {each.id for each in declarations.resources if each.secrets}
    if unknown := sorted(ids - with_secrets):
        raise click.UsageError(
            f"--rotate {', '.join(unknown)}: the files declare no secrets under this id. "
            f"Ids with secrets: {', '.join(sorted(with_secrets)) or 'none'}."
        )


def _check_adopt(ids: frozenset[str], declarations: "Declarations") -> None:
    if unknown := sorted(ids - {each.id for each in declarations.resources}):
        raise click.UsageError(f"--adopt {', '.join(unknown)}: the files declare no resource with this id.")


def note_nothing_declared(files: Path, output: Output) -> None:
    """Note that the files declare no resources."""
    output.note(f"{files} declares no resources. Check the path.")


def prepare_plan(context: Context, declarations: "Declarations", options: "Options") -> PreparedPlan:
    """Read the workspace and make a plan."""
    make = partial(declarative.make_plan, environ=os.environ, options=options)
    return context.call(lambda client: _prepare_plan(client, context.api_url, declarations, make))


def prepare_destroy_plan(context: Context, declarations: "Declarations", *, unmanaged: bool) -> PreparedPlan:
    """Read the workspace and make a plan that deletes every managed resource."""
    make = partial(declarative.make_destroy_plan, unmanaged=unmanaged)
    return context.call(lambda client: _prepare_plan(client, context.api_url, declarations, make))


async def _prepare_plan(
    client: "AsyncClient", api_url: str, declarations: "Declarations", make: "Callable[..., Plan]"
) -> PreparedPlan:
    state_file = declarative.StateFile.of(
        api_url=api_url,
        workspace_id=client.workspace_id,
        environ=os.environ,
        files=declarations.files,
        environment=declarations.environment,
    )
    state = state_file.read()
    feeds = declarative.needs_feeds(declarations, state)
    snapshot = await declarative.read_snapshot(client, feeds=feeds)
    inputs = declarative.PlanInputs(
        workspace_id=client.workspace_id,
        api_url=api_url,
        files=declarations.digest,
        remote=snapshot.digest(),
    )
    plan = make(declarations, snapshot, state)
    return PreparedPlan(plan=plan, inputs=inputs, state_file=state_file, feeds=feeds)


def print_markdown(prepared: PreparedPlan, *, listing_unmanaged: bool = False) -> None:
    """Print a plan as the comment of a pull request."""
    workspace = f"{prepared.inputs.workspace_id} at {prepared.inputs.api_url}"
    text = declarative.render_markdown(
        prepared.plan, workspace=workspace, listing_unmanaged=listing_unmanaged
    )
    click.echo(text, nl=False)


def print_plan(
    output: Output, prepared: PreparedPlan, *, confirming: bool = False, listing_unmanaged: bool = False
) -> None:
    """Print a plan as a document or as text, of which `--quiet` leaves one line.

    Args:
        output: Where to print.
        prepared: The plan.
        confirming: Whether a confirmation follows; then a terminal gets the whole plan, even with `--quiet`.
        listing_unmanaged: Whether text lists the resources that no files declare or manage; documents always do.
    """
    if output.format in ("json", "yaml"):
        workspace = {"workspace_id": prepared.inputs.workspace_id, "api_url": prepared.inputs.api_url}
        output.document({**workspace, **declarative.plan_document(prepared.plan)})
    elif output.format == "csv":
        rows = [
            {"action": each.action, "kind": each.kind.name, "id": each.id} for each in prepared.plan.changes
        ]
        output.rows(rows, ("action", "kind", "id"))
    elif output.quiet and not (confirming and is_terminal(sys.stdin)):
        click.echo(printable(declarative.render_summary(prepared.plan)))
    else:
        click.echo(f"Workspace {prepared.inputs.workspace_id} at {prepared.inputs.api_url}")
        if listing_unmanaged:
            for kind, resource_id in prepared.plan.unmanaged:
                click.echo(printable(f"? unmanaged {kind.replace('_', ' ')} {resource_id}"))
        for line in declarative.render_plan(prepared.plan):
            click.echo(_coloured(line))


def _coloured(line: str) -> str:
    sign = line.lstrip()[:1]
    colour = {"+": "green", "~": "yellow", "-": "red"}.get(sign) if has_colour() else None
    return click.style(printable(line), fg=colour) if colour else printable(line)


def execute(
    context: Context,
    output: Output,
    prepared: PreparedPlan,
    *,
    parallelism: int = 1,
    keep_going: bool = False,
) -> None:
    """Make the changes of a plan, and note each one when it is done.

    Raises:
        CliError: The workspace changed since the plan was made, or a change failed.
    """
    progress = _Progress(total=len(prepared.plan.steps), output=output)

    async def work(client: "AsyncClient") -> None:
        if prepared.plan.steps and (
            (await declarative.read_snapshot(client, feeds=prepared.feeds)).digest() != prepared.inputs.remote
        ):
            raise declarative.StalePlanError(
                ["the workspace changed since the plan was made", "make a new plan"]
            )
        async for outcome in declarative.apply_plan(
            client,
            prepared.plan,
            prepared.state_file,
            os.environ,
            parallelism=parallelism,
            keep_going=keep_going,
        ):
            progress.add(outcome)

    context.call(work, on_interrupt=lambda: f"{progress.summary()} Run the same command again to continue.")
    progress.check()


@dataclass(kw_only=True)
class _Progress:
    """Counts and notes the outcomes of changes.

    Attributes:
        total: The number of changes of the plan.
        output: Where to note them.
    """

    total: int
    output: Output
    done: int = 0
    failed: "list[AppliedChange]" = field(default_factory=list)

    def add(self, outcome: "AppliedChange") -> None:
        """Note an outcome."""
        if outcome.error is None:
            self.done += 1
            self.output.note(f"done: {_name_of(outcome)}")
        else:
            self.failed.append(outcome)

    def summary(self) -> str:
        """Return how many changes are done, failed and left."""
        left = self.total - self.done - len(self.failed)
        return f"{self.done} of {self.total} changes are done, {len(self.failed)} failed, {left} not tried."

    def check(self) -> None:
        """End the command if a change failed.

        Raises:
            CliError: The error of the first failed change, with each failed change.
        """
        if not self.failed:
            return
        converted = [(outcome, errors.convert(outcome.error)) for outcome in self.failed if outcome.error]
        first = converted[0][1]
        lines = [f"{_name_of(outcome)} failed: {error.problem}" for outcome, error in converted]
        raise CliError(
            "\n".join(lines),
            first.code,
            f"{first.hint} {self.summary()} Run the same command again to continue.".strip(),
        )


def _name_of(outcome: "AppliedChange") -> str:
    change = outcome.change
    return f"{change.action} {change.kind.noun} {change.id}"


def confirm(question: str) -> None:
    """Ask for confirmation on the terminal.

    Raises:
        CliError: The answer is no, or there is no terminal.
    """
    if not is_terminal(sys.stdin):
        raise CliError(
            "nothing was changed: there is no terminal to confirm on.",
            ExitCode.REFUSED,
            "Pass --yes to confirm.",
        )
    if not prompt(lambda: click.confirm(question, err=True)):
        raise CliError("nothing was changed.", ExitCode.REFUSED)


def prompt(ask: Callable[[], T]) -> T:
    """Return the answer to a prompt. In an event loop, Ctrl-C would not end it.

    Raises:
        CliError: There is no answer.
    """
    try:
        return ask()
    except click.Abort as error:
        interrupted = isinstance(error.__context__, KeyboardInterrupt)
        code = ExitCode.INTERRUPTED if interrupted else ExitCode.REFUSED
        raise CliError("nothing was changed: there was no answer.", code) from None


def plan_options(command: _Command) -> _Command:
    """Add the options of a plan; the command receives `options`."""

    @wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401 - arguments of any command
        prune: bool,
        max_deletes: int | None,
        rotate: tuple[str, ...],
        adopt: tuple[str, ...],
        target: tuple[str, ...],
        **kwargs: Any,  # noqa: ANN401 - arguments of any command
    ) -> Any:  # noqa: ANN401 - arguments of any command
        options = declarative.Options(
            prune=prune,
            rotate=frozenset(rotate),
            max_deletes=max_deletes,
            adopt=frozenset(adopt),
            targets=frozenset(target),
        )
        return command(*args, options=options, **kwargs)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]  # click's decorators return the function they are given


_OPTIONS = (
    click.option(
        "--prune", is_flag=True, help="Delete resources that these files managed and no longer declare."
    ),
    click.option(
        "--max-deletes",
        type=click.IntRange(0),
        metavar="N",
        show_default="no limit",
        help="Refuse a plan with more deletes.",
    ),
    click.option(
        "--rotate", multiple=True, metavar="ID", help="Send the secrets of this resource again; repeatable."
    ),
    click.option(
        "--adopt",
        multiple=True,
        metavar="ID",
        help="Take over this resource from the files that manage it; repeatable.",
    ),
    click.option(
        "--target",
        multiple=True,
        metavar="ID",
        help="Change only this resource and those that it depends on; repeatable.",
    ),
)


def plan_format_option(command: _Command) -> _Command:
    """Add `--format`; the command receives `as_markdown`."""

    @wraps(command)
    def wrapper(*args: Any, form: str, output: Output, **kwargs: Any) -> Any:  # noqa: ANN401 - arguments of any command
        if form == "markdown" and output.format != "table":
            raise click.UsageError(f"--format markdown and --output {output.format} exclude each other.")
        return command(*args, as_markdown=form == "markdown", output=output, **kwargs)

    return _FORMAT(wrapper)  # type: ignore[return-value]  # click's decorators return the function they are given


_FORMAT = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "markdown")),
    default="text",
    help="Format of the plan; markdown is a comment for a pull request.",
)


def files_argument(command: _Command) -> _Command:
    """Add the argument of the folder to a command."""
    kind = click.Path(exists=True, path_type=Path)
    return click.argument("files", type=kind, metavar="FOLDER")(command)
