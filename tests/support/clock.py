"""Time that passes only when somebody sleeps, or when a test says so."""

import asyncio
from collections.abc import Callable

import attrs

from warehouse_sync.settings import Clock


@attrs.define(eq=False, slots=False)
class FakeClock:
    """A clock for a client. Sleeping takes no time and is written down.

    Attributes:
        now: The monotonic time; the wall clock is `epoch` later.
        chance: What `random` returns.
        sleeps: How long was slept, each time.
    """

    now: float = 1000.0
    epoch: float = 1_700_000_000.0
    chance: float = 0.5
    sleeps: list[float] = attrs.field(factory=list)

    async def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def as_clock(self) -> Clock:
        """Return what a client takes."""
        return Clock(
            monotonic=lambda: self.now,
            wall=lambda: self.epoch + self.now,
            sleep=self.sleep,
            random=lambda: self.chance,
        )


def warp(loop: asyncio.AbstractEventLoop) -> Callable[[float], None]:
    """Let a loop's time jump: what was to happen until then happens now. The returned function may be called from any thread."""
    skew, real = [0.0], loop.time

    def jump(seconds: float) -> None:
        skew[0] += seconds
        loop.call_soon_threadsafe(lambda: None)

    loop.time = lambda: real() + skew[0]  # type: ignore[method-assign]  # that is the point
    return jump
