"""Freshness checks, by the schedules of the pipelines."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from warehouse_sync.integrations.dagster.translator import FREQUENCY_KEY

# An interval, and half of one for the run itself.
_BOUNDS = {
    "hourly": timedelta(hours=1.5),
    "daily": timedelta(days=1.5),
    "weekly": timedelta(weeks=1.5),
    "monthly": timedelta(days=46),
}


def build_freshness_checks(specs: Sequence[dg.AssetSpec]) -> list[dg.AssetChecksDefinition]:
    """Return checks that fail when a pipeline misses its schedule.

    A check fails after one and a half intervals without a load.

    Pipelines that run once or on demand have none. Pass the result to `dagster.build_sensor_for_freshness_checks`, too, to have
    them evaluated by themselves.

    Args:
        specs: The assets, as `load_warehouse_sync_asset_specs` returns them.
    """
    groups: dict[str, list[dg.AssetKey]] = defaultdict(list)
    for spec in specs:
        frequency = spec.metadata.get(FREQUENCY_KEY)
        if frequency in _BOUNDS:
            groups[frequency].append(spec.key)
    return [
        check
        for frequency, keys in sorted(groups.items())
        for check in dg.build_last_update_freshness_checks(assets=keys, lower_bound_delta=_BOUNDS[frequency])
    ]
