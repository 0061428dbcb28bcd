"""Field transformations: columns of a query as fields of events.

Source: mParticle's page "Field Transformations" of the Platform API, https://docs.mparticle.com/developers/platform/field-transformations/.
It documents the JSON, but no routes, so the SDK sends no field transformation.
"""

from collections.abc import Iterator, Sequence

import attrs

from warehouse_sync.base_model import SentModel
from warehouse_sync.models.common import FieldProblem, check_choice, check_id, check_text, to_enum
from warehouse_sync.models.enums import MappingType, MappingTypeName

EVENT_BATCH = "event_batch"
# The fields that a mapping of each type has, from the table "Mappings overview".
_FIELDS = {
    MappingType.COLUMN: ("source", "destination"),
    MappingType.STATIC: ("destination", "value"),
    MappingType.IGNORE: ("source",),
}


def _to_mapping_type(value: MappingTypeName | MappingType | str) -> MappingType:
    return to_enum(MappingType, value)


@attrs.frozen(kw_only=True, repr=False)
class FieldMapping(SentModel):
    """One mapping of a field transformation.

    Attributes:
        mapping_type: `column` copies a column, `static` sets a constant, `ignore` leaves a column out.
        source: The column of the query; required for `column` and `ignore`, and only allowed there.
        destination: The path of the field in mParticle's event schema, such as `event_id`; required for `column` and
            `static`, and only allowed there.
        value: The constant; required for `static`, and only allowed there.
    """

    mapping_type: MappingType = attrs.field(converter=_to_mapping_type)
    source: str | None = None
    destination: str | None = None
    value: str | None = None

    def problems(self, path: str = "mapping") -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_choice(f"{path}.mapping_type", self.mapping_type, MappingType)
        needed = _FIELDS.get(self.mapping_type)
        if needed is None:
            return
        for name, value in (
            ("source", self.source),
            ("destination", self.destination),
            ("value", self.value),
        ):
            if name in needed:
                # The value of a static mapping can be any string, also an empty one.
                yield from check_text(f"{path}.{name}", value, required=name != "value" or value is None)
            elif value is not None:
                yield f"{path}.{name}", f"is not allowed for a mapping of type {self.mapping_type}: remove it"
        if isinstance(self.destination, str) and self.destination and not all(self.destination.split(".")):
            yield f"{path}.destination", "has an empty part: write a path such as custom_attributes.plan"


def _to_mappings(value: Sequence[FieldMapping]) -> tuple[FieldMapping, ...]:
    """Convert a list to a tuple.

    Return other values unchanged: validation reports them.
    """
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value] # other types are left for validation


@attrs.frozen(kw_only=True, repr=False)
class FieldTransformation(SentModel):
    """The mappings from the columns of a query to the fields of events.

    A pipeline of type `events` names one in `field_transformation_id`. Create it in mParticle: its routes are not
    documented, so the SDK cannot. Files, `lint`, `preview` and the emulator use it.

    Attributes:
        id: The id: ASCII letters, digits, `_` and `-`.
        name: The display name.
        destination_type: The kind of data; `event_batch` is the only one.
        mappings: The mappings, at least one. Two cannot set the same destination or use the same source.
    """

    id: str
    name: str
    destination_type: str = EVENT_BATCH
    mappings: tuple[FieldMapping, ...] = attrs.field(converter=_to_mappings)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        if self.destination_type != EVENT_BATCH:
            yield "destination_type", f"must be {EVENT_BATCH}, not {str(self.destination_type)[:60]!r}"
        if not isinstance(self.mappings, tuple) or not all(
            isinstance(each, FieldMapping) for each in self.mappings
        ):
            yield "mappings", "must be a list of FieldMapping: build it with FieldTransformation.from_dict"
            return
        if not self.mappings:
            yield "mappings", "must not be empty"
        for index, mapping in enumerate(self.mappings):
            yield from mapping.problems(f"mappings[{index}]")
        yield from _repeated(self.mappings)
        yield from _nested(self.mappings)


def _repeated(mappings: tuple[FieldMapping, ...]) -> Iterator[FieldProblem]:
    """Yield each mapping whose source or destination an earlier one has: mappings are one-to-one."""
    sources, destinations = dict[str, int](), dict[str, int]()
    for index, mapping in enumerate(mappings):
        for name, text, seen in (
            ("source", mapping.source, sources),
            ("destination", mapping.destination, destinations),
        ):
            # The SQL of the warehouses ignores the case of columns.
            key = text.lower() if name == "source" and isinstance(text, str) else text
            first = seen.setdefault(key, index) if isinstance(key, str) else index
            if first != index:
                yield (
                    f"mappings[{index}].{name}",
                    f"is also the {name} of mappings[{first}]: remove one of them",
                )


def _nested(mappings: tuple[FieldMapping, ...]) -> Iterator[FieldProblem]:
    """Yield each destination that is inside that of another mapping, which sets a single value."""
    paths = [each.destination if isinstance(each.destination, str) else "" for each in mappings]
    positions = {path: index for index, path in enumerate(paths) if path}
    for index, path in enumerate(paths):
        parts = path.split(".")
        for length in range(1, len(parts)):
            outer = positions.get(".".join(parts[:length]))
            if outer is not None:
                yield (
                    f"mappings[{index}].destination",
                    f"is inside the destination of mappings[{outer}], {paths[outer]}, which is a single value: change one of them",
                )
