"""Write files whole or not at all."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path


def write_atomically(texts: Mapping[Path, str], *, private: bool = False) -> None:
    """Write text files: all of them, or none if one cannot be written.

    Each text goes to a temporary file beside its target, which replaces the target after all texts were written. The
    target of a symlink is replaced, not the link. Pipes and devices are written to directly.

    Args:
        texts: The texts by path.
        private: Whether only the user can read the files. Otherwise a new file has the user's default permissions and an
            existing one keeps its own.

    Raises:
        OSError: A file cannot be written; its `filename` is the target.
    """
    prepared: dict[Path, Path] = {}
    try:
        for file, text in texts.items():
            with add_filename_to_errors(file):
                content = text.encode("utf-8", "backslashreplace")
                if _is_special(file):
                    file.write_bytes(content)
                else:
                    _write_beside(file.resolve(), content, prepared, private=private)
        for file, temporary in prepared.items():
            with add_filename_to_errors(file):
                temporary.replace(file)
    finally:
        for temporary in prepared.values():
            temporary.unlink(missing_ok=True)


def _write_beside(file: Path, content: bytes, prepared: dict[Path, Path], *, private: bool) -> None:
    """Write a temporary file with the permissions of the target, and add it to `prepared`."""
    temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    prepared[file] = temporary
    with os.fdopen(descriptor, "wb") as stream:
        if file.exists() and not private:
            temporary.chmod(stat.S_IMODE(file.stat().st_mode))
        stream.write(content)


def _is_special(file: Path) -> bool:
    return file.exists() and not file.is_file() and not file.is_dir()


@contextlib.contextmanager
def add_filename_to_errors(file: Path) -> Iterator[None]:
    """Put the name of a file into the errors of writing it, which lack it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
