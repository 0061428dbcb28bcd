"""The Dagster integration: pipelines as assets, by a component or in Python.

Names are imported when they are first used. `dg` finds the component by `dir()` of this module.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse_sync.integrations.dagster.assets import build_warehouse_sync_assets
    from warehouse_sync.integrations.dagster.component import WarehouseSyncComponent
    from warehouse_sync.integrations.dagster.freshness import build_freshness_checks
    from warehouse_sync.integrations.dagster.resource import WarehouseSyncResource
    from warehouse_sync.integrations.dagster.sensor import build_polling_sensor
    from warehouse_sync.integrations.dagster.state import PipelineInfo
    from warehouse_sync.integrations.dagster.translator import (
        WarehouseSyncTranslator,
        load_warehouse_sync_asset_specs,
    )

_HOMES = {
    "PipelineInfo": "state",
    "WarehouseSyncComponent": "component",
    "WarehouseSyncResource": "resource",
    "WarehouseSyncTranslator": "translator",
    "build_freshness_checks": "freshness",
    "build_polling_sensor": "sensor",
    "build_warehouse_sync_assets": "assets",
    "load_warehouse_sync_asset_specs": "translator",
}

__all__ = [
    "PipelineInfo",
    "WarehouseSyncComponent",
    "WarehouseSyncResource",
    "WarehouseSyncTranslator",
    "build_freshness_checks",
    "build_polling_sensor",
    "build_warehouse_sync_assets",
    "load_warehouse_sync_asset_specs",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
