"""The data models of a workspace."""

import builtins

from warehouse_sync.models import DataModel, DataModelSpec
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.workspace import Workspace


class DataModels:
    """The data models of a workspace: which rows and columns are loaded."""

    def __init__(self, workspace: Workspace) -> None:
        self._endpoint = ResourceEndpoint(
            workspace=workspace, path="/data-models", noun="data model", model=DataModel, spec=DataModelSpec
        )

    async def list(self) -> builtins.list[DataModel]:
        """List the workspace's data models.

        Returns:
            All of them, in the server's order.

        Raises:
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /data-models`, "Get all data models".
        """
        return await self._endpoint.list_all()

    async def get(self, data_model_id: str) -> DataModel:
        """Read one data model.

        Args:
            data_model_id: Its id.

        Returns:
            The data model.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such data model.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /data-models/{modelId}`, "Get a data model".
        """
        return await self._endpoint.get(data_model_id)

    async def create(self, spec: DataModelSpec) -> DataModel:
        """Create a data model.

        The request is never sent twice. When its answer is lost, the id is read until it appears: a data model with the
        same fields is the one that was asked for.

        Args:
            spec: The data model.

        Returns:
            The data model as created.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            ConflictError: A data model with this id exists.
            OutcomeUnknownError: The answer was lost, and the data model cannot be found.
            APIError: The API refused, for instance the query.
            TransportError: The request did not get through; it was not acted on.

        Source: `POST /data-models`, "Create a data model".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: DataModelSpec) -> DataModel:
        """Replace a data model. This clears its fault.

        Args:
            spec: The data model.

        Returns:
            The data model as it is now.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            NotFoundError: There is no such data model.
            OutcomeUnknownError: The API accepted it, and its answer cannot be read.
            APIError: The API refused, for instance the query.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `PUT /data-models/{modelId}`, "Update a data model".
        """
        return await self._endpoint.update(spec)

    async def delete(self, data_model_id: str) -> None:
        """Delete a data model.

        Args:
            data_model_id: Its id.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such data model. When an earlier attempt's answer was lost, that is success instead.
            APIError: The API refused, for instance because a pipeline uses it.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `DELETE /data-models/{modelId}`, "Delete a data model".
        """
        await self._endpoint.delete(data_model_id)
