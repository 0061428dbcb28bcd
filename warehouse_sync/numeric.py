"""Checks of numbers that callers pass.

They may be too large to compute with, or to show.
"""

from typing import Final, TypeGuard

MAX_SECONDS: Final = 10**9  # about 31 years, which the timers of every platform support
MAX_WHOLE: Final = 2**63 - 1  # as servers and data frames store whole numbers
_MAX_TEXT = 60


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object, least: int = 0) -> TypeGuard[int]:
    """Return whether a value is a whole number from `least` to `MAX_WHOLE`."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_WHOLE


def is_seconds(value: object) -> TypeGuard[float]:
    """Return whether a value is a number from 0 to `MAX_SECONDS`."""
    return is_number(value) and 0 <= value <= MAX_SECONDS


def shorten(value: object) -> str:
    """Return the start of the `repr` of a value, for error messages."""
    try:
        return repr(value[:_MAX_TEXT]) if isinstance(value, str) else f"{value!r:.{_MAX_TEXT}}"
    except ValueError:  # Python converts no integers of thousands of digits to strings
        return "a number of thousands of digits"
