"""Deadlines for very many calls with one timer.

A timer per request costs more than decoding the answer. Calls of one client share their total timeout, so their
deadlines fall due in the order they began: one queue per duration, and one timer for the earliest of all.
"""

import asyncio
from typing import Any


class Deadline:
    """The deadline of one call in one task.

    Attributes:
        when: The loop's time at which it falls due.
        expired: Whether it fell due and cancelled the call.
    """

    __slots__ = ("_cancelling", "_queue", "_task", "expired", "when")

    def __init__(self, when: float, task: "asyncio.Task[Any]", queue: "dict[Deadline, None]") -> None:
        self.when: float = when
        self.expired: bool = False
        self._task = task
        self._cancelling = task.cancelling()
        self._queue = queue

    def expire(self) -> None:
        """Cancel the call's task; the call turns that into its own error."""
        self.expired = True
        self._task.cancel()

    def is_mine(self) -> bool:
        """Tell whether a cancellation that arrived is the deadline's alone, so not the caller's; take it back."""
        if not self.expired:
            return False
        self.expired = False
        return self._task.uncancel() <= self._cancelling

    def finish(self) -> None:
        """End the deadline."""
        self._queue.pop(self, None)
        self.is_mine()  # fell due as the call ended: the task must not stay marked as cancelled


class Deadlines:
    """The deadlines of all calls on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: dict[float, dict[Deadline, None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, seconds: float) -> Deadline:
        """Begin a deadline for the current task, `seconds` from now."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine under asyncio always runs in a task
        when = self._loop.time() + seconds
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = {}
        deadline = Deadline(when, task, queue)
        queue[deadline] = None
        if self._timer is None or when < self._timer.when():
            self._arm(when)
        return deadline

    def close(self) -> None:
        """Forget the timer; calls still under way lose their deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, when: float) -> None:
        self.close()
        self._timer = self._loop.call_at(when, self._fall_due)

    def _fall_due(self) -> None:
        self._timer = None
        now = self._loop.time()
        for seconds, queue in list(self._queues.items()):
            for deadline in _overdue(queue, now):
                del queue[deadline]
                deadline.expire()
            if not queue:
                del self._queues[seconds]
        if self._queues:
            self._arm(min(next(iter(queue)).when for queue in self._queues.values()))


def _overdue(queue: dict[Deadline, None], now: float) -> list[Deadline]:
    overdue = []
    for deadline in queue:
        if deadline.when > now:
            break
        overdue.append(deadline)
    return overdue
