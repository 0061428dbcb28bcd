"""Merge the documents of an overlay into those of the project."""

from warehouse_sync.declarative.files.nodes import Mapping, MappingEntry, Node

_QUERY = {"sql_query", "sql_file"}


def merge(base: Mapping, overlay: Mapping) -> Mapping:
    """Merge a mapping with that of an overlay, key by key.

    Lists and single values are replaced.
    """
    changed = {entry.key: entry for entry in overlay}
    replaced = _QUERY if changed.keys() & _QUERY else set()
    entries = [
        MappingEntry(entry.key, entry.location, _merge_value(entry.value, changed[entry.key].value))
        if entry.key in changed
        else entry
        for entry in base
        if entry.key in changed or entry.key not in replaced
    ]
    known = {entry.key for entry in base}
    added = (entry for entry in overlay if entry.key not in known)
    return Mapping((*entries, *added), base.location)


def _merge_value(base: Node, overlay: Node) -> Node:
    if isinstance(base, Mapping) and isinstance(overlay, Mapping):
        return merge(base, overlay)
    return overlay
