"""OpenTelemetry spans and metrics of clients.

Needs the extra `opentelemetry`.

```python
from warehouse_sync.observability.opentelemetry import WarehouseSyncInstrumentor

WarehouseSyncInstrumentor().instrument()
```

`opentelemetry-instrument` does the same without code. Clients that exist already are not instrumented.
"""

import time
from collections.abc import Collection
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import attrs
from opentelemetry import context, metrics, trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
from opentelemetry.instrumentation.utils import is_instrumentation_enabled, suppress_http_instrumentation
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
)
from opentelemetry.semconv.metrics import http_metrics
from opentelemetry.semconv.schemas import Schemas
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from warehouse_sync import __version__, events
from warehouse_sync.events import (
    AttemptEnded,
    Event,
    OperationEnded,
    OperationStarted,
    ResponseRecovered,
    RetryScheduled,
    RunEnded,
    TokenFetched,
)

if TYPE_CHECKING:
    from contextvars import Token

Attributes = dict[str, str | int | float]

_PREFIX = "warehouse_sync"
_URL_TEMPLATE = "url.template"  # in development, so its constant may move
# The boundaries of the semantic conventions for `http.client.request.duration`, in seconds.
_BOUNDARIES = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


@attrs.frozen(eq=False)
class _OpenOperation:
    """A running operation: its span, and what restores the contexts at its end."""

    span: Span
    attached: "Token[context.Context]"
    previous: "Token[_OpenOperation | None]"


_open_operation: ContextVar[_OpenOperation | None] = ContextVar("warehouse_sync_open_operation", default=None)


class SpanListener:
    """A listener that records spans and metrics.

    An operation is an INTERNAL span. Each of its HTTP requests is a CLIENT span and a value of
    `http.client.request.duration`. Instrumentation of the HTTP library is suppressed during an operation.

    Args:
        tracer_provider: The provider of the tracer; by default the global one.
        meter_provider: The provider of the meter; by default the global one.
    """

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        schema = Schemas.V1_27_0.value
        self._tracer = trace.get_tracer(_PREFIX, __version__, tracer_provider, schema_url=schema)
        meter = metrics.get_meter(_PREFIX, __version__, meter_provider, schema_url=schema)
        self._duration = meter.create_histogram(
            http_metrics.HTTP_CLIENT_REQUEST_DURATION,
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )

    def __call__(self, event: Event) -> None:
        """Record an event."""
        match event:
            case OperationStarted():
                self._start(event)
            case OperationEnded():
                _end(event)
            case AttemptEnded():
                self._record_attempt(event)
            case RetryScheduled(delay=delay, reason=reason):
                _add_event("retry", {"delay": delay, "reason": reason})
            case TokenFetched(seconds=seconds, source=source):
                _add_event("token_fetched", {"seconds": seconds, "source": source})
            case RunEnded():
                _add_event("run_ended", _run_attributes(event))
            case ResponseRecovered():
                _add_event("response_recovered", {})
            case _:
                pass  # each `RunPolled` has a request, and so a span

    def _start(self, event: OperationStarted) -> None:
        if not is_instrumentation_enabled():
            return
        span = self._tracer.start_span(
            event.operation, attributes={f"{_PREFIX}.workspace_id": event.workspace_id}
        )
        with suppress_http_instrumentation():  # a second span of each request, by aiohttp's instrumentation
            suppressed = context.get_current()
        attached = context.attach(trace.set_span_in_context(span, suppressed))
        previous: Token[_OpenOperation | None] = _open_operation.set(None)
        _open_operation.set(_OpenOperation(span, attached, previous))

    def _record_attempt(self, event: AttemptEnded) -> None:
        if not is_instrumentation_enabled():
            return
        attributes = _request_attributes(event)
        self._duration.record(event.seconds, attributes)
        ended = time.time_ns()
        span = self._tracer.start_span(
            f"{event.method} {event.url_template}",
            kind=SpanKind.CLIENT,
            attributes={**attributes, **_span_attributes(event)},  # the metric may hold the other dictionary
            start_time=ended - int(event.seconds * 1e9),
        )
        if event.error_type is not None:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)


def _end(event: OperationEnded) -> None:
    operation = _open_operation.get()
    if operation is None:
        return  # it started while instrumentation was suppressed
    span = operation.span
    span.set_attribute(f"{_PREFIX}.attempts", event.attempts)
    if event.error_type is not None:
        span.set_attribute(error_attributes.ERROR_TYPE, event.error_type)
        span.set_status(Status(StatusCode.ERROR))
    span.end()
    _open_operation.reset(operation.previous)
    context.detach(operation.attached)


def _add_event(name: str, attributes: Attributes) -> None:
    """Add an event to the span of the running operation, unless it has ended."""
    operation = _open_operation.get()
    if operation is not None and operation.span.is_recording():
        operation.span.add_event(
            f"{_PREFIX}.{name}", {f"{_PREFIX}.{key}": value for key, value in attributes.items()}
        )


def _request_attributes(event: AttemptEnded) -> Attributes:
    """Return the attributes of a request that its span and its metric share."""
    host, _, port = event.server.rpartition(":")
    attributes: Attributes = {
        http_attributes.HTTP_REQUEST_METHOD: event.method,
        server_attributes.SERVER_ADDRESS: host,
        server_attributes.SERVER_PORT: int(port),
        _URL_TEMPLATE: event.url_template,
    }
    if event.status is not None:
        attributes[http_attributes.HTTP_RESPONSE_STATUS_CODE] = event.status
    if event.error_type is not None:
        attributes[error_attributes.ERROR_TYPE] = event.error_type
    return attributes


def _span_attributes(event: AttemptEnded) -> Attributes:
    """Return the attributes of a request that are too many for a metric."""
    attributes: Attributes = {}
    if event.resend_count:
        attributes[http_attributes.HTTP_REQUEST_RESEND_COUNT] = event.resend_count
    if event.request_id is not None:
        attributes[f"{_PREFIX}.request_id"] = event.request_id
    return attributes


def _run_attributes(event: RunEnded) -> Attributes:
    values: dict[str, str | int | None] = {
        "pipeline_id": event.pipeline_id,
        "run_id": event.run_id,
        "run_status": event.status,
        "successful_records": event.successful_records,
        "failed_records": event.failed_records,
    }
    return {name: value for name, value in values.items() if value is not None}


class WarehouseSyncInstrumentor(BaseInstrumentor):
    """Records spans and metrics of each client that is created after `instrument()`.

    `instrument` takes `tracer_provider` and `meter_provider`; by default the global ones. `uninstrument` ends it for
    clients that are created afterwards.
    """

    _listener: SpanListener | None = None

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return what is instrumented."""
        return (f"warehouse-sync == {__version__}",)

    def _instrument(self, **options: Any) -> None:  # noqa: ANN401 - those of any instrumentor
        self._listener = SpanListener(options.get("tracer_provider"), options.get("meter_provider"))
        events.install(self._listener)

    def _uninstrument(self, **_: Any) -> None:  # noqa: ANN401 - those of any instrumentor
        if self._listener is not None:
            events.uninstall(self._listener)
            self._listener = None
