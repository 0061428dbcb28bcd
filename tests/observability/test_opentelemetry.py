"""Spans and metrics of both clients, with and without aiohttp's own instrumentation."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.support.kinds import CONNECTION, CREATE, READ, SPEC
from tests.support.peer import TOKEN, Peer, hang_up, reply
from warehouse_sync import AsyncClient, Client, ForbiddenError, RetryPolicy
from warehouse_sync.emulator import Emulator
from warehouse_sync.events import AttemptEnded, installed
from warehouse_sync.observability.opentelemetry import SpanListener, WarehouseSyncInstrumentor

CONNECTION_SPAN = "GET /platform/v2/workspaces/{workspace_id}/connections/{connection_id}"
TOKEN_SPAN = "POST /oauth/token"
FAST = RetryPolicy(base_delay=0.0, throttled_base_delay=0.0)


@attrs.define
class Telemetry:
    """What was recorded."""

    spans: InMemorySpanExporter
    reader: InMemoryMetricReader
    providers: dict[str, Any]

    def ended(self) -> list[ReadableSpan]:
        """Return the spans in the order of their ends."""
        return [*self.spans.get_finished_spans()]

    def named(self, name: str) -> ReadableSpan:
        """Return the only span with a name."""
        [span] = [span for span in self.ended() if span.name == name]
        return span

    def durations(self) -> list[Any]:
        """Return the data points of the request durations."""
        data: Any = self.reader.get_metrics_data()
        [resource] = data.resource_metrics
        metrics = [metric for scope in resource.scope_metrics for metric in scope.metrics]
        [metric] = [metric for metric in metrics if metric.name == "http.client.request.duration"]
        assert metric.unit == "s"
        return [*metric.data.data_points]


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """The recorded spans and metrics of new clients."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    providers = {"tracer_provider": tracers, "meter_provider": meters}
    WarehouseSyncInstrumentor().instrument(**providers)
    yield Telemetry(exporter, reader, providers)
    WarehouseSyncInstrumentor().uninstrument()
    tracers.shutdown()
    meters.shutdown()


def attributes_of(span: ReadableSpan) -> Mapping[str, Any]:
    """Return the attributes of a span."""
    return dict(span.attributes or {})


def attempt(**changes: Any) -> AttemptEnded:
    """Return the event of a request."""
    values = {
        "operation": "",
        "method": "POST",
        "url_template": "/oauth/token",
        "server": "127.0.0.1:80",
        "status": 200,
        "seconds": 0.1,
        "resend_count": 0,
        "error_type": None,
        "request_id": None,
    }
    return AttemptEnded(**{**values, **changes})


def tree(spans: list[ReadableSpan]) -> list[tuple[str, str | None]]:
    """Return the name of each span and of its parent, in order of their ends."""
    names = {span.context.span_id: span.name for span in spans if span.context is not None}
    return [(span.name, names[span.parent.span_id] if span.parent else None) for span in spans]


async def test_operation_has_a_span_for_each_request(telemetry: Telemetry, peer: Peer) -> None:
    """The spans of its requests have the attributes of the HTTP semantic conventions."""
    peer.serve(READ.route, reply(503), reply(200, CONNECTION, X_Request_Id="req-1"))
    async with AsyncClient(**peer.options(retry=FAST)) as client:
        await client.connections.get("c1")
    spans = telemetry.ended()
    assert tree(spans) == [
        (TOKEN_SPAN, "connections.get"),
        (CONNECTION_SPAN, "connections.get"),
        (CONNECTION_SPAN, "connections.get"),
        ("connections.get", None),
    ]
    token, failed, resent, operation = spans
    assert [span.kind for span in spans] == [*[SpanKind.CLIENT] * 3, SpanKind.INTERNAL]
    common = {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": peer.port,
        "url.template": CONNECTION_SPAN.removeprefix("GET "),
    }
    assert attributes_of(failed) == {**common, "http.response.status_code": 503, "error.type": "503"}
    assert attributes_of(resent) == {
        **common,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
        "warehouse_sync.request_id": "req-1",
    }
    assert [span.status.status_code for span in spans] == [
        StatusCode.UNSET,
        StatusCode.ERROR,
        StatusCode.UNSET,
        StatusCode.UNSET,
    ]
    assert attributes_of(operation) == {
        "warehouse_sync.workspace_id": client.workspace_id,
        "warehouse_sync.attempts": 2,
    }
    assert [event.name for event in operation.events] == [
        "warehouse_sync.token_fetched",
        "warehouse_sync.retry",
    ]
    assert token.start_time is not None
    assert token.end_time is not None
    assert operation.start_time is not None
    assert operation.start_time <= token.start_time <= token.end_time


async def test_failed_operation_has_its_error(telemetry: Telemetry, peer: Peer) -> None:
    """Its span has the class of the error, and the status of an error without its message."""
    peer.serve(READ.route, reply(403, {"message": "canary"}))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(ForbiddenError):
            await client.connections.get("c1")
    operation = telemetry.named("connections.get")
    assert operation.status.status_code is StatusCode.ERROR
    assert attributes_of(operation)["error.type"] == "ForbiddenError"
    assert "canary" not in " ".join(span.to_json() for span in telemetry.ended())


async def test_durations_of_requests_are_recorded(telemetry: Telemetry, peer: Peer) -> None:
    """Each request is a value of `http.client.request.duration`, also one without a response."""
    peer.serve(READ.route, hang_up(), reply(200, CONNECTION, X_Request_Id="req-1"))
    async with AsyncClient(**peer.options(retry=FAST)) as client:
        await client.connections.get("c1")
    points = [dict(point.attributes) for point in telemetry.durations()]
    assert [point.count for point in telemetry.durations()] == [1, 1, 1]
    common = {
        "server.address": "127.0.0.1",
        "server.port": peer.port,
    }
    read = {**common, "http.request.method": "GET", "url.template": CONNECTION_SPAN.removeprefix("GET ")}
    assert points == [
        {
            **common,
            "http.request.method": "POST",
            "url.template": "/oauth/token",
            "http.response.status_code": 200,
        },
        {**read, "error.type": "ReadError"},
        {**read, "http.response.status_code": 200},
    ]


async def test_lost_response_is_an_event_of_the_span(telemetry: Telemetry, peer: Peer) -> None:
    """A create whose response was lost and that was found says so."""
    peer.serve(CREATE.route, hang_up())
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(retry=FAST)) as client:
        await client.connections.create(SPEC)
    [*_, recovered] = telemetry.named("connections.create").events
    assert recovered.name == "warehouse_sync.response_recovered"


@pytest.mark.parametrize("first", ["ours", "aiohttp"])
async def test_instrumentation_of_aiohttp_adds_no_spans(telemetry: Telemetry, peer: Peer, first: str) -> None:
    """Each request has one span and one duration, whichever instrumentation was installed first."""
    peer.serve(READ.route, READ.success)
    if first == "aiohttp":
        WarehouseSyncInstrumentor().uninstrument()
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    if first == "aiohttp":
        WarehouseSyncInstrumentor().instrument(**telemetry.providers)
    try:
        async with AsyncClient(**peer.options()) as client:
            for _ in range(3):
                await client.connections.get("c1")
    finally:
        AioHttpClientInstrumentor().uninstrument()
    names = [span.name for span in telemetry.ended()]
    assert names == [
        TOKEN_SPAN,
        CONNECTION_SPAN,
        "connections.get",
        *[CONNECTION_SPAN, "connections.get"] * 2,
    ]
    assert sorted(point.count for point in telemetry.durations()) == [1, 3]


async def test_instrumentation_of_aiohttp_alone_sees_requests(telemetry: Telemetry, peer: Peer) -> None:
    """The check itself: without ours, aiohttp's instrumentation records the requests of a client."""
    WarehouseSyncInstrumentor().uninstrument()
    peer.serve(READ.route, READ.success)
    AioHttpClientInstrumentor().instrument(**telemetry.providers)
    try:
        async with AsyncClient(**peer.options()) as client:
            await client.connections.get("c1")
    finally:
        AioHttpClientInstrumentor().uninstrument()
    assert [span.name for span in telemetry.ended()] == ["POST", "GET"]


async def test_suppression_ends_with_the_operation(telemetry: Telemetry, peer: Peer) -> None:
    """The context of the caller is restored, so that its own spans do not become children of the operation."""
    peer.serve(READ.route, READ.success)
    before = trace.get_current_span()
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
    assert trace.get_current_span() is before


def test_span_of_the_caller_is_the_parent_in_the_blocking_client(telemetry: Telemetry, peer: Peer) -> None:
    """Although the request is sent in another thread."""
    peer.serve(READ.route, READ.success)
    tracer = telemetry.providers["tracer_provider"].get_tracer("test")
    with Client(**peer.options()) as client, tracer.start_as_current_span("caller"):
        client.connections.get("c1")
    assert tree(telemetry.ended()) == [
        (TOKEN_SPAN, "connections.get"),
        (CONNECTION_SPAN, "connections.get"),
        ("connections.get", "caller"),
        ("caller", None),
    ]


async def test_bulk_calls_and_waits_have_spans(telemetry: Telemetry) -> None:
    """Each report of a bulk call is an operation; a wait has an event for the end of its run."""
    async with Emulator() as emulator:
        ids = emulator.seed(pipelines=3)
        async with AsyncClient(**emulator.client_options()) as client:
            async for polled in client.pipelines.reports(ids):
                polled.result()
                assert not trace.get_current_span().get_span_context().is_valid
            assert len([span for span in telemetry.ended() if span.name == "pipelines.report"]) == 3
            run = await client.pipelines.trigger_and_wait(ids[0])
    [ended] = telemetry.named("pipelines.trigger_and_wait").events
    assert ended.name == "warehouse_sync.run_ended"
    assert ended.attributes == {
        "warehouse_sync.pipeline_id": ids[0],
        "warehouse_sync.run_id": run.id,
        "warehouse_sync.run_status": "success",
        "warehouse_sync.successful_records": run.successful_records,
        "warehouse_sync.failed_records": run.failed_records,
    }


async def test_no_secret_is_recorded(telemetry: Telemetry, peer: Peer) -> None:
    """Not even if the server sends it back."""
    peer.serve(TOKEN, reply(200, {"access_token": "canary-token", "expires_in": 900}))
    peer.serve(READ.route, reply(400, {"message": "canary-token"}, X_Request_Id="canary-token"))
    options = peer.options(headers={"X-Key": "canary-header"})
    options["client_secret"] = "canary-secret"
    async with AsyncClient(**options) as client:
        with pytest.raises(Exception, match="400"):
            await client.connections.get("c1")
    recorded = " ".join(span.to_json() for span in telemetry.ended())
    assert "canary" not in f"{recorded} {telemetry.reader.get_metrics_data()}"
    assert "error.type" in recorded


async def test_suppressed_instrumentation_records_nothing(telemetry: Telemetry, peer: Peer) -> None:
    """As the caller asks."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options()) as client:
        with suppress_instrumentation():
            await client.connections.get("c1")
        assert telemetry.ended() == []
        await client.connections.get("c1")
    assert [span.name for span in telemetry.ended()] == [CONNECTION_SPAN, "connections.get"]


def test_uninstrument_removes_the_listener(telemetry: Telemetry) -> None:
    """Clients that are created afterwards have no listener."""
    assert len(installed()) == 1
    WarehouseSyncInstrumentor().uninstrument()
    assert installed() == ()


def test_listener_alone_needs_no_operation(telemetry: Telemetry) -> None:
    """A request that no method started has a span without a parent."""
    listener = SpanListener(**telemetry.providers)
    listener(attempt(server="::1:8080", seconds=0.5))
    [span] = telemetry.ended()
    assert span.parent is None
    assert span.start_time is not None
    assert span.end_time == span.start_time + 500_000_000
    assert attributes_of(span)["server.address"] == "::1"


def test_attributes_of_metrics_are_not_changed_later(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some versions of the SDK keep the dictionary that they receive; ids in it would make a series per request."""
    kept: list[dict[str, Any]] = []

    class Histogram:
        def record(self, _: float, attributes: dict[str, Any]) -> None:
            kept.append(attributes)

    listener = SpanListener(**telemetry.providers)
    monkeypatch.setattr(listener, "_duration", Histogram())
    listener(attempt(request_id="req-1", resend_count=1))
    assert kept[0].keys() == {
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
        "url.template",
    }
    assert attributes_of(telemetry.ended()[0])["warehouse_sync.request_id"] == "req-1"


# `opentelemetry-distro`, which would set the provider up, is not installed.
PROGRAM = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from warehouse_sync import Client

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name + chr(10))))
trace.set_tracer_provider(provider)
with Client() as client:
    client.pipelines.list()
"""


def test_opentelemetry_instrument_finds_the_instrumentor(warehouse_sync_emulator: Emulator) -> None:
    """The command of OpenTelemetry instruments a program that does not name it."""
    options = warehouse_sync_emulator.client_options()
    environment = {f"WAREHOUSE_SYNC_{name.upper()}": str(value) for name, value in options.items()}
    command = Path(sys.executable).with_name("opentelemetry-instrument")
    done = subprocess.run(  # noqa: S603 - our own program
        [command, sys.executable, "-c", PROGRAM],
        env={**environment, "PATH": str(command.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        TOKEN_SPAN,
        "GET /platform/v2/workspaces/{workspace_id}/inputs/data-pipelines",
        "pipelines.list",
    ]
