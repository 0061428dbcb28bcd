"""A workspace, and the collections of resources in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import ConflictError, NotFoundError
from warehouse_sync.emulator.state.resource import Resource

if TYPE_CHECKING:
    from warehouse_sync.emulator.state.resource import Pipeline

ResourceT = TypeVar("ResourceT", bound=Resource)


class Collection(Generic[ResourceT]):
    """The resources of one type in a workspace, by id, in the order of their creation.

    Args:
        key: The collection's name in its workspace.
        label: What messages call one of its resources, such as `Data model`.
    """

    def __init__(self, key: str, label: str) -> None:
        self.key = key
        self._label = label
        self._resources: dict[str, ResourceT] = {}

    def __contains__(self, resource_id: object) -> bool:
        return resource_id in self._resources

    def __iter__(self) -> Iterator[ResourceT]:
        return iter(self._resources.values())

    def __len__(self) -> int:
        return len(self._resources)

    def get(self, resource_id: str) -> ResourceT:
        """Return the resource with an id.

        Raises:
            NotFoundError: There is none.
        """
        try:
            return self._resources[resource_id]
        except KeyError:
            raise NotFoundError(f"{self._label} {resource_id} was not found.") from None

    def check_id_is_free(self, resource_id: str) -> None:
        """Check that no successfully created resource has an id.

        Raises:
            ConflictError: The id is taken.
        """
        if resource_id in self._resources and self._resources[resource_id].login_succeeded:
            raise ConflictError(f"{self._label} {resource_id} already exists.")

    def add(self, resource_id: str, resource: ResourceT) -> None:
        """Add a new resource.

        Raises:
            ConflictError: The id is taken.
        """
        self.check_id_is_free(resource_id)
        self.put(resource_id, resource)

    def put(self, resource_id: str, resource: ResourceT) -> None:
        """Store a resource under an id, in place of any other."""
        self._resources[resource_id] = resource

    def remove(self, resource_id: str) -> None:
        """Remove a resource.

        Raises:
            NotFoundError: There is none with this id.
        """
        self.get(resource_id)
        del self._resources[resource_id]


class Workspace:
    """The state of one workspace, separate from all others."""

    def __init__(self, workspace_id: str) -> None:
        self.id = workspace_id
        self.connections: Collection[Resource] = Collection("connections", "Connection")
        self.data_models: Collection[Resource] = Collection("data_models", "Data model")
        self.pipelines: Collection[Pipeline] = Collection("pipelines", "Pipeline")
        self.data_plans: Collection[Resource] = Collection("data_plans", "Data plan")
        self.field_transformations: Collection[Resource] = Collection(
            "field_transformations", "Field transformation"
        )
        self.feeds: Collection[Resource] = Collection("feeds", "Feed")
        # The v1 draft has separate documents: no source says that the two generations share any.
        self.draft_connections: Collection[Resource] = Collection("draft_connections", "Connection")
        self.draft_models: Collection[Resource] = Collection("draft_models", "Model")
        self.draft_mappings: Collection[Resource] = Collection("draft_mappings", "Mapping")
        self.draft_pipelines: Collection[Pipeline] = Collection("draft_pipelines", "Pipeline")

    def inactive_reason(self, pipeline: Document) -> str | None:
        """Return which resource that a pipeline uses is inactive, or None."""
        for field, label, collection in (
            ("connection_id", "Connection", self.connections),
            ("data_model_id", "Data model", self.data_models),
        ):
            resource_id = pipeline.get(field, "")
            if resource_id in collection and collection.get(resource_id).document["state"] == "inactive":
                return f"{label} {resource_id} is inactive; set its state to active to sync."
        return None

    def collections(self) -> dict[str, Collection[Any]]:
        """Return every collection by its key."""
        collections = (value for value in vars(self).values() if isinstance(value, Collection))
        return {collection.key: collection for collection in collections}
