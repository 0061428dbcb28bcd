"""One token per credential, shared by clients in all event loops, threads and processes."""

import asyncio
import gc
import os
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.token_endpoint import FakeTokenEndpoint, settled, token_response
from warehouse_sync.errors import ConfigurationError, ReadError
from warehouse_sync.settings import Settings, resolve
from warehouse_sync.transport import token_source
from warehouse_sync.transport.token_source import (
    AccessToken,
    TokenResponse,
    TokenSource,
    credential_key,
    shared_source,
)


async def test_get_fetches_again_if_the_fetching_client_is_closed(source: TokenSource) -> None:
    """Closing the client that is fetching does not fail the clients that share its token."""
    closing, other = (
        FakeTokenEndpoint(ConfigurationError("the client is closed")),
        FakeTokenEndpoint(token_response("t2")),
    )
    closing.unblocked.clear()
    first = asyncio.create_task(source.get(closing.fetch))
    await settled()
    second = asyncio.create_task(source.get(other.fetch))
    await settled()
    closing.unblocked.set()
    with pytest.raises(ConfigurationError):
        await first
    assert (await second).reveal() == "t2"
    assert (closing.calls, other.calls) == (1, 1)


async def test_get_fetches_once_more_if_another_clients_fetch_fails(source: TokenSource) -> None:
    """Another client's timeout or proxy may be the cause; a second failure is raised, whichever client it is of."""
    first, second, third = (
        FakeTokenEndpoint(ReadError("1")),
        FakeTokenEndpoint(ReadError("2")),
        FakeTokenEndpoint(token_response()),
    )
    first.unblocked.clear()
    second.unblocked.clear()
    tasks = []
    for endpoint in (first, second, third):
        tasks.append(asyncio.create_task(source.get(endpoint.fetch)))
        await settled()
    first.unblocked.set()
    await settled()
    second.unblocked.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["1", "2", "2"]
    assert (first.calls, second.calls, third.calls) == (1, 1, 0)
    assert (await source.get(third.fetch)).reveal() == "t1"


async def test_get_succeeds_after_the_fetch_of_another_client_fails(source: TokenSource) -> None:
    """A waiter for a fetch with another client's timeout fetches with its own."""
    impatient, patient = FakeTokenEndpoint(ReadError("gave up")), FakeTokenEndpoint(token_response("t2"))
    impatient.unblocked.clear()
    first = asyncio.create_task(source.get(impatient.fetch))
    await settled()
    second = asyncio.create_task(source.get(patient.fetch))
    await settled()
    impatient.unblocked.set()
    assert (await second).reveal() == "t2"
    with pytest.raises(ReadError):
        await first


def run_in_thread(work: Callable[[], Awaitable[object]]) -> threading.Thread:
    """Run a coroutine function on an event loop in a new thread."""

    async def run() -> None:
        await work()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    return thread


def test_get_shares_a_fetch_between_loops_in_two_threads(source: TokenSource) -> None:
    """A caller on another event loop waits for the same fetch."""
    fetching, go = threading.Event(), threading.Event()
    calls, tokens = [], []

    async def fetch(_: AccessToken | None) -> TokenResponse:
        calls.append(1)
        fetching.set()
        await asyncio.to_thread(go.wait)
        return token_response()

    async def call() -> None:
        tokens.append(await source.get(fetch))

    async def join() -> None:
        task = asyncio.create_task(call())
        await settled()
        go.set()
        await task

    first = run_in_thread(call)
    fetching.wait(60)
    second = run_in_thread(join)
    first.join(60)
    second.join(60)
    assert len(calls) == 1
    assert len({id(token) for token in tokens}) == 1
    assert len(tokens) == 2


def test_get_fetches_again_if_the_fetching_loop_ends(source: TokenSource) -> None:
    """Callers on other event loops start a fetch of their own."""
    fetching, joined = threading.Event(), threading.Event()

    async def never(_: AccessToken | None) -> TokenResponse:
        fetching.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def die() -> None:
        task = asyncio.create_task(source.get(never))
        await asyncio.to_thread(joined.wait)
        task.cancel()

    dying = run_in_thread(die)
    fetching.wait(60)
    calls = []

    async def fetch(_: AccessToken | None) -> TokenResponse:
        calls.append(1)
        return token_response("t2")

    async def take_over() -> str:
        task = asyncio.create_task(source.get(fetch))
        await settled()
        joined.set()
        return (await task).reveal()

    assert asyncio.run(take_over()) == "t2"
    assert calls == [1]
    dying.join(60)


def test_get_fetches_again_if_the_fetching_loop_stops(
    source: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that stops without being closed is detected, also by callers that already wait."""
    monkeypatch.setattr(token_source, "LIVENESS_INTERVAL", 0.001)
    stopped = asyncio.new_event_loop()
    hanging = asyncio.Event()

    async def never(_: AccessToken | None) -> TokenResponse:
        await hanging.wait()
        return token_response("late")

    async def begin() -> "asyncio.Task[AccessToken]":
        task = asyncio.create_task(source.get(never))
        await settled()
        return task

    async def get() -> str:
        endpoint = FakeTokenEndpoint(token_response("t2"))
        return (await source.get(endpoint.fetch)).reveal()

    waiting = stopped.run_until_complete(begin())
    refresh = source._refresh
    assert refresh is not None
    assert not asyncio.run(wait_for(refresh))
    assert asyncio.run(get()) == "t2"
    hanging.set()
    assert stopped.run_until_complete(waiting).reveal() == "late"
    stopped.run_until_complete(stopped.shutdown_default_executor())
    stopped.close()


async def test_get_fetches_again_if_the_loop_stops_during_the_wait(
    source: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiter checks regularly whether the loop is running, and otherwise fetches itself."""
    monkeypatch.setattr(token_source, "LIVENESS_INTERVAL", 0.001)
    runs = iter([True, True])
    elsewhere: Any = SimpleNamespace(is_running=lambda: next(runs, False))
    source._refresh = token_source._Refresh(elsewhere, FakeTokenEndpoint().fetch)
    endpoint = FakeTokenEndpoint(token_response("t2"))
    assert (await source.get(endpoint.fetch)).reveal() == "t2"
    assert next(runs, None) is None


async def wait_for(refresh: "token_source._Refresh") -> bool:
    """Wait for a refresh as a caller does."""
    return await TokenSource._wait_for(refresh)


def test_get_fetch_ends_after_the_loop_of_a_waiter_closed(
    source: TokenSource, caplog: pytest.LogCaptureFixture
) -> None:
    """A fetch does not call into a closed event loop."""
    fetching, go = threading.Event(), threading.Event()

    async def fetch(_: AccessToken | None) -> TokenResponse:
        fetching.set()
        await asyncio.to_thread(go.wait)
        return token_response()

    first = run_in_thread(lambda: source.get(fetch))
    fetching.wait(60)

    async def leave() -> None:
        task = asyncio.create_task(source.get(fetch))
        await settled()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(leave())
    go.set()
    first.join(60)
    assert source.token is not None
    assert caplog.records == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns of forks with threads
def test_fork_during_a_fetch_lets_the_child_fetch(settings: Settings, clock: FakeClock) -> None:
    """The child waits neither for the parent's fetch nor for a lock that a thread of the parent held."""
    source = shared_source(settings, clock.as_clock())
    stuck = token_source._Refresh(asyncio.new_event_loop(), FakeTokenEndpoint().fetch)
    source._refresh = stuck
    with source._lock, token_source._sources_lock:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if asyncio.run(child_get(settings, clock)) == "t9" else 2
            finally:
                os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert source._refresh is stuck
    stuck.loop.close()


async def child_get(settings: Settings, clock: FakeClock) -> str:
    """Get a token in a forked child."""
    return (
        await shared_source(settings, clock.as_clock()).get(FakeTokenEndpoint(token_response("t9")).fetch)
    ).reveal()


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings with a credential that no other test uses."""
    return resolve(workspace_id=1, client_id="i", client_secret=request.node.name)


def test_shared_source_is_one_per_credential(settings: Settings, clock: FakeClock) -> None:
    """Clients of a credential share a source while one of them exists; another secret has another source."""
    other = resolve(workspace_id=1, client_id="i", client_secret="rotated")
    source = shared_source(settings, clock.as_clock())
    assert shared_source(settings, clock.as_clock()) is source
    assert shared_source(other, clock.as_clock()) is not source
    key = credential_key(settings)
    del source
    gc.collect()
    assert key not in token_source._sources


def test_credential_key_is_a_hash_of_the_credential(settings: Settings) -> None:
    """The hash depends on the URL, the id and the secret, but not on the workspace."""
    key = credential_key(settings)
    assert len(key) == 64
    assert settings.client_secret.reveal() not in key
    same = resolve(workspace_id=2, client_id="i", client_secret=settings.client_secret)
    elsewhere = resolve(
        workspace_id=1, client_id="i", client_secret=settings.client_secret, token_url="https://x.example/t"
    )
    assert credential_key(same) == key
    assert credential_key(elsewhere) != key


def test_after_fork_drops_refresh_and_locks(settings: Settings, clock: FakeClock) -> None:
    """A child replaces locks, drops the refresh and keeps the token."""
    source = shared_source(settings, clock.as_clock())
    source.token = token = AccessToken(token_response(), requested_at=clock.now)
    loop = asyncio.new_event_loop()
    lock, all_locks = source._lock, token_source._sources_lock
    vars(source)["_refresh"] = token_source._Refresh(loop, FakeTokenEndpoint().fetch)
    token_source._after_fork()
    assert source._refresh is None
    assert source._lock is not lock
    assert token_source._sources_lock is not all_locks
    with source._lock, token_source._sources_lock:
        assert not lock.locked()
    assert source.token is token
    loop.close()
