"""Read files safely: regular files only, up to a size limit, and inside a folder."""

import os
import stat
from pathlib import Path

# O_NONBLOCK: opening a FIFO that replaced the file must not wait for a writer.
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class UnreadableFileError(Exception):
    """A file cannot or must not be read; the message says why, without the path."""


def read_file(file: Path, *, limit: int, root: Path | None = None) -> bytes:
    """Return the content of a file.

    Args:
        file: The file. A symbolic link is followed.
        limit: The maximum size in bytes. At most one byte more is read, whatever size the file system reports.
        root: A folder that the file must be in after all symbolic links are resolved; `None` for any folder.

    Raises:
        UnreadableFileError: The file is not a regular file, too large, outside of `root`, or cannot be opened.
    """
    try:
        resolved = file.resolve(strict=True)
        if root is not None and not resolved.is_relative_to(root.resolve()):
            raise UnreadableFileError("is outside of the folder: move the file into the folder")
        _check_type(resolved.lstat())
        with open(resolved, "rb", opener=_open) as stream:
            _check_type(os.fstat(stream.fileno()))
            content = stream.read(limit + 1)
    except OSError as error:
        raise UnreadableFileError(f"cannot be read: {error.strerror}") from None
    except (ValueError, RuntimeError):  # a NUL byte, a loop of symbolic links before Python 3.13
        raise UnreadableFileError("cannot be read: the path is invalid") from None
    if len(content) > limit:
        raise UnreadableFileError(f"is larger than {limit:,} bytes")
    return content


def decode_text(content: bytes) -> str:
    """Return the text of a file, without a byte order mark.

    Raises:
        UnreadableFileError: The content is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFileError("is not UTF-8: save it as UTF-8") from None


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _FLAGS)


def _check_type(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFileError("is not a regular file")
