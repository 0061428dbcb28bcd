"""How long reconciliation takes if its own requests get no response."""

import asyncio
import time

import pytest

from tests.faults.faults import stalling
from tests.support.clock import warp
from tests.support.internals import refresh_token
from tests.support.kinds import CREATE, TRIGGER, Kind
from tests.support.peer import Peer, reset
from warehouse_sync import AsyncClient, Clock, OutcomeUnknownError, Timeout


@pytest.mark.parametrize("total", [60, None])
@pytest.mark.parametrize(("kind", "patience"), [(CREATE, 90), (TRIGGER, 15.5)], ids=["create", "trigger"])
async def test_reconciliation_without_responses_ends_in_time(
    peer: Peer, kind: Kind, patience: float, total: float | None
) -> None:
    """A silent server delays the caller no longer than documented, plus one read."""
    loop = asyncio.get_running_loop()
    jump = warp(loop)

    async def sleep(seconds: float) -> None:
        jump(seconds)
        await asyncio.sleep(0)

    clock = Clock(monotonic=loop.time, sleep=sleep, random=lambda: 0.5)
    peer.serve(kind.route, reset())
    peer.serve("GET *", stalling(lambda: jump(1)))
    async with AsyncClient(**peer.options(clock=clock, timeout=Timeout(total=total))) as client:
        await refresh_token(client)
        began, really_began = loop.time(), time.monotonic()
        with pytest.raises(
            OutcomeUnknownError, match=r"was not found in time; the request was|no new manual run was found"
        ):
            await kind.call(client)
        elapsed, slowness = loop.time() - began, time.monotonic() - really_began
        assert patience + 3 <= elapsed < patience + 4.1 + slowness
    assert peer.count(kind.route) == 1
