"""Converters and validators that the models share."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, Final, TypeVar

import attrs

from warehouse_sync.base_model import BaseModel, ReadText
from warehouse_sync.models.enums import OpenEnum, ResourceState, ResourceStateName
from warehouse_sync.numeric import MAX_SECONDS, MAX_WHOLE, is_seconds, is_whole, shorten
from warehouse_sync.secret import Secret, is_unicode, kind_of

FieldProblem = tuple[str, str]
EnumT = TypeVar("EnumT", bound=OpenEnum)
SpecT = TypeVar("SpecT", bound=attrs.AttrsInstance)

MASKED = "is the mask that the API returns instead of the secret: set the real value before sending"
NOT_UNICODE = "is not valid Unicode, and cannot be sent"
SLUG: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_DELAY = re.compile(r"[0-9]+[smhdwy]", re.ASCII)
_COLUMN_TYPE = re.compile(
    r"((small)?date|time|(big|small|tiny|medium|byte)?int|int|long|short|number|numeric|decimal|bignumeric|float|double|real)",
    re.IGNORECASE,
)
_DELAY_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@attrs.frozen(kw_only=True, repr=False)
class ErrorMessage(BaseModel):
    """One error that the API reports about a resource or a run.

    Attributes:
        message: The text, in English; empty if the API sends none.
    """

    message: str = ""

    def __str__(self) -> str:
        return self.message


def to_spec(model: attrs.AttrsInstance, spec: type[SpecT]) -> SpecT:
    """Build a spec from the fields of the same names."""
    return spec(**{field.name: getattr(model, field.name) for field in attrs.fields(spec)})


def to_utc(value: datetime | None) -> datetime | None:
    """Convert an aware datetime to UTC.

    Return other values unchanged: validation reports them.
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within hours of year 1 or year 9999
        return value


def to_enum(enum: type[EnumT], value: EnumT | str) -> EnumT:
    """Convert a string to an enum member.

    Return other values unchanged: validation reports them.
    """
    return enum(value) if isinstance(value, str) and not isinstance(value, enum) else value


def to_resource_state(value: ResourceStateName | ResourceState | str) -> ResourceState:
    """Convert a string to a `ResourceState`."""
    return to_enum(ResourceState, value)


def to_delay(value: str | timedelta | None) -> str | None:
    """Convert a `timedelta` to the API's notation, in the largest exact unit.

    Return strings unchanged.
    """
    if not isinstance(value, timedelta):
        return value
    seconds, exact = divmod(value, timedelta(seconds=1))
    if exact:
        return str(value)  # not a whole number of seconds: validation reports it
    unit, size = next(
        ((unit, size) for unit, size in _DELAY_UNITS if seconds % size == 0 and seconds >= size), ("s", 1)
    )
    return f"{seconds // size}{unit}"


def check_id(field: str, value: object) -> Iterator[FieldProblem]:
    """Yield the problems of an id.

    Ids become parts of URLs, so only slugs are accepted.
    """
    if not isinstance(value, str):
        yield field, f"must be a string, not {type(value).__name__}"
    elif not SLUG.fullmatch(value):
        yield field, f"{value[:60]!r} is not an id: use ASCII letters, digits, '_' and '-' only, at least one"


def check_iterable(field: str, value: object, kind: type | UnionType = Iterable) -> Iterator[FieldProblem]:
    """Yield why a value is not an iterable of items.

    A string is refused, because iterating it yields characters.
    """
    if isinstance(value, str) or not isinstance(value, kind):
        actual = "a string" if isinstance(value, str) else type(value).__name__
        yield field, f"must be an iterable, such as a list, not {actual}"


def to_seconds(value: float | timedelta | None) -> float | None:
    """Convert a `timedelta` to seconds.

    Return other values unchanged: validation reports them.
    """
    return value / timedelta(seconds=1) if isinstance(value, timedelta) else value


def check_text(field: str, value: object, *, required: bool = True) -> Iterator[FieldProblem]:
    """Yield the problems of a string."""
    if value is None:
        if required:
            yield field, "is required"
    elif not isinstance(value, str):
        yield field, f"must be a string, not {kind_of(value)}"
    elif required and not value.strip():
        yield field, "must not be empty"
    elif not is_unicode(value):
        yield field, NOT_UNICODE


def check_secret(field: str, value: object) -> Iterator[FieldProblem]:
    """Yield the problem of a secret to send."""
    if not isinstance(value, Secret):
        yield field, f"must be a string, not {kind_of(value)}"
    elif value.is_mask:
        yield field, MASKED
    elif not value:
        yield field, "must not be empty"
    elif not is_unicode(value.reveal()):
        yield field, NOT_UNICODE


def check_choice(field: str, value: object, enum: type[OpenEnum]) -> Iterator[FieldProblem]:
    """Yield the problems of an enum member to send.

    It must be a documented value, or one that was read.
    """
    if value is None:
        yield field, "is required"
    elif not isinstance(value, enum) or not value.is_sendable:
        yield field, f"must be one of {', '.join(enum)}, not {shorten(value)}"


def check_date(field: str, value: object, *, required: bool = False) -> Iterator[FieldProblem]:
    """Yield the problems of a datetime."""
    if value is None:
        if required:
            yield field, "is required"
    elif not isinstance(value, datetime):
        yield field, f"must be a datetime, not {type(value).__name__}"
    elif value.utcoffset() is None:
        yield field, "has no time zone: pass an aware datetime, such as datetime(2023, 2, 1, tzinfo=UTC)"
    elif value.tzinfo is not UTC:  # `to_utc` could not convert it
        yield field, "is outside the years 1 to 9999 in UTC"


def check_range(field: str, start: object, end: object) -> Iterator[FieldProblem]:
    """Yield the problem of a range of dates that ends before it starts."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return
    if start.tzinfo is end.tzinfo is UTC and end < start:  # `check_date` reports dates that are not in UTC
        message = f"{end:%Y-%m-%d %H:%M} is before its start, {start:%Y-%m-%d %H:%M}: change one of them"
        yield field, message


def check_column_type(field: str, value: object) -> Iterator[FieldProblem]:
    """Yield the problem of a type unlike any known one of dates or numbers.

    A type that was read is accepted.
    """
    if isinstance(value, ReadText):
        return
    if isinstance(value, str) and value.strip() and not _COLUMN_TYPE.match(value.strip()):
        yield (
            field,
            f"{value[:60]!r} is not a type of dates or numbers: use the type of the column, such as 'timestamp'",
        )


def check_delay(field: str, value: object) -> Iterator[FieldProblem]:
    """Yield the problem of a delay.

    A delay that was read is accepted.
    """
    if isinstance(value, ReadText):
        return
    if value is not None and not (isinstance(value, str) and _DELAY.fullmatch(value)):
        yield (
            field,
            f"{shorten(value)} is not a delay: a whole number and one of s m h d w y, such as '15m'",
        )


def check_whole_number(
    field: str, value: object, least: int = 0, *, required: bool = False
) -> tuple[FieldProblem, ...]:
    """Return the problem of a whole number, if it has one."""
    if is_whole(value, least) or (value is None and not required):
        return ()  # a generator would take longer, and each listing checks two numbers
    return ((field, f"must be a whole number from {least} on, at most {MAX_WHOLE}, not {shorten(value)}"),)


def check_seconds(field: str, value: object, *, positive: bool = False) -> Iterator[FieldProblem]:
    """Yield the problems of a number of seconds."""
    if not is_seconds(value) or (positive and value == 0):
        least = "above 0" if positive else "from 0 on"
        yield field, f"must be a number of seconds {least}, at most {MAX_SECONDS}, not {shorten(value)}"


def check_extra(extra: Mapping[Any, object], field: str = "extra") -> Iterator[FieldProblem]:
    """Yield the problems of unknown fields that are sent back."""
    for key in extra:
        if not isinstance(key, str):
            yield field, f"keys must be strings, not {type(key).__name__}"
    yield from check_mask(field, extra)


def check_mask(path: str, value: object) -> Iterator[FieldProblem]:
    """Yield each masked secret in fields that this release does not know."""
    match value:
        case str() if Secret(value).is_mask:
            yield path, MASKED
        case Mapping():
            for key, part in value.items():
                yield from check_mask(f"{path}.{key}", part)
        case list():
            for index, part in enumerate(value):
                yield from check_mask(f"{path}[{index}]", part)
