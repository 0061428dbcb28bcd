"""Which of the emulator's routes a fault's route can match: one that can match none would never happen, and nobody would know."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from string import ascii_letters, digits

from attrs import frozen

from warehouse_sync.emulator.paths import CONTROL_PREFIX, ITEM, OPENAPI, RUN, TOKEN, V1, V2

_PIPELINES = f"{V2}/inputs/data-pipelines"
_PIPELINES_V1 = f"{V1}/pipelines"
_COLLECTIONS = (
    f"{V2}/connections",
    f"{V2}/data-models",
    _PIPELINES,
    f"{V1}/connections",
    f"{V1}/models",
    f"{V1}/mappings",
    _PIPELINES_V1,
)
# Where faults happen: everything but the control routes, through which they are taken back.
ROUTES = {
    **dict.fromkeys(_COLLECTIONS, ("GET", "POST")),
    **{f"{path}/{ITEM}": ("GET", "PUT", "DELETE") for path in _COLLECTIONS},
    f"{_PIPELINES}/trigger": ("POST",),
    f"{_PIPELINES}/{ITEM}/report": ("GET",),
    f"{_PIPELINES}/{ITEM}/runs": ("GET",),
    f"{_PIPELINES}/{ITEM}/runs/{RUN}": ("GET",),
    f"{_PIPELINES_V1}/{ITEM}/status": ("GET",),
    f"{_PIPELINES_V1}/{ITEM}/status/runs": ("GET",),
    f"{_PIPELINES_V1}/{ITEM}/status/runs/{RUN}": ("GET",),
    TOKEN: ("POST",),
    OPENAPI: ("GET",),
    "/": ("GET",),
}
_NAME = re.compile(r"(\{\w+\})")
_SLUG = frozenset(f"{ascii_letters}{digits}_-")
_ALL = _SLUG | frozenset("/.")  # every character a path can have
# What `fnmatch` takes for one thing: stars, a set of characters, or a character.
_TOKEN = re.compile(r"\*+|\[!?\]?[^\]]*\]|.", re.DOTALL)


@frozen
class _Piece:
    """A piece of a path: one character, or for a named part as many as one likes."""

    characters: frozenset[str]
    many: bool


@lru_cache(maxsize=256)
def unmatchable_reason(route: str) -> str | None:
    """Return why no request can ever match a fault's route; None if one can."""
    wanted_method, _, wanted = route.partition(" ")
    fitting = [methods for path, methods in ROUTES.items() if _meets(wanted, path)]
    answered = dict.fromkeys(method for methods in fitting for method in methods)
    if any(fnmatchcase(method, wanted_method) for method in answered):
        return None
    if answered:
        return f"the emulator answers {', '.join(answered)} there, and not {wanted_method}"
    return f"the emulator has no such path outside of {CONTROL_PREFIX}, where faults do not happen{_hint(wanted)}"


def _hint(wanted: str) -> str:
    """Return what was probably meant, if that can be told."""
    if "{" in wanted:
        return "; write * for an id"
    known = {word for path in ROUTES for word in path.split("/") if word and not _NAME.fullmatch(word)}
    words = [word for word in wanted.split("/") if word.strip("*") and word not in known]
    near = (get_close_matches(word.strip("*"), sorted(known), n=1) for word in words)
    found = next((close[0] for close in near if close), None)
    return f"; did you mean {found!r}?" if found else ""


def _meets(wanted: str, path: str) -> bool:
    """Tell whether a path with stars and a path with named parts have a path in common."""
    pieces = _pieces(path)
    reached = {0}  # how many pieces may be used up, after each token
    for token in _TOKEN.findall(wanted):
        if token[0] == "*":
            reached = set(range(min(reached), len(pieces) + 1))
        else:
            reached = set(_step(pieces, reached, _characters(token)))
        if not reached:
            return False
    return len(pieces) in reached


def _step(pieces: tuple[_Piece, ...], reached: set[int], characters: frozenset[str]) -> Iterator[int]:
    for at in reached:
        if at < len(pieces) and not characters.isdisjoint(pieces[at].characters):
            yield at + 1
            if pieces[at].many:
                yield at


@cache
def _pieces(path: str) -> tuple[_Piece, ...]:
    return tuple(piece for text in _NAME.split(path) for piece in _split(text))


def _split(text: str) -> Iterator[_Piece]:
    if _NAME.fullmatch(text):
        yield _Piece(frozenset(digits) if text == RUN else _SLUG, many=True)
    else:
        yield from (_Piece(frozenset(character), many=False) for character in text)


def _characters(token: str) -> frozenset[str]:
    return frozenset(character for character in _ALL if fnmatchcase(character, token))
