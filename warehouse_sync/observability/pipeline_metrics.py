"""The state of pipelines as Prometheus metrics.

Times are computed when the metrics are read, so they are right also if the API cannot be read.
"""

from collections.abc import Callable, Iterable, Iterator

import attrs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from warehouse_sync import (
    Clock,
    ConnectionStatus,
    DataModelStatus,
    Pipeline,
    PipelineReport,
    PipelineState,
    PipelineStatus,
    Run,
    RunStatus,
    ScheduleFrequency,
    ScheduleType,
)

UNKNOWN = "unknown"  # the label of a status that this release does not know
_DAY = 86_400
_INTERVALS: dict[str, int] = {
    ScheduleFrequency.HOURLY: 3_600,
    ScheduleFrequency.DAILY: _DAY,
    ScheduleFrequency.WEEKLY: 7 * _DAY,
    ScheduleFrequency.MONTHLY: 31 * _DAY,  # the longest month
}
_LABELS = ("workspace_id", "pipeline_id")


@attrs.frozen(kw_only=True)
class PipelineSnapshot:
    """The latest state of a pipeline.

    Attributes:
        pipeline: The pipeline.
        report: Its latest report; `None` before the first one.
        read_on: When the report was read, on the monotonic clock; before the first one, when reading started.
        last_success: The latest successful run, if there is one and it was read.
        failed_runs: The number of runs that failed since the first report.
    """

    pipeline: Pipeline
    read_on: float
    report: PipelineReport | None = None
    last_success: Run | None = None
    failed_runs: int = 0

    def with_report(
        self, report: PipelineReport, last_success: Run | None, read_on: float
    ) -> "PipelineSnapshot":
        """Return what is known after a report was read."""
        failed = _failed_id(report.latest_pipeline_run)
        is_new = self.report is not None and failed not in {None, _failed_id(self.latest_run)}
        return attrs.evolve(
            self,
            report=report,
            last_success=last_success,
            read_on=read_on,
            failed_runs=self.failed_runs + is_new,
        )

    @property
    def latest_run(self) -> Run | None:
        """The latest run."""
        return None if self.report is None else self.report.latest_pipeline_run

    def interval(self, now: float) -> int | None:
        """Return the seconds between scheduled runs, or `None` if there are no more."""
        schedule = self.pipeline.schedule
        ended = schedule.end is not None and schedule.end.timestamp() < now
        if self.pipeline.state != PipelineState.ACTIVE or schedule.type != ScheduleType.INTERVAL or ended:
            return None
        return _INTERVALS.get(str(schedule.frequency))

    def seconds_since_success(self, now: float) -> float | None:
        """Return the seconds since the end of the last successful run, given the time."""
        run = self.last_success
        ended = None if run is None else run.ended_on or run.started_on
        return None if ended is None else max(0.0, now - ended.timestamp())


def _failed_id(run: Run | None) -> int | None:
    return run.id if run is not None and run.status == RunStatus.FAILED else None


Value = Callable[[PipelineSnapshot], float | None]


@attrs.frozen
class _Gauge:
    """A metric with one value per pipeline; pipelines without it have no series."""

    name: str
    help: str
    value: Value


def pipeline_metrics(states: Iterable[tuple[int, PipelineSnapshot]], clock: Clock) -> Iterator[Metric]:
    """Yield the metrics of pipelines.

    Args:
        states: The number of the workspace and the state of each pipeline.
        clock: The time.
    """
    labelled = [((str(workspace_id), state.pipeline.id), state) for workspace_id, state in states]
    for gauge in _gauges(clock):
        family = GaugeMetricFamily(f"warehouse_sync_pipeline_{gauge.name}", gauge.help, labels=_LABELS)
        for labels, state in labelled:
            value = gauge.value(state)
            if value is not None:
                family.add_metric(labels, value)
        yield family
    info = GaugeMetricFamily(
        "warehouse_sync_pipeline_info", "The name of a pipeline; always 1.", labels=(*_LABELS, "name")
    )
    failures = CounterMetricFamily(
        "warehouse_sync_pipeline_failed_runs",
        "Runs that failed since the exporter started, as far as it saw them.",
        labels=_LABELS,
    )
    for labels, state in labelled:
        info.add_metric((*labels, state.pipeline.name), 1)
        failures.add_metric(labels, state.failed_runs)
    yield from (info, failures, *_statuses(labelled), _records(labelled))


def _gauges(clock: Clock) -> tuple[_Gauge, ...]:
    now, monotonic = clock.wall(), clock.monotonic()
    return (
        _Gauge(
            "seconds_since_last_success",
            "Seconds since the end of the last successful run.",
            lambda state: state.seconds_since_success(now),
        ),
        _Gauge(
            "schedule_interval_seconds",
            "Seconds between two scheduled runs of an active pipeline; a month has 31 days.",
            lambda state: state.interval(now),
        ),
        _Gauge(
            "seconds_since_read",
            "Seconds since the report of the pipeline was read.",
            lambda state: max(0.0, monotonic - state.read_on),
        ),
        _Gauge("latest_run_duration_seconds", "Duration of the latest run, if it has ended.", _duration),
        _Gauge(
            "connection_healthy",
            "Whether the connection of the pipeline is healthy.",
            lambda state: _equals(state.report, "connection_status", ConnectionStatus.HEALTHY),
        ),
        _Gauge(
            "data_model_valid",
            "Whether the data model of the pipeline is valid.",
            lambda state: _equals(state.report, "data_model_status", DataModelStatus.VALID),
        ),
    )


def _duration(state: PipelineSnapshot) -> float | None:
    run = state.latest_run
    if run is None or run.started_on is None or run.ended_on is None:
        return None
    return (run.ended_on - run.started_on).total_seconds()


def _equals(report: PipelineReport | None, field: str, expected: str) -> float | None:
    value = getattr(report, field, None)
    return None if value is None else float(value == expected)


Labelled = list[tuple[tuple[str, str], PipelineSnapshot]]


def _statuses(labelled: Labelled) -> Iterator[Metric]:
    """Yield the metrics that are 1 for the current status and 0 for the others."""
    status = GaugeMetricFamily(
        "warehouse_sync_pipeline_status", "The status of a pipeline.", labels=(*_LABELS, "status")
    )
    run_status = GaugeMetricFamily(
        "warehouse_sync_pipeline_latest_run_status",
        "The status of the latest run of a pipeline.",
        labels=(*_LABELS, "status"),
    )
    for labels, state in labelled:
        if state.report is not None:
            _add_status(status, labels, state.report.status, PipelineStatus)
        if state.latest_run is not None:
            _add_status(run_status, labels, state.latest_run.status, RunStatus)
    yield from (status, run_status)


def _add_status(
    family: GaugeMetricFamily, labels: tuple[str, str], current: str, known: Iterable[str]
) -> None:
    values = [str(each) for each in known]
    shown = str(current) if str(current) in values else UNKNOWN
    for value in (*values, UNKNOWN):
        family.add_metric((*labels, value), float(value == shown))


def _records(labelled: Labelled) -> Metric:
    family = GaugeMetricFamily(
        "warehouse_sync_pipeline_latest_run_records",
        "Records of the latest run of a pipeline.",
        labels=(*_LABELS, "outcome"),
    )
    for labels, state in labelled:
        run = state.latest_run
        if run is not None:
            counts = {"successful": run.successful_records, "failed": run.failed_records}
            for outcome, count in counts.items():
                if count is not None:
                    family.add_metric((*labels, outcome), count)
    return family
