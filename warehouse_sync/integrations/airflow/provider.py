"""Metadata of the provider. Does not import Airflow."""

from typing import Any

PACKAGE = "warehouse_sync.integrations.airflow"
CONNECTION_TYPE = "warehouse_sync"
HOOK_NAME = "mParticle Warehouse Sync"
DEFAULT_CONNECTION_ID = "warehouse_sync_default"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata for the entry point `apache_airflow_provider`."""
    return {
        "package-name": "warehouse-sync",
        "name": HOOK_NAME,
        "description": "mParticle's Warehouse Sync: trigger pipelines, and wait for their runs.",
        "integrations": [
            {
                "integration-name": HOOK_NAME,
                "external-doc-url": "https://docs.mparticle.com/developers/apis/warehouse-sync-api/",
                "tags": ["service"],
            }
        ],
        "hooks": [_modules("hooks")],
        "operators": [_modules("operators")],
        "sensors": [_modules("sensors")],
        "triggers": [_modules("triggers")],
        "connection-types": [_connection_type()],
        "extra-links": [f"{PACKAGE}.links.WarehouseSyncRunLink"],
    }


def _modules(name: str) -> dict[str, Any]:
    return {"integration-name": HOOK_NAME, "python-modules": [f"{PACKAGE}.{name}"]}


def _connection_type() -> dict[str, Any]:
    return {
        "connection-type": CONNECTION_TYPE,
        "hook-class-name": f"{PACKAGE}.hooks.WarehouseSyncHook",
        "hook-name": HOOK_NAME,
        "conn-fields": {
            "workspace_id": {
                "label": "Workspace ID",
                "description": "The workspace's number.",
                "schema": {"type": ["integer", "null"]},
            },
            "token_url": {
                "label": "Token URL",
                "description": "The token endpoint; mParticle's when left out.",
                "schema": {"type": ["string", "null"]},
            },
            "dashboard_url": {
                "label": "Dashboard URL",
                "description": "Where the link of a task leads; may use {workspace_id}, {pipeline_id} and {run_id}.",
                "schema": {"type": ["string", "null"]},
            },
        },
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"login": "Client ID", "password": "Client secret", "host": "API URL"},
            "placeholders": {"host": "https://api.mparticle.com"},
        },
    }
