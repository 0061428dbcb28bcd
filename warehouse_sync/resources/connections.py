"""The connections of a workspace."""

import builtins

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Connection, ConnectionSpec, ServiceProvider
from warehouse_sync.models.common import check_text
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.workspace import Workspace


class Connections:
    """The connections of a workspace: where the data comes from."""

    def __init__(self, workspace: Workspace) -> None:
        self._endpoint = ResourceEndpoint(
            workspace=workspace, path="/connections", noun="connection", model=Connection, spec=ConnectionSpec
        )

    async def list(self, service_provider: ServiceProvider | str | None = None) -> builtins.list[Connection]:
        """List the workspace's connections.

        Args:
            service_provider: Only those that lead to this warehouse, such as `"Snowflake"`. Checked again on what the server
                answers.

        Returns:
            All of them, in the server's order. Secrets are masked or absent.

        Raises:
            ValidationError: The service provider is empty or no string; nothing was sent.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /connections`, "Get all connections".
        """
        if service_provider is None:
            return await self._endpoint.list_all()
        problems = list(check_text("service_provider", service_provider))
        if problems:
            raise ValidationError("the request for connections", problems)
        wanted = ServiceProvider(service_provider)
        found = await self._endpoint.list_all({"serviceProvider": wanted.value})
        return [connection for connection in found if connection.service_provider == wanted]

    async def get(self, connection_id: str) -> Connection:
        """Read one connection.

        Args:
            connection_id: Its id.

        Returns:
            The connection. Secrets are masked.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such connection.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /connections/{connectionId}`, "Get a connection".
        """
        return await self._endpoint.get(connection_id)

    async def create(self, spec: ConnectionSpec) -> Connection:
        """Create a connection. The API logs in to the warehouse, which can take 10 seconds.

        The request is never sent twice. When its answer is lost, the id is read until it appears: a connection with the
        same fields, secrets aside, is the one that was asked for.

        Args:
            spec: The connection, with its secrets.

        Returns:
            The connection as created. Secrets are masked.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            ConflictError: A connection with this id exists.
            WarehouseLoginError: The warehouse refused the login. Do not repeat it unchanged: repeated logins lock accounts.
            OutcomeUnknownError: The answer was lost, and the connection cannot be found.
            APIError: The API refused.
            TransportError: The request did not get through; it was not acted on.

        Source: `POST /connections`, "Create a connection".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: ConnectionSpec) -> Connection:
        """Replace a connection. This clears its fault.

        Args:
            spec: The connection, with its secrets: a masked one from reading is refused.

        Returns:
            The connection as it is now. Secrets are masked.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            NotFoundError: There is no such connection.
            WarehouseLoginError: The warehouse refused the login. Do not repeat it unchanged: repeated logins lock accounts.
            OutcomeUnknownError: The API accepted it, and its answer cannot be read.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `PUT /connections/{connectionId}`, "Update a connection".
        """
        return await self._endpoint.update(spec)

    async def delete(self, connection_id: str) -> None:
        """Delete a connection.

        Args:
            connection_id: Its id.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such connection. When an earlier attempt's answer was lost, that is success instead.
            APIError: The API refused, for instance because a pipeline uses it.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `DELETE /connections/{connectionId}`, "Delete a connection".
        """
        await self._endpoint.delete(connection_id)
