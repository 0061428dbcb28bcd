"""Deadlines of concurrent requests, with one timer per event loop.

A timer per request costs more than decoding its response. Requests of one client share their total timeout, so their
deadlines expire in the order in which they started: there is one queue per duration, and one timer for the earliest
deadline of all.
"""

import asyncio
from typing import Any, Self


class Deadline:
    """The deadline of one request in one task.

    `with deadline:` removes it at the end. If it expires, the block is left early without an exception, so the statement after
    the block must raise the `TimeoutError`.

    Attributes:
        when: The time on the event loop's clock at which it expires.
        expired: Whether it expired and cancelled the task.
    """

    __slots__ = ("_cancelling", "_queue", "_task", "expired", "when")

    def __init__(self, when: float, task: "asyncio.Task[Any]", queue: "dict[Deadline, None]") -> None:
        self.when: float = when
        self.expired: bool = False
        self._task = task
        self._cancelling = task.cancelling()
        self._queue = queue

    def expire(self) -> None:
        """Cancel the task."""
        self.expired = True
        self._task.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: object
    ) -> bool:
        self._queue.pop(self, None)
        if not self.expired:
            return False
        # Also if it expired as the request ended: the task must not stay cancelled.
        self.expired = False
        is_only_cause = self._task.uncancel() <= self._cancelling
        return is_only_cause and exc_type is asyncio.CancelledError


class Deadlines:
    """All deadlines of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: dict[float, dict[Deadline, None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, seconds: float | None) -> Deadline:
        """Start a deadline for the current task, `seconds` from now; `None` never expires."""
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 - a coroutine under asyncio always runs in a task
        if seconds is None:
            return Deadline(float("inf"), task, {})
        when = self._loop.time() + seconds
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = {}
        deadline = Deadline(when, task, queue)
        queue[deadline] = None
        if self._timer is None or when < self._timer.when():
            self._schedule(when)
        return deadline

    def close(self) -> None:
        """Cancel the timer. Requests in flight lose their deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, when: float) -> None:
        self.close()
        self._timer = self._loop.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._loop.time()
        for seconds, queue in list(self._queues.items()):
            for deadline in _expired(queue, now):
                del queue[deadline]
                deadline.expire()
            if not queue:
                del self._queues[seconds]
        if self._queues:
            self._schedule(min(next(iter(queue)).when for queue in self._queues.values()))


def _expired(queue: dict[Deadline, None], now: float) -> list[Deadline]:
    expired = []
    for deadline in queue:
        if deadline.when > now:
            break
        expired.append(deadline)
    return expired
