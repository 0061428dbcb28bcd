"""Declare the pipelines of a dbt project, and compare them with files."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync.declarative.dbt.manifest import KEY, Column, DbtModel, DbtProject, is_plain_name
from warehouse_sync.declarative.errors import InvalidFilesError, Location, PlanError, Problem
from warehouse_sync.declarative.files.atomic_write import write_atomically
from warehouse_sync.declarative.files.fields import PIPELINE
from warehouse_sync.declarative.files.nodes import Mapping as MappingNode
from warehouse_sync.declarative.files.parse_json import parse_json
from warehouse_sync.declarative.files.spec_builder import SpecBuilder
from warehouse_sync.declarative.files.write import to_yaml

LOCK = "dbt-columns.lock"
_OWN_KEYS = ("id", "name", "columns", "owner")
_HEADER = "# Written by `warehouse-sync from-dbt` from {0}: change its meta.{1} instead.\n"
_EXPOSURES_HEADER = "# Written by `warehouse-sync from-dbt --exposures`.\n"
# The case of names without quotes; the other warehouses ignore the case of names.
_CASES = {"snowflake": str.upper, "redshift": str.lower, "postgres": str.lower}


@attrs.frozen(kw_only=True)
class DbtPipeline:
    """A pipeline that a dbt model declares.

    Attributes:
        id: The id of the pipeline and of its data model.
        model: The dbt model.
        columns: The columns to load.
        document: The pipeline as in a file.
        owner: The owner of the exposure.
    """

    id: str
    model: DbtModel
    columns: tuple[Column, ...]
    document: Mapping[str, Any]
    owner: Mapping[str, Any]

    def files(self) -> dict[str, str]:
        """Return the texts of the files by name."""
        header = _HEADER.format(self.model.unique_id, KEY)
        names = [_sql_name(column, self.model.adapter) for column in self.columns]
        selected = ",\n".join(f"  {name}" for name in names)
        name = self.document["name"]
        model = {"kind": "data_model", "id": self.id, "name": name, "sql_file": f"{self.id}.sql"}
        return {
            f"data_models/{self.id}.sql": f"SELECT\n{selected}\nFROM {self.model.relation}\n",
            f"data_models/{self.id}.yaml": f"{header}{to_yaml(model)}",
            f"pipelines/{self.id}.yaml": f"{header}{to_yaml({'kind': 'pipeline', **self.document})}",
        }


def dbt_pipelines(project: DbtProject) -> tuple[DbtPipeline, ...]:
    """Return the pipelines that the models declare, ordered by id.

    Raises:
        InvalidFilesError: The settings of models have problems; the error lists all of them.
    """
    problems: list[Problem] = []
    found: dict[str, DbtPipeline] = {}
    for model in project.models:
        for settings in model.settings:
            reported = len(problems)
            pipeline = _pipeline(project.file, model, settings, problems)
            if len(problems) == reported and found.setdefault(pipeline.id, pipeline) is not pipeline:
                message = f"has the id {pipeline.id} of {found[pipeline.id].model.unique_id}: set another id"
                problems.append(_problem(project.file, model, message))
    if problems:
        raise InvalidFilesError(problems)
    return tuple(found[name] for name in sorted(found))


def _pipeline(
    file: Path, model: DbtModel, settings: Mapping[str, Any], problems: list[Problem]
) -> DbtPipeline:
    own: dict[str, Any] = {"id": model.name, "name": model.name.replace("_", " ").capitalize(), "owner": {}}
    own |= {key: settings[key] for key in _OWN_KEYS if key in settings}
    document = {
        "id": own["id"],
        "name": own["name"],
        "pipeline_type": "user_attributes",
        "data_model_id": own["id"],
        **{key: value for key, value in settings.items() if key not in _OWN_KEYS},
    }
    messages = [*_settings_problems(document, own["owner"], file)]
    columns = tuple(_chosen(model, own.get("columns"), messages.append))
    problems += [_problem(file, model, message) for message in messages]
    return DbtPipeline(id=str(own["id"]), model=model, columns=columns, document=document, owner=own["owner"])


def _settings_problems(document: Mapping[str, Any], owner: object, file: Path) -> Iterator[str]:
    """Yield what is wrong with the fields of a pipeline."""
    found: list[Problem] = []
    node = parse_json(json.dumps(document), str(file), found.append)[0]
    builder = SpecBuilder(PIPELINE, label=KEY, read_sql=lambda _, __: None)
    if isinstance(node, MappingNode):
        builder.build(node)
    yield from (f"{each.path.replace(KEY, f'meta.{KEY}', 1)}: {each.message}" for each in builder.problems)
    if not isinstance(owner, dict) or not owner.keys() <= {"name", "email"}:
        yield f"meta.{KEY}.owner: must have a name, an email or both"


def _chosen(model: DbtModel, names: object, report: Callable[[str], None]) -> Iterator[Column]:
    """Yield the columns to load: those of the settings, or all."""
    known = {column.name.lower(): column for column in model.columns}
    if names is None:
        if not known:
            report(f"has no columns: run dbt docs generate, or list them in meta.{KEY}.columns")
        yield from model.columns
        return
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        report(f"meta.{KEY}.columns: must be a list of names")
        return
    for name in names:
        column = known.get(name.lower())
        if column is None and any(each.is_exact for each in model.columns):
            report(f"meta.{KEY}.columns: {name} is not a column of {model.relation}")
        yield column or Column(name=name)


def _problem(file: Path, model: DbtModel, message: str) -> Problem:
    return Problem(location=Location(str(file)), path=model.unique_id, message=message)


def _sql_name(column: Column, adapter: str) -> str:
    """Return the name of a column in a query, quoted if it must be."""
    sqlglot = import_module("sqlglot")  # imported late: most commands do not need it
    dialect = sqlglot.Dialect.get(adapter)
    fold = _CASES.get(adapter)
    is_folded = not column.is_exact or fold is None or fold(column.name) == column.name
    # Keywords such as "ORDER BY" have several words. A quoted name that needs no quotes is the same name.
    keywords = (
        {word for keyword in dialect.tokenizer_class.KEYWORDS for word in keyword.split()}
        if dialect
        else set()
    )
    quoted = (
        column.is_quoted
        or not is_plain_name(column.name)
        or not is_folded
        or ((column.is_exact or fold is None) and column.name.upper() in keywords)
    )
    return str(sqlglot.exp.to_identifier(column.name, quoted=quoted).sql(dialect))


@attrs.frozen(kw_only=True)
class Comparison:
    """Differences between a dbt project and the files that were written from it.

    Attributes:
        problems: What must be corrected: columns that are gone or have another type, and files that are out of date.
        notes: What can be looked at: new columns.
    """

    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def compare_with_dbt_folder(
    pipelines: Iterable[DbtPipeline], folder: Path, others: Mapping[Path, str]
) -> Comparison:
    """Compare pipelines with a folder that `write_dbt_folder` wrote.

    Args:
        pipelines: The pipelines.
        folder: The folder.
        others: The texts of other files that were written, by path.

    Raises:
        InvalidFilesError: The lock file is damaged.
    """
    lock = _read_lock(folder)
    problems, notes = [], []
    current = {each.id: each for each in pipelines}
    for name, before in lock["columns"].items():
        if name not in current:
            problems.append(f"{name}: the dbt model is gone, or has no meta.{KEY}: remove its files")
            continue
        pipeline = current[name]
        known = (*pipeline.columns, *pipeline.model.columns)
        types = {column.name.lower(): column.type for column in known}
        for column, old in before.items():
            where = f"{name}: the column {column} of {pipeline.model.relation}"
            new_type = types.get(column.lower())
            if new_type is None:
                problems.append(f"{where} is gone")
            elif old and new_type and old.lower() != new_type.lower():
                problems.append(f"{where} has the type {new_type}, not {old}")
        selected = {column.lower() for column in before}
        if new := [column.name for column in pipeline.columns if column.name.lower() not in selected]:
            notes.append(f"{name}: new columns: {', '.join(new)}. Run from-dbt to load them.")
    changed = {note.partition(":")[0] for note in (*problems, *notes)}
    texts = {
        folder / file: text
        for pipeline in current.values()
        for file, text in pipeline.files().items()
        if not (pipeline.id in changed and file.endswith(".sql"))
    }
    for file, text in {**texts, **others}.items():
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            problems.append(f"{file} is not up to date: run from-dbt")
    return Comparison(problems=tuple(problems), notes=tuple(notes))


def write_dbt_folder(
    pipelines: Iterable[DbtPipeline], folder: Path, others: Mapping[Path, str], *, force: bool
) -> tuple[list[Path], list[Path]]:
    """Write the files of pipelines and the lock file: all of them, or none.

    Args:
        pipelines: The pipelines.
        folder: The folder.
        others: The texts of other files to write, by path.
        force: Whether to overwrite files that an earlier call did not write.

    Returns:
        The files, and those of an earlier call that no model declares any more.

    Raises:
        PlanError: A file exists that an earlier call did not write; nothing was written.
        InvalidFilesError: The lock file is damaged.
        OSError: A file cannot be written.
    """
    pipelines = tuple(pipelines)
    earlier = {folder / name for name in _read_lock(folder)["files"]}
    files = {folder / name: text for each in pipelines for name, text in each.files().items()}
    foreign = [file for file in files if file not in earlier and file.exists()]
    foreign += [file for file in others if file.exists() and not _is_own(file)]
    if foreign and not force:
        raise PlanError([f"{file} exists: use --force to overwrite it" for file in foreign])
    stale = sorted(file for file in earlier - files.keys() if file.exists())
    lock = {
        "version": 1,
        "files": sorted(file.relative_to(folder).as_posix() for file in {*files, *stale}),
        "columns": {each.id: {column.name: column.type for column in each.columns} for each in pipelines},
    }
    texts = {**files, folder / LOCK: json.dumps(lock, indent=1, ensure_ascii=False) + "\n", **others}
    for file in texts:
        file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(texts)
    return [*texts], stale


def _is_own(file: Path) -> bool:
    """Return whether an earlier call wrote a file."""
    return file.read_bytes().startswith(_EXPOSURES_HEADER.encode())


def dbt_exposures(pipelines: Iterable[DbtPipeline]) -> str:
    """Return the exposures of pipelines as YAML, which dbt shows in the lineage."""
    entries = [
        {
            "name": f"mparticle_{each.id.replace('-', '_')}",
            "label": f"mParticle: {each.document['name']}",
            "type": "application",
            "description": f"The Warehouse Sync pipeline {each.id} loads this model into mParticle.",
            "depends_on": [f"ref({each.model.reference})"],
            "owner": dict(each.owner) or {"name": "mParticle"},
        }
        for each in pipelines
    ]
    return _EXPOSURES_HEADER + to_yaml({"version": 2, "exposures": entries})


def _read_lock(folder: Path) -> Any:  # noqa: ANN401 - JSON, checked here
    file = folder / LOCK
    if not file.exists():
        return {"files": [], "columns": {}}
    lock: Any = None
    try:
        lock = json.loads(file.read_text(encoding="utf-8"))
        is_valid = all(isinstance(name, str) for name in lock["files"]) and all(
            isinstance(columns, dict) for columns in lock["columns"].values()
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        is_valid = False
    if not is_valid:
        message = "is damaged: restore it, or remove it and run from-dbt --force"
        raise InvalidFilesError([Problem(location=Location(str(file)), message=message)])
    return lock
