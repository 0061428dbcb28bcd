"""Write the resources of a workspace as files, one per resource."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from warehouse_sync.declarative.files.discover import MAX_FILE_SIZE
from warehouse_sync.declarative.files.fields import CONFIGS, DATA_MODEL, KINDS, Kind
from warehouse_sync.declarative.files.schema import json_schema
from warehouse_sync.declarative.files.secret_references import parse_secret_reference
from warehouse_sync.declarative.files.write import resource_document, to_yaml
from warehouse_sync.declarative.planning.diff import secret_paths
from warehouse_sync.declarative.planning.snapshot import Model, Snapshot

SCHEMA_FILE = "warehouse-sync.schema.json"
_SCHEMA_LINE = f"# yaml-language-server: $schema=../{SCHEMA_FILE}\n"


def export_documents(
    snapshot: Snapshot, *, kinds: frozenset[str] = frozenset(), ids: frozenset[str] = frozenset()
) -> tuple[dict[str, str], list[str]]:
    """Return files that declare resources, so that `plan` finds no changes.

    Args:
        snapshot: The resources.
        kinds: The names of the kinds to write, such as `pipeline`; empty for all.
        ids: The ids of the resources to write; empty for all.

    Returns:
        The texts by file name, and why resources were skipped.
    """
    files: dict[str, str] = {}
    skipped = []
    for kind in KINDS:
        for (name, resource_id), model in snapshot.models.items():
            if name != kind.name or (kinds and name not in kinds) or (ids and resource_id not in ids):
                continue
            problem = (
                "several feeds have this name"
                if (name, resource_id) in snapshot.ambiguous
                else _problem(model)
            )
            if problem is None:
                files |= _resource_files(kind, model, files)
            else:
                skipped.append(f"{kind.noun} {resource_id}: skipped, because {problem}")
    if files:
        files[SCHEMA_FILE] = json.dumps(json_schema(), indent=2) + "\n"
    return files, skipped


def _resource_files(kind: Kind, model: Model, files: Mapping[str, str]) -> dict[str, str]:
    """Return the file of a resource, and the file of its query."""
    document = {"kind": kind.name, **resource_document(model.to_spec())}
    name = _free_name(f"{kind.section}/{_file_name(kind.id_of(model))}", files)
    written = {}
    if kind is DATA_MODEL and _survives_a_file(document["sql_query"]):
        query = document.pop("sql_query")
        document["sql_file"] = f"{Path(name).name}.sql"
        written[f"{name}.sql"] = f"{query}\n"
    return {f"{name}.yaml": f"{_SCHEMA_LINE}{to_yaml(document)}", **written}


def _file_name(resource_id: str) -> str:
    """Return an id as a file name; the ids come from a server and can be any text."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", resource_id)[:100] or "_"


def _free_name(name: str, files: Mapping[str, str]) -> str:
    """Return a name that no other file has, also on file systems that ignore case."""
    taken = {file.lower() for file in files}
    candidates = (name, *(f"{name}.{number}" for number in range(2, len(files) + 3)))
    return next(each for each in candidates if f"{each}.yaml".lower() not in taken)


def _survives_a_file(query: str) -> bool:
    """Return whether a query is the same after it is written to a file and read."""
    try:
        size = len(query.encode()) + 1
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return "\r" not in query and not query.startswith("\ufeff") and size <= MAX_FILE_SIZE


def _problem(model: Model) -> str | None:
    """Return why a resource cannot be written, or `None`."""
    provider = getattr(model, "service_provider", None)
    if provider is not None and str(provider) not in CONFIGS:
        return "this release does not know its service provider"
    spec = model.to_spec()
    hidden = secret_paths(spec)
    for path, value in _leaves(resource_document(spec)):
        if path not in hidden and parse_secret_reference(value, Path()) is not None:
            return f"{path} has the form of a reference to a secret, which it is not"
    return None


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield prefix + name, value
