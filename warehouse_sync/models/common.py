"""What several models share: error messages, dates, delays, ids, and the collection of what is wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, TypeVar

import attrs

from warehouse_sync.errors import ValidationError
from warehouse_sync.models.enums import OpenEnum, ResourceState
from warehouse_sync.secret import Secret, kind_of

Problem = tuple[str, str]
EnumT = TypeVar("EnumT", bound=OpenEnum)
SpecT = TypeVar("SpecT", bound=attrs.AttrsInstance)

MASKED = "is the mask the API shows instead of the secret: set the real one before sending"
_SLUG = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_RUN_ID_LIMIT = 10**100  # Python refuses to read or write numbers of thousands of digits
_DELAY = re.compile(r"[0-9]+[smhdwy]", re.ASCII)
_DELAY_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


@attrs.frozen(kw_only=True)
class ErrorMessage:
    """One error the server reports about a resource or a run.

    Attributes:
        message: The server's words.
    """

    message: str = ""

    def __str__(self) -> str:
        return self.message


def to_spec(model: attrs.AttrsInstance, spec: type[SpecT]) -> SpecT:
    """Build a spec from the fields that a read model has in common with it: all of the spec's."""
    return spec(**{field.name: getattr(model, field.name) for field in attrs.fields(spec)})


def to_utc(value: datetime | None) -> datetime | None:
    """Express an aware datetime in UTC; leave the rest for validation to report."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the first or last hours of the calendar
        return value


def to_enum(enum: type[EnumT], value: EnumT | str) -> EnumT:
    """Express a string as a word of a enum; leave the rest for validation to report."""
    return enum(value) if isinstance(value, str) else value


def to_resource_state(value: ResourceState | str) -> ResourceState:
    """Express a string as a state."""
    return to_enum(ResourceState, value)


def to_delay(value: str | timedelta | None) -> str | None:
    """Write a `timedelta` as the wire does, in the largest unit that is exact; leave strings as they are."""
    if not isinstance(value, timedelta):
        return value
    seconds, exact = divmod(value, timedelta(seconds=1))
    if exact:
        return str(value)  # not a whole number of seconds: validation names it, as it does a negative one
    unit, size = next(
        ((unit, size) for unit, size in _DELAY_UNITS if seconds % size == 0 and seconds >= size), ("s", 1)
    )
    return f"{seconds // size}{unit}"


def check_id(field: str, value: object) -> Iterator[Problem]:
    """Yield what is wrong with an id: ids become parts of URLs, so nothing but a slug may pass."""
    if not isinstance(value, str):
        yield field, f"must be a string, not {type(value).__name__}"
    elif not _SLUG.fullmatch(value):
        yield field, f"{value[:60]!r} is not an id: use ASCII letters, digits, '_' and '-' only, at least one"


def check_iterable(field: str, value: object, kind: type | UnionType = Iterable) -> Iterator[Problem]:
    """Yield why something cannot be gone through: a string could, but letter by letter."""
    if isinstance(value, str) or not isinstance(value, kind):
        yield (
            field,
            f"must be many, such as a list, not {'one string' if isinstance(value, str) else type(value).__name__}",
        )


def to_seconds(value: float | timedelta | None) -> float | None:
    """Express a `timedelta` in seconds; leave the rest for validation to report."""
    return value / timedelta(seconds=1) if isinstance(value, timedelta) else value


def require_id(field: str, value: object) -> str:
    """Return `value` when it may stand in a URL.

    Raises:
        ValidationError: It may not; nothing was sent.
    """
    if type(value) is str and _SLUG.fullmatch(value):
        return value
    problems = tuple(check_id(field, value))
    if problems or not isinstance(value, str):
        raise ValidationError("the request", problems)
    return str.__str__(value)  # the text that was checked, however a class of strings would format itself


def require_run_id(value: object) -> int:
    """Return `value` when it is a run's number.

    Raises:
        ValidationError: It is not; nothing was sent.
    """
    if type(value) is not int or not 0 <= value < _RUN_ID_LIMIT:
        said = "such a large one" if type(value) is int and value > 0 else f"{value!r:.60}"
        raise ValidationError("the request", [("run_id", f"must be a whole number from 0 on, not {said}")])
    return value


def check_text(field: str, value: object, *, required: bool = True) -> Iterator[Problem]:
    """Yield what is wrong with a text."""
    if value is None:
        if required:
            yield field, "is required"
    elif not isinstance(value, str):
        yield field, f"must be a string, not {kind_of(value)}"
    elif required and not value.strip():
        yield field, "must not be empty"


def check_choice(field: str, value: object, enum: type[OpenEnum]) -> Iterator[Problem]:
    """Yield what is wrong with a word that is sent: unlike on reading, it must be one the documents know."""
    if value is None:
        yield field, "is required"
    elif not isinstance(value, enum) or not value.is_known:
        yield field, f"must be one of {', '.join(enum)}, not {str(value)[:60]!r}"


def check_date(field: str, value: object, *, required: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with a date."""
    if value is None:
        if required:
            yield field, "is required"
    elif not isinstance(value, datetime):
        yield field, f"must be a datetime, not {type(value).__name__}"
    elif value.utcoffset() is None:
        yield field, "has no time zone: pass an aware datetime, such as datetime(2023, 2, 1, tzinfo=UTC)"
    elif value.tzinfo is not UTC:  # `to_utc` could not express it
        yield field, "is outside the years 1 to 9999 in UTC"


def check_delay(field: str, value: object) -> Iterator[Problem]:
    """Yield what is wrong with a delay."""
    if value is not None and not (isinstance(value, str) and _DELAY.fullmatch(value)):
        yield (
            field,
            f"{str(value)[:60]!r} is not a delay: a whole number and one of s m h d w y, such as '15m'",
        )


def check_whole_number(field: str, value: object) -> Iterator[Problem]:
    """Yield what is wrong with an optional whole number."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        yield field, f"must be a whole number from 0 on, not {str(value)[:60]!r}"


def check_extra(extra: Mapping[Any, object], field: str = "extra") -> Iterator[Problem]:
    """Yield what is wrong with the unknown fields that are sent back."""
    for key in extra:
        if not isinstance(key, str):
            yield field, f"keys must be strings, not {type(key).__name__}"
    yield from check_mask(field, extra)


def check_mask(path: str, value: object) -> Iterator[Problem]:
    """Yield the masks among fields this release does not know: they stand for secrets, too."""
    match value:
        case str() if Secret(value).is_mask:
            yield path, MASKED
        case Mapping():
            for key, part in value.items():
                yield from check_mask(f"{path}.{key}", part)
        case list():
            for index, part in enumerate(value):
                yield from check_mask(f"{path}[{index}]", part)
