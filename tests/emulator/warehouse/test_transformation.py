"""Paths of field transformations in an event batch."""

import pytest

from warehouse_sync.emulator.warehouse.errors import RowError
from warehouse_sync.emulator.warehouse.mapping import column, sections
from warehouse_sync.emulator.warehouse.transformation import FieldTransformation, path_of, set_field, shown


@pytest.mark.parametrize(
    ("destination", "path"),
    [
        ("event_id", "events[].data.event_id"),
        ("data.event_id", "events[].data.event_id"),
        ("events.data.event_id", "events[].data.event_id"),
        ("events[].data.event_id", "events[].data.event_id"),
        ("events[0].data.event_id", "events[].data.event_id"),
        ("custom_attributes.plan", "events[].data.custom_attributes.plan"),
        ("event_type", "events[].event_type"),
        ("events[].event_type", "events[].event_type"),
        ("user_identities.email", "user_identities.email"),
        ("mpid", "mpid"),
        ("context.data_plan.plan_id", "context.data_plan.plan_id"),
        ("events.user_identities", "events[].data.user_identities"),
    ],
)
def test_destination_is_a_path_in_the_batch(destination: str, path: str) -> None:
    """A destination without a section is a field of the event's data."""
    assert shown(path_of(destination)) == path


def test_path_below_a_value_fails_the_row() -> None:
    """A row whose column already has a value on the way fails, and the message has the path."""
    batch = {"events": [{"data": {"custom_attributes": {"plan": "pro"}}}]}
    with pytest.raises(RowError, match=r"events\[\]\.data\.custom_attributes\.plan\.id cannot be set"):
        set_field(batch, path_of("custom_attributes.plan.id"), 1)


def test_mapped_identity_is_converted_like_an_identity() -> None:
    """A mapped mpid is a number, and a mapped identity a string; null values of mapped columns are left out."""
    mappings = [
        {"mapping_type": "column", "source": source, "destination": destination}
        for source, destination in (("a", "mpid"), ("b", "user_identities.other"), ("c", "event_id"))
    ]
    transformation = FieldTransformation.read({"mappings": mappings})
    columns = [
        column(name, iterator="c", is_event=True, transformation=transformation)
        for name in ("A", "B", "C", "d")
    ]
    assert sections(columns, ("7", 8, None, None)) == {
        "mpid": 7,
        "user_identities": {"other": "8"},
        "device_info": {},
        "user_attributes": {},
        "events": [{"data": {"custom_attributes": {"d": None}}}],
    }
    assert [each.becomes for each in columns] == [
        "mpid",
        "user_identities.other",
        "events[].data.event_id",
        "event attribute d",
    ]
