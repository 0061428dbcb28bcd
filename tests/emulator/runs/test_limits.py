"""The documented limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.emulator import Emulator, Limits

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document

NOW = datetime(2023, 6, 30, tzinfo=UTC)
PIPELINES = "/inputs/data-pipelines"


@pytest.mark.parametrize(
    ("frequency", "back"),
    [
        ("hourly", datetime(2023, 6, 23, tzinfo=UTC)),
        ("daily", datetime(2022, 12, 30, tzinfo=UTC)),
        ("weekly", datetime(2020, 6, 30, tzinfo=UTC)),
        ("monthly", datetime(2018, 6, 30, tzinfo=UTC)),
    ],
)
def test_catch_up_is_limited_by_frequency(frequency: str, back: datetime) -> None:
    """Missed syncs are caught up for 7 days, 6 months, 3 years and 5 years; without a limit, all."""
    assert Limits().catch_up_start(frequency, NOW) == back
    assert Limits.none().catch_up_start(frequency, NOW) is None


@pytest.mark.parametrize(
    ("schedule", "newest", "older"),
    [
        ({"type": "interval", "frequency": "hourly"}, 5_000_000, 1_000_000),
        ({"type": "interval", "frequency": "daily"}, 120_000_000, 24_000_000),
        ({"type": "interval", "frequency": "weekly"}, 200_000_000, 40_000_000),
        ({"type": "interval", "frequency": "monthly"}, 200_000_000, 40_000_000),
        ({"type": "once"}, 120_000_000, 40_000_000),
        ({"type": "on_demand", "frequency": "hourly"}, 120_000_000, 24_000_000),
    ],
)
def test_records_are_limited_by_schedule(schedule: Document, newest: int, older: int) -> None:
    """A run may load as many rows as its schedule permits, by the newest limits or those of 2023."""
    assert Limits().records(schedule) == Limits.named("2026").records(schedule) == newest
    assert Limits.named("2023").records(schedule) == older


async def test_limits_are_selected_by_year(api: Api) -> None:
    """An emulator has the newest limits, unless others are named; an unknown name is an error."""
    assert (await api.get("/_emulator/limits")).document == Limits.named("2026").show()
    assert Emulator(limits="2023")._store.limits == Limits.named("2023")
    with pytest.raises(ValueError, match="no limits of 1999; the sets are 2026 and 2023"):
        Emulator(limits="1999")  # type: ignore[arg-type]  # the point of the test


async def test_sixth_active_pipeline_is_rejected(stocked: Api, pipeline: Document) -> None:
    """Five pipelines of a workspace may be active, by create or update; paused ones do not count."""
    for number in range(5):
        assert (await stocked.post(PIPELINES, {**pipeline, "id": f"p{number}"})).status == 200
    rejected = await stocked.post(PIPELINES, pipeline)
    assert rejected.status == 400
    assert rejected.messages[0].startswith("A workspace has at most 5 active pipelines")
    paused = {**pipeline, "state": "paused"}
    assert (await stocked.post(PIPELINES, paused)).status == 200
    assert (await stocked.put(f"{PIPELINES}/example-pipeline", pipeline)).status == 400
    assert (await stocked.put(f"{PIPELINES}/p0", {**pipeline, "id": "p0"})).status == 200
    await stocked.delete(f"{PIPELINES}/p1")
    assert (await stocked.put(f"{PIPELINES}/example-pipeline", pipeline)).status == 200


async def test_seeded_pipelines_do_not_count(stocked: Api, emulator: Emulator, pipeline: Document) -> None:
    """Hundreds of seeded pipelines leave room for five active ones, and can be updated."""
    emulator.seed(pipelines=300, runs=0)
    assert (await stocked.post(PIPELINES, pipeline)).status == 200
    seeded = {**pipeline, "id": "seeded-pipeline-00001"}
    assert (await stocked.put(f"{PIPELINES}/seeded-pipeline-00001", seeded)).status == 200


async def test_limits_are_changed_over_http(stocked: Api, pipeline: Document) -> None:
    """A limit can be read, changed and removed while the emulator runs; the others stay."""
    assert (await stocked.get("/_emulator/limits")).document["active_pipelines"] == 5
    changed = await stocked.put("/_emulator/limits", {"active_pipelines": 0, "catch_up_hourly": "1d"})
    assert changed.document == {**Limits().show(), "active_pipelines": 0, "catch_up_hourly": "1d"}
    assert (await stocked.post(PIPELINES, pipeline)).status == 400
    await stocked.put("/_emulator/limits", {"active_pipelines": None})
    assert (await stocked.post(PIPELINES, pipeline)).status == 200


@pytest.mark.parametrize(
    "body",
    [{"pipelines": 5}, {"columns": -1}, {"columns": "9"}, {"columns": True}, {"catch_up_daily": "soon"}],
)
async def test_invalid_limit_is_rejected(api: Api, body: Document) -> None:
    """An unknown limit or an invalid value is 400, and nothing changes."""
    response = await api.put("/_emulator/limits", body)
    assert response.status == 400
    assert " limit " in response.messages[0]
    assert (await api.get("/_emulator/limits")).document == Limits().show()


async def test_limits_are_set_from_python(pipeline: Document) -> None:
    """An emulator can be started with other limits."""
    limits = Limits(active_pipelines=1, records_once=None)
    assert (limits.active_pipelines, limits.records_once, limits.columns) == (1, None, 100)
    with pytest.raises(ValueError, match="whole number"):
        Limits(columns=-5)
