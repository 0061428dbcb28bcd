"""The connections of a workspace."""

import builtins

from warehouse_sync.base_model import Table
from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Connection, ConnectionSpec, ServiceProvider
from warehouse_sync.models.common import check_text
from warehouse_sync.models.enums import ServiceProviderName
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.paths import CONNECTIONS
from warehouse_sync.resources.workspace import Workspace


class Connections:
    """The connections of a workspace: the warehouses that data is loaded from."""

    def __init__(self, workspace: Workspace) -> None:
        self._endpoint = ResourceEndpoint(
            workspace=workspace,
            template=CONNECTIONS,
            noun="connection",
            model=Connection,
            spec=ConnectionSpec,
        )

    async def list(
        self, service_provider: ServiceProviderName | ServiceProvider | str | None = None
    ) -> builtins.list[Connection]:
        """List the connections of the workspace.

        Args:
            service_provider: Return only connections with this provider, such as `"Snowflake"`. The API filters, and the
                client filters the response again.

        Returns:
            The connections, in the API's order. Secrets are masked or absent.

        Raises:
            ValidationError: The service provider is not a string or is empty; nothing was sent.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /connections`, "Get all connections".
        """
        if service_provider is None:
            return await self._endpoint.list_all()
        problems = list(check_text("service_provider", service_provider))
        if problems:
            raise ValidationError("the request for connections", problems)
        wanted = ServiceProvider(service_provider)
        found = await self._endpoint.list_all({"serviceProvider": wanted.value})
        return Table(connection for connection in found if connection.service_provider == wanted)

    async def get(self, connection_id: str | Connection | ConnectionSpec) -> Connection:
        """Get one connection.

        Args:
            connection_id: The id of the connection, or the connection itself.

        Returns:
            The connection. Secrets are masked.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The connection does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /connections/{connectionId}`, "Get a connection".
        """
        return await self._endpoint.get(connection_id)

    async def create(self, spec: ConnectionSpec) -> Connection:
        """Create a connection.

        The API logs in to the warehouse, which can take 10 seconds.

        The request is not repeated once it may have reached the API. If the response is lost, the client reads the id
        until the connection appears, and returns it if all its fields except secrets are the same.

        Args:
            spec: The fields of the connection, with its secrets.

        Returns:
            The created connection. Secrets are masked.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            ConflictError: A connection with this id exists already.
            WarehouseLoginError: The login to the warehouse failed. Do not retry it unchanged: repeated failed logins can
                lock the account.
            OutcomeUnknownError: The response was lost, and the connection was not found.
            APIError: The API returned another error.
            TransportError: The request could not be sent, also after retries; nothing was created.

        Source: `POST /connections`, "Create a connection".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: ConnectionSpec) -> Connection:
        """Replace all fields of a connection, and clear its fault.

        Args:
            spec: The fields of the connection, with its secrets. Masked secrets of a response are not accepted.

        Returns:
            The updated connection. Secrets are masked.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            NotFoundError: The connection does not exist.
            WarehouseLoginError: The login to the warehouse failed. Do not retry it unchanged: repeated failed logins can
                lock the account.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `PUT /connections/{connectionId}`, "Update a connection".
        """
        return await self._endpoint.update(spec)

    async def delete(self, connection_id: str | Connection | ConnectionSpec) -> None:
        """Delete a connection.

        Args:
            connection_id: The id of the connection, or the connection itself.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The connection does not exist. After an attempt with a lost response this counts as success instead.
            APIError: The API returned another error, for example because a pipeline uses it.
            TransportError: The connection failed or timed out, also after retries.

        Source: `DELETE /connections/{connectionId}`, "Delete a connection".
        """
        await self._endpoint.delete(connection_id)
