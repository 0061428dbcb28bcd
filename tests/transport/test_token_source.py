"""The token of one credential: one fetch for all callers, early refresh, and invalidation."""

import asyncio
import logging
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.eager_tasks import EAGER_TASK_FACTORY
from tests.support.token_endpoint import FakeTokenEndpoint, settled, token_response
from warehouse_sync.errors import ConfigurationError, ConnectError, TokenError
from warehouse_sync.transport import token_source
from warehouse_sync.transport.token_source import AccessToken, TokenResponse, TokenSource


async def test_get_by_concurrent_callers_fetches_once(source: TokenSource) -> None:
    """Callers during a refresh wait for its token."""
    endpoint = FakeTokenEndpoint(token_response())
    tokens = await asyncio.gather(*(source.get(endpoint.fetch) for _ in range(1000)))
    assert {token.reveal() for token in tokens} == {"t1"}
    assert endpoint.calls == 1


async def test_get_cancelled_waiter_does_not_affect_others(source: TokenSource) -> None:
    """Whichever caller is cancelled, including the first, the others get the token."""
    for victim in range(5):
        source.token = None
        endpoint = FakeTokenEndpoint(token_response())
        endpoint.unblocked.clear()
        tasks = [asyncio.create_task(source.get(endpoint.fetch)) for _ in range(5)]
        await settled()
        tasks[victim].cancel()
        await settled()
        assert tasks[victim].cancelled()
        endpoint.unblocked.set()
        others = [task for task in tasks if task is not tasks[victim]]
        assert {token.reveal() for token in await asyncio.gather(*others)} == {"t1"}
        assert endpoint.calls == 1


async def test_get_with_all_waiters_cancelled_completes_the_fetch(source: TokenSource) -> None:
    """The token of a fetch without waiters serves the next caller."""
    endpoint = FakeTokenEndpoint(token_response())
    endpoint.unblocked.clear()
    task = asyncio.create_task(source.get(endpoint.fetch))
    await settled()
    task.cancel()
    await settled()
    endpoint.unblocked.set()
    assert (await source.get(endpoint.fetch)).reveal() == "t1"
    assert endpoint.calls == 1


async def test_get_failure_raises_a_copy_for_each_waiter(source: TokenSource) -> None:
    """Each caller gets its own exception object, and the next caller fetches again."""
    endpoint = FakeTokenEndpoint(TokenError("no", status=401), token_response())
    endpoint.unblocked.clear()
    waiters = [asyncio.create_task(source.get(endpoint.fetch)) for _ in range(10)]
    await settled()
    endpoint.unblocked.set()
    errors = await asyncio.gather(*waiters, return_exceptions=True)
    assert {type(error) for error in errors} == {TokenError}
    assert {error.status for error in errors if isinstance(error, TokenError)} == {401}
    assert len({id(error) for error in errors}) == 10
    assert (await source.get(endpoint.fetch)).reveal() == "t1"
    assert endpoint.calls == 2


async def test_get_starts_the_fetch_without_the_lock(source: TokenSource) -> None:
    """An eager task runs while it is created, and acquires the lock itself."""
    loop, locked = asyncio.get_running_loop(), []

    def create(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        locked.append(source._lock.locked())
        return asyncio.Task(work, loop=loop, **options)

    loop.set_task_factory(create)
    assert (await source.get(FakeTokenEndpoint(token_response()).fetch)).reveal() == "t1"
    assert locked == [False]


@pytest.mark.skipif(EAGER_TASK_FACTORY is None, reason="Python 3.12 added eager tasks")
async def test_get_with_a_fetch_that_does_not_wait(source: TokenSource) -> None:
    """A fetch that returns or fails while its task is created serves its caller."""
    asyncio.get_running_loop().set_task_factory(EAGER_TASK_FACTORY)
    endpoint = FakeTokenEndpoint(TokenError("no", status=401), token_response())
    with pytest.raises(TokenError):
        await source.get(endpoint.fetch)
    assert (await source.get(endpoint.fetch)).reveal() == "t1"


async def test_get_near_expiry_refreshes_in_the_background(source: TokenSource, clock: FakeClock) -> None:
    """Callers use the old token while one refresh is running."""
    endpoint = FakeTokenEndpoint(token_response("t1"), token_response("t2"))
    await source.get(endpoint.fetch)
    clock.now += 899
    assert (await source.get(endpoint.fetch)).reveal() == "t1"
    assert endpoint.calls == 1
    endpoint.unblocked.clear()
    clock.now += 1
    for _ in range(100):
        assert (await source.get(endpoint.fetch)).reveal() == "t1"
    await settled()
    assert endpoint.calls == 2
    endpoint.unblocked.set()
    await settled()
    assert (await source.get(endpoint.fetch)).reveal() == "t2"
    assert endpoint.calls == 2


async def test_get_after_expiry_waits_for_the_new_token(source: TokenSource, clock: FakeClock) -> None:
    """An expired token is not used."""
    endpoint = FakeTokenEndpoint(token_response("t1"), token_response("t2"))
    await source.get(endpoint.fetch)
    clock.now += 1000
    assert (await source.get(endpoint.fetch)).reveal() == "t2"


async def test_get_failed_early_refresh_keeps_the_token_and_backs_off(
    source: TokenSource, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Until the old token expires, a failed refresh is only logged, and retried after 30 s."""
    endpoint = FakeTokenEndpoint(
        token_response("t1"), ConnectError("down"), ConnectError("down"), token_response("t2")
    )
    await source.get(endpoint.fetch)
    clock.now += 900
    calls = []
    with caplog.at_level(logging.WARNING, "warehouse_sync"):
        for _ in range(61):
            assert (await source.get(endpoint.fetch)).reveal() in ("t1", "t2")
            await settled()
            calls.append(endpoint.calls)
            clock.now += 1
    assert calls == [2] * 30 + [3] * 30 + [4]
    assert caplog.messages == ["the token could not be refreshed before its expiry: down"] * 2
    assert (await source.get(endpoint.fetch)).reveal() == "t2"


async def test_early_refresh_of_a_closed_client_logs_no_warning(
    source: TokenSource, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A program that ends during a refresh has no problem to report."""
    endpoint = FakeTokenEndpoint(token_response("t1"), ConfigurationError("the client is closed"))
    await source.get(endpoint.fetch)
    clock.now += 900
    await source.get(endpoint.fetch)
    await settled()
    assert (endpoint.calls, caplog.messages) == (2, [])


async def test_get_refreshes_each_short_lived_token_early(source: TokenSource, clock: FakeClock) -> None:
    """The interval between failed refreshes does not delay a refresh after a successful one."""
    endpoint = FakeTokenEndpoint(*(token_response(f"t{number}", 10.0) for number in range(4)))
    await source.get(endpoint.fetch)
    for number in range(3):
        clock.now += 9
        assert (await source.get(endpoint.fetch)).reveal() == f"t{number}"
        await settled()
    assert endpoint.calls == 4


async def test_get_counts_the_lifetime_from_the_request(source: TokenSource, clock: FakeClock) -> None:
    """A slow response does not extend the lifetime of a token."""

    async def slow(_: AccessToken | None) -> TokenResponse:
        clock.now += 3
        return token_response(lifetime=10.0)

    token = await source.get(slow)
    assert token.expires_at == clock.now + 7


async def test_invalidate_keeps_a_newer_token(source: TokenSource) -> None:
    """Of many requests rejected with one token, the first drops it."""
    endpoint = FakeTokenEndpoint(token_response("t1"), token_response("t2"))
    old = await source.get(endpoint.fetch)
    source.invalidate(old)
    new = await source.get(endpoint.fetch)
    source.invalidate(old)
    assert await source.get(endpoint.fetch) is new
    assert endpoint.calls == 2
    assert endpoint.refused == [None, "t1"]


async def test_join_refresh_after_a_refresh_does_not_fetch_again(source: TokenSource) -> None:
    """A caller that saw no token uses one that was fetched meanwhile."""
    endpoint = FakeTokenEndpoint(token_response("t1"))
    await source.get(endpoint.fetch)
    assert source._join_refresh(endpoint.fetch, current=None) is None
    assert endpoint.calls == 1


async def test_access_token_repr_and_attributes_do_not_show_it(source: TokenSource) -> None:
    """The token is in neither of them."""
    token = await source.get(FakeTokenEndpoint(token_response("t1-secret")).fetch)
    assert "t1-secret" not in repr(token)
    assert not hasattr(token, "__dict__")


async def test_clear_of_a_replaced_refresh_keeps_the_new_one(source: TokenSource) -> None:
    """A refresh that ends late does not remove its replacement."""
    late, current = (
        token_source._Refresh(asyncio.get_running_loop(), FakeTokenEndpoint().fetch) for _ in range(2)
    )
    source._refresh = current
    source._clear(late)
    assert source._refresh is current
    source._clear(current)
    assert source._refresh is None


async def test_invalidate_of_fresh_tokens_is_damped(source: TokenSource, clock: FakeClock) -> None:
    """An API that rejects every token causes a fetch at growing intervals, up to a minute, not one per request."""
    endpoint = FakeTokenEndpoint(*(token_response(f"t{number}", 1e6) for number in range(100)))
    replaced = []
    for _ in range(300):
        if source.invalidate(await source.get(endpoint.fetch)):
            replaced.append(clock.now - 1000)
        clock.now += 1
    assert replaced == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


async def test_invalidate_of_tokens_that_were_accepted_is_not_damped(source: TokenSource) -> None:
    """They are replaced at once, however often."""
    endpoint = FakeTokenEndpoint(*(token_response(f"t{number}") for number in range(30)))
    assert source.invalidate(await source.get(endpoint.fetch))
    assert not source.invalidate(await source.get(endpoint.fetch))
    for _ in range(20):
        token = await source.get(endpoint.fetch)
        token.accepted = True
        assert source.invalidate(token)


async def test_accepted_token_resets_the_interval(source: TokenSource, clock: FakeClock) -> None:
    """After it, the first interval is a second again."""
    endpoint = FakeTokenEndpoint(*(token_response(f"t{number}", 1e6) for number in range(9)))
    for seconds in (0, 1, 2):
        clock.now += seconds
        assert source.invalidate(await source.get(endpoint.fetch))
    accepted = await source.get(endpoint.fetch)
    accepted.accepted = True
    assert source.invalidate(accepted)
    rejected = await source.get(endpoint.fetch)
    clock.now += 0.9
    assert not source.invalidate(rejected)
    clock.now += 0.1
    assert source.invalidate(rejected)


async def test_invalidate_of_a_replaced_token_sends_the_request_again(source: TokenSource) -> None:
    """Of many requests that were rejected together, the first one drops the token."""
    endpoint = FakeTokenEndpoint(token_response("t1"), token_response("t2"))
    first = await source.get(endpoint.fetch)
    assert [source.invalidate(first) for _ in range(3)] == [True] * 3
    second = await source.get(endpoint.fetch)
    assert second.reveal() == "t2"
    assert source.invalidate(first)
    assert source.token is second
