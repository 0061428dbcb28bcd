"""Validation of a request's fields that reports every error, not just the first."""

import re
from collections.abc import Callable, Collection

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.runs.dates import parse_delay, parse_timestamp

# "Unique identifier in slug format. Valid characters include numbers, letters, _, and -"
SLUG = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


class FieldErrors:
    """Checks the fields of a document and collects the errors.

    A field that is null counts as missing.

    Args:
        document: The document to check.
        path: Where the document is in the request, for the messages.
        messages: The list of errors to extend; sections share the one of their parent.
    """

    def __init__(self, document: Document, *, path: str = "", messages: list[str] | None = None) -> None:
        self.document = document
        self.messages: list[str] = [] if messages is None else messages
        self._path = path

    def add(self, field: str, message: str) -> None:
        """Add an error of a field; the message continues the field's name."""
        self.messages.append(f"{self._path}{field} {message}")

    def has(self, field: str) -> bool:
        """Return whether a field has a value."""
        return self.document.get(field) is not None

    def require(self, field: str) -> bool:
        """Check that a field has a value, and return whether it has."""
        if not self.has(field):
            self.add(field, "is required.")
        return self.has(field)

    def forbid(self, field: str, message: str) -> None:
        """Check that a field has no value."""
        if self.has(field):
            self.add(field, message)

    def text(self, field: str, *, required: bool = True) -> None:
        """Check that a field is a string that is not empty."""
        self._check(
            field, required=required, is_valid=_is_text, message="must be a string that is not empty."
        )

    def slug(self, field: str) -> None:
        """Check that a field is an id."""
        message = "must be a slug: letters, digits, `_` and `-`."
        self._check(field, required=True, is_valid=_is_slug, message=message)

    def choice(self, field: str, allowed: Collection[str], *, required: bool = True) -> None:
        """Check that a field is one of some values."""

        def is_allowed(value: object) -> bool:
            return isinstance(value, str) and value in allowed

        self._check(field, required=required, is_valid=is_allowed, message=f"must be {' or '.join(allowed)}.")

    def integer(self, field: str) -> None:
        """Check that an optional field is an integer, or a string with one."""
        self._check(field, required=False, is_valid=_is_integer, message="must be an integer.")

    def timestamp(self, field: str, *, required: bool = False) -> None:
        """Check that a field is a timestamp."""
        message = "must be a timestamp such as 2022-10-30T11:00:16Z."
        self._check(field, required=required, is_valid=_is_timestamp, message=message)

    def delay(self, field: str) -> None:
        """Check that an optional field is a delay."""
        message = "must be a number and a unit (s, m, h, d, w or y), such as 15m."
        self._check(field, required=False, is_valid=_is_delay, message=message)

    def section(self, field: str) -> "FieldErrors":
        """Return the checks of a required object.

        If it is missing, they are those of an empty one, to report all its fields.
        """
        value = self.document.get(field)
        if not isinstance(value, dict):
            self.add(field, "is required and must be an object.")
            value = {}
        return FieldErrors(value, path=f"{self._path}{field}.", messages=self.messages)

    def raise_if_any(self) -> None:
        """Raise the collected errors.

        Raises:
            InvalidRequestError: There are some.
        """
        if self.messages:
            raise InvalidRequestError(*self.messages)

    def _check(self, field: str, *, required: bool, is_valid: Callable[[object], bool], message: str) -> None:
        present = self.require(field) if required else self.has(field)
        if present and not is_valid(self.document[field]):
            self.add(field, message)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def _is_integer(value: object) -> bool:
    if isinstance(value, str):
        return _INTEGER.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _is_timestamp(value: object) -> bool:
    return isinstance(value, str) and parse_timestamp(value) is not None


def _is_delay(value: object) -> bool:
    return isinstance(value, str) and parse_delay(value) is not None
