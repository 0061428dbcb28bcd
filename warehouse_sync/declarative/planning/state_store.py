"""Places where a state is stored."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

import attrs

from warehouse_sync.declarative.errors import PlanError
from warehouse_sync.declarative.files.atomic_write import add_filename_to_errors
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

MAX_SIZE = 100_000_000  # bytes


class Store(Protocol):
    """A place where a state is stored; its text is the location for messages."""

    def read(self) -> bytes | None:
        """Return the content, or `None` if there is none."""
        ...

    def write(self, content: bytes) -> None:
        """Replace the content, whole or not at all."""
        ...

    def copy_damaged(self, content: bytes) -> None:
        """Keep a damaged content next to the state."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the lock; raise `PlanError` if another process holds it."""
        ...

    def unlock(self) -> None:
        """Remove the lock of a process that was killed."""
        ...


@attrs.frozen(kw_only=True)
class LocalStore:
    """A file that only the user can read.

    Attributes:
        file: The file.
    """

    file: Path

    def read(self) -> bytes | None:
        """Return the content, or `None` if there is no file."""
        if not self.file.exists():
            return None
        try:
            return read_file(self.file, limit=MAX_SIZE)
        except UnreadableFileError as error:
            raise PlanError([f"the state {self} {error}"]) from None

    def write(self, content: bytes) -> None:
        """Replace the file atomically."""
        replace_file(self.file, content)

    def copy_damaged(self, content: bytes) -> None:
        """Write the content to a file of its own, named after its digest."""
        replace_file(self.file.with_name(damaged_name(self.file.name, content)), content)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold a lock that ends with the process."""
        file = self.file.with_name(f"{self.file.name}.lock")
        try:
            _make_folder(file.parent)
            stream = file.open("ab")
        except OSError as error:
            raise PlanError([f"the state {self} cannot be locked: {error.strerror}"]) from None
        with stream:
            try:
                _lock(stream)
            except OSError:
                raise PlanError(
                    [f"another process uses the state {self}: try again when it has ended"]
                ) from None
            yield

    def unlock(self) -> None:
        """Do nothing: the lock ends with its process."""

    def __str__(self) -> str:
        return str(self.file)


def replace_file(file: Path, content: bytes) -> None:
    """Replace a file atomically; only the user can read it."""
    _make_folder(file.parent)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with add_filename_to_errors(file):
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def damaged_name(name: str, content: bytes) -> str:
    """Return the name of the copy of a damaged state."""
    return f"{name}.damaged-{hashlib.sha256(content).hexdigest()[:8]}"


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
