"""Format the YAML files that declare resources."""

from collections.abc import Iterator, Sequence
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files import nodes
from warehouse_sync.declarative.files.atomic_write import write_atomically
from warehouse_sync.declarative.files.discover import MAX_FILE_SIZE, find_documents, has_declarations
from warehouse_sync.declarative.files.fields import CONFIGS, FILE_KINDS, fields_of, item_class
from warehouse_sync.declarative.files.moved import SECTION as MOVED
from warehouse_sync.declarative.files.parse_yaml import parse_yaml
from warehouse_sync.declarative.files.read import UnreadableFileError, decode_text, read_file
from warehouse_sync.declarative.files.yaml_layout import UnsupportedLayoutError, lay_out
from warehouse_sync.declarative.project import find_project

_SUFFIXES = (".yaml", ".yml")
_SECTIONS = {*(kind.section for kind in FILE_KINDS), MOVED}
_KINDS = {kind.name for kind in FILE_KINDS}


@attrs.frozen(kw_only=True)
class Formatted:
    """The result of formatting files.

    Attributes:
        texts: The new texts of the files that are not formatted yet.
        skipped: Files and folders that are left as they are although they can contain declarations.
    """

    texts: dict[Path, str]
    skipped: tuple[Problem, ...] = ()

    def write(self) -> None:
        """Write the files: all of them, or none.

        Raises:
            OSError: A file cannot be written.
        """
        write_atomically(self.texts)


def format_files(paths: Sequence[Path]) -> Formatted:
    """Format files, without writing them.

    Args:
        paths: YAML files, and folders that are searched for them. Files that declare no resources, and those that a project
            ignores, are left as they are.

    Raises:
        InvalidFilesError: Files cannot be read; the error lists all problems.
    """
    reader = _Reader()
    for path in paths:
        reader.read(path)
    if reader.problems:
        raise InvalidFilesError(reader.problems)
    return Formatted(texts=reader.texts, skipped=tuple(dict.fromkeys(reader.skipped)))


@attrs.define
class _Reader:
    """Collects the texts and problems of files."""

    texts: dict[Path, str] = attrs.field(factory=dict)
    skipped: list[Problem] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)

    def read(self, path: Path) -> None:
        """Format a file, or each file of a folder."""
        project = find_project(path)
        if project and any(map(project.ignores, _folders_of(path, project.root))):
            return
        if not path.is_dir():
            if path.suffix in _SUFFIXES:
                self._format(path, None)
            return
        search = find_documents(path, project.ignores if project else lambda _: False, suffixes=_SUFFIXES)
        self.skipped += search.skipped
        for file in search.documents:
            self._format(file, path)

    def _format(self, file: Path, root: Path | None) -> None:
        """Format a file, which must be in the folder `root`."""
        found: list[Problem] = []
        try:
            content = read_file(file, limit=MAX_FILE_SIZE, root=root)
            text = decode_text(content)
            documents = parse_yaml(text, str(file), found.append)
            if found and has_declarations(content):
                self.problems += found
            elif not found and documents and all(map(_declares_resources, documents)):
                formatted = lay_out(text, field_order())
                if formatted.encode() != content:
                    self.texts[file] = formatted
        except UnreadableFileError as error:
            self.problems.append(Problem(location=Location(str(file)), message=f"{file} {error}"))
        except UnsupportedLayoutError:
            message = "is left as it is: its layout cannot be changed safely"
            self.skipped.append(Problem(location=Location(str(file)), message=message))


def _folders_of(path: Path, root: Path) -> Iterator[Path]:
    """Yield a path, and each folder between it and the root of the project."""
    yield from (each for each in (path.absolute(), *path.resolve().parents) if each.is_relative_to(root))


def _declares_resources(document: nodes.Node) -> bool:
    """Return whether a document is one of this package, and not of another tool."""
    match document:
        case nodes.Sequence():
            return bool(document.items) and all(map(_declares_resources, document.items))
        case nodes.Mapping() if document.get("kind") is not None:
            return document.text("kind") in _KINDS
        case nodes.Mapping():
            keys = {entry.key for entry in document}
            return bool(keys & _SECTIONS) and keys <= {*_SECTIONS, "$schema"}
        case _:
            return document.value is None


@cache
def field_order() -> tuple[str, ...]:
    """Return the names of all fields, in the order of every class that has them."""
    sorter = TopologicalSorter[str]()
    for cls in (*CONFIGS.values(), *(each for kind in FILE_KINDS for each in _classes(kind.spec))):
        names = [field.name for field in fields_of(cls)]
        for before, after in pairwise(names):
            sorter.add(after, before)
    order = [*sorter.static_order()]
    order.insert(order.index("config"), "service_provider")
    order.insert(order.index("sql_query"), "sql_file")
    return ("kind", *order, "to", "lint")


def _classes(cls: Any) -> Iterator[Any]:  # noqa: ANN401 - a class of a model
    """Yield a class and those of its fields."""
    yield cls
    for field in fields_of(cls):
        inner = item_class(field.type) or field.type
        if attrs.has(inner):
            yield from _classes(inner)
