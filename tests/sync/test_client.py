"""`Client` in scripts, thread pools and notebooks."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.kinds import BASE
from tests.support.peer import HeldResponses, Peer, reply, stall
from tests.support.stderr import without_slow_callbacks
from warehouse_sync import Client, ConfigurationError
from warehouse_sync.emulator import Emulator
from warehouse_sync.sync.event_loop_thread import CALLED_FROM_CALLBACK
from warehouse_sync.transport.pool import CLOSED

if TYPE_CHECKING:
    from warehouse_sync import Progress

LIST = f"GET {BASE}/connections"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator in its own thread."""
    with Emulator() as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client connected to the emulator."""
    with Client(**emulator.client_options()) as connected:
        yield connected


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A scripted server."""
    with Peer() as running:
        running.serve(LIST, reply(200, []))
        yield running


def tasks(client: Client) -> set[str]:
    """Return the tasks on the client's loop, except those of its thread."""
    loop_thread = client._loop_thread

    async def names() -> set[str]:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return {str(task.get_coro()) for task in others if "_serve" not in str(task.get_coro())}

    return loop_thread.run(names())


def test_client_works_in_a_thread_pool(client: Client, emulator: Emulator) -> None:
    """Many threads share one client."""
    ids = emulator.seed(pipelines=40, runs=1)
    with ThreadPoolExecutor(16) as pool:
        reports = list(pool.map(client.pipelines.report, ids))
    assert [report.pipeline_id for report in reports] == ids


async def test_client_works_inside_a_running_loop(client: Client, emulator: Emulator) -> None:
    """A notebook cell runs in an event loop, and can still call and iterate."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=60)
    assert client.pipelines.report(pipeline_id).status == "idle"
    assert len(list(client.runs.list(pipeline_id))) == 60


@pytest.mark.parametrize("leave", ["break", "close", "raise"])
def test_client_cancels_the_requests_of_a_left_loop(client: Client, emulator: Emulator, leave: str) -> None:
    """However a loop is left, all requests are cancelled, and the client keeps working."""
    ids = emulator.seed(pipelines=30, runs=200)
    for items in (
        client.pipelines.reports(ids, concurrency=4),
        client.runs.list(ids[0], page_size=5, prefetch=4).pages(),
        iter(client.runs.list(ids[0], page_size=5)),
        client.watch(ids, every=60),
    ):
        _leave(items, leave)
    del items
    assert tasks(client) == set()
    assert client.pipelines.report(ids[0]).status == "idle"


def _leave(items: Iterator[Any], how: str) -> None:
    next(items)
    if how == "close":
        items.close()  # type: ignore[attr-defined] # they are generators
    elif how == "raise":
        with pytest.raises(ZeroDivisionError):
            _fail_with(items)


def _fail_with(items: Iterator[Any]) -> None:
    for _ in items:
        raise ZeroDivisionError


def test_client_raises_an_error_of_on_progress(client: Client, emulator: Emulator) -> None:
    """An error in a callback is raised by the loop, and all requests are cancelled."""

    def refuse(progress: "Progress") -> None:
        if progress.done == 3:
            raise LookupError("enough")

    ids = emulator.seed(pipelines=30, runs=1)
    with pytest.raises(LookupError, match="enough"):
        list(client.pipelines.reports(ids, concurrency=4, on_progress=refuse))
    assert tasks(client) == set()


def test_call_inside_a_callback_raises_with_a_hint(client: Client, emulator: Emulator) -> None:
    """A blocking call inside a callback would deadlock; the error contains a hint."""
    ids = emulator.seed(pipelines=2, runs=1)

    def call(_: "Progress") -> None:
        client.pipelines.report(ids[0])

    with pytest.raises(ConfigurationError) as caught:
        list(client.pipelines.reports(ids, on_progress=call))
    assert str(caught.value) == CALLED_FROM_CALLBACK
    assert len(list(client.pipelines.reports(ids))) == 2


def test_ctrl_c_during_a_call_cancels_its_request(peer: Peer) -> None:
    """Ctrl-C closes the connection before the call raises; the client keeps working."""
    peer.serve(LIST, stall(), reply(200, []))
    with Client(**peer.options()) as client:

        def interrupt() -> None:
            peer.wait(1, LIST)
            os.kill(os.getpid(), signal.SIGINT)

        interrupter = threading.Thread(target=interrupt)
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            client.connections.list()
        interrupter.join()
        assert tasks(client) == set()
        assert client.connections.list() == []


def test_close_during_calls_raises_in_their_threads(peer: Peer) -> None:
    """Calls in other threads raise an error with the reason, and none hangs."""
    held_responses = HeldResponses()
    peer.serve(LIST, held_responses.hold(reply(200, [])))
    client = Client(**peer.options())
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(client.connections.list) for _ in range(4)]
        peer.wait(4, LIST)
        client.close()
        errors = [call.exception(30) for call in calls]
    held_responses.release()
    assert [str(error) for error in errors] == [CLOSED] * 4


def test_derived_clients_share_the_thread(client: Client) -> None:
    """Clients for other workspaces or with other options use the thread of the first one, and end with it."""
    assert client.workspace(7).connections.list() == []
    assert client.with_options().connections.list() == []
    assert sum(thread.name == "warehouse-sync" for thread in threading.enumerate()) == 1


SCRIPT = """
import sys
from warehouse_sync import Client
client = Client()
pages = client.runs.list(sys.argv[1], page_size=5).pages()
print(next(pages).current_page, client.pipelines.report(sys.argv[1]).status)
"""


def test_script_that_does_not_close_exits_without_a_warning(emulator: Emulator) -> None:
    """A script may end in the middle of a listing: it does not hang or warn."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=50)
    settings = {
        f"WAREHOUSE_SYNC_{key.upper()}": str(value) for key, value in emulator.client_options().items()
    }
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", SCRIPT, pipeline_id]
    ran = subprocess.run(  # noqa: S603 - our own script
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.stdout, without_slow_callbacks(ran.stderr), ran.returncode) == ("1 idle\n", "", 0)


DROPPED = """
import gc, sys
from warehouse_sync import Client, ConnectError, NotFoundError
def fail(cause, **more):
    try:
        Client(**more).connections.get("missing")
    except cause as error:
        return error
    raise SystemExit("no error")
for cause, more in [(ConnectError, {"api_url": "http://127.0.0.1:9"}), (NotFoundError, {})]:
    error = fail(cause, **more)  # its traceback refers to the client, which refers to the error
    del error
    gc.collect()
print("done")
"""


def test_client_that_is_dropped_after_an_error_prints_nothing(emulator: Emulator) -> None:
    """The garbage collector closes its connections without a warning of aiohttp."""
    settings = {
        f"WAREHOUSE_SYNC_{key.upper()}": str(value) for key, value in emulator.client_options().items()
    }
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", DROPPED]
    ran = subprocess.run(  # noqa: S603 - our own script
        command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.stdout, without_slow_callbacks(ran.stderr), ran.returncode) == ("done\n", "", 0)
