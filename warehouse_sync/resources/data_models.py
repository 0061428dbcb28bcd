"""The data models of a workspace."""

import builtins

from warehouse_sync.models import DataModel, DataModelSpec
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.paths import DATA_MODELS
from warehouse_sync.resources.workspace import Workspace


class DataModels:
    """The data models of a workspace: the SQL queries that select what is loaded."""

    def __init__(self, workspace: Workspace) -> None:
        self._endpoint = ResourceEndpoint(
            workspace=workspace,
            template=DATA_MODELS,
            noun="data model",
            model=DataModel,
            spec=DataModelSpec,
        )

    async def list(self) -> builtins.list[DataModel]:
        """List the data models of the workspace.

        Returns:
            The data models, in the API's order.

        Raises:
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /data-models`, "Get all data models".
        """
        return await self._endpoint.list_all()

    async def get(self, data_model_id: str | DataModel | DataModelSpec) -> DataModel:
        """Get one data model.

        Args:
            data_model_id: The id of the data model, or the data model itself.

        Returns:
            The data model.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The data model does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /data-models/{modelId}`, "Get a data model".
        """
        return await self._endpoint.get(data_model_id)

    async def create(self, spec: DataModelSpec) -> DataModel:
        """Create a data model.

        The request is not repeated once it may have reached the API. If the response is lost, the client reads the id
        until the data model appears, and returns it if all its fields are the same.

        Args:
            spec: The fields of the data model.

        Returns:
            The created data model.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            ConflictError: A data model with this id exists already.
            OutcomeUnknownError: The response was lost, and the data model was not found.
            APIError: The API returned another error, for example because the query is invalid.
            TransportError: The request could not be sent, also after retries; nothing was created.

        Source: `POST /data-models`, "Create a data model".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: DataModelSpec) -> DataModel:
        """Replace all fields of a data model, and clear its fault.

        Args:
            spec: The fields of the data model.

        Returns:
            The updated data model.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            NotFoundError: The data model does not exist.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error, for example because the query is invalid.
            TransportError: The connection failed or timed out, also after retries.

        Source: `PUT /data-models/{modelId}`, "Update a data model".
        """
        return await self._endpoint.update(spec)

    async def delete(self, data_model_id: str | DataModel | DataModelSpec) -> None:
        """Delete a data model.

        Args:
            data_model_id: The id of the data model, or the data model itself.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The data model does not exist. After an attempt with a lost response this counts as success instead.
            APIError: The API returned another error, for example because a pipeline uses it.
            TransportError: The connection failed or timed out, also after retries.

        Source: `DELETE /data-models/{modelId}`, "Delete a data model".
        """
        await self._endpoint.delete(data_model_id)
