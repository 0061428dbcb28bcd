"""Waits for many runs: one entry per run, and one request per pipeline and poll."""

import asyncio
import gc
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.runs import NEVER, Fate, Server, wait_for_keys, waited, waiter
from tests.support.virtual import in_no_time, now
from warehouse_sync import errors
from warehouse_sync.errors import RunFailedError, WaitTimeoutError
from warehouse_sync.models import Progress
from warehouse_sync.polling.run_waiter import MAX_CONCURRENT_POLLS, Key


@given(
    fates=st.dictionaries(
        st.tuples(st.sampled_from("pqr"), st.integers(1, 9)),
        st.builds(
            Fate, st.floats(0, 90), st.sampled_from(["success", "failed", "stopped"]), on_page=st.booleans()
        ),
        max_size=20,
    ),
    timeout=st.none() | st.floats(0, 100),
)
def test_wait_many_yields_one_entry_per_key(fates: dict[Key, Fate], timeout: float | None) -> None:
    """Each key has one entry: a success, a failure, or a timeout only if the run was not read as ended."""
    ends = in_no_time(waited(Server(fates), fates, timeout))
    assert set(ends) == set(fates)
    for key, (_, entry) in ends.items():
        if isinstance(entry.error, WaitTimeoutError):
            assert entry.run is None or not entry.run.status.is_terminal
        else:
            assert entry.run is not None
            assert entry.run.status == fates[key].how
            assert (entry.error is None) is (fates[key].how == "success")


def test_wait_many_yields_entries_in_order_of_completion() -> None:
    """The run that ends first is yielded first; a repeated key has two entries."""
    fates = {("p", 1): Fate(ends=50), ("q", 1): Fate(ends=5), ("r", 1): Fate(ends=20)}

    async def check() -> None:
        entries = wait_for_keys(waiter(Server(fates)), [*fates, ("q", 1)])
        assert [entry.pipeline_id async for entry in entries] == ["q", "q", "r", "p"]

    in_no_time(check())


def test_wait_many_yields_runs_that_end_during_the_timeouts() -> None:
    """A run that ends while the caller handles earlier timeouts is yielded as ended."""

    async def check() -> None:
        server = Server(
            {("p", 1): Fate(ends=NEVER), ("q", 1): Fate(ends=12), ("r", 1): Fate(ends=12, how="failed")}
        )
        seen = []
        async for entry in wait_for_keys(waiter(server), server.fates, 10):
            seen.append(type(entry.error))
            await asyncio.sleep(60)
        assert seen == [WaitTimeoutError, type(None), RunFailedError]

    in_no_time(check())


@pytest.mark.parametrize("error", [None, errors.ForbiddenError(status=403)])
def test_wait_many_closed_early_cancels_all_polls(error: Exception | None) -> None:
    """Closing the generator cancels all polls, and asyncio logs no unretrieved exception."""

    async def check() -> None:
        fates = {
            (name, number): Fate(ends=NEVER if number == 2 else 5) for name in "abc" for number in (1, 2, 3)
        }
        server = Server(fates, failing=[(0, NEVER, "page", error)] if error else [])
        async with aclosing(wait_for_keys(waiter(server), fates)) as entries:
            await anext(entries)
        gc.collect()  # when asyncio logs unretrieved exceptions

    in_no_time(check())


def test_wait_many_progress_counts_entries_and_failures() -> None:
    """`on_progress` is called after each entry, and its errors are raised to the caller."""
    calls: list[Progress] = []
    server = Server({("p", 1): Fate(), ("q", 1): Fate(ends=5, how="failed"), ("r", 1): Fate(ends=NEVER)})

    async def check() -> None:
        assert (
            len([entry async for entry in wait_for_keys(waiter(server), server.fates, 60, calls.append)]) == 3
        )

    def fail(progress: Progress) -> None:
        raise ValueError("the bar is broken")

    async def broken() -> None:
        with pytest.raises(ValueError, match="the bar is broken"):
            [entry async for entry in wait_for_keys(waiter(server), server.fates, 60, fail)]

    in_no_time(check())
    assert [(progress.done, progress.failed, progress.total) for progress in calls] == [
        (1, 0, 3),
        (2, 1, 3),
        (3, 2, 3),
    ]
    in_no_time(broken())


def test_wait_many_sends_one_request_per_pipeline_and_poll() -> None:
    """Ten waiters of a pipeline need as many requests as one, and the number of concurrent polls is limited."""
    requests = {}
    for waiters in (1, 10):
        fates = {(f"p{number}", run_id): Fate(ends=30) for number in range(1000) for run_id in range(waiters)}
        server = Server(fates)
        ends = in_no_time(waited(server, fates))
        assert len(ends) == 1000 * waiters
        assert server.most <= MAX_CONCURRENT_POLLS
        requests[waiters] = len(server.asked)
    assert requests[10] == requests[1] <= 1000 * 13


def test_waits_added_one_by_one_share_polls() -> None:
    """A hundred waits added per second do not cause a hundred polls per second."""

    async def check() -> None:
        server = Server({("p", number): Fate(ends=20) for number in range(500)})
        waits = waiter(server)
        tasks = []
        for number in range(500):
            tasks.append(asyncio.create_task(waits.wait("p", number, None)))
            await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        assert len(server.asked) < 5 * 5 + 20

    in_no_time(check())


def test_wait_added_during_a_long_interval_polls_soon() -> None:
    """A run that is added during a long interval is polled soon."""

    async def check() -> None:
        waits = waiter(Server({("p", 1): Fate(ends=NEVER), ("p", 2): Fate(ends=0)}))
        old = asyncio.create_task(waits.wait("p", 1, 1000))
        await asyncio.sleep(500)
        await waits.wait("p", 2, None)
        assert now() < 501
        old.cancel()
        await asyncio.wait([old])

    in_no_time(check())


def test_wait_requests_runs_off_the_page_in_rotation() -> None:
    """Each run is requested once at first; later polls send at most two requests and skip no run."""
    fates = {("p", number): Fate(ends=20 * (number > 2), on_page=number < 3) for number in range(6)}
    server = Server(fates)
    ends = in_no_time(waited(server, fates))
    assert len(ends) == 6
    questions = [run_id for _, _, run_id in server.asked]
    assert questions[:8] == [None, 3, 4, 5, None, 3, None, 4]
    assert questions.count(None) >= len(questions) // 2 - 1


def test_wait_adapts_to_the_duration_of_earlier_runs() -> None:
    """The second wait for a pipeline sends fewer requests and does not end later."""

    async def check() -> tuple[int, float]:
        server = Server({("p", 1): Fate(ends=20), ("p", 2): Fate(ends=120)})
        waits = waiter(server)
        await waits.wait("p", 1, None)
        await asyncio.sleep(100 - now())
        server.asked.clear()
        server.fates["p", 2] = Fate(ends=120)
        await waits.wait("p", 2, None)
        return len(server.asked), now() - 120

    async def without() -> tuple[int, float]:
        server = Server({("p", 2): Fate(ends=20)})
        await waiter(server).wait("p", 2, None)
        return len(server.asked), now() - 20

    (asked, late), (asked_without, _) = in_no_time(check()), in_no_time(without())
    assert asked < asked_without
    assert late < 3
