"""Validation of field transformations."""

import json
from typing import Any

import attrs
import pytest

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import FieldMapping, FieldTransformation, MappingType

# The columns of the example on mParticle's page "Data Mapping".
COLUMNS = {
    "eventId": "event_id",
    "sessionId": "session_id",
    "timeStamp": "timestamp_unixtime_ms",
    "eventType": "event_type",
}
DOCUMENT = {
    "id": "events",
    "name": "Events",
    "destination_type": "event_batch",
    "mappings": [
        {"mapping_type": "column", "source": source, "destination": destination, "value": None}
        for source, destination in COLUMNS.items()
    ],
}


def mapping(**fields: Any) -> FieldMapping:
    """A mapping of a column, with other fields."""
    return FieldMapping(**{"mapping_type": "column", "source": "a", "destination": "b", **fields})


def transformation(*mappings: Any) -> FieldTransformation:
    """A field transformation with these mappings."""
    return FieldTransformation(id="t", name="T", mappings=mappings)


def test_documented_example_is_valid() -> None:
    """The documented JSON is read, and written without its nulls."""
    read = FieldTransformation.from_dict(json.loads(json.dumps(DOCUMENT)))
    assert not list(read.problems())
    assert [each.mapping_type for each in read.mappings] == [MappingType.COLUMN] * 4
    assert read.to_dict()["mappings"][0] == {
        "mapping_type": "column",
        "source": "eventId",
        "destination": "event_id",
    }
    assert read.to_dict()["destination_type"] == "event_batch"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mapping_type": "column", "source": "a", "destination": "b"}, []),
        ({"mapping_type": "static", "destination": "b", "value": ""}, []),
        ({"mapping_type": "ignore", "source": "a"}, []),
        ({"mapping_type": "column"}, [("source", "is required"), ("destination", "is required")]),
        ({"mapping_type": "static"}, [("destination", "is required"), ("value", "is required")]),
        ({"mapping_type": "ignore"}, [("source", "is required")]),
        ({"mapping_type": "copy"}, [("mapping_type", "must be one of column, static, ignore, not 'copy'")]),
        (
            {"mapping_type": "ignore", "source": "a", "destination": "b", "value": "c"},
            [
                ("destination", "is not allowed for a mapping of type ignore: remove it"),
                ("value", "is not allowed for a mapping of type ignore: remove it"),
            ],
        ),
        (
            {"mapping_type": "static", "source": "a", "destination": "b", "value": "c"},
            [("source", "is not allowed for a mapping of type static: remove it")],
        ),
        (
            {"mapping_type": "column", "source": " ", "destination": "a..b"},
            [
                ("source", "must not be empty"),
                ("destination", "has an empty part: write a path such as custom_attributes.plan"),
            ],
        ),
        (
            {"mapping_type": "static", "destination": "b", "value": 1},
            [("value", "must be a string, not int")],
        ),
    ],
)
def test_fields_of_a_mapping_follow_its_type(fields: Any, expected: list[tuple[str, str]]) -> None:
    """Each type requires its own fields and refuses the others."""
    found = list(FieldMapping(**fields).problems("m"))
    assert found == [(f"m.{name}", message) for name, message in expected]


def test_all_invalid_fields_are_reported() -> None:
    """The problems of the transformation and of its mappings are reported together, with their positions."""
    wrong = attrs.evolve(
        transformation(mapping(), mapping(source="A"), mapping(source="c", destination="b")),
        id="a b",
        name="",
        destination_type="user",
    )
    assert list(wrong.problems()) == [
        ("id", "'a b' is not an id: use ASCII letters, digits, '_' and '-' only, at least one"),
        ("name", "must not be empty"),
        ("destination_type", "must be event_batch, not 'user'"),
        ("mappings[1].source", "is also the source of mappings[0]: remove one of them"),
        ("mappings[1].destination", "is also the destination of mappings[0]: remove one of them"),
        ("mappings[2].destination", "is also the destination of mappings[0]: remove one of them"),
    ]


def test_destination_inside_another_is_reported() -> None:
    """A mapping sets a single value, so another destination cannot be inside its own, in either order."""
    inner = mapping(source="c", destination="custom_attributes.plan.id")
    outer = mapping(source="d", destination="custom_attributes.plan")
    for mappings, index in (((inner, outer), 0), ((outer, inner), 1)):
        assert list(transformation(mapping(source="e", destination="custom"), *mappings).problems()) == [
            (
                f"mappings[{index + 1}].destination",
                (
                    f"is inside the destination of mappings[{2 - index}], custom_attributes.plan, which is a single value: "
                    "change one of them"
                ),
            )
        ]


def test_mappings_are_required() -> None:
    """A transformation without mappings, or with something else in their place, is invalid."""
    assert list(transformation().problems()) == [("mappings", "must not be empty")]
    wrong: Any
    for wrong in ("column", None, ({"mapping_type": "column"},)):
        found = attrs.evolve(transformation(mapping()), mappings=wrong).problems()
        assert list(found) == [
            ("mappings", "must be a list of FieldMapping: build it with FieldTransformation.from_dict")
        ]


def test_wrong_document_is_rejected() -> None:
    """An error names the field."""
    with pytest.raises(DecodeError, match="mappings"):
        FieldTransformation.from_dict({**DOCUMENT, "mappings": {"mapping_type": "column"}})
