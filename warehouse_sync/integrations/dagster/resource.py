"""The resource: a client of a workspace."""

from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from warehouse_sync import Client
from warehouse_sync.integrations.dagster.state import read_workspace, to_json


class WarehouseSyncResource(dg.ConfigurableResource[Any]):
    """Workspace of the Warehouse Sync API.

    Settings left out come from the environment's `WAREHOUSE_SYNC_…` variables.

    Example:
        ```python
        WarehouseSyncResource(
            workspace_id=5328,
            client_id=dg.EnvVar("WAREHOUSE_SYNC_CLIENT_ID"),
            client_secret=dg.EnvVar("WAREHOUSE_SYNC_CLIENT_SECRET"),
        )
        ```
    """

    workspace_id: int | None = Field(default=None, description="The workspace's number.")
    account_id: int | None = Field(default=None, description="The account's number, which only feeds need.")
    client_id: str | None = Field(default=None, description="The credential's id.")
    client_secret: str | None = Field(default=None, repr=False, description="The credential's secret.")
    api_url: str | None = Field(default=None, description="The API's address; mParticle's when left out.")
    token_url: str | None = Field(default=None, description="The token endpoint; mParticle's when left out.")
    dashboard_url: str = Field(
        default="https://app.mparticle.com",
        description="Where links lead; may use {workspace_id}, {pipeline_id} and {run_id}.",
    )

    def get_client(self) -> Client:
        """Return a new client. Use it with `with`, which closes it.

        Raises:
            ConfigurationError: Settings are missing, or cannot work.
        """
        return Client(**{name: _plain(getattr(self, name)) for name in _SETTINGS})

    def run_url(self, workspace_id: int, pipeline_id: str, run_id: int) -> str:
        """Return where to look at a run."""
        url = self.dashboard_url
        parts = {"workspace_id": workspace_id, "pipeline_id": pipeline_id, "run_id": run_id}
        for name, value in parts.items():
            url = url.replace(f"{{{name}}}", str(value))
        return url

    def write_state(self, path: str | Path) -> None:
        """Write the workspace's pipelines to a `.json` file.

        `load_warehouse_sync_asset_specs` reads it.

        Raises:
            WarehouseSyncError: They cannot be read.
        """
        with self.get_client() as client:
            Path(path).write_text(to_json(read_workspace(client)), encoding="utf-8")


_SETTINGS = ("workspace_id", "account_id", "client_id", "client_secret", "api_url", "token_url")


def _plain(value: Any) -> Any:  # noqa: ANN401 - of any setting
    """Return a setting's value; a resource that Dagster has not initialized holds the name of its variable."""
    return value.get_value() if isinstance(value, dg.EnvVar) else value
