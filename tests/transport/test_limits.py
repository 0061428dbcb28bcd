"""Places for requests: never more than there are, first come first served, none lost."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.transport.limits import RequestLimiter


async def take(slots: RequestLimiter) -> None:
    """Take a place as a request does."""
    if slots.free > 0:
        slots.free -= 1
    else:
        await slots.wait()


async def test_slots_are_handed_out_in_order() -> None:
    """Whoever waits longest is served next."""
    slots, served = RequestLimiter(1), list[int]()
    await take(slots)

    async def wait(number: int) -> None:
        await slots.wait()
        served.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(3)]
    await asyncio.sleep(0)
    for expected in ([0], [0, 1], [0, 1, 2]):
        slots.release()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert served == expected
    await asyncio.gather(*tasks)
    assert slots.free == 0
    slots.release()
    assert slots.free == 1


async def test_slots_wait_cancelled_as_it_is_served_passes_the_place_on() -> None:
    """A place handed to a wait that is cancelled in the same moment goes to the next, or back."""
    slots = RequestLimiter(1)
    await take(slots)
    first, second = (asyncio.create_task(slots.wait()) for _ in range(2))
    await asyncio.sleep(0)
    slots.release()
    first.cancel()
    await asyncio.wait([first, second], timeout=10)
    assert first.cancelled()
    assert not second.cancelled()
    slots.release()
    assert slots.free == 1


async def test_slots_wait_cancelled_before_takes_no_place() -> None:
    """A wait that left is passed over."""
    slots = RequestLimiter(1)
    await take(slots)
    first, second = (asyncio.create_task(slots.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    slots.release()
    await asyncio.wait([first, second], timeout=10)
    assert (first.cancelled(), second.cancelled()) == (True, False)
    assert slots.free == 0


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(["start", "end", "cancel", "step"]), st.integers(0, 9))),
)
def test_slots_survive_any_order_of_events(limit: int, events: list[tuple[str, int]]) -> None:
    """However requests begin, end and are cancelled, no more run than may, and every place comes back."""
    asyncio.run(play(limit, events))


async def play(limit: int, events: list[tuple[str, int]]) -> None:
    """Let the events happen."""
    slots, running, most = RequestLimiter(limit), 0, 0
    ends, tasks = list[asyncio.Event](), list[asyncio.Task[None]]()

    async def request(end: asyncio.Event) -> None:
        nonlocal running, most
        await take(slots)
        running += 1
        most = max(most, running)
        try:
            await end.wait()
        finally:
            running -= 1
            slots.release()

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
    assert slots.free == limit
