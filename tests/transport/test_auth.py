"""The token of one credential: fetched once, renewed in time, and forgotten when it is refused."""

import asyncio
import logging

import pytest

from tests.support.clock import FakeClock
from tests.support.token_endpoint import FakeTokenEndpoint, grant, settled
from warehouse_sync.errors import ConfigurationError, ConnectError, TokenError
from warehouse_sync.transport import auth
from warehouse_sync.transport.auth import AccessToken, TokenResponse, TokenSource


async def test_get_a_thousand_callers_fetch_once(source: TokenSource) -> None:
    """Callers that come while a fetch is under way get its token."""
    desk = FakeTokenEndpoint(grant())
    tokens = await asyncio.gather(*(source.get(desk.fetch) for _ in range(1000)))
    assert {token.reveal() for token in tokens} == {"t1"}
    assert desk.calls == 1


async def test_get_any_waiter_cancelled_harms_nobody(source: TokenSource) -> None:
    """Cancel each of the callers in turn, the first one, too: the others get the token."""
    for victim in range(5):
        source.token = None
        desk = FakeTokenEndpoint(grant())
        desk.gate.clear()
        tasks = [asyncio.create_task(source.get(desk.fetch)) for _ in range(5)]
        await settled()
        tasks[victim].cancel()
        await settled()
        assert tasks[victim].cancelled()
        desk.gate.set()
        others = [task for task in tasks if task is not tasks[victim]]
        assert {token.reveal() for token in await asyncio.gather(*others)} == {"t1"}
        assert desk.calls == 1


async def test_get_all_waiters_cancelled_still_brings_the_token(source: TokenSource) -> None:
    """A fetch nobody waits for any longer serves the next caller."""
    desk = FakeTokenEndpoint(grant())
    desk.gate.clear()
    task = asyncio.create_task(source.get(desk.fetch))
    await settled()
    task.cancel()
    await settled()
    desk.gate.set()
    assert (await source.get(desk.fetch)).reveal() == "t1"
    assert desk.calls == 1


async def test_get_failure_reaches_every_waiter_as_its_own(source: TokenSource) -> None:
    """Each caller gets an exception object of its own, and the next caller fetches anew."""
    desk = FakeTokenEndpoint(TokenError("no", status=401), grant())
    errors = await asyncio.gather(*(source.get(desk.fetch) for _ in range(10)), return_exceptions=True)
    assert {type(error) for error in errors} == {TokenError}
    assert {error.status for error in errors if isinstance(error, TokenError)} == {401}
    assert len({id(error) for error in errors}) == 10
    assert (await source.get(desk.fetch)).reveal() == "t1"
    assert desk.calls == 2


async def test_get_near_the_end_renews_in_the_background(source: TokenSource, clock: FakeClock) -> None:
    """Callers go on with the old token while one fetch brings the new."""
    desk = FakeTokenEndpoint(grant("t1"), grant("t2"))
    await source.get(desk.fetch)
    clock.now += 899
    assert (await source.get(desk.fetch)).reveal() == "t1"
    assert desk.calls == 1
    desk.gate.clear()
    clock.now += 1
    for _ in range(100):
        assert (await source.get(desk.fetch)).reveal() == "t1"
    await settled()
    assert desk.calls == 2
    desk.gate.set()
    await settled()
    assert (await source.get(desk.fetch)).reveal() == "t2"
    assert desk.calls == 2


async def test_get_after_the_end_blocks_for_the_new_token(source: TokenSource, clock: FakeClock) -> None:
    """An expired token is not used."""
    desk = FakeTokenEndpoint(grant("t1"), grant("t2"))
    await source.get(desk.fetch)
    clock.now += 1000
    assert (await source.get(desk.fetch)).reveal() == "t2"


async def test_get_failed_early_renewal_serves_the_old_token_and_backs_off(
    source: TokenSource, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """While the old token lasts, a failed renewal is told to the log alone, and tried again no sooner than in 30 s."""
    desk = FakeTokenEndpoint(grant("t1"), ConnectError("down"), ConnectError("down"), grant("t2"))
    await source.get(desk.fetch)
    clock.now += 900
    calls = []
    with caplog.at_level(logging.WARNING, "warehouse_sync"):
        for _ in range(61):
            assert (await source.get(desk.fetch)).reveal() in ("t1", "t2")
            await settled()
            calls.append(desk.calls)
            clock.now += 1
    assert calls == [2] * 30 + [3] * 30 + [4]
    assert caplog.messages == ["the token could not be refreshed before its expiry: down"] * 2
    assert (await source.get(desk.fetch)).reveal() == "t2"


async def test_early_renewal_cut_off_by_its_client_warns_of_nothing(
    source: TokenSource, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A script that ends while its token is renewed has nothing to worry about: the next one asks for itself."""
    desk = FakeTokenEndpoint(grant("t1"), ConfigurationError("the client is closed"))
    await source.get(desk.fetch)
    clock.now += 900
    await source.get(desk.fetch)
    await settled()
    assert (desk.calls, caplog.messages) == (2, [])


async def test_get_short_tokens_are_each_renewed_early(source: TokenSource, clock: FakeClock) -> None:
    """The pause after a failed renewal does not hold up the renewal after one that succeeded."""
    desk = FakeTokenEndpoint(*(grant(f"t{number}", 10.0) for number in range(4)))
    await source.get(desk.fetch)
    for number in range(3):
        clock.now += 9
        assert (await source.get(desk.fetch)).reveal() == f"t{number}"
        await settled()
    assert desk.calls == 4


async def test_get_lifetime_counts_from_when_it_was_asked_for(source: TokenSource, clock: FakeClock) -> None:
    """A slow answer does not make a token last longer."""

    async def slow(_: AccessToken | None) -> TokenResponse:
        clock.now += 3
        return grant(lifetime=10.0)

    token = await source.get(slow)
    assert token.expires_at == clock.now + 7


async def test_invalidate_compares_before_it_clears(source: TokenSource) -> None:
    """Of many calls refused with one token the first clears it; a newer token stays."""
    desk = FakeTokenEndpoint(grant("t1"), grant("t2"))
    old = await source.get(desk.fetch)
    source.invalidate(old)
    new = await source.get(desk.fetch)
    source.invalidate(old)
    assert await source.get(desk.fetch) is new
    assert desk.calls == 2
    assert desk.refused == [None, "t1"]


async def test_join_token_has_just_landed_does_not_fetch_again(source: TokenSource) -> None:
    """A caller that saw no token, and then finds that one landed meanwhile, takes that one."""
    desk = FakeTokenEndpoint(grant("t1"))
    await source.get(desk.fetch)
    assert source._join_refresh(desk.fetch, current=None) is None
    assert desk.calls == 1


async def test_access_token_does_not_show_itself(source: TokenSource) -> None:
    """Neither its repr nor its attributes tell it."""
    token = await source.get(FakeTokenEndpoint(grant("t1-secret")).fetch)
    assert "t1-secret" not in repr(token)
    assert not hasattr(token, "__dict__")


async def test_leave_of_a_flight_that_was_replaced_keeps_the_new_one(source: TokenSource) -> None:
    """A flight that lands late does not end the one that took its place."""
    late, current = (auth._Refresh(asyncio.get_running_loop(), FakeTokenEndpoint().fetch) for _ in range(2))
    source._refresh = current
    source._clear(late)
    assert source._refresh is current
    source._clear(current)
    assert source._refresh is None
