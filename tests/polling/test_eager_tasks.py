"""Waits when each task starts to run while it is created."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.support.eager_tasks import EAGER_TASK_FACTORY
from tests.support.runs import Fate, Server, waited, waiter
from tests.support.virtual import in_no_time

pytestmark = pytest.mark.skipif(EAGER_TASK_FACTORY is None, reason="Python 3.12 added eager tasks")


async def eagerly(work: Coroutine[Any, Any, Any]) -> Any:
    """Await a coroutine whose tasks are eager."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(EAGER_TASK_FACTORY)
    return await work


def test_wait_with_eager_tasks_returns_the_run() -> None:
    """The run is registered before its poller starts, also if the response needs no waiting."""
    for latency in (0.05, 0.0):
        server = Server({("p", 1): Fate(ends=20)}, latency=latency)
        assert in_no_time(eagerly(waiter(server).wait("p", 1, None))).id == 1


def test_wait_many_with_eager_tasks_reads_one_page() -> None:
    """All runs of a pipeline are registered before its poller starts, which then reads a page."""
    server = Server({("p", number): Fate(ends=0) for number in range(5)})
    entries = in_no_time(eagerly(waited(server, server.fates)))
    assert len(entries) == 5
    assert Counter(run_id for _, _, run_id in server.asked) == {None: 1}


def test_wait_with_eager_tasks_again_starts_a_new_poller() -> None:
    """A poller that has ended accepts no run."""

    async def check() -> None:
        waits = waiter(Server({("p", number): Fate(ends=0) for number in (1, 2)}))
        assert [(await waits.wait("p", number, None)).id for number in (1, 2)] == [1, 2]

    in_no_time(eagerly(check()))
