"""Field transformations: columns of a query as fields of an event batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.warehouse.errors import RowError

EVENTS, DATA = "events", "data"
Path = tuple[str, ...]
# Objects that rows fill, so that no mapping can set them as a whole.
OBJECTS: frozenset[Path] = frozenset(
    {
        (EVENTS,),
        (EVENTS, DATA),
        (EVENTS, DATA, "custom_attributes"),
        ("device_info",),
        ("user_attributes",),
        ("user_identities",),
    }
)
# The fields of a batch beside its events, and the fields of an event beside its data.
_OF_BATCH = frozenset(
    {
        "application_info",
        "consent_state",
        "context",
        "device_info",
        "integration_attributes",
        "ip",
        "mpid",
        "user_attributes",
        "user_identities",
    }
)
_OF_EVENT = "event_type"


@frozen
class FieldTransformation:
    """The mappings of a field transformation, as paths in an event batch.

    Attributes:
        columns: The path of each mapped column, by its name in lower case; None for an ignored column.
        constants: The paths with constant values.
    """

    columns: Mapping[str, Path | None]
    constants: Sequence[tuple[Path, str]]

    @classmethod
    def read(cls, document: Document) -> "FieldTransformation":
        """Return the mappings of a valid document."""
        columns: dict[str, Path | None] = {}
        constants: list[tuple[Path, str]] = []
        for mapping in document["mappings"]:
            destination = mapping.get("destination")
            path = None if destination is None else path_of(destination)
            if mapping["mapping_type"] != "static":
                columns[mapping["source"].lower()] = path
            elif path is not None:
                constants.append((path, mapping["value"]))
        return cls(columns, constants)


NO_TRANSFORMATION = FieldTransformation({}, ())


def path_of(destination: str) -> Path:
    """Return the path in an event batch that a destination names.

    `event_id` and `data.event_id` are fields of an event's data, `event_type` is a field of the event, and
    `user_identities.email` is a field of the batch. A destination can also start with `events.`, `events[].` or
    `events[0].`.
    """
    parts = destination.replace("[]", "").replace("[0]", "").split(".")
    in_events = parts[0] == EVENTS
    parts = parts[1:] if in_events else parts
    if not in_events and parts[0] in _OF_BATCH:
        return tuple(parts)
    if parts[0] == _OF_EVENT:
        return EVENTS, *parts
    return EVENTS, DATA, *(parts[1:] if parts[0] == DATA else parts)


def shown(path: Path) -> str:
    """Return a path as text, such as `events[].data.event_id`."""
    return ".".join(path).replace(EVENTS, f"{EVENTS}[]", 1)


def set_field(batch: Document, path: Path, value: object) -> None:
    """Set a field of a batch; objects on the way are created.

    Raises:
        RowError: A part of the path has a value that is not an object.
    """
    node: Any = batch
    for part in path[:-1]:
        node = node.setdefault(EVENTS, [{}])[0] if part == EVENTS else node.setdefault(part, {})
        if not isinstance(node, dict):
            raise RowError(f"{shown(path)} cannot be set, because {part} is a single value.")
    node[path[-1]] = value
