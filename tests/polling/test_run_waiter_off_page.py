"""Waits for runs that are not on the first page of their pipeline."""

import asyncio

from tests.support.runs import Fate, Server, waited, waiter
from tests.support.virtual import in_no_time, now


def test_wait_for_many_old_runs_needs_one_request_each() -> None:
    """Hundreds of runs that ended long ago need one request each, not one poll each."""
    fates = {("p", number): Fate(ends=0, on_page=number < 50) for number in range(500)}
    server = Server(fates)

    async def check() -> float:
        assert len(await waited(server, fates)) == 500
        return now()

    assert in_no_time(check()) < 60
    assert len(server.asked) == 451


def test_wait_skips_a_run_whose_last_waiter_was_removed() -> None:
    """A run without waiters is not requested, and the other runs of the pipeline are."""
    fates = {("p", number): Fate(ends=0, on_page=False) for number in range(4)}
    server = Server(fates, latency=1.0)

    async def check() -> None:
        waits = waiter(server)
        waiting = [asyncio.create_task(waits.wait("p", number, None)) for number in range(4)]
        await asyncio.sleep(1.5)  # the page was read, run 0 is being requested, the others follow
        waiting[2].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert [task.cancelled() for task in waiting] == [False, False, True, False]

    in_no_time(check())
    assert sorted(run_id for _, _, run_id in server.asked if run_id is not None) == [0, 1, 3]
