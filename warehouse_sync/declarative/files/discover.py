"""Find the documents of a folder, and report everything that is skipped."""

import re
from collections.abc import Callable
from pathlib import Path

import attrs

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.fields import FILE_KINDS
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file
from warehouse_sync.declarative.project import PROJECT_FILE

MAX_FILE_SIZE = 1_000_000  # bytes
SUFFIXES = (".yaml", ".yml", ".json")
_DECLARATION = re.compile(
    rf"""(?:^|[{{,\s])["']?(?:(?:{"|".join(kind.section for kind in FILE_KINDS)})["']?\s*:"""
    rf"""|kind["']?\s*:\s*["']?(?:{"|".join(kind.name for kind in FILE_KINDS)})\b)""".encode(),
    re.MULTILINE,
)


@attrs.define
class DocumentSearch:
    """The result of a search.

    Attributes:
        documents: The documents in order of their names.
        skipped: What is skipped although it can contain declarations, and how to fix that.
        suffixes: The suffixes of documents.
    """

    suffixes: tuple[str, ...] = SUFFIXES
    documents: list[Path] = attrs.field(factory=list)
    skipped: list[Problem] = attrs.field(factory=list)

    def skip(self, path: Path, reason: str) -> None:
        """Add a path that is skipped."""
        self.skipped.append(Problem(location=Location(str(path)), message=reason))


def find_documents(
    folder: Path,
    is_ignored: Callable[[Path], bool] = lambda _: False,
    *,
    suffixes: tuple[str, ...] = SUFFIXES,
) -> DocumentSearch:
    """Search a folder recursively, without following symbolic links to folders.

    Args:
        folder: The folder.
        is_ignored: Returns whether a file or folder is ignored without a word.
        suffixes: The suffixes of documents.

    Hidden files and folders are skipped. They are reported only if they contain declarations, because tools keep their own
    YAML and JSON files there.
    """
    search = DocumentSearch(suffixes=suffixes)
    pending = [(folder, False)]
    while pending:
        current, is_hidden = pending.pop()
        for path in _entries(current, search):
            hides = is_hidden or path.name.startswith(".")
            if is_ignored(path):
                continue
            if path.is_symlink() and _is_folder(path):
                search.skip(path, "is a symbolic link to a folder and is skipped: replace it with the folder")
            elif _is_folder(path):
                if (path / PROJECT_FILE).is_file():
                    search.skip(
                        path, "is a project of its own and is skipped: run the command for this folder"
                    )
                elif path.name != ".git":
                    pending.append((path, hides))
            elif path.name.lower().endswith(suffixes):
                _add_file(path, search, is_hidden=hides)
    search.documents.sort()
    search.skipped.sort(key=lambda problem: problem.location)
    return search


def _entries(folder: Path, search: DocumentSearch) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        search.skip(folder, f"cannot be read and is skipped: {error.strerror}")
        return []


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # such as a link into an unreadable folder: reading it as a file reports the reason


def _add_file(path: Path, search: DocumentSearch, *, is_hidden: bool) -> None:
    if is_hidden:
        if _may_declare(path):
            search.skip(path, "is hidden and is skipped, but may contain declarations: rename or remove it")
    elif path.suffix not in search.suffixes:
        search.skip(path, f"is skipped because of its suffix: rename it to {path.stem}{path.suffix.lower()}")
    else:
        search.documents.append(path)


def has_declarations(content: bytes) -> bool:
    """Return whether the content of a file looks like declarations."""
    return _DECLARATION.search(content) is not None


def _may_declare(path: Path) -> bool:
    """Return whether a file contains declarations or cannot be read."""
    try:
        return has_declarations(read_file(path, limit=MAX_FILE_SIZE))
    except UnreadableFileError:
        return path.exists()
