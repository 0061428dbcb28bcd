"""Projects: a `warehouse-sync.toml` names a folder of files and its environments."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

PROJECT_FILE = "warehouse-sync.toml"
MAX_FILE_SIZE = 1_000_000  # bytes
Variable = str | int | bool


@attrs.frozen(kw_only=True)
class Project:
    """A project file.

    Attributes:
        file: The file.
        name: The name. Resources belong to it, wherever the folder is.
        ignore: Patterns of files and folders to ignore, relative to the folder.
        state: The path or URL of the state; `None` for the user's own.
        lint: The settings of `lint`.
        limits: The limits of the account by name.
        environments: The environments by name.
    """

    file: Path
    name: str
    ignore: tuple[str, ...] = ()
    state: str | None = None
    lint: Mapping[str, Any] = attrs.field(factory=dict)
    limits: Mapping[str, int] = attrs.field(factory=dict)
    environments: Mapping[str, "ProjectEnvironment"] = attrs.field(factory=dict, repr=False, eq=False)

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.file.parent

    @property
    def overlays(self) -> tuple[Path, ...]:
        """The overlays of all environments."""
        return tuple(each.overlay for each in self.environments.values() if each.overlay is not None)

    def ignores(self, path: Path) -> bool:
        """Return whether `ignore` matches a path in the folder; links are kept."""
        if path.is_symlink():
            return False
        relative = path.resolve().relative_to(self.root).as_posix()
        patterns = [pattern.rstrip("/") for pattern in self.ignore]
        return any(fnmatch(relative, each) or fnmatch(path.name, each) for each in patterns)


@attrs.frozen(kw_only=True)
class ProjectEnvironment:
    """An environment of a project.

    Attributes:
        project: The project.
        name: The name.
        workspace_id: The only workspace that the environment can change.
        api_url: The only URL of the API that it can use; `None` for any. It is checked, not set.
        profile: The profile with the credential.
        overlay: The folder or file whose documents change those of the project.
        variables: The values of `${var.NAME}`.
    """

    project: Project
    name: str
    workspace_id: int
    api_url: str | None = None
    profile: str | None = None
    overlay: Path | None = None
    variables: Mapping[str, Variable] = attrs.field(factory=dict)


def find_project(path: Path) -> Project | None:
    """Return the nearest project in the folder of a path or above it.

    Raises:
        InvalidFilesError: The project file has problems; the error lists all of them.
    """
    start = path.resolve()
    for folder in (start, *start.parents):
        file = folder / PROJECT_FILE
        if file.is_file():
            return read_project(file)
    return None


def read_project(file: Path) -> Project:
    """Read a project file.

    Raises:
        InvalidFilesError: It has problems; the error lists all of them.
    """
    import tomllib  # noqa: PLC0415 - each command looks for a project, and most find none

    try:
        document = tomllib.loads(read_file(file, limit=MAX_FILE_SIZE).decode("utf-8"))
    except UnreadableFileError as error:
        raise _invalid(file, str(error)) from None
    except ValueError as error:
        raise _invalid(file, f"is not valid TOML: {error}") from None
    reader = _Reader(file)
    project = reader.project(document)
    if reader.problems:
        raise InvalidFilesError(reader.problems)
    return project


def _invalid(file: Path, message: str) -> InvalidFilesError:
    return InvalidFilesError([Problem(location=Location(str(file)), message=message)])


_TYPES: Mapping[Any, str] = {str: "a string", int: "an integer", dict: "a table", list: "a list of strings"}


class _Reader:
    """Checks a document and collects its problems."""

    def __init__(self, file: Path) -> None:
        self.problems: list[Problem] = []
        self._file = file

    def project(self, document: dict[str, Any]) -> Project:
        known = ("name", "ignore", "state", "lint", "limits", "vars", "environments")
        self._check_keys(document, "", known)
        shared = self._variables(document, "vars")
        project = Project(
            file=self._file,
            name=self._value(document, "name", str, required=True) or "",
            ignore=tuple(self._strings(document, "ignore")),
            state=self._value(document, "state", str),
            lint=self._value(document, "lint", dict) or {},
            limits=dict(self._limits(self._value(document, "limits", dict) or {})),
        )
        environments: dict[str, ProjectEnvironment] = {}
        project = attrs.evolve(project, environments=environments)
        for name, table in (self._value(document, "environments", dict, required=True) or {}).items():
            environments[name] = self._environment(project, name, table, shared)
        if not environments and isinstance(document.get("environments"), dict):
            self._add("environments", "is empty: add [environments.NAME] with a workspace_id")
        self._check_state(project)
        return project

    def _environment(
        self, project: Project, name: str, table: object, shared: Mapping[str, Variable]
    ) -> ProjectEnvironment:
        path = f"environments.{name}"
        if not isinstance(table, dict):
            self._add(path, f"must be a table: write [{path}]")
            table = {"workspace_id": 0}
        self._check_keys(table, f"{path}.", ("workspace_id", "api_url", "profile", "overlay", "vars"))
        overlay = self._value(table, "overlay", str, path=path)
        folder = None if overlay is None else self._overlay(overlay, f"{path}.overlay")
        return ProjectEnvironment(
            project=project,
            name=name,
            workspace_id=self._value(table, "workspace_id", int, path=path, required=True) or 0,
            api_url=self._value(table, "api_url", str, path=path),
            profile=self._value(table, "profile", str, path=path),
            overlay=folder,
            variables={**shared, **self._variables(table, "vars", path)},
        )

    def _overlay(self, name: str, path: str) -> Path:
        overlay = self._file.parent / name
        root = self._file.parent.resolve()
        if not overlay.exists():
            self._add(path, f"{name} does not exist")
        elif not overlay.resolve().is_relative_to(root) or overlay.resolve() == root:
            self._add(path, f"{name} must be inside the folder of {PROJECT_FILE}")
        return overlay

    def _check_state(self, project: Project) -> None:
        """Check that each environment has a state of its own."""
        state = project.state
        if (
            state is not None
            and len(project.environments) > 1
            and not {"{env}", "{workspace_id}"}
            & {part for part in ("{env}", "{workspace_id}") if part in state}
        ):
            self._add("state", "must contain {env} or {workspace_id}, because there are several environments")

    def _limits(self, table: dict[str, Any]) -> Iterator[tuple[str, int]]:
        for name, value in table.items():
            if type(value) is int and value > 0:
                yield name, value
            else:
                self._add(f"limits.{name}", "must be a positive integer")

    def _variables(self, table: dict[str, Any], key: str, path: str = "") -> dict[str, Variable]:
        values = self._value(table, key, dict, path=path) or {}
        for name, value in values.items():
            if not isinstance(value, str | int):
                self._add(f"{path}.{key}.{name}".lstrip("."), "must be a string, an integer or a boolean")
        return values

    def _strings(self, table: dict[str, Any], key: str) -> list[str]:
        values = self._value(table, key, list) or []
        if not all(isinstance(each, str) for each in values):
            self._add(key, "must be a list of strings")
            return []
        return values

    def _value(
        self, table: dict[str, Any], key: str, cls: type, *, path: str = "", required: bool = False
    ) -> Any:  # noqa: ANN401 - any value of TOML
        value = table.get(key)
        where = f"{path}.{key}".lstrip(".")
        if value is None:
            if required:
                self._add(where, "is required")
        elif type(value) is not cls:
            self._add(where, f"must be {_TYPES[cls]}")
            return None
        elif isinstance(value, str) and not value.strip():
            self._add(where, "must not be empty")
        return value

    def _check_keys(self, table: dict[str, Any], path: str, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                self._add(f"{path}{key}", f"is not a known setting: use {', '.join(known)}")

    def _add(self, path: str, message: str) -> None:
        self.problems.append(Problem(location=Location(str(self._file)), path=path, message=message))
