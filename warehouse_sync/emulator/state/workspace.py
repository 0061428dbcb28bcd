"""A workspace, and the collections of resources in it."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from warehouse_sync.emulator.errors import ConflictError, NotFoundError
from warehouse_sync.emulator.state.resource import Pipeline, Resource

ResourceT = TypeVar("ResourceT", bound=Resource)


class Collection(Generic[ResourceT]):
    """The resources of one kind in a workspace, by id, in the order they were created.

    Args:
        key: The shelf's name in its workspace.
        label: What one of them is called in messages, such as ``Data model``.
    """

    def __init__(self, key: str, label: str) -> None:
        self.key = key
        self._label = label
        self._kept: dict[str, ResourceT] = {}

    def __contains__(self, resource_id: object) -> bool:
        return resource_id in self._kept

    def __iter__(self) -> Iterator[ResourceT]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, resource_id: str) -> ResourceT:
        """Return the resource with an id, or refuse with 404."""
        try:
            return self._kept[resource_id]
        except KeyError:
            raise NotFoundError(f"{self._label} {resource_id} was not found.") from None

    def check_not_taken(self, resource_id: str) -> None:
        """Refuse with 409 an id that is in use."""
        if resource_id in self._kept and self._kept[resource_id].login_succeeded:
            raise ConflictError(f"{self._label} {resource_id} exists already.")

    def add(self, resource_id: str, resource: ResourceT) -> None:
        """Keep a new resource, or refuse with 409 when its id is in use by one that proved good."""
        self.check_not_taken(resource_id)
        self.put(resource_id, resource)

    def put(self, resource_id: str, resource: ResourceT) -> None:
        """Keep a resource in place of whatever had its id."""
        self._kept[resource_id] = resource

    def remove(self, resource_id: str) -> None:
        """Forget a resource, or refuse with 404."""
        self.get(resource_id)
        del self._kept[resource_id]


class Workspace:
    """The state of one workspace; no other workspace sees it."""

    def __init__(self, workspace_id: str) -> None:
        self.id = workspace_id
        self.connections: Collection[Resource] = Collection("connections", "Connection")
        self.data_models: Collection[Resource] = Collection("data_models", "Data model")
        self.pipelines = Collection[Pipeline]("pipelines", "Pipeline")
        # The v1 draft has its own documents; nothing says that the two generations share any.
        self.draft_connections: Collection[Resource] = Collection("draft_connections", "Connection")
        self.draft_models: Collection[Resource] = Collection("draft_models", "Model")
        self.draft_mappings: Collection[Resource] = Collection("draft_mappings", "Mapping")
        self.draft_pipelines = Collection[Pipeline]("draft_pipelines", "Pipeline")

    def collections(self) -> dict[str, Collection[Any]]:
        """Return every shelf by its key."""
        return {
            collection.key: collection
            for collection in vars(self).values()
            if isinstance(collection, Collection)
        }
