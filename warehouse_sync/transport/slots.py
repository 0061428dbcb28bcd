"""A limit on how many requests are under way: an attribute check while there is room, a queue when there is none."""

import asyncio
from collections import deque


class Slots:
    """Places for requests on one event loop, handed out first come, first served.

    Attributes:
        free: How many places are free. While it is above 0, `take` by counting down; else `await wait()`.
    """

    __slots__ = ("_waiting", "free")

    def __init__(self, limit: int) -> None:
        self.free: int = limit
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for a place, and take it."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()  # the place was handed over as the wait was cancelled: pass it on
            raise

    def release(self) -> None:
        """Give a place back: to the first that still waits, or to the free ones."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.free += 1
