"""Limits on concurrent requests, and on workers while the server throttles."""

import asyncio
import re
from collections import deque

_PERCENT = re.compile(r"\s*([0-9]{1,3})(?:\.[0-9]+)?\s*%?\s*", re.ASCII)

UNLIMITED = float("inf")

THROTTLE_AT = 90  # percent of the rate limit used
# The usual values of the header, which need no parsing.
_BELOW_THROTTLE = frozenset(map(str, range(THROTTLE_AT)))


class RequestLimiter:
    """A first-in, first-out limit on concurrent requests on one event loop.

    `asyncio.Semaphore` awaits a coroutine for every request. Here a request that finds a free slot only counts.

    Attributes:
        free: The number of free slots. To acquire one, decrement it while it is above 0, otherwise `await wait()`.
        waiting: The waiters. To release a slot, increment `free` while there are none, otherwise call `release()`.
    """

    __slots__ = ("free", "waiting")

    def __init__(self, limit: int) -> None:
        self.free: int = limit
        self.waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a slot and acquire it."""
        slot = asyncio.get_running_loop().create_future()
        self.waiting.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():
                self.release()  # the slot was assigned before the cancellation arrived: pass it on
            raise

    def release(self) -> None:
        """Pass the slot to the first waiter, or return it to the free ones."""
        while self.waiting:
            slot = self.waiting.popleft()
            if not slot.done():
                slot.set_result(None)
                return
        self.free += 1


class AdaptiveConcurrency:
    """A limit on the workers of bulk operations, adapted to the server's rate limit.

    All bulk operations of a client share it. The limit halves when the server throttles or reports that its rate limit is
    nearly used, and grows by one for each round of successful responses.

    Attributes:
        limit: The maximum number of workers; `UNLIMITED` until the server first throttles.
    """

    def __init__(self) -> None:
        self.limit: float = UNLIMITED
        self._workers = 0
        # Responses to requests that were sent before the last reduction: they must not reduce it again.
        self._outstanding = 0

    def worker_started(self) -> None:
        """Count a worker."""
        self._workers += 1

    def worker_stopped(self) -> None:
        """Stop counting a worker."""
        self._workers -= 1

    def has_room(self) -> bool:
        """Return whether another worker may start."""
        return self._workers < self.limit

    def is_exceeded(self) -> bool:
        """Return whether a worker should stop."""
        return self._workers > self.limit

    def on_success(self) -> None:
        """Raise the limit a little after a successful response."""
        if self.limit == UNLIMITED:
            return
        self._outstanding = max(0, self._outstanding - 1)
        self.limit += 1 / self.limit

    def on_usage(self, usage: str) -> None:
        """Reduce the limit if the header with the used share of the rate limit is high."""
        if usage in _BELOW_THROTTLE:
            return
        match = _PERCENT.fullmatch(usage)
        if match is not None and int(match[1]) >= THROTTLE_AT:
            self.on_throttled()

    def on_throttled(self) -> None:
        """Halve the limit, once for all concurrent requests. Without workers, do nothing."""
        if self._outstanding == 0 and self._workers:
            self._outstanding = self._workers
            self.limit = max(1.0, min(self.limit, self._workers) // 2)
