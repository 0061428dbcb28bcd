"""The settings of a client, as orchestrators keep them in connections and blocks."""

from typing import Any

import attrs

from warehouse_sync import RunHandle, Secret

DASHBOARD_URL = "https://app.mparticle.com"  # the platform documents no address of a single run


@attrs.frozen(kw_only=True)
class ClientSettings:
    """The settings of a client. Equal settings share a client.

    Attributes:
        workspace_id: The workspace's number.
        client_id: The credential's id.
        client_secret: The credential's secret.
        account_id: The account's number, which only feeds need.
        api_url: The API's address; `None` for the SDK's default.
        token_url: The token endpoint; `None` for the SDK's default.
        dashboard_url: Where links to runs lead.
    """

    workspace_id: int
    client_id: str
    client_secret: Secret
    account_id: int | None = None
    api_url: str | None = None
    token_url: str | None = None
    dashboard_url: str = DASHBOARD_URL

    def client_options(self) -> dict[str, Any]:
        """Return the keyword arguments of a client."""
        return attrs.asdict(self, filter=attrs.filters.exclude("dashboard_url"))

    def for_run(self, handle: str) -> "ClientSettings":
        """Return the settings for the workspace of a run's handle.

        Raises:
            ValidationError: This is not a handle.
        """
        return attrs.evolve(self, workspace_id=RunHandle.parse(handle).workspace_id)

    def run_url(self, handle: str) -> str:
        """Return where to look at a run."""
        run = RunHandle.parse(handle)
        parts = {"workspace_id": run.workspace_id, "pipeline_id": run.pipeline_id, "run_id": run.run_id}
        url = self.dashboard_url
        for name, value in parts.items():
            url = url.replace(f"{{{name}}}", str(value))
        return url
