"""Settings of a client from an Airflow connection. Does not import Airflow."""

from typing import Any, Protocol

from warehouse_sync import ConfigurationError, Secret
from warehouse_sync.integrations.settings import DASHBOARD_URL, ClientSettings


class AirflowConnection(Protocol):
    """Fields of an Airflow connection that are read."""

    conn_id: str
    login: str | None
    password: str | None
    host: str | None
    port: int | None
    schema: str | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The connection's extra fields."""
        ...


def read_settings(connection: AirflowConnection, workspace_id: int | str | None = None) -> ClientSettings:
    """Return the settings of a connection.

    The environment's `WAREHOUSE_SYNC_…` variables are not read: a connection is complete by itself.

    Args:
        connection: The connection.
        workspace_id: The workspace, in place of the connection's.

    Raises:
        ConfigurationError: The connection lacks something; the message names all of it.
    """
    extra = connection.extra_dejson
    workspace = workspace_id if workspace_id is not None else extra.get("workspace_id")
    needed = {
        "login (the client id)": connection.login,
        "password (the client secret)": connection.password,
        "workspace_id in its extra fields": workspace,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing or not connection.login or not connection.password:
        raise ConfigurationError(f"Airflow connection {connection.conn_id!r} has no {', no '.join(missing)}")
    return ClientSettings(
        workspace_id=_to_number(connection.conn_id, workspace),
        client_id=connection.login,
        client_secret=Secret(connection.password),
        api_url=_api_url(connection),
        token_url=extra.get("token_url") or None,
        dashboard_url=extra.get("dashboard_url") or DASHBOARD_URL,
    )


def _to_number(connection_id: str, workspace: object) -> int:
    text = str(workspace)
    if not text.isdecimal():
        raise ConfigurationError(
            f"workspace_id {text!r:.60} for connection {connection_id!r} is not a number"
        )
    return int(text)


def _api_url(connection: AirflowConnection) -> str | None:
    host = connection.host
    if not host or "://" in host:
        return host or None
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'https'}://{host}{port}"
