"""The standard streams: encodings, full disks, closed pipes, control characters."""

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TextIO

import click

_HANDLER = "warehouse_sync.console"
_SIMPLER = {"→": "->", "…": "..."}
_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def prepare() -> None:
    """Make the streams accept every character, also on a console that is not UTF-8."""
    codecs.register_error(_HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace the first character that an encoding lacks: by a similar one, or by its escape."""
    if isinstance(error, UnicodeEncodeError):
        simpler = _SIMPLER.get(error.object[error.start])
        if simpler is not None:
            return simpler, error.start + 1
    return codecs.backslashreplace_errors(error)


def is_unicode(stream: TextIO | None) -> bool:
    """Return whether a stream can encode every character."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf")


def write_failure(error: OSError) -> str | None:
    """Return the message for a write error of a stream, or `None` for other errors."""
    if error.filename is not None or error.errno not in _WRITE_ERRORS:
        return None
    return f"the output cannot be written: {error.strerror}."


def discard() -> None:
    """Discard unwritten output, so that Python does not fail on it again at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # also a stream that does not exist, or is closed
            with contextlib.suppress(AttributeError, OSError, ValueError):
                _redirect_to_null(stream.fileno())


def write_note(text: str) -> None:
    """Write to stderr; a note that cannot be written must not end the command."""
    try:
        click.echo(text, nl=False, err=True)
    except OSError:
        discard()


def printable(text: str) -> str:
    """Replace control characters and direction marks by spaces.

    Texts come from a server or from file names.
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def printable_lines(text: str) -> str:
    """Do the same for each line of a text."""
    return "\n".join(map(printable, text.split("\n")))


def _redirect_to_null(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
