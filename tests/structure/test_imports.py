"""The libraries that an import loads, in a new interpreter."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "aiohttp",
    "anyio",
    "asyncio",
    "attrs",
    "cattrs",
    "click",
    "dateutil",
    "msgspec",
    "rich",
    "ssl",
    "yarl",
)
SERVER_AND_CLI = {"click", "rich", "dateutil"}
CASES = {
    "import warehouse_sync": {*HEAVY},
    "import warehouse_sync; dir(warehouse_sync); warehouse_sync.__version__": {*HEAVY},
    "from warehouse_sync import NotFoundError": {*HEAVY},
    "import warehouse_sync.models": {*HEAVY} - {"attrs"},
    "from warehouse_sync import Timeout, RetryPolicy": {*HEAVY} - {"attrs", "asyncio", "ssl"},
    "from warehouse_sync import AsyncClient": SERVER_AND_CLI,
    "from warehouse_sync import Client": SERVER_AND_CLI,
}


def loaded_by(statement: str) -> set[str]:
    """Return which of the heavy libraries a statement loads in a new interpreter."""
    script = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-W", "error", "-c", script]
    answer = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own words
    return set(json.loads(answer.stdout)) & {*HEAVY, "warehouse_sync.emulator", "warehouse_sync.cli"}


@pytest.mark.parametrize("statement", CASES)
def test_import_loads_no_more_than_it_needs(statement: str) -> None:
    """Importing the package is fast, and each name loads only what it needs."""
    loaded = loaded_by(statement)
    assert loaded & CASES[statement] == set()
    assert loaded & {"warehouse_sync.emulator", "warehouse_sync.cli"} == set()


def test_client_loads_aiohttp() -> None:
    """The check itself finds loaded libraries."""
    assert "aiohttp" in loaded_by("from warehouse_sync import AsyncClient")
