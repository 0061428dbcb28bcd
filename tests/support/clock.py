"""A clock that advances only when code sleeps or a test sets it."""

import asyncio
from collections.abc import Callable

import attrs

from warehouse_sync.settings import Clock


@attrs.define(eq=False, slots=False)
class FakeClock:
    """A clock for a client. Sleeping takes no time and is recorded.

    Attributes:
        now: The monotonic time; the wall clock is `epoch` seconds ahead.
        jitter: The result of `random`.
        sleeps: The durations of all sleeps.
    """

    now: float = 1000.0
    epoch: float = 1_700_000_000.0
    jitter: float = 0.5
    sleeps: list[float] = attrs.field(factory=list)

    async def sleep(self, seconds: float) -> None:
        """Advance the time."""
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def as_clock(self) -> Clock:
        """Return the `clock` argument of a client."""
        return Clock(
            monotonic=lambda: self.now,
            wall=lambda: self.epoch + self.now,
            sleep=self.sleep,
            random=lambda: self.jitter,
        )


def warp(loop: asyncio.AbstractEventLoop) -> Callable[[float], None]:
    """Return a function, callable from any thread, that advances the clock of an event loop."""
    skew, real = [0.0], loop.time

    def jump(seconds: float) -> None:
        skew[0] += seconds
        loop.call_soon_threadsafe(lambda: None)

    loop.time = lambda: real() + skew[0]  # type: ignore[method-assign]  # that is the point
    return jump
