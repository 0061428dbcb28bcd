"""A clock that advances only when code sleeps or a test sets it."""

import asyncio
from collections.abc import Callable
from typing import Any

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
    on_jump = (lambda: None) if isinstance(loop, asyncio.BaseEventLoop) else _replace_timers(loop)

    def jump(seconds: float) -> None:
        skew[0] += seconds
        loop.call_soon_threadsafe(on_jump)

    loop.time = lambda: real() + skew[0]  # type: ignore[method-assign]  # that is the point
    return jump


class _Timer(asyncio.Handle):
    """A timer that can be rescheduled."""

    timer: asyncio.TimerHandle

    def __init__(self, when: float, callback: Callable[..., object], args: Any, **options: Any) -> None:
        super().__init__(callback, args, **options)
        self._when = when

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        super().cancel()
        self.timer.cancel()


def _replace_timers(loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    """Replace the timers of uvloop, which do not use `loop.time`, and return what reschedules them after a jump."""
    waiting = set[_Timer]()
    call_later = loop.call_later

    def schedule(timer: _Timer) -> None:
        timer.timer = call_later(timer.when() - loop.time(), run, timer)

    def run(timer: _Timer) -> None:
        waiting.remove(timer)
        timer._run()

    def reschedule() -> None:
        waiting.difference_update([timer for timer in waiting if timer.cancelled()])
        for timer in sorted(waiting, key=_Timer.when):
            timer.timer.cancel()
            schedule(timer)

    def call_at(when: float, callback: Callable[..., object], *args: Any, context: Any = None) -> _Timer:
        timer = _Timer(when, callback, args, loop=loop, context=context)
        waiting.add(timer)
        schedule(timer)
        return timer

    loop.call_at = call_at  # type: ignore[method-assign,assignment]  # that is the point
    loop.call_later = lambda delay, *args, **options: call_at(loop.time() + delay, *args, **options)  # type: ignore[method-assign,assignment]  # same
    return reschedule
