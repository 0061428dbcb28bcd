"""Load declarations from files and folders, and report every problem."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource, Key
from warehouse_sync.declarative.files.discover import (
    MAX_FILE_SIZE,
    SUFFIXES,
    DocumentSearch,
    find_documents,
)
from warehouse_sync.declarative.files.fields import FIELD_TRANSFORMATION, FILE_KINDS, Kind
from warehouse_sync.declarative.files.moved import SECTION as MOVED
from warehouse_sync.declarative.files.moved import Moved, moved_problems, read_moved
from warehouse_sync.declarative.files.nodes import Mapping, Node, Sequence, kind_of
from warehouse_sync.declarative.files.overlay import merge
from warehouse_sync.declarative.files.parse_json import parse_json
from warehouse_sync.declarative.files.parse_yaml import parse_yaml
from warehouse_sync.declarative.files.read import UnreadableFileError, decode_text, read_file
from warehouse_sync.declarative.files.spec_builder import SpecBuilder
from warehouse_sync.declarative.files.variables import MARK, Variables
from warehouse_sync.declarative.project import ProjectEnvironment

PLAN_KEY = "warehouse_sync_plan"
_SECTIONS = {kind.section: kind for kind in FILE_KINDS}
_NAMES = {kind.name: kind for kind in FILE_KINDS}


def load(path: Path, *, environment: ProjectEnvironment | None = None) -> Declarations:
    """Load the declarations of a file or a folder.

    Args:
        path: A `.yaml`, `.yml` or `.json` file, or a folder that is searched recursively.
        environment: The environment of the project, with its variables and its overlay.

    Raises:
        InvalidFilesError: The files have problems; the error lists all of them.
    """
    declarations, problems = read(path, environment=environment)
    if problems:
        raise InvalidFilesError(problems)
    return declarations


def read(path: Path, *, environment: ProjectEnvironment | None = None) -> tuple[Declarations, list[Problem]]:
    """Return the valid declarations of a file or a folder, and every problem."""
    is_folder = path.is_dir()
    search = find_documents(path, _ignores(environment)) if is_folder else _single_document(path)
    reader = _Reader(path if is_folder else path.parent, environment)
    if environment is not None and environment.overlay is not None:
        reader.read_overlay(environment.overlay)
    for file in search.documents:
        reader.read(file, is_trusted=not is_folder)
    is_whole = environment is None or path.resolve() == environment.project.root
    if is_whole:
        reader.declare_overlay()
    if not is_folder and not search.documents:
        message = f"is neither a folder nor a {', '.join(SUFFIXES)} file"
        reader.problems.append(Problem(location=Location(str(path)), message=message))
    order = {kind.name: position for position, kind in enumerate(FILE_KINDS)}
    found = sorted(reader.found.values(), key=lambda each: order[each.kind.name])
    declarations = Declarations(
        resources=tuple(each for each in found if each.kind is not FIELD_TRANSFORMATION),
        field_transformations=tuple(each for each in found if each.kind is FIELD_TRANSFORMATION),
        digest=reader.digest(),
        files=path,
        skipped=tuple(search.skipped),
        moved=tuple(reader.moved),
        environment=environment,
    )
    if not is_whole and environment is not None:
        whole, problems = read(environment.project.root, environment=environment)
        declarations = attrs.evolve(
            declarations,
            elsewhere=frozenset(whole.by_key()) - declarations.by_key().keys(),
            moved=whole.moved,
            skipped=whole.skipped
            + tuple(attrs.evolve(each, message=f"has a problem: {each.message}") for each in problems),
        )
    known = declarations.by_key().keys() | declarations.elsewhere
    return declarations, [*reader.problems, *moved_problems(reader.moved, known)]


def _ignores(environment: ProjectEnvironment | None) -> Callable[[Path], bool]:
    """Return whether a project ignores a path: overlays, and what its patterns match."""
    if environment is None:
        return lambda _: False
    project = environment.project
    overlays = {overlay.resolve() for overlay in project.overlays}

    return lambda path: (not path.is_symlink() and path.resolve() in overlays) or project.ignores(path)


def _single_document(path: Path) -> DocumentSearch:
    is_document = path.suffix in SUFFIXES and path.exists()
    return DocumentSearch(documents=[path] if is_document else [])


@attrs.define
class _Reader:
    """Collects the resources and problems of files.

    Attributes:
        root: The folder that every file must be in, after symbolic links are resolved.
        environment: The environment, whose variables are replaced.
    """

    root: Path
    environment: ProjectEnvironment | None = None
    problems: list[Problem] = attrs.field(factory=list)
    found: dict[Key, DeclaredResource] = attrs.field(factory=dict)
    moved: list[Moved] = attrs.field(factory=list)
    contents: list[tuple[str, bytes]] = attrs.field(factory=list)
    overlay: dict[Key, tuple[Kind, Mapping]] = attrs.field(factory=dict)

    def digest(self) -> str:
        """Return a hash of the names and contents of all files."""
        total = hashlib.sha256()
        if self.environment is not None:
            total.update(repr((self.environment.name, sorted(self.environment.variables.items()))).encode())
        for name, content in self.contents:
            total.update(f"{len(name)}:{name}:{len(content)}:".encode())
            total.update(content)
        return total.hexdigest()

    def read(self, file: Path, *, is_trusted: bool) -> None:
        """Read the documents of a file. A trusted file may be a link out of the root."""
        for document in self._documents(file, None if is_trusted else self.root):
            for kind, label, node in self._resources(document):
                _, changes = self.overlay.pop((kind.name, node.text(kind.identifier) or ""), (kind, None))
                self._declare(kind, label, merge(node, changes) if changes else node)

    def read_overlay(self, path: Path) -> None:
        """Read the documents of an overlay, which are merged into those of the project."""
        for file in find_documents(path).documents if path.is_dir() else [path]:
            for document in self._documents(file, path if path.is_dir() else path.parent):
                for kind, _, node in self._resources(document):
                    first = self.overlay.setdefault(
                        (kind.name, node.text(kind.identifier) or ""), (kind, node)
                    )[1]
                    if first is not node:
                        self._add(
                            node, f"this {kind.noun} is already changed at {first.location}: remove one"
                        )

    def declare_overlay(self) -> None:
        """Add the resources that only the overlay declares."""
        for kind, node in self.overlay.values():
            self._declare(kind, f"{kind.section}.{node.text(kind.identifier) or '?'}", node)

    def _documents(self, file: Path, root: Path | None) -> list[Node]:
        """Return the documents of a file with their variables replaced; none for a saved plan or a schema."""
        before = len(self.problems)
        text = self._text(file, Location(str(file)), root)
        if text is None:
            return []
        parse = parse_json if file.suffix == ".json" else parse_yaml
        documents = parse(text, str(file), self.problems.append)
        if _is_plan_or_schema(documents):
            del self.problems[before:], self.contents[-1:]
            return []
        return [self._variables.in_node(each) for each in documents] if MARK in text else documents

    @property
    def _variables(self) -> Variables:
        return Variables(environment=self.environment, report=self.problems.append)

    def _text(self, file: Path, location: Location, root: Path | None) -> str | None:
        """Return the content of a file, or `None` after a problem."""
        try:
            content = read_file(file, limit=MAX_FILE_SIZE, root=root)
            text = decode_text(content)
        except UnreadableFileError as error:
            self.problems.append(Problem(location=location, message=f"{file} {error}"))
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
            yield kind, f"{kind.name} {document.text(kind.identifier) or '?'}", document
        else:
            self._add(document, f"kind must be one of {', '.join(_NAMES)}")

    def _sections(self, document: Mapping) -> Iterator[tuple[Kind, str, Mapping]]:
        for entry in document:
            kind = _SECTIONS.get(entry.key)
            if entry.key == MOVED:
                self.moved += read_moved(entry.value, self.problems.append)
            elif kind is None and entry.key != "$schema":
                message = f"{entry.key[:60]!r} is not a section: use {', '.join(_SECTIONS)}, {MOVED}, or add a kind to the document"
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
                yield kind, f"{kind.section}.{item.text(kind.identifier) or position}", item
            else:
                self._add(item, f"a {kind.noun} must be a mapping, not {kind_of(item)}")

    def _declare(self, kind: Kind, label: str, node: Mapping) -> None:
        builder = SpecBuilder(kind, label=label, read_sql=self._sql)
        declared = builder.build(node)
        self.problems += builder.problems
        if declared is None:
            return
        first = self.found.setdefault(declared.key, declared)
        if first is not declared:
            self._add(
                node,
                f"the {kind.noun} {declared.id!r} is already declared at {first.location}: remove one of them",
            )

    def _sql(self, name: str, location: Location) -> str | None:
        """Return the content of a `.sql` file without the newline at its end."""
        file = Path(location.file).parent / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            self.problems.append(
                Problem(
                    location=location, message="sql_file must be in the folder of its document or below it"
                )
            )
            return None
        text = self._text(file, location, self._root_of(file))
        if text is None:
            return None
        text = text.replace("\r\n", "\n")  # a checkout on Windows declares the same query
        return self._variables.in_query(text, str(file)).removesuffix("\n")

    def _root_of(self, file: Path) -> Path:
        """Return the folder that a query must be in: that of the overlay for its own queries."""
        overlay = self.environment.overlay if self.environment else None
        folder = overlay if overlay is None or overlay.is_dir() else overlay.parent
        return folder if folder is not None and file.is_relative_to(folder) else self.root

    def _add(self, node: Node, message: str) -> None:
        self.problems.append(Problem(location=node.location, message=message))


def _is_plan_or_schema(documents: list[Node]) -> bool:
    """Return whether a file is a saved plan or a JSON Schema."""
    keys = {entry.key for document in documents if isinstance(document, Mapping) for entry in document}
    return bool(keys & {PLAN_KEY, "$defs"}) and not keys & {"kind", MOVED, *_SECTIONS}
