"""Sessions: one per event loop, opened at first use, closed with client or loop, not shared after a fork."""

import asyncio
import gc
import os
import re
import threading
import weakref
from typing import Any

import aiohttp
import pytest

from tests.support.kinds import BASE, READ
from tests.support.peer import Peer, hang_up, reply, stall
from warehouse_sync import (
    AsyncClient,
    Client,
    ConfigurationError,
    ConnectError,
    ReadError,
    RetryPolicy,
    Timeout,
)
from warehouse_sync.transport import aiohttp_internals
from warehouse_sync.transport import pool as pool_module
from warehouse_sync.transport.pool import PoolOptions, ResendPreventedError, SessionPool

RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"


@pytest.fixture
def served(peer: Peer) -> Peer:
    """A peer that responds to reads."""
    peer.serve(READ.route, READ.success)
    return peer


def pool_of(client: AsyncClient) -> SessionPool:
    """Return a client's pool."""
    return client._sender.pool


async def test_pool_opens_at_the_first_call(served: Peer) -> None:
    """A client without calls opens no session."""
    client = AsyncClient(**served.options())
    assert not pool_of(client)._sessions
    await client.connections.get("c1")
    assert len(pool_of(client)._sessions) == 1
    await client.close()


async def test_pool_reuses_its_connection(served: Peer) -> None:
    """Consecutive calls share one connection, and so does the token request."""
    async with AsyncClient(**served.options()) as client:
        for _ in range(5):
            await client.connections.get("c1")
    assert served.connections == 1


async def test_borrowed_session_is_used_and_never_closed(served: Peer) -> None:
    """It sends the SDK's headers besides its own, and stays open after the client."""
    async with aiohttp.ClientSession(headers={"X-Mine": "1"}) as session:
        async with AsyncClient(**served.options(session=session)) as client:
            await client.connections.get("c1")
        assert not session.closed
    [arrival] = served.on(READ.route)
    assert arrival.headers["x-mine"] == "1"
    assert arrival.headers["user-agent"].startswith("warehouse-sync/")
    assert arrival.headers["accept"] == "application/json"


async def test_borrowed_session_does_not_resend_silently(peer: Peer) -> None:
    """`attempts` equals the number of requests on the wire."""
    peer.serve(READ.route, hang_up(), hang_up(), READ.success)
    async with aiohttp.ClientSession() as session, AsyncClient(**peer.options(session=session)) as client:
        await client.connections.get("c1")
    assert peer.count(READ.route) == 3


@pytest.mark.parametrize("borrowed", [True, False], ids=["borrowed", "unknown aiohttp"])
async def test_single_attempt_is_a_single_request(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, *, borrowed: bool
) -> None:
    """Without private names of aiohttp too, a broken keep-alive connection is not replaced silently."""
    monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    monkeypatch.setattr(pool_module, "disable_resend", lambda _: None)
    peer.serve(READ.route, READ.success, hang_up(), READ.success)
    async with aiohttp.ClientSession() as session:
        options = peer.options(retry=RetryPolicy(attempts=1), **({"session": session} if borrowed else {}))
        async with AsyncClient(**options) as client:
            await client.connections.get("c1")
            with pytest.raises(ReadError):
                await client.connections.get("c1")
    assert peer.count(READ.route) == 2


async def test_borrowed_session_error_names_the_cause(peer: Peer) -> None:
    """The error contains the class name of aiohttp's exception and nothing else of it."""
    peer.serve(READ.route, hang_up())
    once = peer.options(retry=RetryPolicy(attempts=1))
    async with aiohttp.ClientSession() as session, AsyncClient(**once, session=session) as client:
        with pytest.raises(ReadError, match=r"broke before the response \(ServerDisconnectedError\)"):
            await client.connections.get("c1")
    assert str(ResendPreventedError(OSError("canary"))) == "OSError"


async def test_borrowed_session_retries_refused_connections(peer: Peer) -> None:
    """A refused connection counts as not sent, and there are three attempts."""
    options = peer.options(api_url="http://127.0.0.1:1", retry=RetryPolicy(base_delay=0))
    async with aiohttp.ClientSession() as session, AsyncClient(**options, session=session) as client:
        with pytest.raises(ConnectError) as caught:
            await client.connections.get("c1")
    assert (caught.value.sent, caught.value.attempts) == ("no", 3)


async def test_borrowed_session_keeps_its_middlewares(served: Peer) -> None:
    """The middlewares of the session apply to each request."""
    seen = []

    async def watch(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        seen.append(request.method)
        return await handler(request)  # type: ignore[no-any-return]  # aiohttp's

    async with (
        aiohttp.ClientSession(middlewares=(watch,)) as session,
        AsyncClient(**served.options(session=session)) as client,
    ):
        await client.connections.get("c1")
    assert seen == ["POST", "GET"]


async def test_borrowed_session_that_is_closed_is_a_clear_error(served: Peer) -> None:
    """The error is the same before and after the first call."""
    session = aiohttp.ClientSession()
    client = AsyncClient(**served.options(session=session))
    await client.connections.get("c1")
    await session.close()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="the session passed to the client is closed"):
            await client.connections.get("c1")
    with pytest.raises(ConfigurationError, match="the session passed to the client is closed"):
        await AsyncClient(**served.options(session=session)).connections.get("c1")


def test_borrowed_session_of_another_loop_is_rejected(served: Peer) -> None:
    """The error explains that a session belongs to one event loop."""

    async def make() -> AsyncClient:
        client = AsyncClient(**served.options(session=aiohttp.ClientSession()))
        await client.connections.get("c1")
        return client

    async def use(client: AsyncClient) -> None:
        with pytest.raises(
            ConfigurationError, match=r"^the session passed to the client belongs to another event loop: pass"
        ):
            await client.connections.get("c1")

    first = asyncio.new_event_loop()
    client = first.run_until_complete(make())
    asyncio.run(use(client))
    session = pool_of(client)._options.session
    assert session is not None
    first.run_until_complete(session.close())
    first.run_until_complete(client.close())
    first.run_until_complete(first.shutdown_default_executor())
    first.close()


def test_client_works_in_consecutive_asyncio_runs(served: Peer) -> None:
    """It leaves nothing open, and keeps at most the last event loop alive."""
    client = AsyncClient(**served.options())
    loops = []

    async def call() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await client.connections.get("c1")

    for _ in range(5):
        asyncio.run(call())
        assert not pool_of(client)._sessions
    gc.collect()
    assert [loop() for loop in loops[:-1]] == [None] * 4
    assert served.count(READ.route) == 5


@pytest.mark.parametrize("version", [aiohttp.__version__, "4.0.0"])
def test_client_that_is_not_closed_causes_no_warning(
    served: Peer, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """It is closed with its event loop, under any aiohttp; ResourceWarnings are errors here."""
    monkeypatch.setattr(aiohttp, "__version__", version)

    async def call() -> None:
        await AsyncClient(**served.options()).connections.get("c1")

    asyncio.run(call())
    gc.collect()


def test_client_dropped_during_a_listing_leaves_no_task(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    """While the event loop ends, the session is closed without waiting."""
    runs = [{"id": number, "pipeline_id": "p1", "status": "success"} for number in range(3)]
    peer.serve(RUNS, reply(200, {"items": runs, "has_next_page": True}))

    async def call() -> None:
        async for _ in AsyncClient(**peer.options()).runs.list("p1"):
            break

    asyncio.run(call())
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_closed_client_raises_a_clear_error(served: Peer, sort: str) -> None:
    """Closing twice is no error."""
    error = "the client is closed: create a new one"
    if sort == "async":
        client = AsyncClient(**served.options())
        await client.connections.get("c1")
        await client.close()
        await client.close()
        with pytest.raises(ConfigurationError, match=error):
            await client.connections.get("c1")
        return
    blocking = Client(**served.options())
    blocking.connections.get("c1")
    blocking.close()
    blocking.close()
    with pytest.raises(ConfigurationError, match=error):
        blocking.connections.get("c1")


async def test_client_closed_during_calls_raises_a_clear_error(peer: Peer) -> None:
    """Calls that wait for a response, a slot or the token end with a clear error."""
    peer.serve(READ.route, stall())
    client = AsyncClient(**peer.options(max_connections=2))
    calls = [asyncio.create_task(client.connections.get("c1")) for _ in range(5)]
    await peer.arrived(2, READ.route)
    await client.close()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ConfigurationError}
    assert all(str(outcome).startswith("the client is closed") for outcome in outcomes)


async def test_client_closes_the_sessions_of_other_running_loops(served: Peer) -> None:
    """Closing a client on one loop closes its connections on another running loop."""
    client, ready, done = AsyncClient(**served.options()), threading.Event(), threading.Event()

    async def call() -> None:
        await client.connections.get("c1")
        ready.set()
        await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(call()))
    thread.start()
    await asyncio.to_thread(ready.wait)
    await client.connections.get("c1")
    sessions = list(pool_of(client)._sessions.values())
    assert len(sessions) == 2
    await client.close()
    assert all(session.aiohttp_session.closed for session in sessions)
    done.set()
    await asyncio.to_thread(thread.join)


async def test_client_closes_despite_a_stopped_loop(served: Peer) -> None:
    """An event loop that was stopped without shutdown does not block `close`."""
    client = AsyncClient(**served.options())
    stopped = asyncio.new_event_loop()

    def call() -> None:
        stopped.run_until_complete(client.connections.get("c1"))

    await asyncio.to_thread(call)
    session = pool_of(client)._sessions[stopped]
    await client.close()
    assert session.lifespans

    def finish() -> None:
        stopped.run_until_complete(session.close())
        stopped.run_until_complete(stopped.shutdown_default_executor())
        stopped.close()

    await asyncio.to_thread(finish)


def test_clients_in_many_threads_share_one_token(served: Peer) -> None:
    """Eight threads with an event loop each, and one blocking client in eight threads."""
    client, failed = AsyncClient(**served.options()), list[BaseException]()

    async def calls() -> None:
        await asyncio.gather(*(client.connections.get("c1") for _ in range(20)))

    def work(call: Any) -> None:
        try:
            call()
        except BaseException as error:
            failed.append(error)
            raise

    with Client(**served.options()) as blocking:
        jobs = [lambda: asyncio.run(calls()), lambda: [blocking.connections.get("c1") for _ in range(20)]] * 8
        threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert failed == []
    assert served.count(READ.route) == 320
    assert served.count("POST /oauth/token") == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns of forks with threads
def test_fork_child_opens_its_own_sockets(served: Peer) -> None:
    """Parent and child continue over separate connections, also with a blocking client in the child."""
    blocking = Client(**served.options())
    blocking.connections.get("c1")

    async def parent() -> None:
        async with AsyncClient(**served.options()) as client:
            await client.connections.get("c1")
            child = os.fork()
            if child == 0:
                in_child(client, blocking)
            assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0
            await client.connections.get("c1")

    asyncio.run(parent())
    blocking.connections.get("c1")
    blocking.close()
    connections = [arrival.connection for arrival in served.on(READ.route)]
    assert len(connections) == 6
    assert connections[0] == connections[5]
    assert connections[1] == connections[4]
    assert len(set(connections)) == 4


def in_child(client: AsyncClient, blocking: Client) -> None:
    """Make calls in a forked child, during its parent's event loop."""
    status = 1
    try:
        failed: list[BaseException] = []

        def call() -> None:
            try:
                asyncio.run(one(client))
            except BaseException as error:
                failed.append(error)
                raise

        thread = threading.Thread(target=call)
        thread.start()
        thread.join(60)
        blocking.connections.get("c1")
        status = 2 if failed or thread.is_alive() else 0
    finally:
        os._exit(status)


async def one(client: AsyncClient) -> None:
    """Make one call."""
    await client.connections.get("c1")


async def test_session_closes_after_its_pool_is_gone() -> None:
    """A session that outlives its pool closes without it."""
    pool = SessionPool(PoolOptions(timeout=Timeout()))
    session = pool.for_running_loop()
    del pool
    gc.collect()
    await session.close()
    assert session.aiohttp_session.closed


async def test_ca_file_without_certificates_is_a_clear_error(served: Peer, tmp_path: Any) -> None:
    """The error names a file that is missing or contains no certificate."""
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", str(tmp_path / "missing.pem")):
        said = f"ca_file {str(path)!r} contains no readable certificates: "
        with pytest.raises(ConfigurationError, match=re.escape(said)):
            await AsyncClient(**served.options(ca_file=path)).connections.get("c1")


async def test_after_fork_keeps_the_parents_sockets_open() -> None:
    """A child drops the sessions without closing them, and opens its own."""
    pool = SessionPool(PoolOptions(timeout=Timeout()))
    inherited = pool.for_running_loop()
    pool_module._after_fork()
    assert pool.for_running_loop() is not inherited
    assert not inherited.aiohttp_session.closed
    assert inherited in pool_module._parent_sessions
    pool_module._parent_sessions.clear()
    await inherited.close()
    await pool.close()


async def test_pool_finds_the_session_of_each_loop() -> None:
    """Event loops that alternate keep their sessions."""
    pool = SessionPool(PoolOptions(timeout=Timeout()))
    ours = pool.for_running_loop()

    async def elsewhere() -> None:
        assert pool.for_running_loop() is not ours

    await asyncio.to_thread(asyncio.run, elsewhere())
    other = asyncio.new_event_loop()
    pool._latest = (other, ours)
    assert pool.for_running_loop() is ours
    other.close()
    await pool.close()
