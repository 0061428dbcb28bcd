"""Read what lint checks: declarations, and queries of their own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from warehouse_sync import DataModelSpec
from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource
from warehouse_sync.declarative.files.discover import MAX_FILE_SIZE, find_documents
from warehouse_sync.declarative.files.fields import DATA_MODEL
from warehouse_sync.declarative.files.load import read
from warehouse_sync.declarative.files.read import UnreadableFileError, decode_text, read_file
from warehouse_sync.declarative.project import ProjectEnvironment

_SQL = ".sql"


@attrs.frozen(kw_only=True)
class Source:
    """Everything that lint checks.

    Attributes:
        declarations: The resources of all files.
        problems: The problems of the files.
        queries: Queries without a declaration, as data models without an id.
    """

    declarations: Declarations
    problems: tuple[Problem, ...] = ()
    queries: tuple[DeclaredResource, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to check."""
        declared = self.declarations
        return not (declared.resources or declared.field_transformations or self.problems or self.queries)


def read_source(paths: Sequence[Path], environment: ProjectEnvironment | None = None) -> Source:
    """Read files and folders.

    Args:
        paths: Files and folders, which may refer to each other's resources. A resource that is found twice, since one
            path contains another, counts once.
        environment: The environment of the project.
    """
    read_each = [_read_path(path, environment) for path in paths]
    resources = {
        (declared.key, declared.location): declared
        for source in read_each
        for declared in source.declarations.resources
    }
    transformations = {
        each.location: each for source in read_each for each in source.declarations.field_transformations
    }
    declarations = Declarations(
        resources=tuple(resources.values()),
        field_transformations=tuple(transformations.values()),
        digest="",
        files=paths[0],
        skipped=tuple(dict.fromkeys(each for source in read_each for each in source.declarations.skipped)),
        elsewhere=frozenset[tuple[str, str]]().union(
            *(source.declarations.elsewhere for source in read_each)
        ),
        environment=environment,
    )
    return Source(
        declarations=declarations,
        problems=tuple(dict.fromkeys(each for source in read_each for each in source.problems)),
        queries=tuple({each.location: each for source in read_each for each in source.queries}.values()),
    )


def query_source(sql: str, file: str) -> Source:
    """Return a query as what lint checks; `file` is the name used in locations."""
    nothing = Declarations(resources=(), digest="", files=Path(file))
    return Source(declarations=nothing, queries=(_query(sql, file),))


def _read_path(path: Path, environment: ProjectEnvironment | None) -> Source:
    if path.suffix == _SQL and not path.is_dir():
        return _read_queries([path], Declarations(resources=(), digest="", files=path))
    declarations, problems = read(path, environment=environment)
    if path.is_dir() and not (declarations.resources or problems) and not find_documents(path).documents:
        return _read_queries(find_documents(path, suffixes=(_SQL,)).documents, declarations, path)
    return Source(declarations=declarations, problems=tuple(problems))


def _read_queries(files: Sequence[Path], declarations: Declarations, root: Path | None = None) -> Source:
    problems: list[Problem] = []
    queries = tuple(_read_queries_of(files, problems, root))
    return Source(declarations=declarations, problems=tuple(problems), queries=queries)


def _read_queries_of(
    files: Sequence[Path], problems: list[Problem], root: Path | None
) -> Iterator[DeclaredResource]:
    for file in files:
        try:
            text = decode_text(read_file(file, limit=MAX_FILE_SIZE, root=root))
        except UnreadableFileError as error:
            problems.append(Problem(location=Location(str(file)), message=f"{file} {error}"))
        else:
            yield _query(text, str(file))


def _query(sql: str, file: str) -> DeclaredResource:
    location = Location(file)
    sql = sql.replace("\r\n", "\n").removesuffix("\n")
    return DeclaredResource(
        kind=DATA_MODEL,
        spec=DataModelSpec(id="", name="", sql_query=sql),
        secrets={},
        location=location,
        locations={"sql_query": location},
    )
