"""The section `moved`: resources whose ids, or names of feeds, the files change."""

from collections.abc import Callable, Collection, Iterable, Iterator

import attrs

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, FEED, PIPELINE
from warehouse_sync.declarative.files.nodes import Mapping, Node, Sequence, kind_of

SECTION = "moved"
_MOVABLE = (CONNECTION.name, DATA_MODEL.name, FEED.name)
_FORM = "must have the form {kind: data_model, from: OLD_ID, to: NEW_ID}"


@attrs.frozen(kw_only=True)
class Moved:
    """A connection or data model that has another id, or a feed that has another name.

    Attributes:
        kind: `connection`, `data_model` or `feed`.
        old: The id before.
        new: The id now.
        location: Where the entry starts.
    """

    kind: str
    old: str
    new: str
    location: Location


def read_moved(section: Node, report: Callable[[Problem], None]) -> list[Moved]:
    """Return the entries of the section, and report those that are invalid."""
    if not isinstance(section, Sequence):
        if kind_of(section) != "null":
            report(Problem(location=section.location, message=f"{SECTION} must be a list"))
        return []
    found: list[Moved] = []
    for item in section.items:
        entry = _entry(item)
        if isinstance(entry, str):
            report(Problem(location=item.location, path=SECTION, message=entry))
        else:
            found.append(entry)
    return found


def _entry(item: Node) -> Moved | str:
    """Return an entry, or what is wrong with it."""
    if not isinstance(item, Mapping) or {entry.key for entry in item} != {"kind", "from", "to"}:
        return _FORM
    kind, old, new = (item.text(key) for key in ("kind", "from", "to"))
    if kind == PIPELINE.name:
        return "a pipeline cannot be moved: the API has no rename, and a new pipeline loads everything again: keep the id, change the name"
    if kind not in _MOVABLE or not old or not new or old == new:
        return _FORM
    return Moved(kind=kind, old=old, new=new, location=item.location)


def moved_problems(moved: Iterable[Moved], declared: Collection[tuple[str, str]]) -> Iterator[Problem]:
    """Yield what contradicts the declared resources."""
    seen: set[tuple[str, str]] = set()
    targets: set[tuple[str, str]] = set()
    for each in moved:
        noun = each.kind.replace("_", " ")
        if (each.kind, each.new) not in declared:
            message = f"the {noun} {each.new} is not declared: declare it, or remove this entry"
            yield Problem(location=each.location, path=SECTION, message=message)
        if (each.kind, each.old) in declared:
            message = f"the {noun} {each.old} is still declared: remove it, or remove this entry"
            yield Problem(location=each.location, path=SECTION, message=message)
        if (each.kind, each.old) in seen:
            message = f"the {noun} {each.old} is moved twice: remove one of the entries"
            yield Problem(location=each.location, path=SECTION, message=message)
        if (each.kind, each.new) in targets:
            message = f"two resources are moved to the {noun} {each.new}: remove one of the entries"
            yield Problem(location=each.location, path=SECTION, message=message)
        seen.add((each.kind, each.old))
        targets.add((each.kind, each.new))
