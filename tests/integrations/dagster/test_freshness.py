"""Freshness checks as Dagster evaluates them: by their sensor, in runs."""

import importlib.util
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

if importlib.util.find_spec("dagster") is None:
    pytest.skip("Dagster is not installed here: run `make integrations`", allow_module_level=True)

import dagster as dg
from dagster._core.test_utils import freeze_time

from warehouse_sync.integrations.dagster import WarehouseSyncTranslator, build_freshness_checks
from warehouse_sync.integrations.dagster.state import PipelineInfo

FREQUENCIES = {"a": "hourly", "b": "daily", "c": "daily", "d": None}
HOUR = timedelta(hours=1)


@pytest.fixture
def specs() -> list[dg.AssetSpec]:
    """Assets of pipelines with several schedules, and of one without."""
    return [
        WarehouseSyncTranslator().get_asset_spec(
            PipelineInfo(
                id=name,
                name=name,
                pipeline_type="events",
                environment="production",
                connection_id="c",
                data_model_id="d",
                schedule_type="interval" if frequency else "on_demand",
                frequency=frequency,
            )
        )
        for name, frequency in FREQUENCIES.items()
    ]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Dagster's storage, in memory."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


class Checks:
    """The checks of some assets, and their sensor."""

    def __init__(self, specs: Sequence[dg.AssetSpec], instance: dg.DagsterInstance) -> None:
        checks = build_freshness_checks(specs)
        self._sensor = dg.build_sensor_for_freshness_checks(freshness_checks=checks)
        self._job = dg.Definitions(assets=specs, asset_checks=checks).resolve_implicit_global_asset_job_def()
        self._instance = instance

    def evaluate(self) -> dict[str, bool]:
        """Run the checks that the sensor requests; return whether each passed, by pipeline."""
        with dg.build_sensor_context(instance=self._instance, sensor_name=self._sensor.name) as context:
            requested = self._sensor(context)
        if isinstance(requested, dg.SkipReason):
            return {}
        assert isinstance(requested, dg.RunRequest)
        subset = self._job.get_subset(
            asset_selection=frozenset(), asset_check_selection=frozenset(requested.asset_check_keys or ())
        )
        result = subset.execute_in_process(instance=self._instance)
        return {each.asset_key.path[-1]: each.passed for each in result.get_asset_check_evaluations()}


def test_only_pipelines_with_a_schedule_are_checked(specs: list[dg.AssetSpec]) -> None:
    """Each pipeline with an interval is checked; one that runs on demand is not."""
    checked = {key.asset_key.path[-1] for check in build_freshness_checks(specs) for key in check.check_keys}
    assert checked == {"a", "b", "c"}


def test_check_follows_the_loads_of_its_pipeline(
    specs: list[dg.AssetSpec], instance: dg.DagsterInstance
) -> None:
    """A check fails before the first load, passes after it, and fails one and a half intervals later."""
    checks = Checks(specs, instance)
    assert checks.evaluate() == {"a": False, "b": False, "c": False}
    for name in ("a", "b"):  # as the polling sensor reports a run of the schedule
        instance.report_runless_asset_event(dg.AssetMaterialization(dg.AssetKey(["mparticle", name])))
    now = datetime.now(UTC)
    assert checks.evaluate() == {"a": True, "b": True}
    with freeze_time(now + 1.4 * HOUR):
        assert checks.evaluate() == {}
    with freeze_time(now + 1.6 * HOUR):
        assert checks.evaluate() == {"a": False}
    with freeze_time(now + 37 * HOUR):
        assert checks.evaluate() == {"b": False}
