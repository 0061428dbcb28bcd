"""Checks of a request's fields that name everything wrong, not just the first thing."""

import re
from collections.abc import Callable, Collection

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.runs.dates import read_delay, read_moment

# "Unique identifier in slug format. Valid characters include numbers, letters, _, and -"
SLUG = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)


class FieldErrors:
    """Looks at the fields of a document and collects what is wrong with them.

    A field that is null counts as left out.

    Args:
        document: The document to look at.
        path: Where the document lies in the request, for the messages.
        problems: The list to add to; sections share their parent's.
    """

    def __init__(self, document: Document, *, path: str = "", problems: list[str] | None = None) -> None:
        self.document = document
        self.problems: list[str] = [] if problems is None else problems
        self._path = path

    def add(self, field: str, complaint: str) -> None:
        """Note that a field is wrong, in words that follow its name."""
        self.problems.append(f"{self._path}{field} {complaint}")

    def has(self, field: str) -> bool:
        """Tell whether a field was sent with a value."""
        return self.document.get(field) is not None

    def require(self, field: str) -> bool:
        """Tell whether a field was sent, and note it when it was not."""
        if not self.has(field):
            self.add(field, "is required.")
        return self.has(field)

    def refuse(self, field: str, reason: str) -> None:
        """Note a field that must not be sent."""
        if self.has(field):
            self.add(field, reason)

    def text(self, field: str, *, required: bool = True) -> None:
        """Check a field that holds some text."""
        self._check(
            field, required=required, fits=_is_filled, complaint="must be a string that is not empty."
        )

    def slug(self, field: str) -> None:
        """Check a required field that holds an id."""
        complaint = "must be a slug: letters, digits, `_` and `-`."
        self._check(field, required=True, fits=_is_slug, complaint=complaint)

    def choice(self, field: str, allowed: Collection[str], *, required: bool = True) -> None:
        """Check a field that holds one of a few words."""

        def is_allowed(value: object) -> bool:
            return isinstance(value, str) and value in allowed

        self._check(field, required=required, fits=is_allowed, complaint=f"must be {' or '.join(allowed)}.")

    def integer(self, field: str) -> None:
        """Check an optional field that holds a number, or its digits as a string."""
        self._check(field, required=False, fits=_is_integer, complaint="must be an integer.")

    def moment(self, field: str, *, required: bool = False) -> None:
        """Check a field that holds a date."""
        complaint = "must be a timestamp such as 2022-10-30T11:00:16Z."
        self._check(field, required=required, fits=_is_moment, complaint=complaint)

    def delay(self, field: str) -> None:
        """Check an optional field that holds a duration."""
        complaint = "must be a number and a unit out of s, m, h, d, w, y, such as 15m."
        self._check(field, required=False, fits=_is_delay, complaint=complaint)

    def section(self, field: str) -> "FieldErrors":
        """Return the findings of a required object; of an empty one where there is none, so that all is named."""
        value = self.document.get(field)
        if not isinstance(value, dict):
            self.add(field, "is required and must be an object.")
            value = {}
        return FieldErrors(value, path=f"{self._path}{field}.", problems=self.problems)

    def close(self) -> None:
        """Refuse the request when anything was wrong."""
        if self.problems:
            raise InvalidRequestError(*self.problems)

    def _check(self, field: str, *, required: bool, fits: Callable[[object], bool], complaint: str) -> None:
        present = self.require(field) if required else self.has(field)
        if present and not fits(self.document[field]):
            self.add(field, complaint)


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def _is_integer(value: object) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and read_moment(value) is not None


def _is_delay(value: object) -> bool:
    return isinstance(value, str) and read_delay(value) is not None
