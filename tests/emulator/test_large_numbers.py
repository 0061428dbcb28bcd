"""Numbers of thousands of digits, and times past the end of the calendar: errors, but never a 500."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from warehouse_sync.emulator import Emulator, Fault, Limits, VirtualClock

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document

DIGITS = "9" * 5000
HUGE = 10**400
PIPELINES = "/inputs/data-pipelines"


@pytest.mark.parametrize(
    "path",
    [
        f"/_emulator/batches?run_id={DIGITS}",
        f"/_emulator/overview?skip={DIGITS}",
        f"{PIPELINES}/p/runs?pageSize={DIGITS}",
        f"{PIPELINES}/p/runs?currentPage={DIGITS}",
        f"{PIPELINES}/p/runs/{DIGITS}",
        f"/platform/v1/workspaces/1/ingest/pipelines/p/status/runs/{DIGITS}",
        f"/platform/v2/workspaces/{'9' * 4000}/connections",
    ],
    ids=lambda path: path[:40],
)
async def test_number_in_a_url_is_never_a_server_error(api: Api, path: str) -> None:
    """A number of thousands of digits in a path or a query is rejected or names nothing."""
    assert (await api.get(path)).status in {200, 400, 404}


@pytest.mark.parametrize(
    "number", [DIGITS, str(HUGE), f"-{HUGE}", "1e999", "1e308"], ids=lambda text: text[:6]
)
@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/_emulator/seed", "pipelines"),
        ("POST", "/_emulator/clock", "advance"),
        ("PUT", "/_emulator/limits", "columns"),
        ("PUT", "/_emulator/limits", "catch_up_daily"),
        *(
            ("POST", "/_emulator/faults", f'route": "GET *", "drop": true, "{name}')
            for name in ("count", "delay", "throttle", "status", "new_runs", "hide_report")
        ),
    ],
)
async def test_number_in_a_body_is_rejected(
    api: Api, method: str, path: str, field: str, number: str
) -> None:
    """A setting that no one can mean is 400, and nothing changes."""
    response = await api.call(method, path, f'{{"{field}": {number}}}'.encode())
    assert response.status == 400
    assert (await api.get("/_emulator/faults")).document == []
    assert (await api.get("/_emulator/limits")).document == Limits().show()


@pytest.mark.parametrize("number", [DIGITS, str(HUGE), "1e308"], ids=lambda text: text[:6])
async def test_number_in_a_resource_is_never_a_server_error(
    stocked: Api, pipeline: Document, number: str
) -> None:
    """A number of any size in a pipeline is stored or rejected, and lists still work."""
    for field in ("partner_feed_id", "data_plan_version", "unknown"):
        fields = ", ".join(f'"{name}": {_json(value)}' for name, value in pipeline.items())
        response = await stocked.call("POST", PIPELINES, f'{{{fields}, "{field}": {number}}}'.encode())
        assert response.status in {200, 400, 409}
    assert (await stocked.get(PIPELINES)).status == 200


def _json(value: Any) -> str:
    return str(value).replace("'", '"') if isinstance(value, dict) else f'"{value}"'


@pytest.mark.parametrize("seconds", [HUGE, 1e300, float("inf"), float("nan"), -1])
def test_impossible_seconds_are_a_value_error(seconds: float) -> None:
    """Seconds beyond any use are a `ValueError` in Python, too."""
    for name in ("delay", "throttle", "hide_report"):
        with pytest.raises(ValueError, match=name):
            Fault(route="GET *", **{name: seconds})  # type: ignore[arg-type]  # one of the fields
    for name in ("queued", "running"):
        with pytest.raises(ValueError, match=name):
            Emulator(**{name: seconds})  # type: ignore[arg-type]  # one of the arguments


def test_times_stop_at_the_end_of_the_calendar() -> None:
    """Runs, hidden reports and missed syncs past either end of the calendar cause no error."""
    clock = VirtualClock(datetime.max.replace(tzinfo=UTC) - timedelta(seconds=5))
    limits = Limits(catch_up_hourly="999999y")
    with Emulator(clock=clock, queued=60, running=60, limits=limits) as emulator:
        [seeded] = emulator.seed(pipelines=1, runs=1)
        with pytest.raises(ValueError, match="year 9999"):
            emulator.advance("999999y")
        store = emulator._store
        scheduler = store.workspace("5328").pipelines.get(seeded).scheduler
        emulator._write(lambda: scheduler.trigger(clock.now()))
        hourly = {"type": "interval", "frequency": "hourly", "start": "9999-12-31T00:00:00Z"}
        document = {**scheduler.state.settings, "schedule": hourly}
        emulator._write(lambda: scheduler.reconfigure(document, clock.now()))
        assert scheduler.status(clock.now()) == "running"
