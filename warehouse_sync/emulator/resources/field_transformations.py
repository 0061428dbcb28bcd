"""Field transformations, which event pipelines name.

mParticle documents their JSON but no routes. The control API and an option add them.
"""

from collections.abc import Mapping

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.warehouse.transformation import OBJECTS, Path, path_of

# The fields of a mapping of each type.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "column": ("source", "destination"),
    "static": ("destination", "value"),
    "ignore": ("source",),
}


def add_field_transformation(store: Store, workspace_id: str, document: Document) -> Document:
    """Add a field transformation, or replace the one with its id, and return it.

    Raises:
        InvalidRequestError: The document is invalid.
    """
    _check(FieldErrors(document))
    workspace, transformation_id = store.workspace(workspace_id), document["id"]
    added = Resource(document=dict(document), created_on=store.clock.now(), created_by=store.author)
    workspace.field_transformations.put(transformation_id, added)
    store.mark_changed(workspace, workspace.field_transformations.key, transformation_id)
    return show_field_transformation(added)


def show_field_transformation(stored: Resource) -> Document:
    """Return a field transformation with its audit fields."""
    return {**stored.document, **stored.audit()}


def _check(errors: FieldErrors) -> None:
    errors.slug("id")
    errors.text("name")
    errors.choice("destination_type", ("event_batch",))
    mappings = errors.document.get("mappings")
    if not isinstance(mappings, list) or not mappings:
        errors.add("mappings", "is required and must be a list of at least one mapping.")
        mappings = []
    paths: list[Path] = []
    for index, mapping in enumerate(mappings):
        if not isinstance(mapping, dict):
            errors.add(f"mappings[{index}]", "must be an object.")
            continue
        _check_mapping(FieldErrors(mapping, path=f"mappings[{index}].", messages=errors.messages), paths)
    errors.raise_if_any()


def _check_mapping(errors: FieldErrors, paths: list[Path]) -> None:
    """Check a mapping, and add the path of its destination to those of the mappings before it."""
    errors.choice("mapping_type", _FIELDS)
    kind = errors.document.get("mapping_type")
    needed = _FIELDS.get(kind, ()) if isinstance(kind, str) else ()
    for field in ("source", "destination"):
        if field in needed:
            errors.text(field)
        elif needed:
            errors.forbid(field, f"is not allowed for a mapping of the type {kind}.")
    if kind == "static" and not isinstance(errors.document.get("value"), str):
        errors.add("value", "is required and must be a string.")
    destination = errors.document.get("destination")
    if isinstance(destination, str) and "destination" in needed:
        _check_destination(errors, destination, paths)


def _check_destination(errors: FieldErrors, destination: str, others: list[Path]) -> None:
    path = path_of(destination)
    if not all(destination.split(".")):
        errors.add("destination", "has an empty part.")
    elif path in OBJECTS:
        errors.add("destination", f"names an object, not a field: {destination}.")
    elif any(path[: len(other)] == other[: len(path)] for other in others):
        errors.add("destination", f"is set by another mapping too: {destination}.")
    others.append(path)
