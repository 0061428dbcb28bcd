"""The requests that the emulator received."""

import pytest

from tests.support.kinds import SPEC
from warehouse_sync import AsyncClient, Client, TransportError
from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.request_log import MAX_BODY_BYTES, MAX_REQUESTS

TRIGGER = "POST */trigger"


def test_trigger_was_sent_exactly_once() -> None:
    """A route selects requests by method and path; the body is that of the request."""
    with Emulator() as emulator, Client(**emulator.client_options()) as client:
        first, second = emulator.seed(pipelines=2, runs=1)
        assert emulator.requests(TRIGGER) == []
        client.pipelines.trigger(first)
        [request] = emulator.requests(TRIGGER)
        assert request.json == {"pipeline_id": first}
        assert (request.method, request.query) == ("POST", {})
        assert request.path == "/platform/v2/workspaces/5328/inputs/data-pipelines/trigger"
        client.pipelines.trigger(second)
        assert [each.json["pipeline_id"] for each in emulator.requests(TRIGGER)] == [first, second]


async def test_requests_of_an_async_client_are_recorded() -> None:
    """Each request is recorded once, in order, with its query; requests without a body have none."""
    async with Emulator() as emulator, AsyncClient(**emulator.client_options()) as client:
        [pipeline_id] = emulator.seed(pipelines=1, runs=3)
        await client.pipelines.report(pipeline_id)
        assert [run.id async for run in client.runs.list(pipeline_id, limit=2)]
        assert [request.method for request in emulator.requests()] == ["POST", "GET", "GET"]
        report, runs = emulator.requests("GET *")
        assert report.path.endswith(f"{pipeline_id}/report")
        assert report.json is None
        assert runs.query == {"currentPage": "1", "pageSize": "2"}
        assert len(emulator.requests("POST /oauth/token")) == 1


async def test_request_that_a_fault_answers_is_recorded() -> None:
    """A retry is a request of its own, whether it reached the API or not."""
    async with Emulator() as emulator, AsyncClient(**emulator.client_options()) as client:
        [pipeline_id] = emulator.seed(pipelines=1)
        emulator.fault("GET */report", drop=True, count=1)
        emulator.fault("GET */report", status=503, count=1)
        await client.pipelines.report(pipeline_id)
        assert len(emulator.requests("GET */report")) == 3
        emulator.fault("GET */connections", drop=True, count=None)
        with pytest.raises(TransportError):
            await client.connections.list()
        assert len(emulator.requests("GET */connections")) == 3


def test_route_that_matches_no_request_is_an_error() -> None:
    """A mistake in the route must not look like no requests."""
    with Emulator() as emulator, pytest.raises(ValueError, match=r"No request can match 'POST \*/triggers'"):
        emulator.requests("POST */triggers")


def test_requests_show_no_secret() -> None:
    """The body of a token request is not kept, and no `repr` shows a body."""
    with Emulator() as emulator, Client(**emulator.client_options()) as client:
        client.connections.create(SPEC)
        emulator.seed(pipelines=1)
        token, create = emulator.requests()
        assert (token.path, token.body) == ("/oauth/token", b"")
        assert create.json["id"] == SPEC.id
        assert "emu_secret" not in f"{token!r}{create!r}"
        assert "config" not in repr(create)


async def test_request_log_is_bounded_and_reset_clears_it() -> None:
    """Control requests and large bodies are not kept, and `reset` removes what was."""
    async with Emulator() as emulator, AsyncClient(**emulator.client_options()) as client:
        session = client._sender.pool.for_running_loop().aiohttp_session
        await session.get(f"{emulator.url}/_emulator/health")
        assert emulator.requests() == []
        [pipeline_id] = emulator.seed(pipelines=1)
        await client.pipelines.report(pipeline_id)
        log = emulator._request_log
        assert log._requests.maxlen == MAX_REQUESTS
        log.set_body(log._requests[-1], bytes(MAX_BODY_BYTES + 1))
        assert emulator.requests()[-1].body == b""
        log.set_body(log._requests[-1], bytes(MAX_BODY_BYTES))
        assert emulator.requests()[-1].body == bytes(MAX_BODY_BYTES)
        emulator.reset()
        assert emulator.requests() == []
