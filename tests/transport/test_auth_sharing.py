"""One token for all: clients of a credential share it, on whatever loops, threads and processes they run."""

import asyncio
import gc
import os
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.token_endpoint import FakeTokenEndpoint, grant, settled
from warehouse_sync.errors import ConfigurationError, ReadError
from warehouse_sync.settings import Settings, resolve
from warehouse_sync.transport import auth
from warehouse_sync.transport.auth import (
    AccessToken,
    TokenResponse,
    TokenSource,
    credential_key,
    shared_source,
)


async def test_get_client_of_the_fetch_is_closed_the_others_fetch_themselves(source: TokenSource) -> None:
    """Closing the client that happens to fetch is no failure of the clients that share its token."""
    closing, other = (
        FakeTokenEndpoint(ConfigurationError("the client is closed")),
        FakeTokenEndpoint(grant("t2")),
    )
    closing.gate.clear()
    first = asyncio.create_task(source.get(closing.fetch))
    await settled()
    second = asyncio.create_task(source.get(other.fetch))
    await settled()
    closing.gate.set()
    with pytest.raises(ConfigurationError):
        await first
    assert (await second).reveal() == "t2"
    assert (closing.calls, other.calls) == (1, 1)


async def test_get_fetch_of_another_client_fails_the_others_try_once_themselves(source: TokenSource) -> None:
    """Another client's timeouts or proxy are no failure of one's own; a second failure counts, whoever's it is."""
    first, second, third = (
        FakeTokenEndpoint(ReadError("1")),
        FakeTokenEndpoint(ReadError("2")),
        FakeTokenEndpoint(grant()),
    )
    first.gate.clear()
    second.gate.clear()
    tasks = []
    for desk in (first, second, third):
        tasks.append(asyncio.create_task(source.get(desk.fetch)))
        await settled()
    first.gate.set()
    await settled()
    second.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["1", "2", "2"]
    assert (first.calls, second.calls, third.calls) == (1, 1, 0)
    assert (await source.get(third.fetch)).reveal() == "t1"


async def test_get_fetch_of_another_client_fails_and_ones_own_succeeds(source: TokenSource) -> None:
    """Who joined a fetch that another client's bounds cut short fetches with its own."""
    impatient, patient = FakeTokenEndpoint(ReadError("gave up")), FakeTokenEndpoint(grant("t2"))
    impatient.gate.clear()
    first = asyncio.create_task(source.get(impatient.fetch))
    await settled()
    second = asyncio.create_task(source.get(patient.fetch))
    await settled()
    impatient.gate.set()
    assert (await second).reveal() == "t2"
    with pytest.raises(ReadError):
        await first


def in_loop(work: Callable[[], Awaitable[object]]) -> threading.Thread:
    """Run something on a loop in a thread of its own."""

    async def run() -> None:
        await work()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    return thread


def test_get_two_loops_in_two_threads_share_a_fetch(source: TokenSource) -> None:
    """A caller on another loop waits for the same fetch."""
    fetching, go = threading.Event(), threading.Event()
    calls, tokens = [], []

    async def fetch(_: AccessToken | None) -> TokenResponse:
        calls.append(1)
        fetching.set()
        await asyncio.to_thread(go.wait)
        return grant()

    async def call() -> None:
        tokens.append(await source.get(fetch))

    async def join() -> None:
        task = asyncio.create_task(call())
        await settled()
        go.set()
        await task

    first = in_loop(call)
    fetching.wait(10)
    second = in_loop(join)
    first.join(10)
    second.join(10)
    assert len(calls) == 1
    assert len({id(token) for token in tokens}) == 1
    assert len(tokens) == 2


def test_get_loop_of_the_fetch_ends_another_takes_over(source: TokenSource) -> None:
    """A loop that ends in the middle of a fetch costs the callers on other loops nothing but a fetch of their own."""
    fetching, joined = threading.Event(), threading.Event()

    async def never(_: AccessToken | None) -> TokenResponse:
        fetching.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def die() -> None:
        task = asyncio.create_task(source.get(never))
        await asyncio.to_thread(joined.wait)
        task.cancel()

    dying = in_loop(die)
    fetching.wait(10)
    desk_calls = []

    async def fetch(_: AccessToken | None) -> TokenResponse:
        desk_calls.append(1)
        return grant("t2")

    async def take_over() -> str:
        task = asyncio.create_task(source.get(fetch))
        await settled()
        joined.set()
        return (await task).reveal()

    assert asyncio.run(take_over()) == "t2"
    assert desk_calls == [1]
    dying.join(10)


def test_get_loop_of_the_fetch_just_stops_another_takes_over(
    source: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that stands still without ending is noticed, also by those who wait already."""
    monkeypatch.setattr(auth, "LIVENESS_INTERVAL", 0.001)
    stopped = asyncio.new_event_loop()
    hanging = asyncio.Event()

    async def never(_: AccessToken | None) -> TokenResponse:
        await hanging.wait()
        return grant("late")

    async def begin() -> "asyncio.Task[AccessToken]":
        task = asyncio.create_task(source.get(never))
        await settled()
        return task

    async def get() -> str:
        desk = FakeTokenEndpoint(grant("t2"))
        return (await source.get(desk.fetch)).reveal()

    waiting = stopped.run_until_complete(begin())
    flight = source._refresh
    assert flight is not None
    assert not asyncio.run(landing(flight))
    assert asyncio.run(get()) == "t2"
    hanging.set()
    assert stopped.run_until_complete(waiting).reveal() == "late"
    stopped.run_until_complete(stopped.shutdown_default_executor())
    stopped.close()


async def test_get_loop_of_the_fetch_stops_while_others_wait_for_it(
    source: TokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits looks up now and then, notices that the loop runs no more, and fetches the token itself."""
    monkeypatch.setattr(auth, "LIVENESS_INTERVAL", 0.001)
    runs = iter([True, True])
    elsewhere: Any = SimpleNamespace(is_running=lambda: next(runs, False))
    source._refresh = auth._Refresh(elsewhere, FakeTokenEndpoint().fetch)
    desk = FakeTokenEndpoint(grant("t2"))
    assert (await source.get(desk.fetch)).reveal() == "t2"
    assert next(runs, None) is None


async def landing(flight: "auth._Refresh") -> bool:
    """Wait for a flight as a caller would."""
    return await TokenSource._wait_for(flight)


def test_get_waiters_loop_is_closed_when_the_fetch_lands(
    source: TokenSource, caplog: pytest.LogCaptureFixture
) -> None:
    """A fetch that lands after a waiter's loop has ended does not stumble over it."""
    fetching, go = threading.Event(), threading.Event()

    async def fetch(_: AccessToken | None) -> TokenResponse:
        fetching.set()
        await asyncio.to_thread(go.wait)
        return grant()

    first = in_loop(lambda: source.get(fetch))
    fetching.wait(10)

    async def leave() -> None:
        task = asyncio.create_task(source.get(fetch))
        await settled()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(leave())
    go.set()
    first.join(10)
    assert source.token is not None
    assert caplog.records == []


@pytest.mark.filterwarnings(
    "ignore:.*fork:DeprecationWarning"
)  # Python 3.12 warns of threads, which is the point
def test_fork_in_the_middle_of_a_fetch_lets_the_child_fetch(settings: Settings, clock: FakeClock) -> None:
    """The child neither waits for the parent's fetch nor for a lock that a thread of the parent held."""
    source = shared_source(settings, clock.as_clock())
    stuck = auth._Refresh(asyncio.new_event_loop(), FakeTokenEndpoint().fetch)
    source._refresh = stuck
    with source._lock, auth._sources_lock:
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
    """What a forked child does."""
    return (
        await shared_source(settings, clock.as_clock()).get(FakeTokenEndpoint(grant("t9")).fetch)
    ).reveal()


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings with a credential no other test has."""
    return resolve(workspace_id=1, client_id="i", client_secret=request.node.name)


def test_shared_source_is_one_per_credential(settings: Settings, clock: FakeClock) -> None:
    """Clients of one credential share a source for as long as one of them lives; another secret has another."""
    other = resolve(workspace_id=1, client_id="i", client_secret="rotated")
    source = shared_source(settings, clock.as_clock())
    assert shared_source(settings, clock.as_clock()) is source
    assert shared_source(other, clock.as_clock()) is not source
    key = credential_key(settings)
    del source
    gc.collect()
    assert key not in auth._sources


def test_credential_key_tells_nothing(settings: Settings) -> None:
    """The key is a hash of the address, the id and the secret; the workspace does not count."""
    key = credential_key(settings)
    assert len(key) == 64
    assert settings.client_secret.reveal() not in key
    same = resolve(workspace_id=2, client_id="i", client_secret=settings.client_secret)
    elsewhere = resolve(
        workspace_id=1, client_id="i", client_secret=settings.client_secret, token_url="https://x.example/t"
    )
    assert credential_key(same) == key
    assert credential_key(elsewhere) != key


def test_after_fork_forgets_flights_and_locks(settings: Settings, clock: FakeClock) -> None:
    """What a child does first, done here: locks are new, the flight is forgotten, and the token is kept."""
    source = shared_source(settings, clock.as_clock())
    source.token = token = AccessToken(grant(), requested_at=clock.now)
    loop = asyncio.new_event_loop()
    lock, all_locks = source._lock, auth._sources_lock
    vars(source)["_refresh"] = auth._Refresh(loop, FakeTokenEndpoint().fetch)
    auth._after_fork()
    assert source._refresh is None
    assert source._lock is not lock
    assert auth._sources_lock is not all_locks
    with source._lock, auth._sources_lock:
        assert not lock.locked()
    assert source.token is token
    loop.close()
