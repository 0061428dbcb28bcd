"""Starting, using and stopping an emulator."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.errors import ApiError

if TYPE_CHECKING:
    from tests.emulator.conftest import Api


def health(url: str) -> object:
    """Ask a running emulator whether it is up, the blocking way."""
    with urllib.request.urlopen(f"{url}/_emulator/health") as response:  # noqa: S310 - our own loopback address
        return json.load(response)


async def test_client_options_are_what_a_client_needs(emulator: Emulator) -> None:
    """The options have the workspace, its account, the credential and both URLs, as plain values."""
    assert emulator.client_options() == {
        "workspace_id": 5328,
        "account_id": 1,
        "client_id": "emu_client",
        "client_secret": "emu_secret",
        "api_url": f"http://127.0.0.1:{emulator.port}",
        "token_url": f"http://127.0.0.1:{emulator.port}/oauth/token",
    }


async def test_emulators_run_side_by_side() -> None:
    """Each emulator has its own free port and its own state."""
    async with Emulator() as one, Emulator() as other:
        assert one.port != other.port
        one.seed(pipelines=1, runs=0)
        assert other.seed(pipelines=1, runs=0) == ["seeded-pipeline-00001"]


def test_repr_shows_the_address() -> None:
    """The repr shows the address of a running emulator."""
    emulator = Emulator()
    assert repr(emulator) == "<Emulator, not running>"
    with emulator:
        assert repr(emulator) == f"<Emulator at {emulator.url}>"


def test_emulator_serves_blocking_code() -> None:
    """Entered with `with`, it serves from a background thread that ends with it."""
    threads = set(threading.enumerate())
    with Emulator() as emulator:
        assert health(emulator.url) == {"status": "ok"}
        assert emulator.seed(pipelines=2, runs=1) == ["seeded-pipeline-00001", "seeded-pipeline-00002"]
        emulator.fault("GET *", status=500)
        emulator.fail_next_run("seeded-pipeline-00001")
        emulator.reset()
        with pytest.raises(ApiError, match="not found"):
            emulator.fail_next_run("seeded-pipeline-00001")
    assert set(threading.enumerate()) <= threads


async def test_emulator_thread_serves_inside_an_event_loop() -> None:
    """`with` works inside a running loop, because another thread serves."""
    with Emulator() as emulator:
        response = await asyncio.to_thread(health, emulator.url)
    assert response == {"status": "ok"}


def test_emulator_can_be_started_again() -> None:
    """A stopped emulator can be entered again and keeps its state."""
    emulator = Emulator()
    with emulator:
        emulator.seed(pipelines=1, runs=0)
    with emulator:
        assert health(emulator.url) == {"status": "ok"}
        assert emulator.seed(pipelines=1, runs=0) == ["seeded-pipeline-00002"]


async def test_running_emulator_cannot_be_entered(emulator: Emulator) -> None:
    """Entering a running emulator is an error and leaves it running."""
    with pytest.raises(RuntimeError, match="already running"):
        await emulator.__aenter__()
    with pytest.raises(RuntimeError, match="already running"):
        emulator.__enter__()
    assert emulator.url.endswith(str(emulator.port))


def test_stopped_emulator_has_no_address() -> None:
    """Reading the address before the start or after the end is an error."""
    emulator = Emulator()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not running"):
            _ = emulator.url
        with emulator:
            assert emulator.url


def test_taken_port_is_an_os_error() -> None:
    """A port in use is an OSError, and no thread is left."""
    threads = set(threading.enumerate())
    with (
        Emulator() as first,
        pytest.raises(OSError, match="address already in use"),
        Emulator(port=first.port),
    ):
        pass
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::", "example.com"])  # noqa: S104 - rejected
def test_remote_address_is_rejected(host: str) -> None:
    """Listening on a network address needs `allow_remote`."""
    with pytest.raises(ValueError, match="allow_remote"):
        Emulator(host=host)


def test_network_address_can_be_permitted() -> None:
    """With `allow_remote` every address is listened on, and the URL works on this machine."""
    with Emulator(host="0.0.0.0", allow_remote=True) as emulator:  # noqa: S104 - meant
        assert emulator.url == f"http://127.0.0.1:{emulator.port}"
        assert health(emulator.url) == {"status": "ok"}


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_loopback_is_in_brackets() -> None:
    """An IPv6 address in the URL is in brackets."""
    try:
        with Emulator(host="::1") as emulator:
            assert emulator.url == f"http://[::1]:{emulator.port}"
            assert health(emulator.url) == {"status": "ok"}
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


async def test_other_credential_can_be_set() -> None:
    """A given credential replaces the default one."""
    emulator = Emulator(client_id="emu_me", client_secret="mine", workspace_id=7)
    async with emulator:
        options = emulator.client_options()
    assert (options["client_id"], options["client_secret"], options["workspace_id"]) == ("emu_me", "mine", 7)


async def test_requests_in_progress_do_not_delay_the_end(api: Api, emulator: Emulator) -> None:
    """An emulator with a request that would take an hour stops at once."""
    other = Emulator()
    async with other:
        other.fault("GET *", delay=3600)
        reader, writer = await asyncio.open_connection("127.0.0.1", other.port)
        writer.write(f"GET /platform HTTP/1.1\r\nHost: 127.0.0.1:{other.port}\r\n\r\n".encode())
        await writer.drain()
        # One event loop handles both in order, so that the first has arrived when the next has its response.
        begun = time.monotonic()
        api.url = other.url
        await api.get("/_emulator/health")
    assert time.monotonic() - begun < 60
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_start_is_quick() -> None:
    """A start takes less than 50 ms of CPU time."""

    async def seconds() -> float:
        begun = time.process_time()
        async with Emulator():
            return time.process_time() - begun

    assert min([await seconds() for _ in range(5)]) < 0.05


def test_emulator_shares_no_code_with_the_client() -> None:
    """Importing the emulator loads no other part of the package than the package itself does."""
    code = """
import sys, warehouse_sync
before = set(sys.modules)
import warehouse_sync.emulator
loaded = {name for name in sys.modules if name.startswith("warehouse_sync.")} - before
print(sorted(name for name in loaded if not name.startswith("warehouse_sync.emulator")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout == "[]\n"


def test_missing_extra_names_the_command() -> None:
    """Without the extra's package the import fails with the command that installs it."""
    code = "import sys; sys.modules['dateutil'] = None; import warehouse_sync.emulator"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 1
    assert "pip install 'warehouse-sync[emulator]'" in done.stderr.splitlines()[-1]


def test_sql_engine_is_imported_for_a_warehouse() -> None:
    """Only an emulator with a warehouse imports the SQL engine, and names what is missing."""
    code = """
import sys
from warehouse_sync.emulator import Emulator
with Emulator():
    print(sorted({"duckdb", "sqlglot", "sqlite3"} & sys.modules.keys()))
sys.modules["sqlglot"] = None
Emulator(warehouse=".")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.stdout == "[]\n"
    assert "pip install 'warehouse-sync[emulator]'" in done.stderr.splitlines()[-1]
