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
from warehouse_sync.emulator.warehouse.transformation import (
    DATA,
    EVENTS,
    NO_TRANSFORMATION,
    FieldTransformation,
    Path,
    set_field,
    shown,
)

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

# Attributes are sent without a value, identities and mapped fields are not.
_WITH_NULLS = (("user_attributes",), ("custom_attributes",))
_SECTIONS = frozenset({"user_identities", "device_info", "user_attributes"})


@frozen
class Column:
    """A column of a query, and where its values go.

    Attributes:
        name: The column's name in the query.
        path: The path of its values in a batch; None if they are not sent.
        becomes: A description of what the column becomes.
    """

    name: str
    path: Path | None
    becomes: str


def column(  # noqa: PLR0911 - one branch per target
    name: str,
    *,
    iterator: str | None,
    is_event: bool = False,
    transformation: FieldTransformation = NO_TRANSFORMATION,
) -> Column:
    """Return where the values of a column go.

    A column without a mapping becomes an identity or an attribute, also of an event.

    Args:
        name: The column's name in the query.
        iterator: The iterator field, which is only sent if a mapping has it.
        is_event: Whether rows become events, and other columns attributes of these.
        transformation: The field transformation of the pipeline.
    """
    lower = name.lower()
    if lower in transformation.columns:
        path = transformation.columns[lower]
        return Column(name, path, "ignored, not sent" if path is None else shown(path))
    if iterator is not None and lower == iterator.lower():
        return Column(name, None, "iterator, not sent")
    if lower == MPID:
        return Column(name, (MPID,), "user identity mpid")
    if lower in USER_IDENTITIES:
        key = USER_IDENTITIES[lower]
        return Column(name, ("user_identities", key), f"user identity {key}")
    if lower in DEVICE_IDENTITIES:
        return Column(name, ("device_info", lower), f"device identity {lower}")
    if is_event:
        return Column(name, (EVENTS, DATA, "custom_attributes", name), f"event attribute {name}")
    return Column(name, ("user_attributes", name), f"user attribute {name}")


def sections(
    columns: Sequence[Column], row: Sequence[Any], constants: Sequence[tuple[Path, str]] = ()
) -> Document:
    """Return the sections of a batch with the values of a row.

    Args:
        columns: The columns of the query.
        row: Their values.
        constants: Paths in the batch with constant values.

    Raises:
        RowError: A value cannot be sent, or the row has no identity.
    """
    filled: Document = {"user_identities": {}, "device_info": {}, "user_attributes": {}}
    for fixed, constant in constants:
        set_field(filled, fixed, constant)
    for each, value in zip(columns, row, strict=True):
        path = each.path
        if path is None or (value is None and path[-2:-1] not in _WITH_NULLS):
            continue
        if len(path) == 2 and path[0] in _SECTIONS:  # noqa: PLR2004 - a section and a name: most columns
            filled[path[0]][path[1]] = converted(each, value)
        else:
            set_field(filled, path, converted(each, value))
    if not (MPID in filled or filled["user_identities"] or filled["device_info"]):
        raise RowError("The row has no user identity and no device identity.")
    return filled


def converted(target: Column, value: object) -> object:
    """Return a value as it is sent at the path of its column.

    Raises:
        RowError: It cannot be sent.
    """
    path = target.path or ("",)
    if path[0] == "user_attributes":
        return attribute(target.name, value)
    if path == (MPID,):
        return _mpid(value)
    if path[0] in ("user_identities", "device_info"):
        return str(attribute(target.name, value))
    if path[-1] == "timestamp_unixtime_ms" and isinstance(value, datetime):
        return int((value.replace(tzinfo=UTC) if value.tzinfo is None else value).timestamp() * 1000)
    return attribute(target.name, value)


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

    A pipeline of events sends one event per row: a custom event, unless its field transformation sets `event_type`.

    Args:
        filled: The result of `sections`.
        pipeline: The pipeline's document.
        source: The origin of the row.
        sent_on: When the run started.
    """
    milliseconds = int(sent_on.timestamp() * 1000)
    events = []
    if pipeline.get("pipeline_type") == "events":
        events = [_event(filled.get(EVENTS, [{}])[0], pipeline, milliseconds)]
    plan = {
        name: pipeline[field]
        for name, field in (("plan_id", "data_plan_id"), ("plan_version", "data_plan_version"))
        if field in pipeline
    }
    return {
        "schema_version": 2,
        "environment": pipeline.get("environment", "development"),
        "timestamp_unixtime_ms": milliseconds,
        **filled,
        EVENTS: events,
        **({"context": {"data_plan": plan}} if plan else {}),
        "source_info": source,
    }


def _event(event: Document, pipeline: Document, milliseconds: int) -> Document:
    """Return an event with its mapped fields, and defaults for those that are required."""
    kind = event.get("event_type", "custom_event")
    data = {"timestamp_unixtime_ms": milliseconds, **event.get(DATA, {})}
    if kind == "custom_event":
        defaults = {"event_name": pipeline["data_model_id"], "custom_event_type": "other"}
        data = {**defaults, "custom_attributes": {}, **data}
    return {**event, "event_type": kind, DATA: data}
