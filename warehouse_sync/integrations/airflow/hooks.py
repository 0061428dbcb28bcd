"""The hook: a client with the settings of an Airflow connection."""

import asyncio
from typing import Any

from warehouse_sync import AsyncClient, Client, WarehouseSyncError
from warehouse_sync.integrations.airflow.compat import BaseHook
from warehouse_sync.integrations.airflow.connections import read_settings
from warehouse_sync.integrations.airflow.provider import CONNECTION_TYPE, DEFAULT_CONNECTION_ID, HOOK_NAME
from warehouse_sync.integrations.settings import ClientSettings
from warehouse_sync.integrations.shared_clients import shared_client


class WarehouseSyncHook(BaseHook):
    """Clients of the Warehouse Sync API with the settings of an Airflow connection.

    The connection's login is the client id, its password the client secret, its host the API URL (mParticle's when left
    out). Its extra fields are `workspace_id`, and optionally `token_url` and `dashboard_url`.

    Args:
        warehouse_sync_conn_id: The connection.
        workspace_id: The workspace, in place of the connection's.

    Example:
        ```python
        with WarehouseSyncHook().get_conn() as client:
            print(client.pipelines.report("customers").status)
        ```
    """

    conn_name_attr = "warehouse_sync_conn_id"
    default_conn_name = DEFAULT_CONNECTION_ID
    conn_type = CONNECTION_TYPE
    hook_name = HOOK_NAME

    def __init__(
        self,
        warehouse_sync_conn_id: str = DEFAULT_CONNECTION_ID,
        *,
        workspace_id: int | str | None = None,
        **kwargs: Any,  # noqa: ANN401 - those of BaseHook
    ) -> None:
        super().__init__(**kwargs)
        self.warehouse_sync_conn_id = warehouse_sync_conn_id
        self.workspace_id = workspace_id

    def settings(self) -> ClientSettings:
        """Return the connection's settings.

        Raises:
            ConfigurationError: The connection lacks something.
        """
        return read_settings(self.get_connection(self.warehouse_sync_conn_id), self.workspace_id)

    async def async_settings(self) -> ClientSettings:
        """Return the connection's settings, without blocking the event loop.

        Raises:
            ConfigurationError: The connection lacks something.
        """
        if hasattr(BaseHook, "aget_connection"):  # 3.1 and later
            connection = await self.aget_connection(self.warehouse_sync_conn_id)
            return read_settings(connection, self.workspace_id)
        return await asyncio.to_thread(self.settings)

    def get_conn(self) -> Client:
        """Return a new client. Use it with `with`, which closes it.

        Raises:
            ConfigurationError: The connection lacks something.
        """
        return Client(**self.settings().client_options())

    async def get_async_conn(self, handle: str | None = None) -> AsyncClient:
        """Return the client that all triggers of the running event loop share.

        Do not close it: it is closed with the loop.

        Args:
            handle: A run's handle: the client is then for the run's workspace.

        Raises:
            ConfigurationError: The connection lacks something.
            ValidationError: The handle is not one.
        """
        settings = await self.async_settings()
        return await shared_client(settings if handle is None else settings.for_run(handle))

    def test_connection(self) -> tuple[bool, str]:
        """Read the workspace's pipelines; return whether that worked, and a message."""
        try:
            with self.get_conn() as client:
                pipelines = client.pipelines.list()
        except WarehouseSyncError as error:
            return False, str(error)
        return True, f"Workspace {client.workspace_id} has {len(pipelines)} pipelines."
