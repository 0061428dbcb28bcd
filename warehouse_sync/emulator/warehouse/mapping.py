"""Conversion of a row to an event batch with identities and attributes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from attrs import frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import format_timestamp
from warehouse_sync.emulator.warehouse.errors import RowError

MPID = "mpid"
_OTHERS = tuple(f"other_id_{number}" for number in range(2, 11))
# "Columns (case-insensitive) that become user identities", and their names in a batch.
USER_IDENTITIES = {
    "customerid": "customer_id",
    **{
        name: name
        for name in (
            "customer_id",
            "facebook",
            "twitter",
            "google",
            "microsoft",
            "yahoo",
            "email",
            "facebook_custom_audience_id",
            "other",
            *_OTHERS,
            "mobile_number",
            "phone_number_2",
            "phone_number_3",
        )
    },
}
DEVICE_IDENTITIES = frozenset(
    {
        "android_uuid",
        "ios_advertising_id",
        "push_token",
        "ios_idfv",
        "android_advertising_id",
        "amp_id",
        "roku_advertising_id",
        "roku_publisher_id",
        "microsoft_advertising_id",
        "microsoft_publisher_id",
        "fire_advertising_id",
        "mp_deviceid",
    }
)


@frozen
class Column:
    """A column of a query, and where its values go.

    Attributes:
        name: The column's name in the query.
        section: The section of a batch that its values go to; empty for the iterator, which is not sent.
        key: Its name in that section.
    """

    name: str
    section: str
    key: str

    @property
    def becomes(self) -> str:
        """A description of what the column becomes."""
        words = {
            "": "iterator, not sent",
            MPID: "user identity mpid",
            "user_identities": f"user identity {self.key}",
            "device_info": f"device identity {self.key}",
        }
        return words.get(self.section, f"user attribute {self.key}")


def column(name: str, *, iterator: str | None) -> Column:
    """Return where the values of a column go."""
    lower = name.lower()
    if iterator is not None and lower == iterator.lower():
        return Column(name, "", "")
    if lower == MPID:
        return Column(name, MPID, MPID)
    if lower in USER_IDENTITIES:
        return Column(name, "user_identities", USER_IDENTITIES[lower])
    if lower in DEVICE_IDENTITIES:
        return Column(name, "device_info", lower)
    return Column(name, "user_attributes", name)


def sections(columns: Sequence[Column], row: Sequence[Any]) -> Document:
    """Return the sections of a batch with the values of a row.

    Raises:
        RowError: A value cannot be sent, or the row has no identity.
    """
    filled: Document = {"user_identities": {}, "device_info": {}, "user_attributes": {}}
    for each, value in zip(columns, row, strict=True):
        if each.section == MPID:
            filled |= {} if value is None else {MPID: _mpid(value)}
        elif each.section == "user_attributes":
            filled[each.section][each.key] = attribute(each.name, value)
        elif each.section and value is not None:
            filled[each.section][each.key] = str(attribute(each.name, value))
    if not (MPID in filled or filled["user_identities"] or filled["device_info"]):
        raise RowError("The row has no user identity and no device identity.")
    return filled


def attribute(name: str, value: object) -> object:
    """Return a value as it is sent in a batch.

    Raises:
        RowError: It cannot be sent.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return _number(name, value)
        case datetime():
            return format_timestamp(
                value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            )
        case date() | time():
            return value.isoformat()
        case UUID() | timedelta():
            return str(value)
        case list():
            return [str(attribute(name, item)) for item in value]
    raise RowError(f"Column {name} holds a {type(value).__name__}, which cannot be sent as an attribute.")


def _number(name: str, value: float | Decimal) -> int | float:
    if not isfinite(value):
        raise RowError(f"Column {name} holds {value}, which cannot be sent as an attribute.")
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else float(value)


def _mpid(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise RowError("mpid is not a whole number.") from error


def batch(filled: Document, pipeline: Document, *, source: Document, sent_on: datetime) -> Document:
    """Return the event batch of a row.

    For a pipeline of events the attributes become those of one custom event, in place of the field transformation,
    which is not documented.

    Args:
        filled: The result of `sections`.
        pipeline: The pipeline's document.
        source: The origin of the row.
        sent_on: When the run started.
    """
    milliseconds = int(sent_on.timestamp() * 1000)
    events, rest = [], filled
    if pipeline.get("pipeline_type") == "events":
        rest = {**filled, "user_attributes": {}}
        events = [_event(filled["user_attributes"], pipeline, milliseconds)]
    plan = {
        name: pipeline[field]
        for name, field in (("plan_id", "data_plan_id"), ("plan_version", "data_plan_version"))
        if field in pipeline
    }
    return {
        "schema_version": 2,
        "environment": pipeline.get("environment", "development"),
        "timestamp_unixtime_ms": milliseconds,
        **rest,
        "events": events,
        **({"context": {"data_plan": plan}} if plan else {}),
        "source_info": source,
    }


def _event(attributes: Document, pipeline: Document, milliseconds: int) -> Document:
    data = {
        "event_name": pipeline["data_model_id"],
        "custom_event_type": "other",
        "timestamp_unixtime_ms": milliseconds,
        "custom_attributes": attributes,
    }
    return {"event_type": "custom_event", "data": data}
