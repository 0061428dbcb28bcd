"""Deadlines: each expires at its time, and an unexpired one does not affect its task."""

import asyncio
from contextlib import suppress

import pytest

from tests.support.clock import warp
from warehouse_sync.transport.deadlines import Deadline, Deadlines, _expired

FOREVER = 1e6


async def outcome(deadlines: Deadlines, seconds: float, work: "asyncio.Future[None]") -> str:
    """Wait for work under a deadline, and return what happened."""
    with deadlines.start(seconds):
        await work
        return "done"
    return "late"


@pytest.fixture
async def deadlines() -> Deadlines:
    """The deadlines of the test's event loop."""
    return Deadlines(asyncio.get_running_loop())


async def never() -> "asyncio.Future[None]":
    """Wait forever."""
    return asyncio.get_running_loop().create_future()


async def test_deadlines_expire_in_the_order_of_time(deadlines: Deadlines) -> None:
    """Deadlines of several durations expire at their times."""
    jump = warp(asyncio.get_running_loop())
    seconds = (30.0, 10.0, 20.0, 10.0)
    tasks = [asyncio.create_task(outcome(deadlines, each, await never())) for each in seconds]
    await asyncio.sleep(0)
    late = []
    for step in (9, 2, 10, 10):
        jump(step)
        for _ in range(5):
            await asyncio.sleep(0)
        late.append([task.done() for task in tasks])
    assert late == [[False] * 4, [False, True, False, True], [False, True, True, True], [True] * 4]
    assert {task.result() for task in tasks} == {"late"}


async def test_deadline_after_the_last_one_expired(deadlines: Deadlines) -> None:
    """When all deadlines have expired, a later one expires too."""
    jump = warp(asyncio.get_running_loop())
    for seconds in (10.0, 20.0):
        task = asyncio.create_task(outcome(deadlines, seconds, await never()))
        await asyncio.sleep(0)
        jump(seconds + 1)
        for _ in range(5):
            await asyncio.sleep(0)
        assert task.done()
        assert task.result() == "late"


async def test_deadline_that_does_not_expire_cancels_nothing(deadlines: Deadlines) -> None:
    """Work that ends in time is not cancelled, and neither is later work of the task."""
    task = asyncio.current_task()
    assert task is not None
    work = await never()
    work.set_result(None)
    assert await outcome(deadlines, 10.0, work) == "done"
    warp(asyncio.get_running_loop())(FOREVER)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert task.cancelling() == 0


async def test_deadline_and_concurrent_cancellation_is_a_cancellation(deadlines: Deadlines) -> None:
    """The caller gets its `CancelledError` although the deadline expires at the same time."""
    jump = warp(asyncio.get_running_loop())
    task = asyncio.create_task(outcome(deadlines, 10.0, await never()))
    await asyncio.sleep(0)
    deadline = next(iter(deadlines._queues[10.0]))
    deadline.expire()
    task.cancel()
    jump(FOREVER)
    await asyncio.wait([task])
    assert task.cancelled()


async def test_deadline_within_a_timeout_of_the_caller(deadlines: Deadlines) -> None:
    """The caller's `asyncio.timeout` and the deadline each raise their own error."""
    jump = warp(asyncio.get_running_loop())
    asyncio.get_running_loop().call_soon(jump, 15)
    async with asyncio.timeout(20):
        assert await outcome(deadlines, 10.0, await never()) == "late"
    asyncio.get_running_loop().call_soon(jump, 15)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await outcome(deadlines, 20.0, await never())


async def test_deadline_that_expires_as_work_ends_is_undone(
    deadlines: Deadlines,
) -> None:
    """An expiry as a call returns leaves the task uncancelled."""
    task = asyncio.current_task()
    assert task is not None
    with Deadline(0.0, task, {}) as deadline:
        deadline.expire()
    with suppress(asyncio.CancelledError):  # raised before Python 3.13
        await asyncio.sleep(0)
    assert task.cancelling() == 0


async def test_deadline_undoes_its_cancellation_once(deadlines: Deadlines) -> None:
    """Ending an expired deadline keeps cancellations by others."""

    async def late() -> tuple[list[bool], int]:
        task = asyncio.current_task()
        assert task is not None
        deadline = deadlines.start(10.0)
        seen = [deadline.expired]
        with suppress(asyncio.CancelledError), deadline:
            task.cancel()
            deadline.expire()
            seen.append(deadline.expired)
            await asyncio.sleep(0)
        seen.append(deadline.expired)
        return seen, task.cancelling()

    assert await asyncio.create_task(late()) == ([False, True, False], 1)


async def test_deadline_expires_exactly_at_its_time(deadlines: Deadlines) -> None:
    """Later deadlines do not expire yet."""
    task = asyncio.current_task()
    assert task is not None
    queue: dict[Deadline, None] = {}
    first, second = Deadline(10.0, task, queue), Deadline(10.5, task, queue)
    queue |= {first: None, second: None}
    assert _expired(queue, 9.9) == []
    assert _expired(queue, 10.0) == [first]
    assert _expired(queue, 11.0) == [first, second]


async def test_deadlines_share_one_timer(deadlines: Deadlines) -> None:
    """A thousand calls with the same timeout use one timer."""
    tasks = [asyncio.create_task(outcome(deadlines, 10.0, await never())) for _ in range(1000)]
    await asyncio.sleep(0)
    timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]  # what it has to do later
    assert len(timers) == 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert not deadlines._queues[10.0]


async def test_deadlines_closed_leave_no_timer(deadlines: Deadlines) -> None:
    """Closing cancels the timer, and may be repeated."""
    deadline = deadlines.start(10.0)
    deadlines.close()
    deadlines.close()
    warp(asyncio.get_running_loop())(FOREVER)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not deadline.expired


async def test_deadline_of_none_never_expires(deadlines: Deadlines) -> None:
    """It has no timer."""
    with deadlines.start(None) as deadline:
        warp(asyncio.get_running_loop())(FOREVER)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not deadline.expired
    assert deadlines._timer is None
