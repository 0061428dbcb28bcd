"""Read the models of a dbt project that have `meta.warehouse_sync`."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

KEY = "warehouse_sync"
VERSION = "v12"
_TYPES = ("model", "seed", "snapshot")
_MAX_SIZE = 1_000_000_000  # bytes; manifests of large projects have hundreds of megabytes


@attrs.frozen(kw_only=True)
class Column:
    """A column of a relation.

    Attributes:
        name: The name, as the catalog or the project writes it.
        type: The type in the warehouse; empty if it is unknown.
        is_quoted: Whether the project quotes it.
        is_exact: Whether the catalog has the name, so its case is that of the warehouse.
    """

    name: str
    type: str = ""
    is_quoted: bool = False
    is_exact: bool = False


@attrs.frozen(kw_only=True)
class DbtModel:
    """A model, seed or snapshot with settings for this tool.

    Attributes:
        unique_id: The id in the manifest, such as `model.shop.customers`.
        reference: The arguments of `ref()`, such as `'customers'`.
        relation: The qualified name of the relation, quoted as dbt does.
        adapter: The type of the adapter, such as `snowflake`.
        columns: The columns: those of the catalog, or those of the project if there is no catalog.
        settings: The settings of each pipeline.
    """

    unique_id: str
    reference: str
    relation: str
    adapter: str
    columns: tuple[Column, ...]
    settings: tuple[Mapping[str, Any], ...]

    @property
    def name(self) -> str:
        """The name of the model, without its package."""
        return self.unique_id.split(".")[2]


@attrs.frozen(kw_only=True)
class DbtProject:
    """Content of a manifest and a catalog.

    Attributes:
        file: The manifest.
        models: The models with settings, by their unique ids.
        warnings: What to check, one sentence each.
    """

    file: Path
    models: tuple[DbtModel, ...]
    warnings: tuple[str, ...] = ()


def read_dbt_project(manifest: Path, catalog: Path | None = None) -> DbtProject:
    """Read a manifest and a catalog.

    Args:
        manifest: The `manifest.json` of `dbt compile`, `dbt build` or `dbt docs generate`.
        catalog: The `catalog.json` of `dbt docs generate`; the one beside the manifest, if it exists, if `None`.

    Raises:
        InvalidFilesError: A file is not what dbt writes, or a model has no relation or invalid settings.
    """
    document = _read(manifest)
    beside = manifest.with_name("catalog.json")
    found = catalog or (beside if beside.exists() else None)
    catalogued = _nodes(_read(found), found) if found is not None else {}
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    warnings = []
    version = str(metadata.get("dbt_schema_version", "")).rpartition("/")[2].removesuffix(".json")
    if version != VERSION:
        warnings.append(f"{manifest} has version {version[:20] or '?'}, not {VERSION}: check the files.")
    nodes = _nodes(document, manifest)
    problems: list[Problem] = []
    models = []
    for unique_id in sorted(nodes):
        try:
            model = _model(unique_id, nodes[unique_id], catalogued.get(unique_id), metadata)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            message = str(error) if isinstance(error, _InvalidModelError) else "is not what dbt writes"
            problems.append(Problem(location=Location(str(manifest)), path=unique_id, message=message))
        else:
            models += [model] if model is not None else []
    if problems:
        raise InvalidFilesError(problems)
    return DbtProject(file=manifest, models=tuple(models), warnings=tuple(warnings))


class _InvalidModelError(ValueError):
    """A model cannot be used; the message says why."""


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_file(file, limit=_MAX_SIZE))
    except UnreadableFileError as error:
        raise _invalid(file, str(error)) from None
    except (ValueError, RecursionError):
        raise _invalid(file, "is not JSON: run dbt again") from None
    if not isinstance(document, dict):
        raise _invalid(file, "is not a file of dbt")
    return document


def _nodes(document: Mapping[str, Any], file: Path) -> dict[str, Any]:
    nodes = document.get("nodes")
    if not isinstance(nodes, dict):
        raise _invalid(file, "has no nodes: use the manifest.json or catalog.json of dbt")
    return nodes


def _invalid(file: Path, message: str) -> InvalidFilesError:
    return InvalidFilesError([Problem(location=Location(str(file)), message=message)])


def _model(
    unique_id: str, node: Mapping[str, Any], catalogued: Mapping[str, Any] | None, metadata: Mapping[str, Any]
) -> DbtModel | None:
    """Return a model with settings, or `None` for any other node."""
    settings = _settings(node) if node["resource_type"] in _TYPES else None
    if settings is None:
        return None
    relation = node.get("relation_name") or ""
    if not relation:
        raise _InvalidModelError(
            f"has meta.{KEY} but no relation, such as an ephemeral model: materialize it as a table or a view"
        )
    arguments = [node["name"]]
    if node["package_name"] != metadata.get("project_name"):
        arguments.insert(0, node["package_name"])
    version = "" if node.get("version") is None else f", v={node['version']}"
    return DbtModel(
        unique_id=unique_id,
        reference=", ".join(f"'{each}'" for each in arguments) + version,
        relation=str(relation),
        adapter=str(metadata.get("adapter_type") or ""),
        columns=tuple(_columns(node, catalogued)),
        settings=settings,
    )


def _settings(node: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    """Return `meta.warehouse_sync` as a list, or `None` if it is not set."""
    found = ((node.get("config") or {}).get("meta") or {}).get(KEY) or (node.get("meta") or {}).get(KEY)
    if found is None:
        return None
    settings = found if isinstance(found, list) else [found]
    if not all(isinstance(each, dict) for each in settings):
        raise _InvalidModelError(f"meta.{KEY} must be a mapping, or a list of mappings")
    return tuple(settings)


def _columns(node: Mapping[str, Any], catalogued: Mapping[str, Any] | None) -> Iterator[Column]:
    documented = {name.lower(): column for name, column in (node.get("columns") or {}).items()}
    if catalogued is None:
        for column in documented.values():
            yield Column(
                name=column["name"], type=column.get("data_type") or "", is_quoted=bool(column.get("quote"))
            )
        return
    for column in sorted(catalogued["columns"].values(), key=lambda each: int(each["index"])):
        quoted = documented.get(column["name"].lower(), {}).get("quote")
        yield Column(name=column["name"], type=column["type"], is_quoted=bool(quoted), is_exact=True)


def is_plain_name(name: str) -> bool:
    """Return whether a name needs no quotes because of its characters."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII) is not None
