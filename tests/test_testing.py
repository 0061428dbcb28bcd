"""The pytest plugin, in separate test runs."""

import subprocess
import sys
from importlib import import_module
from textwrap import dedent

import pytest

import warehouse_sync.testing
from tests.support.peer import TOKEN, Peer, reply
from warehouse_sync import AsyncClient, Client
from warehouse_sync.emulator import Emulator
from warehouse_sync.testing import patch_aioresponses

pytest_plugins = ["pytester"]

SYNC = """
def test_starts_empty_and_serves(warehouse_sync_emulator, warehouse_sync_sync_client):
    assert warehouse_sync_sync_client.pipelines.list() == []
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=3)
    assert warehouse_sync_sync_client.pipelines.report(pipeline_id).status == "idle"

def test_starts_empty_again(warehouse_sync_sync_client):
    assert warehouse_sync_sync_client.pipelines.list() == []
"""
ASYNC = """
async def test_starts_empty_and_serves(warehouse_sync_emulator, warehouse_sync_client):
    assert await warehouse_sync_client.pipelines.list() == []
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=3)
    assert (await warehouse_sync_client.pipelines.report(pipeline_id)).status == "idle"

async def test_starts_empty_again(warehouse_sync_client):
    assert await warehouse_sync_client.pipelines.list() == []
"""
EMULATOR = """
import urllib.request

def test_serves(warehouse_sync_emulator):
    assert urllib.request.urlopen(warehouse_sync_emulator.url + "/_emulator/health").status == 200
"""
CLOCK = """
def test_clock_stands_still_and_is_turned(warehouse_sync_emulator, warehouse_sync_clock, warehouse_sync_sync_client):
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    assert warehouse_sync_emulator.now().isoformat() == "2025-01-01T12:00:00+00:00"
    warehouse_sync_clock.advance("3d")
    assert warehouse_sync_emulator.now().isoformat() == "2025-01-04T12:00:00+00:00"
    run = warehouse_sync_sync_client.pipelines.trigger_and_wait(pipeline_id)
    assert run.ended_on == warehouse_sync_clock.now()

def test_clock_starts_anew(warehouse_sync_clock, warehouse_sync_emulator):
    assert warehouse_sync_emulator.now().isoformat() == "2025-01-01T12:00:00+00:00"
"""
ENVIRONMENT = """
from warehouse_sync import Client

def test_client_without_arguments_connects(warehouse_sync_environment):
    [pipeline_id] = warehouse_sync_environment.seed(pipelines=1)
    with Client() as client:
        assert client.pipelines.report(pipeline_id).status == "idle"
"""
# Left unset, pytest-asyncio warns.
WITH_ASYNCIO = ("-o", "asyncio_default_fixture_loop_scope=function")
WITHOUT_ASYNCIO = ("-p", "no:asyncio", "-p", "no_asyncio")
NO_ASYNCIO = """
import sys
sys.modules["pytest_asyncio"] = None
"""


def passes(pytester: pytest.Pytester, body: str, *arguments: str, count: int) -> None:
    """Run tests in a separate process, with warnings as errors."""
    pytester.makepyfile(body)
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:schemathesis", *arguments)
    result.assert_outcomes(passed=count)


def test_environment_fixture_connects_a_client_without_arguments(
    warehouse_sync_environment: Emulator,
) -> None:
    """The fixture sets every variable that a client needs."""
    [pipeline_id] = warehouse_sync_environment.seed(pipelines=1)
    with Client() as client:
        assert client.pipelines.get(pipeline_id).id == pipeline_id


def test_patched_aioresponses_is_not_patched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of aioresponses or aiohttp that needs no patch stays as it is."""
    core = import_module("aioresponses.core")

    def response(method: str) -> str:
        return method

    monkeypatch.setattr(core, "ClientResponse", response)
    patch_aioresponses()
    assert core.ClientResponse is response


def test_sync_client_is_connected_to_its_own_emulator(pytester: pytest.Pytester) -> None:
    """A blocking test has a connected client, and each test an empty emulator."""
    passes(pytester, SYNC, *WITH_ASYNCIO, count=2)


def test_async_client_works_in_auto_mode(pytester: pytest.Pytester) -> None:
    """An asynchronous test has a connected client in the auto mode of pytest-asyncio."""
    passes(pytester, ASYNC, *WITH_ASYNCIO, "-o", "asyncio_mode=auto", count=2)


def test_async_client_works_in_strict_mode(pytester: pytest.Pytester) -> None:
    """In strict mode, marked tests have a connected client."""
    marked = ASYNC.replace("async def", "@pytest.mark.asyncio\nasync def")
    passes(pytester, f"import pytest\n{marked}", *WITH_ASYNCIO, "-o", "asyncio_mode=strict", count=2)


def test_async_client_works_under_anyio(pytester: pytest.Pytester) -> None:
    """Without pytest-asyncio, the plugin of anyio runs the fixture."""
    pytester.makepyfile(no_asyncio=NO_ASYNCIO)
    marked = ASYNC.replace("async def", "@pytest.mark.anyio\nasync def")
    backend = "@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    passes(pytester, f"import pytest\n{backend}{marked}", *WITHOUT_ASYNCIO, count=2)


def test_emulator_works_without_pytest_asyncio(pytester: pytest.Pytester) -> None:
    """Without pytest-asyncio, the fixtures for blocking tests work."""
    pytester.makepyfile(no_asyncio=NO_ASYNCIO)
    passes(pytester, EMULATOR + SYNC, *WITHOUT_ASYNCIO, count=3)


def test_clock_is_virtual_for_tests_that_request_it(pytester: pytest.Pytester) -> None:
    """A test that requests the clock controls it, its runs take no time, and the next test has a new clock."""
    passes(pytester, CLOCK, *WITH_ASYNCIO, count=2)


def test_documented_example_passes(pytester: pytest.Pytester) -> None:
    """The complete example in the docstring of the plugin is a test that passes."""
    documentation = warehouse_sync.testing.__doc__ or ""
    example = documentation.rpartition("::\n")[2]
    passes(pytester, dedent(example), *WITH_ASYNCIO, count=1)


def test_import_is_fast() -> None:
    """The plugin, which pytest imports in every run, loads neither server nor client."""
    code = "import sys, pytest, warehouse_sync.testing; print([m for m in ('aiohttp', 'anyio', 'msgspec', 'cattrs', 'attr') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own code
    assert out == "[]\n"


def test_environment_names_the_emulator(pytester: pytest.Pytester) -> None:
    """Code that reads its settings from the environment is tested as it is."""
    passes(pytester, ENVIRONMENT, *WITH_ASYNCIO, count=1)


async def test_forgotten_tokens_are_fetched_again() -> None:
    """A client that is created afterwards fetches its own token; before, it shares one."""
    with Peer() as peer:
        peer.serve("GET /platform/v2/workspaces/1/inputs/data-pipelines", reply(200, []))
        options = peer.options()
        async with AsyncClient(**options) as first:
            await first.pipelines.list()
            for fetched in (1, 2):
                async with AsyncClient(**options) as client:
                    await client.pipelines.list()
                assert peer.count(TOKEN) == fetched
                warehouse_sync.testing.forget_tokens()
            await first.pipelines.list()
        assert peer.count(TOKEN) == 2
