"""The limit on concurrent requests: never exceeded, first in first out, no slot lost."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.transport.limits import RequestLimiter


async def acquire(limiter: RequestLimiter) -> None:
    """Acquire a slot as the sender does."""
    if limiter.free > 0:
        limiter.free -= 1
    else:
        await limiter.wait()


async def test_request_limiter_serves_waiters_in_order() -> None:
    """The longest waiter gets the next slot."""
    limiter, served = RequestLimiter(1), list[int]()
    await acquire(limiter)

    async def wait(number: int) -> None:
        await limiter.wait()
        served.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(3)]
    await asyncio.sleep(0)
    for expected in ([0], [0, 1], [0, 1, 2]):
        limiter.release()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert served == expected
    await asyncio.gather(*tasks)
    assert limiter.free == 0
    limiter.release()
    assert limiter.free == 1


async def test_request_limiter_passes_on_the_slot_of_a_cancelled_wait() -> None:
    """A slot assigned to a wait that is cancelled at the same time goes to the next waiter, or becomes free."""
    limiter = RequestLimiter(1)
    await acquire(limiter)
    first, second = (asyncio.create_task(limiter.wait()) for _ in range(2))
    await asyncio.sleep(0)
    limiter.release()
    first.cancel()
    await asyncio.wait([first, second], timeout=10)
    assert first.cancelled()
    assert not second.cancelled()
    limiter.release()
    assert limiter.free == 1


async def test_request_limiter_skips_cancelled_waits() -> None:
    """A cancelled wait gets no slot."""
    limiter = RequestLimiter(1)
    await acquire(limiter)
    first, second = (asyncio.create_task(limiter.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    limiter.release()
    await asyncio.wait([first, second], timeout=10)
    assert (first.cancelled(), second.cancelled()) == (True, False)
    assert limiter.free == 0


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(["start", "end", "cancel", "step"]), st.integers(0, 9))),
)
def test_request_limiter_survives_any_order_of_events(limit: int, events: list[tuple[str, int]]) -> None:
    """However requests start, end and are cancelled, the limit holds and every slot becomes free."""
    asyncio.run(play(limit, events))


async def play(limit: int, events: list[tuple[str, int]]) -> None:
    """Perform the events."""
    limiter, running, most = RequestLimiter(limit), 0, 0
    ends, tasks = list[asyncio.Event](), list[asyncio.Task[None]]()

    async def request(end: asyncio.Event) -> None:
        nonlocal running, most
        await acquire(limiter)
        running += 1
        most = max(most, running)
        try:
            await end.wait()
        finally:
            running -= 1
            limiter.release()

    for event, index in events:
        if event == "start":
            ends.append(asyncio.Event())
            tasks.append(asyncio.create_task(request(ends[-1])))
        elif event == "step":
            await asyncio.sleep(0)
        elif tasks and event == "end":
            ends[index % len(ends)].set()
        elif tasks:
            tasks[index % len(tasks)].cancel()
    for end in ends:
        end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most <= limit
    assert limiter.free == limit
