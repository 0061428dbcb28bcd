"""Load declarations from files and folders, and report every problem."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files.bind import Binder
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource, Key
from warehouse_sync.declarative.files.discover import (
    MAX_FILE_SIZE,
    SUFFIXES,
    DocumentSearch,
    find_documents,
)
from warehouse_sync.declarative.files.fields import KINDS, Kind
from warehouse_sync.declarative.files.nodes import Mapping, Node, Sequence, kind_of
from warehouse_sync.declarative.files.parse_json import parse_json
from warehouse_sync.declarative.files.parse_yaml import parse_yaml
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

PLAN_KEY = "warehouse_sync_plan"
_SECTIONS = {kind.section: kind for kind in KINDS}
_NAMES = {kind.name: kind for kind in KINDS}


def load(path: Path) -> Declarations:
    """Load the declarations of a file or a folder.

    Args:
        path: A `.yaml`, `.yml` or `.json` file, or a folder that is searched recursively.

    Raises:
        InvalidFilesError: The files have problems; the error lists all of them.
    """
    declarations, problems = read(path)
    if problems:
        raise InvalidFilesError(problems)
    return declarations


def read(path: Path) -> tuple[Declarations, list[Problem]]:
    """Return the valid declarations of a file or a folder, and every problem."""
    is_folder = path.is_dir()
    search = find_documents(path) if is_folder else _single_document(path)
    reader = _Reader(path if is_folder else path.parent)
    for file in search.documents:
        reader.read(file, is_trusted=not is_folder)
    if not is_folder and not search.documents:
        message = f"is neither a folder nor a {', '.join(SUFFIXES)} file"
        reader.problems.append(Problem(location=Location(str(path)), message=message))
    order = {kind.name: position for position, kind in enumerate(KINDS)}
    resources = tuple(sorted(reader.found.values(), key=lambda each: order[each.kind.name]))
    declarations = Declarations(
        resources=resources, digest=reader.digest(), files=path, skipped=tuple(search.skipped)
    )
    return declarations, reader.problems


def _single_document(path: Path) -> DocumentSearch:
    is_document = path.suffix in SUFFIXES and path.exists()
    return DocumentSearch(documents=[path] if is_document else [])


@attrs.define
class _Reader:
    """Collects the resources and problems of files.

    Attributes:
        root: The folder that every file must be in, after symbolic links are resolved.
    """

    root: Path
    problems: list[Problem] = attrs.field(factory=list)
    found: dict[Key, DeclaredResource] = attrs.field(factory=dict)
    contents: list[tuple[str, bytes]] = attrs.field(factory=list)

    def digest(self) -> str:
        """Return a hash of the names and contents of all files."""
        total = hashlib.sha256()
        for name, content in self.contents:
            total.update(f"{len(name)}:{name}:{len(content)}:".encode())
            total.update(content)
        return total.hexdigest()

    def read(self, file: Path, *, is_trusted: bool) -> None:
        """Read the documents of a file. A trusted file may be a link out of the root."""
        before = len(self.problems)
        text = self._text(file, Location(str(file)), None if is_trusted else self.root)
        if text is None:
            return
        parse = parse_json if file.suffix == ".json" else parse_yaml
        documents = parse(text, str(file), self.problems.append)
        if _is_plan_or_schema(documents):
            del self.problems[before:], self.contents[-1:]
            return
        for document in documents:
            for kind, label, node in self._resources(document):
                self._bind(kind, label, node, file)

    def _text(self, file: Path, location: Location, root: Path | None) -> str | None:
        """Return the content of a file, or `None` after a problem."""
        try:
            content = read_file(file, limit=MAX_FILE_SIZE, root=root)
            text = content.decode("utf-8-sig")
        except UnreadableFileError as error:
            self.problems.append(Problem(location=location, message=f"{file} {error}"))
            return None
        except UnicodeDecodeError:
            self.problems.append(Problem(location=location, message=f"{file} is not UTF-8: save it as UTF-8"))
            return None
        self.contents.append((file.name, content))
        return text

    def _resources(self, document: Node) -> Iterator[tuple[Kind, str, Mapping]]:
        """Yield the resources of a document: sections, a resource, or a list of them."""
        match document:
            case Sequence():
                for item in document.items:
                    yield from self._resources(item)
            case Mapping() if document.get("kind") is not None:
                yield from self._one(document)
            case Mapping():
                yield from self._sections(document)
            case _ if kind_of(document) != "null":
                self._add(document, "must be a mapping with the sections " + ", ".join(_SECTIONS))

    def _one(self, document: Mapping) -> Iterator[tuple[Kind, str, Mapping]]:
        name = document.text("kind")
        if name in _NAMES:
            kind = _NAMES[name]
            yield kind, f"{kind.name} {document.text('id') or '?'}", document
        else:
            self._add(document, f"kind must be one of {', '.join(_NAMES)}")

    def _sections(self, document: Mapping) -> Iterator[tuple[Kind, str, Mapping]]:
        for entry in document:
            kind = _SECTIONS.get(entry.key)
            if kind is None and entry.key != "$schema":
                message = f"{entry.key[:60]!r} is not a section: use {', '.join(_SECTIONS)}, or add a kind to the document"
                self.problems.append(Problem(location=entry.location, message=message))
            elif kind is not None:
                yield from self._section(kind, entry.value)

    def _section(self, kind: Kind, section: Node) -> Iterator[tuple[Kind, str, Mapping]]:
        if not isinstance(section, Sequence):
            if kind_of(section) != "null":
                self._add(section, f"{kind.section} must be a list: start each {kind.noun} with a dash")
            return
        for position, item in enumerate(section.items):
            if isinstance(item, Mapping):
                yield kind, f"{kind.section}.{item.text('id') or position}", item
            else:
                self._add(item, f"a {kind.noun} must be a mapping, not {kind_of(item)}")

    def _bind(self, kind: Kind, label: str, node: Mapping, file: Path) -> None:
        binder = Binder(
            kind,
            label=label,
            folder=file.parent,
            read_sql=lambda name, location: self._sql(file.parent, name, location),
        )
        declared = binder.bind(node)
        self.problems += binder.problems
        if declared is None:
            return
        first = self.found.setdefault(declared.key, declared)
        if first is not declared:
            self._add(
                node,
                f"the {kind.noun} {declared.spec.id!r} is already declared at {first.location}: remove one of them",
            )

    def _sql(self, folder: Path, name: str, location: Location) -> str | None:
        """Return the content of a `.sql` file without the newline at its end."""
        if Path(name).is_absolute() or ".." in Path(name).parts:
            self.problems.append(
                Problem(
                    location=location, message="sql_file must be in the folder of its document or below it"
                )
            )
            return None
        text = self._text(folder / name, location, self.root)
        return None if text is None else text.removesuffix("\n").removesuffix("\r")

    def _add(self, node: Node, message: str) -> None:
        self.problems.append(Problem(location=node.location, message=message))


def _is_plan_or_schema(documents: list[Node]) -> bool:
    """Return whether a file is a saved plan or a JSON Schema."""
    keys = {entry.key for document in documents if isinstance(document, Mapping) for entry in document}
    return bool(keys & {PLAN_KEY, "$defs"}) and not keys & {"kind", *_SECTIONS}
