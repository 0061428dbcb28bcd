"""Every method of the SDK against a mock that Prism serves from the OpenAPI document."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.conformance.sdk_calls import CALLS, methods_of, results_of
from warehouse_sync import (
    AsyncClient,
    DecodeError,
    PaginationError,
    RetryPolicy,
    RunFailedError,
    ValidationError,
    WaitTimeoutError,
)
from warehouse_sync.emulator.openapi import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

HAS_FEEDS = any("partnerfeeds" in path for path in document()["paths"])
# A mock invents runs that never end, or that failed, and pages without an end.
INVENTED = (RunFailedError, WaitTimeoutError, PaginationError)


# The SDK decodes an invented pipeline, and refuses to put back what could never have been stored.
PUT_BACK = {"pipelines.pause": [ValidationError], "pipelines.resume": [ValidationError]}


@contextlib.contextmanager
def other_id_is_fine() -> Iterator[None]:
    """Suppress the error about a decoded resource that is not the requested one, because its id was invented."""
    try:
        yield
    except DecodeError as error:
        if "the server returned " not in str(error):
            raise


@contextlib.contextmanager
def prism(command: str, folder: Path, *options: str) -> Iterator[str]:
    """Run Prism on a free port, and yield its URL."""
    file = folder / "openapi.json"
    file.write_text(
        json.dumps(document(api_server="http://127.0.0.1", sso_server="http://127.0.0.1")), "utf-8"
    )
    arguments = [command, "mock", "--port", "0", "--errors", *options, str(file)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603 - our own arguments
        try:
            assert process.stdout is not None
            found = None
            while found is None:
                line = process.stdout.readline()
                assert line, "Prism has ended"
                found = re.search(r"listening on (http://[\d.]+:\d+)", line)
            threading.Thread(target=process.stdout.read, daemon=True).start()  # a full pipe would block it
            yield found[1]
        finally:
            process.kill()


@pytest.fixture(scope="module", params=["static", "dynamic"])
def url(
    request: pytest.FixtureRequest, tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a mock with the same response each time, and of one with generated responses."""
    options = ["--dynamic", "--seed", "1"] if request.param == "dynamic" else []
    with prism(tool("prism"), tmp_path_factory.mktemp("prism"), *options) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncClient]:
    """A client of the mock that sends each request once."""
    async with AsyncClient(
        workspace_id=1,
        account_id=1,
        client_id="id",
        client_secret="secret",
        api_url=url,
        token_url=f"{url}/oauth/token",
        retry=RetryPolicy(attempts=1),
        timeout=10,
    ) as connected:
        yield connected


@pytest.mark.parametrize("name", [name for name in CALLS if not name.startswith("feeds.") or HAS_FEEDS])
async def test_response_of_the_mock_is_decoded(
    client: AsyncClient, name: str, request: pytest.FixtureRequest
) -> None:
    """The mock accepts each request, and the SDK decodes each response."""
    is_static = request.node.callspec.params["url"] == "static"  # its ids are those of the examples
    for _ in range(3):
        with (
            contextlib.suppress(*INVENTED, *PUT_BACK.get(name, ())),
            contextlib.nullcontext() if is_static else other_id_is_fine(),
        ):
            assert await results_of(CALLS[name](client))


async def test_every_method_is_called() -> None:
    """The table has each method of the client's resources."""
    async with AsyncClient(workspace_id=1, account_id=1, client_id="id", client_secret="secret") as client:
        assert methods_of(client) | {"watch"} == set(CALLS)
