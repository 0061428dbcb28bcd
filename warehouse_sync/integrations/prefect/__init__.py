"""The Prefect integration: blocks for credentials and pipelines, and a flow.

Importing this module registers the blocks, as the entry point `prefect.collections` expects.
"""

from warehouse_sync.integrations.prefect.blocks import (
    WarehouseSyncCredentials,
    WarehouseSyncPipeline,
    WarehouseSyncRun,
)
from warehouse_sync.integrations.prefect.flows import is_retriable, run_pipeline

__all__ = [
    "WarehouseSyncCredentials",
    "WarehouseSyncPipeline",
    "WarehouseSyncRun",
    "is_retriable",
    "run_pipeline",
]
