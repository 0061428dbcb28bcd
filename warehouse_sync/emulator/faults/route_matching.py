"""Check that a fault's route can match a request.

A fault whose route matches none would silently never apply.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from string import ascii_letters, digits

from attrs import frozen

from warehouse_sync.emulator.paths import CONTROL_PREFIX, RUN

_NAME = re.compile(r"(\{\w+\})")
_SLUG = frozenset(f"{ascii_letters}{digits}_-")
_ALL = _SLUG | frozenset("/.")  # every character of a path
# The tokens of an `fnmatch` pattern: stars, a set of characters, or one character.
_TOKEN = re.compile(r"\*+|\[!?\]?[^\]]*\]|.", re.DOTALL)


@frozen
class _Element:
    """An element of a path: one character, or for a parameter any number of them."""

    characters: frozenset[str]
    repeats: bool


@lru_cache(maxsize=256)
def unmatchable_reason(pattern: str) -> str | None:
    """Return why no request can match a fault's route, or None if one can."""
    method_pattern, _, path_pattern = pattern.partition(" ")
    methods = dict.fromkeys(method for method, path in _routes() if _can_match(path_pattern, path))
    if any(fnmatchcase(method, method_pattern) for method in methods):
        return None
    if methods:
        return f"the emulator serves {', '.join(methods)} there, not {method_pattern}"
    return f"the emulator has no such path outside of {CONTROL_PREFIX}, where faults do not apply{_hint(path_pattern)}"


def _routes() -> tuple[tuple[str, str], ...]:
    # The routes' handlers create faults, so this module cannot import the routes while it loads.
    from warehouse_sync.emulator.app import injectable_routes  # noqa: PLC0415 - an import circle otherwise

    return injectable_routes()


def _hint(path_pattern: str) -> str:
    """Return a hint at what was probably meant, or an empty string."""
    if "{" in path_pattern:
        return "; write * for an id"
    known = {word for _, path in _routes() for word in path.split("/") if word and not _NAME.fullmatch(word)}
    unknown = [word for word in path_pattern.split("/") if word.strip("*") and word not in known]
    matches = (get_close_matches(word.strip("*"), sorted(known), n=1) for word in unknown)
    closest = next((match[0] for match in matches if match), None)
    return f"; did you mean {closest!r}?" if closest else ""


def _can_match(pattern: str, path: str) -> bool:
    """Return whether some path matches both an `fnmatch` pattern and a path with parameters."""
    elements = _elements(path)
    positions = {0}  # how many elements may be consumed, after each token
    for token in _TOKEN.findall(pattern):
        if token[0] == "*":
            positions = set(range(min(positions), len(elements) + 1))
        else:
            positions = set(_next_positions(elements, positions, _characters(token)))
        if not positions:
            return False
    return len(elements) in positions


def _next_positions(
    elements: tuple[_Element, ...], positions: set[int], characters: frozenset[str]
) -> Iterator[int]:
    for position in positions:
        if position < len(elements) and not characters.isdisjoint(elements[position].characters):
            yield position + 1
            if elements[position].repeats:
                yield position


@cache
def _elements(path: str) -> tuple[_Element, ...]:
    return tuple(element for text in _NAME.split(path) for element in _split(text))


def _split(text: str) -> Iterator[_Element]:
    if _NAME.fullmatch(text):
        yield _Element(frozenset(digits) if text == RUN else _SLUG, repeats=True)
    else:
        yield from (_Element(frozenset(character), repeats=False) for character in text)


def _characters(token: str) -> frozenset[str]:
    return frozenset(character for character in _ALL if fnmatchcase(character, token))
