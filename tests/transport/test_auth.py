"""One token per credential, fetched once however many callers, loops and threads need it."""

import asyncio
import gc
import logging
import os
import threading
from collections.abc import Awaitable, Callable

import pytest

from tests.support.clock import FakeClock
from warehouse_sync.errors import ConfigurationError, ConnectError, TokenError
from warehouse_sync.settings import Settings, resolve
from warehouse_sync.transport import auth
from warehouse_sync.transport.auth import AccessToken, TokenSource, credential_key, shared_source
from warehouse_sync.transport.grant import Grant

Outcome = Grant | Exception


def grant(access_token: str = "t1", lifetime: float = 1000.0) -> Grant:
    """A token as it is granted."""
    return Grant(access_token=access_token, lifetime=lifetime)


class Desk:
    """Where tokens are fetched: in order, once the gate is open."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0
        self.refused: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, refused: AccessToken | None) -> Grant:
        """Bring a token, or fail."""
        self.calls += 1
        self.refused.append(None if refused is None else refused.reveal())
        await self.gate.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def source(clock: FakeClock) -> TokenSource:
    """A source that has no token yet."""
    return TokenSource(clock.as_clock())


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_get_a_thousand_callers_fetch_once(source: TokenSource) -> None:
    """Callers that come while a fetch is under way get its token."""
    desk = Desk(grant())
    tokens = await asyncio.gather(*(source.get(desk.fetch) for _ in range(1000)))
    assert {token.reveal() for token in tokens} == {"t1"}
    assert desk.calls == 1


async def test_get_any_waiter_cancelled_harms_nobody(source: TokenSource) -> None:
    """Cancel each of the callers in turn, the first one, too: the others get the token."""
    for victim in range(5):
        source.token = None
        desk = Desk(grant())
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
    desk = Desk(grant())
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
    desk = Desk(TokenError("no", status=401), grant())
    errors = await asyncio.gather(*(source.get(desk.fetch) for _ in range(10)), return_exceptions=True)
    assert {type(error) for error in errors} == {TokenError}
    assert {error.status for error in errors if isinstance(error, TokenError)} == {401}
    assert len({id(error) for error in errors}) == 10
    assert (await source.get(desk.fetch)).reveal() == "t1"
    assert desk.calls == 2


async def test_get_near_the_end_renews_in_the_background(source: TokenSource, clock: FakeClock) -> None:
    """Callers go on with the old token while one fetch brings the new."""
    desk = Desk(grant("t1"), grant("t2"))
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
    desk = Desk(grant("t1"), grant("t2"))
    await source.get(desk.fetch)
    clock.now += 1000
    assert (await source.get(desk.fetch)).reveal() == "t2"


async def test_get_failed_early_renewal_serves_the_old_token_and_backs_off(
    source: TokenSource, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """While the old token lasts, a failed renewal is told to the log alone, and tried again no sooner than in 30 s."""
    desk = Desk(grant("t1"), ConnectError("down"), ConnectError("down"), grant("t2"))
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
    assert caplog.text.count("could not be renewed early: down") == 2
    assert (await source.get(desk.fetch)).reveal() == "t2"


async def test_get_short_tokens_are_each_renewed_early(source: TokenSource, clock: FakeClock) -> None:
    """The pause after a failed renewal does not hold up the renewal after one that succeeded."""
    desk = Desk(*(grant(f"t{number}", 10.0) for number in range(4)))
    await source.get(desk.fetch)
    for number in range(3):
        clock.now += 9
        assert (await source.get(desk.fetch)).reveal() == f"t{number}"
        await settled()
    assert desk.calls == 4


async def test_get_lifetime_counts_from_when_it_was_asked_for(source: TokenSource, clock: FakeClock) -> None:
    """A slow answer does not make a token last longer."""

    async def slow(_: AccessToken | None) -> Grant:
        clock.now += 3
        return grant(lifetime=10.0)

    token = await source.get(slow)
    assert token.expires_at == clock.now + 7


async def test_invalidate_compares_before_it_clears(source: TokenSource) -> None:
    """Of many calls refused with one token the first clears it; a newer token stays."""
    desk = Desk(grant("t1"), grant("t2"))
    old = await source.get(desk.fetch)
    source.invalidate(old)
    new = await source.get(desk.fetch)
    source.invalidate(old)
    assert await source.get(desk.fetch) is new
    assert desk.calls == 2
    assert desk.refused == [None, "t1"]


async def test_join_token_has_just_landed_does_not_fetch_again(source: TokenSource) -> None:
    """A caller that saw no token, and then finds that one landed meanwhile, takes that one."""
    desk = Desk(grant("t1"))
    await source.get(desk.fetch)
    assert source._join(desk.fetch, instead_of=None) is None
    assert desk.calls == 1


async def test_get_client_of_the_fetch_is_closed_the_others_fetch_themselves(source: TokenSource) -> None:
    """Closing the client that happens to fetch is no failure of the clients that share its token."""
    closing, other = Desk(ConfigurationError("the client is closed")), Desk(grant("t2"))
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

    async def fetch(_: AccessToken | None) -> Grant:
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

    async def never(_: AccessToken | None) -> Grant:
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

    async def fetch(_: AccessToken | None) -> Grant:
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
    monkeypatch.setattr(auth, "PATIENCE", 0.001)
    stopped = asyncio.new_event_loop()
    hanging = asyncio.Event()

    async def never(_: AccessToken | None) -> Grant:
        await hanging.wait()
        return grant("late")

    async def begin() -> "asyncio.Task[AccessToken]":
        task = asyncio.create_task(source.get(never))
        await settled()
        return task

    async def get() -> str:
        desk = Desk(grant("t2"))
        return (await source.get(desk.fetch)).reveal()

    waiting = stopped.run_until_complete(begin())
    flight = source._flight
    assert flight is not None
    assert asyncio.run(land(source, flight)) is None
    assert asyncio.run(get()) == "t2"
    hanging.set()
    assert stopped.run_until_complete(waiting).reveal() == "late"
    stopped.run_until_complete(stopped.shutdown_default_executor())
    stopped.close()


async def land(source: TokenSource, flight: "auth._Flight") -> AccessToken | None:
    """Wait for a flight as a caller would."""
    return await source._land(flight, flight.fetch)


def test_get_waiters_loop_is_closed_when_the_fetch_lands(
    source: TokenSource, caplog: pytest.LogCaptureFixture
) -> None:
    """A fetch that lands after a waiter's loop has ended does not stumble over it."""
    fetching, go = threading.Event(), threading.Event()

    async def fetch(_: AccessToken | None) -> Grant:
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
    stuck = auth._Flight(asyncio.new_event_loop(), Desk().fetch)
    source._flight = stuck
    with source._lock, auth._sources_lock:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if asyncio.run(child_get(settings, clock)) == "t9" else 2
            finally:
                os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert source._flight is stuck
    stuck.loop.close()


async def child_get(settings: Settings, clock: FakeClock) -> str:
    """What a forked child does."""
    return (await shared_source(settings, clock.as_clock()).get(Desk(grant("t9")).fetch)).reveal()


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


async def test_access_token_does_not_show_itself(source: TokenSource) -> None:
    """Neither its repr nor its attributes tell it."""
    token = await source.get(Desk(grant("t1-secret")).fetch)
    assert "t1-secret" not in repr(token)
    assert not hasattr(token, "__dict__")


def test_after_fork_forgets_flights_and_locks(settings: Settings, clock: FakeClock) -> None:
    """What a child does first, done here: locks are new, the flight is forgotten, and the token is kept."""
    source = shared_source(settings, clock.as_clock())
    source.token = token = AccessToken(grant(), asked_at=clock.now)
    loop = asyncio.new_event_loop()
    lock, all_locks = source._lock, auth._sources_lock
    vars(source)["_flight"] = auth._Flight(loop, Desk().fetch)
    auth._after_fork()
    assert source._flight is None
    assert source._lock is not lock
    assert auth._sources_lock is not all_locks
    assert source.token is token
    loop.close()


async def test_leave_of_a_flight_that_was_replaced_keeps_the_new_one(source: TokenSource) -> None:
    """A flight that lands late does not end the one that took its place."""
    late, current = (auth._Flight(asyncio.get_running_loop(), Desk().fetch) for _ in range(2))
    source._flight = current
    source._leave(late)
    assert source._flight is current
    source._leave(current)
    assert source._flight is None
