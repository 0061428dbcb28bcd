"""The exporter's metrics, against the emulator."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import pytest
from prometheus_client import CollectorRegistry

from tests.contract.test_pipelines import SPEC, prepare
from tests.support.clock import FakeClock
from warehouse_sync import (
    AsyncClient,
    ConfigurationError,
    Pipeline,
    PipelineReport,
    RetryPolicy,
    Run,
    Schedule,
    ServerError,
    UnauthorizedError,
    WarehouseSyncError,
)
from warehouse_sync.emulator import Emulator
from warehouse_sync.events import AttemptEnded, Event
from warehouse_sync.observability.exporter import CONCURRENCY, Exporter
from warehouse_sync.observability.pipeline_metrics import PipelineSnapshot, pipeline_metrics

EVERY = 60.0
ONCE = RetryPolicy(attempts=1)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs take almost no time."""
    with Emulator(queued=0.01, running=0.01) as running:
        yield running


@pytest.fixture
def events() -> list[Event]:
    """The events of the client."""
    return []


@pytest.fixture
async def client(emulator: Emulator, events: list[Event]) -> AsyncIterator[AsyncClient]:
    """A client without retries."""
    async with AsyncClient(**emulator.client_options(), retry=ONCE, listeners=[events.append]) as connected:
        yield connected


@pytest.fixture
def clock() -> FakeClock:
    """The clock of the exporter."""
    return FakeClock()


@pytest.fixture
def errors() -> list[tuple[int, WarehouseSyncError]]:
    """The errors that the exporter reported."""
    return []


@pytest.fixture
def exporter(client: AsyncClient, clock: FakeClock, errors: list[tuple[int, WarehouseSyncError]]) -> Exporter:
    """An exporter with a clock of its own."""

    def on_error(workspace_id: int, error: WarehouseSyncError) -> None:
        errors.append((workspace_id, error))

    return Exporter([client], every=EVERY, on_error=on_error, clock=clock.as_clock())


def value(exporter: Exporter, name: str, pipeline_id: str = "", /, **labels: str) -> float | None:
    """Return a sample of a pipeline, or of the workspace without one."""
    registry = CollectorRegistry()
    registry.register(exporter)
    if pipeline_id:
        labels["pipeline_id"] = pipeline_id
    return registry.get_sample_value(f"warehouse_sync_{name}", {"workspace_id": "5328", **labels})


async def test_state_of_pipelines_is_exported(
    exporter: Exporter, emulator: Emulator, client: AsyncClient, clock: FakeClock
) -> None:
    """Status, latest run, records and the time since the last success."""
    [id_, other] = emulator.seed(pipelines=2, runs=3)
    await exporter.read()
    latest = (await client.pipelines.report(id_)).latest_pipeline_run
    assert latest is not None
    assert latest.ended_on is not None
    assert value(exporter, "pipeline_info", id_, name="Seeded pipeline 00001") == 1
    for status in ("idle", "running", "faulted", "stopped", "unknown"):
        assert value(exporter, "pipeline_status", id_, status=status) == (status == "idle")
    for status in ("queued", "running", "retrying", "success", "failed", "stopped", "unknown"):
        assert value(exporter, "pipeline_latest_run_status", id_, status=status) == (status == "success")
    loaded = value(exporter, "pipeline_latest_run_records", id_, outcome="successful")
    assert loaded == latest.successful_records
    assert value(exporter, "pipeline_latest_run_records", id_, outcome="failed") == latest.failed_records
    assert value(exporter, "pipeline_connection_healthy", id_) == 1
    assert value(exporter, "pipeline_data_model_valid", id_) == 1
    assert latest.started_on is not None
    duration = (latest.ended_on - latest.started_on).total_seconds()
    assert value(exporter, "pipeline_latest_run_duration_seconds", id_) == duration
    clock.epoch = latest.ended_on.timestamp() - clock.now + 90
    assert value(exporter, "pipeline_seconds_since_last_success", id_) == 90
    assert value(exporter, "pipeline_status", other, status="idle") == 1
    assert value(exporter, "exporter_interval_seconds") == EVERY


async def test_scrape_sends_no_request_and_a_round_few(
    exporter: Exporter,
    emulator: Emulator,
    client: AsyncClient,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A round sends a list, and a report per pipeline, at most 8 at a time."""
    ids = emulator.seed(pipelines=30, runs=1)
    waiting, most = 0, 0
    read = client.pipelines.report

    async def report(pipeline_id: str) -> PipelineReport:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        try:
            return await read(pipeline_id)
        finally:
            waiting -= 1

    monkeypatch.setattr(client.pipelines, "report", report)
    await exporter.read()
    assert most == CONCURRENCY == 8
    requests = [event for event in events if isinstance(event, AttemptEnded)]
    assert [event.operation for event in requests].count("pipelines.report") == len(ids)
    assert len(requests) == len(ids) + 2  # the token and the list
    for id_ in ids:
        assert value(exporter, "pipeline_status", id_, status="idle") == 1
    assert len([event for event in events if isinstance(event, AttemptEnded)]) == len(requests)


async def test_failed_run_is_counted_once(
    exporter: Exporter, emulator: Emulator, client: AsyncClient, clock: FakeClock, events: list[Event]
) -> None:
    """A run that fails while the exporter reads is counted, and the last success stays; it is read once."""
    [id_] = emulator.seed(pipelines=1, runs=1)
    succeeded = (await client.pipelines.report(id_)).latest_pipeline_run
    assert succeeded is not None
    await exporter.read()
    assert value(exporter, "pipeline_failed_runs_total", id_) == 0
    emulator.fail_next_run(id_, message="No such table.")
    with pytest.raises(WarehouseSyncError):
        await client.pipelines.trigger_and_wait(id_)
    for _ in range(3):
        await exporter.read()
    assert value(exporter, "pipeline_failed_runs_total", id_) == 1
    assert value(exporter, "pipeline_latest_run_status", id_, status="failed") == 1
    assert succeeded.ended_on is not None
    clock.epoch = succeeded.ended_on.timestamp() - clock.now + 5
    assert value(exporter, "pipeline_seconds_since_last_success", id_) == 5


async def test_earlier_failure_is_not_counted(
    emulator: Emulator, client: AsyncClient, events: list[Event]
) -> None:
    """A restart of the exporter must not look like a failure; the last success is read once."""
    [id_] = emulator.seed(pipelines=1, runs=1)
    emulator.fail_next_run(id_, message="No such table.")
    with pytest.raises(WarehouseSyncError):
        await client.pipelines.trigger_and_wait(id_)
    events.clear()
    exporter = Exporter([client], every=EVERY)
    for _ in range(3):
        await exporter.read()
    assert value(exporter, "pipeline_failed_runs_total", id_) == 0
    assert value(exporter, "pipeline_seconds_since_last_success", id_) is not None
    gets = [e for e in events if isinstance(e, AttemptEnded) and e.operation == "runs.get"]
    assert len(gets) == 1


async def test_last_success_that_cannot_be_read_is_retried(
    exporter: Exporter, emulator: Emulator, client: AsyncClient, errors: list[Any]
) -> None:
    """The rest of the state is exported, and the next round reads it."""
    [id_] = emulator.seed(pipelines=1, runs=1)
    emulator.fail_next_run(id_, message="No such table.")
    with pytest.raises(WarehouseSyncError):
        await client.pipelines.trigger_and_wait(id_)
    emulator.fault("GET */runs/*", status=503, count=1)
    await exporter.read()
    assert value(exporter, "pipeline_latest_run_status", id_, status="failed") == 1
    assert value(exporter, "pipeline_seconds_since_last_success", id_) is None
    [(workspace_id, error)] = errors
    assert (workspace_id, type(error)) == (5328, ServerError)
    await exporter.read()
    assert value(exporter, "pipeline_seconds_since_last_success", id_) is not None


async def test_age_of_a_pipeline_grows_while_it_cannot_be_read(
    exporter: Exporter, emulator: Emulator, clock: FakeClock, errors: list[Any]
) -> None:
    """Its metrics stay, and the error is reported."""
    [failing, working] = emulator.seed(pipelines=2, runs=1)
    await exporter.read()
    emulator.fault(f"GET */{failing}/report", status=503, count=None)
    clock.now += EVERY
    await exporter.read()
    assert value(exporter, "pipeline_seconds_since_read", failing) == EVERY
    assert value(exporter, "pipeline_seconds_since_read", working) == 0
    assert value(exporter, "workspace_seconds_since_read") == 0
    assert value(exporter, "pipeline_status", failing, status="idle") == 1
    assert [type(error) for _, error in errors] == [ServerError]


async def test_age_of_a_workspace_grows_while_it_cannot_be_listed(
    exporter: Exporter, emulator: Emulator, clock: FakeClock, errors: list[Any]
) -> None:
    """Also before the first round; an outage does not end the exporter."""
    [id_] = emulator.seed(pipelines=1, runs=1)
    emulator.fault("GET */data-pipelines", status=503, count=2)
    clock.now += 10
    await exporter.read()
    assert value(exporter, "workspace_seconds_since_read") == 10
    await exporter.read()
    await exporter.read()
    assert value(exporter, "workspace_seconds_since_read") == 0
    assert value(exporter, "pipeline_status", id_, status="idle") == 1
    assert len(errors) == 2


async def test_refusal_ends_the_first_round_only(
    exporter: Exporter, emulator: Emulator, errors: list[Any]
) -> None:
    """A wrong credential is an error at the start; a later refusal is reported, and may be temporary."""
    refused: dict[str, Any] = {"status": 401, "count": 2}  # the request and its replay with a new token
    emulator.fault("GET */data-pipelines", **refused)
    with pytest.raises(UnauthorizedError):
        await exporter.read()
    assert not exporter.is_healthy()
    await exporter.read()
    emulator.fault("GET */data-pipelines", **refused)
    await exporter.read()
    assert [type(error) for _, error in errors] == [UnauthorizedError]


async def test_closed_client_ends_the_exporter(exporter: Exporter, client: AsyncClient) -> None:
    """Waiting does not open it again."""
    await exporter.read()
    await client.close()
    with pytest.raises(ConfigurationError):
        await exporter.read()


async def test_deleted_pipeline_has_no_metrics(
    exporter: Exporter, emulator: Emulator, client: AsyncClient
) -> None:
    """Series of deleted pipelines end."""
    [deleted, kept] = emulator.seed(pipelines=2, runs=1)
    await exporter.read()
    await client.pipelines.delete(deleted)
    await exporter.read()
    assert value(exporter, "pipeline_seconds_since_read", deleted) is None
    assert value(exporter, "pipeline_seconds_since_read", kept) is not None


@pytest.mark.parametrize(
    ("changes", "interval"),
    [
        ({}, 3600),
        ({"frequency": "daily"}, 86_400),
        ({"frequency": "weekly"}, 604_800),
        ({"frequency": "monthly"}, 2_678_400),
        ({"state": "paused"}, None),
        ({"type": "on_demand", "frequency": None}, None),
        ({"end": "2023-01-02T00:00:00+00:00"}, None),
        ({"end": "2100-01-01T00:00:00+00:00"}, 3600),
    ],
)
async def test_interval_is_that_of_the_schedule(
    client: AsyncClient, exporter: Exporter, changes: dict[str, Any], interval: float | None
) -> None:
    """Pipelines that do not run by schedule, or no more, have none."""
    await prepare(client)
    start = "2023-01-01T00:00:00+00:00"
    state = changes.pop("state", "active")
    schedule = Schedule.from_dict({"type": "interval", "frequency": "hourly", "start": start, **changes})
    pipeline = await client.pipelines.create(SPEC)
    changed = attrs.evolve(pipeline, schedule=schedule, state=state)
    snapshot = PipelineSnapshot(pipeline=changed, read_on=0.0)
    assert snapshot.interval(now=1_700_000_000.0) == interval


def test_unknown_status_and_missing_values(clock: FakeClock) -> None:
    """A status that this release does not know has one label, and missing values have no series."""
    pipeline = Pipeline.from_dict({**SPEC.to_dict(), "status": "idle", "state": "active"})
    run = Run(id=1, pipeline_id=SPEC.id, status="exploded-4711")  # type: ignore[arg-type] # as it is decoded
    report = PipelineReport(pipeline_id=SPEC.id, status="melted-4711", latest_pipeline_run=run)  # type: ignore[arg-type] # same
    snapshot = PipelineSnapshot(pipeline=pipeline, read_on=0.0).with_report(report, None, 0.0)
    samples = [
        sample for metric in pipeline_metrics([(1, snapshot)], clock.as_clock()) for sample in metric.samples
    ]
    shown = {(sample.name, sample.labels.get("status")) for sample in samples if sample.value == 1}
    assert ("warehouse_sync_pipeline_status", "unknown") in shown
    assert ("warehouse_sync_pipeline_latest_run_status", "unknown") in shown
    assert "4711" not in str(samples)
    names = {sample.name for sample in samples}
    assert not names & {
        "warehouse_sync_pipeline_connection_healthy",
        "warehouse_sync_pipeline_latest_run_duration_seconds",
        "warehouse_sync_pipeline_latest_run_records",
        "warehouse_sync_pipeline_seconds_since_last_success",
    }


async def test_several_workspaces_are_read(emulator: Emulator, client: AsyncClient) -> None:
    """Each has its label, and an outage of one does not affect the others."""
    emulator.seed(pipelines=1, runs=1)
    [other] = emulator.seed(pipelines=1, runs=1, workspace_id=6000)
    emulator.fault("GET */5328/inputs/data-pipelines", status=503, count=None)
    exporter = Exporter([client, client.workspace(6000)], every=EVERY)
    await exporter.read()
    assert value(exporter, "pipeline_info", other, workspace_id="6000", name="Seeded pipeline 00001") == 1
    assert value(exporter, "workspace_seconds_since_read", workspace_id="6000") is not None


async def test_rounds_start_in_the_interval(
    exporter: Exporter, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of a round is part of the interval; a longer round is followed by the next one."""
    durations = iter([10.0, 70.0, 0.0])

    async def read() -> None:
        try:
            clock.now += next(durations)
        except StopIteration:
            raise ConfigurationError("stop") from None

    monkeypatch.setattr(exporter, "read", read)
    with pytest.raises(ConfigurationError, match="stop"):
        await exporter.run()
    assert clock.sleeps == [50.0, 0.0, 60.0]


async def test_exporter_is_healthy_while_rounds_end(
    exporter: Exporter, emulator: Emulator, clock: FakeClock
) -> None:
    """Also if the API cannot be read, because a restart would not help."""
    assert not exporter.is_healthy()
    emulator.fault("GET */data-pipelines", status=503, count=None)
    await exporter.read()
    assert exporter.is_healthy()
    clock.now += 300
    assert exporter.is_healthy()
    clock.now += 1
    assert not exporter.is_healthy()
