"""Requests for several ids at a time, with an outcome for each."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import warehouse_sync
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import code_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_sync.cli.output import Output

T = TypeVar("T")
_CONCURRENCY = 16


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[T]):
    """The result or error of one id.

    Attributes:
        id: The id.
        value: The result, or `None` after an error.
        error: The error, or `None`.
    """

    id: str
    value: T | None = None
    error: Exception | None = None

    @property
    def problem(self) -> str | None:
        """The error as one sentence."""
        return None if self.error is None else errors.one_line(self.error)


async def for_each(
    ids: Iterable[str],
    work: Callable[[str], Awaitable[T]],
    *,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Outcome[T]]:
    """Do the work for each id, several at a time.

    Args:
        ids: The ids; each is used once.
        work: A coroutine function.
        on_done: Receives the number of ids that are done, and the number of all, after each.

    Returns:
        An outcome for each id, in the order of the ids. Errors of the SDK are values.
    """
    waiting = list(dict.fromkeys(ids))
    outcomes: dict[str, Outcome[T]] = {}
    remaining = iter(waiting)

    async def worker() -> None:
        for each in remaining:
            try:
                outcomes[each] = Outcome(id=each, value=await work(each))
            except warehouse_sync.WarehouseSyncError as error:
                outcomes[each] = Outcome(id=each, error=error)
            on_done(len(outcomes), len(waiting))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(_CONCURRENCY, len(waiting))):
            tasks.create_task(worker())
    return [outcomes[each] for each in waiting]


def raise_if_single(outcomes: "Sequence[Outcome[Any]]") -> None:
    """Raise the error of an only id, as a command for one id does."""
    if len(outcomes) == 1 and outcomes[0].error is not None:
        raise outcomes[0].error


def exit_on_failure(outcomes: "Sequence[Outcome[Any]]", output: "Output") -> None:
    """Print each error on stderr, and exit with the code of the first one."""
    failed = [each for each in outcomes if each.error is not None]
    for each in failed:
        output.error(f"{each.id}: {each.problem}")
    if failed and failed[0].error is not None:
        sys.exit(code_of(failed[0].error))
