"""Prometheus metrics of clients.

Needs the extra `prometheus`.

```python
from warehouse_sync import AsyncClient
from warehouse_sync.observability.prometheus import PrometheusListener

client = AsyncClient(listeners=[PrometheusListener()])
```
"""

import threading
from functools import partial
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from warehouse_sync import RunStatus
from warehouse_sync.events import (
    AttemptEnded,
    Event,
    OperationEnded,
    ResponseRecovered,
    RetryScheduled,
    RunEnded,
    TokenFetched,
)

_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_KNOWN_STATUSES = frozenset(RunStatus)


class _Metrics:
    """The metrics in one registry, which refuses a second set."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry, buckets=_SECONDS)
        self.operations = histogram(
            "warehouse_sync_operation_duration_seconds",
            "Duration of a method of the client, with all attempts.",
            ["operation"],
        )
        self.errors = counter(
            "warehouse_sync_operation_errors_total",
            "Methods of the client that raised an error.",
            ["operation", "error_type"],
        )
        self.requests = histogram(
            "warehouse_sync_request_duration_seconds",
            "Duration of an HTTP request; without a response, the status is the error.",
            ["method", "url_template", "status"],
        )
        self.retries = counter(
            "warehouse_sync_retries_total", "Requests that were sent again.", ["operation", "reason"]
        )
        self.tokens = counter("warehouse_sync_tokens_fetched_total", "Tokens fetched.", ["source"])
        self.recovered = counter(
            "warehouse_sync_responses_recovered_total",
            "Changes whose response was lost and whose result was found.",
            ["operation"],
        )
        self.runs = counter("warehouse_sync_runs_ended_total", "Waits whose run ended.", ["status"])
        self.records = counter(
            "warehouse_sync_run_records_total", "Records of the runs that were waited for.", ["outcome"]
        )


_metrics: WeakKeyDictionary[CollectorRegistry, _Metrics] = WeakKeyDictionary()
_lock = threading.Lock()


class PrometheusListener:
    """A listener that counts and times requests, retries, tokens and runs.

    Several listeners with the same registry share its metrics. No label has an id: the number of series does not grow with
    the number of pipelines and runs.

    Args:
        registry: The registry; by default the global one.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = REGISTRY if registry is None else registry
        with _lock:
            if registry not in _metrics:
                _metrics[registry] = _Metrics(registry)
            self._metrics = _metrics[registry]

    def __call__(self, event: Event) -> None:
        """Record an event."""
        metrics = self._metrics
        match event:
            case OperationEnded(operation=operation, seconds=seconds, error_type=error_type):
                metrics.operations.labels(operation).observe(seconds)
                if error_type is not None:
                    metrics.errors.labels(operation, error_type).inc()
            case AttemptEnded(method=method, url_template=template):
                status = event.error_type if event.status is None else event.status
                metrics.requests.labels(method, template, status).observe(event.seconds)
            case RetryScheduled(operation=operation, reason=reason):
                metrics.retries.labels(operation, reason).inc()
            case TokenFetched(source=source):
                metrics.tokens.labels(source).inc()
            case ResponseRecovered(operation=operation):
                metrics.recovered.labels(operation).inc()
            case RunEnded():
                self._record_run(event)
            case _:
                pass  # the end of an operation or run has the same labels

    def _record_run(self, event: RunEnded) -> None:
        status = event.status if event.status in _KNOWN_STATUSES else "other"
        self._metrics.runs.labels(status).inc()
        self._metrics.records.labels("successful").inc(max(0, event.successful_records or 0))
        self._metrics.records.labels("failed").inc(max(0, event.failed_records or 0))
