"""Airflow provider: a connection type, a hook, an operator, sensors and triggers.

Names are imported when they are first used, so that listing the providers loads none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse_sync.integrations.airflow.hooks import WarehouseSyncHook
    from warehouse_sync.integrations.airflow.operators import WarehouseSyncTriggerOperator
    from warehouse_sync.integrations.airflow.sensors import (
        WarehouseSyncPipelineSensor,
        WarehouseSyncRunSensor,
    )
    from warehouse_sync.integrations.airflow.triggers import (
        WarehouseSyncPipelineTrigger,
        WarehouseSyncRunTrigger,
    )

_HOMES = {
    "WarehouseSyncHook": "hooks",
    "WarehouseSyncPipelineSensor": "sensors",
    "WarehouseSyncPipelineTrigger": "triggers",
    "WarehouseSyncRunSensor": "sensors",
    "WarehouseSyncRunTrigger": "triggers",
    "WarehouseSyncTriggerOperator": "operators",
}

__all__ = [
    "WarehouseSyncHook",
    "WarehouseSyncPipelineSensor",
    "WarehouseSyncPipelineTrigger",
    "WarehouseSyncRunSensor",
    "WarehouseSyncRunTrigger",
    "WarehouseSyncTriggerOperator",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
