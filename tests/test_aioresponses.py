"""Mocking with aioresponses: every request goes through the method that it replaces."""

import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any

import aiohttp
import aioresponses
import pytest
from aioresponses import core
from yarl import URL

from warehouse_sync import (
    AsyncClient,
    BadRequestError,
    Client,
    DecodeError,
    ForbiddenError,
    NotFoundError,
    PipelineBusyError,
    RateLimitedError,
    ReadError,
    RetryPolicy,
    TimeoutError,
    TokenError,
    UnauthorizedError,
    WarehouseLoginError,
)
from warehouse_sync.testing import patch_aioresponses

BASE = "https://api.mparticle.com/platform/v2/workspaces/1"
TOKEN = "https://sso.auth.mparticle.com/oauth/token"
CONNECTION = {
    "id": "c1",
    "name": "One",
    "state": "active",
    "service_provider": "Databricks",
    "config": {"provider": "p", "schema": "s"},
}
SECRETS = (f"secret-{number}" for number in itertools.count())  # a token is shared by all who have one secret

Mock = aioresponses.aioresponses


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    """Mocked requests with a working token endpoint."""
    monkeypatch.setattr(core, "ClientResponse", core.ClientResponse)  # type: ignore[attr-defined] # restored after the test
    patch_aioresponses()
    with Mock() as mocked:
        mocked.post(
            TOKEN, payload={"access_token": "token", "expires_in": 28800, "token_type": "Bearer"}, repeat=True
        )
        yield mocked


def options() -> dict[str, Any]:
    """Return the options of a client for the real URLs, without delays."""
    retry = RetryPolicy(attempts=2, base_delay=0, throttled_base_delay=0)
    return {"workspace_id": 1, "client_id": "id", "client_secret": next(SECRETS), "retry": retry}


async def test_mocked_get_returns_a_model(mock: Mock) -> None:
    """The mock records token and headers."""
    mock.get(f"{BASE}/connections/c1", payload=CONNECTION)
    async with AsyncClient(**options()) as client:
        assert (await client.connections.get("c1")).config.service_provider == "Databricks"
    [seen] = mock.requests["GET", URL(f"{BASE}/connections/c1")]
    assert seen.kwargs["headers"]["Authorization"] == "Bearer token"
    assert seen.kwargs["headers"]["Accept"] == "application/json"


async def test_mocked_write_sends_the_body(mock: Mock) -> None:
    """The body of a mocked write is what the API would receive."""
    mock.post(f"{BASE}/inputs/data-pipelines/trigger", payload={"pipeline_run_id": 7, "status": "queued"})
    mock.delete(f"{BASE}/connections/c1", status=204)
    async with AsyncClient(**options()) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7
        await client.connections.delete("c1")
    [seen] = mock.requests["POST", URL(f"{BASE}/inputs/data-pipelines/trigger")]
    assert seen.kwargs["data"] == b'{"pipeline_id":"p1"}'


def test_mocked_blocking_client_works(mock: Mock) -> None:
    """`Client` is mocked like `AsyncClient`, including queries and repetitions."""
    mock.get(f"{BASE}/connections?serviceProvider=Databricks", payload=[CONNECTION], repeat=True)
    with Client(**options()) as client:
        for _ in range(2):
            assert [found.id for found in client.connections.list("Databricks")] == ["c1"]


async def test_mocked_bulk_reports_work(mock: Mock) -> None:
    """Patterns and callbacks respond to many reports."""

    def report(url: URL, **_: Any) -> aioresponses.CallbackResult:
        return aioresponses.CallbackResult(payload={"pipeline_id": url.parts[-2], "status": "idle"})

    mock.get(re.compile(rf"{BASE}/inputs/data-pipelines/.*/report"), callback=report, repeat=True)
    ids = [f"p{number}" for number in range(50)]
    async with AsyncClient(**options()) as client:
        polled = [entry async for entry in client.pipelines.reports(ids)]
    assert sorted(entry.report.pipeline_id for entry in polled if entry.report) == sorted(ids)


@pytest.mark.parametrize(
    ("status", "message", "error", "requests"),
    [
        (400, "bad", BadRequestError, 1),
        (400, "The pipeline is already in progress", PipelineBusyError, 1),
        (401, "no", UnauthorizedError, 2),
        (403, "no", ForbiddenError, 1),
        (404, "gone", NotFoundError, 1),
        (429, "slowly", RateLimitedError, 2),
        (505, "login", WarehouseLoginError, 1),
    ],
)
async def test_mocked_error_response_raises_the_usual_error(
    mock: Mock, status: int, message: str, error: type[Exception], requests: int
) -> None:
    """A mocked error has the class, message and number of requests of a real one."""
    url = f"{BASE}/connections/c1"
    body = {"statusCode": status, "errors": [{"message": message}]}
    mock.get(url, status=status, payload=body, repeat=True)
    async with AsyncClient(**options()) as client:
        with pytest.raises(error, match=message) as caught:
            await client.connections.get("c1")
    assert type(caught.value) is error
    assert len(mock.requests["GET", URL(url)]) == requests


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (aiohttp.ServerDisconnectedError(), ReadError),
        (aiohttp.ClientConnectionError("refused"), ReadError),
        (aiohttp.ConnectionTimeoutError(), TimeoutError),
    ],
)
async def test_mocked_exception_is_mapped(mock: Mock, raised: Exception, error: type[Exception]) -> None:
    """A mocked aiohttp exception raises the SDK's exception, and is retried."""
    mock.get(f"{BASE}/connections/c1", exception=raised, repeat=True)
    async with AsyncClient(**options()) as client:
        with pytest.raises(error) as caught:
            await client.connections.get("c1")
    assert caught.value.attempts == 2  # type: ignore[attr-defined] # a TransportError


async def test_mocked_failure_is_retried(mock: Mock) -> None:
    """A failure followed by a response is a success."""
    mock.get(f"{BASE}/connections/c1", status=503)
    mock.get(f"{BASE}/connections/c1", payload=CONNECTION)
    async with AsyncClient(**options()) as client:
        assert (await client.connections.get("c1")).id == "c1"


async def test_mocked_invalid_json_is_a_decode_error(mock: Mock) -> None:
    """A mocked response is decoded like a real one."""
    mock.get(f"{BASE}/connections/c1", body="<html>")
    async with AsyncClient(**options()) as client:
        with pytest.raises(DecodeError):
            await client.connections.get("c1")


async def test_mocked_token_endpoint_can_reject(mock: Mock) -> None:
    """The token request is mocked like any other."""
    mock.clear()
    mock.post(TOKEN, status=401, payload={"error": "access_denied"})
    async with AsyncClient(**options()) as client:
        with pytest.raises(TokenError):
            await client.connections.get("c1")


def test_patching_twice_has_no_effect(mock: Mock) -> None:
    """The helper may be called again, for example from another `conftest.py`."""
    patch_aioresponses()
    test_mocked_blocking_client_works(mock)


@pytest.mark.skipif(
    "stream_writer" not in inspect.signature(aiohttp.ClientResponse).parameters,
    reason="aiohttp before 3.14 takes no writer, and the helper does nothing",
)
def test_newer_aioresponses_keeps_its_own_writer(mock: Mock) -> None:
    """The helper does not replace the writer of an aioresponses that has one."""
    made: Any = core.ClientResponse  # type: ignore[attr-defined] # what the helper replaced
    assert made.keywords["stream_writer"].output_size == 0
    with pytest.raises(AttributeError, match="'str' object has no attribute 'output_size'"):
        made(
            "GET",
            URL(BASE),
            writer=None,
            continue100=None,
            timer=None,
            request_info=None,
            traces=[],
            loop=None,
            session=None,
            stream_writer="own",
        )
