"""Files that only their owner can read, in a directory that only its owner can enter.

Everything goes through a descriptor of the directory, checked once it is open, so nothing can be put in its place between
the check and the use. What a stranger could have made or can read is refused with `PermissionError`.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

if sys.platform != "win32":  # pragma: no branch - so is all that is done here
    import fcntl

LARGEST: Final = 64 * 1024  # bytes; no token comes near
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def read(directory: Path, name: str) -> bytes:
    """Read a file.

    Raises:
        OSError: It is not there, or cannot be read.
        PermissionError: It, or the directory, is not the user's alone.
    """
    with _opened(directory) as folder:
        # O_NONBLOCK: a pipe in the file's place must not hold us up.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            _check(descriptor, stat.S_IFREG, directory / name)
            return file.read(LARGEST)


def replace(directory: Path, name: str, content: bytes) -> None:
    """Replace a file, whole or not at all. The caller holds its lock.

    Raises:
        OSError: It cannot be written.
        PermissionError: The directory is not the user's alone.
    """
    temporary = f"{name}.new"
    with _opened(directory) as folder:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)  # of a process that was killed: the lock is ours now
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


class FileLock:
    """A lock between processes, which dies with the process that holds it.

    Raises:
        OSError: Its file cannot be opened.
        PermissionError: It, or the directory, is not the user's alone.
    """

    _descriptor = -1

    def __init__(self, directory: Path, name: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with _opened(directory) as folder:
            self._descriptor = os.open(name, flags, 0o600, dir_fd=folder)
        try:
            _check(self._descriptor, stat.S_IFREG, directory / name)
        except OSError:
            self.close()
            raise

    def try_acquire(self) -> bool:
        """Take the lock, unless another holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing would not do if a forked child has inherited it
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()  # a cancelled caller leaves the thread that opened it with nobody to hand it to


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """Open the directory, which is made if it is not there."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check(descriptor, stat.S_IFDIR, directory)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(descriptor: int, kind: int, path: Path) -> None:
    status = os.fstat(descriptor)
    if stat.S_IFMT(status.st_mode) != kind:
        raise PermissionError(f"{path} is not a plain file")
    if status.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user")
    if status.st_mode & _OTHERS:
        raise PermissionError(f"{path} is open to other users: chmod go-rwx it")
