"""References to secrets: `env:NAME` and `file:PATH`."""

import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from warehouse_sync import Secret, WarehouseSyncError
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_FILE = re.compile(r"file:(\S(?:.*\S)?)")
_MAX_SIZE = 100_000  # bytes; a BigQuery key has about 2,300


class UnresolvedReferenceError(WarehouseSyncError):
    """A reference has no value; the message names the reference and says why."""


@attrs.frozen(kw_only=True)
class SecretReference:
    """A reference to a secret.

    Attributes:
        text: The text in the file, such as `env:PASSWORD`.
        folder: The folder to which a `file:` path is relative.
    """

    text: str
    folder: Path

    def resolve(self, environ: Mapping[str, str]) -> Secret:
        """Return the secret.

        Raises:
            UnresolvedReferenceError: The variable or the file is missing, empty or cannot be used.
        """
        value = self._variable(environ) if self.text.startswith("env:") else self._file_content()
        if not value:
            raise UnresolvedReferenceError(f"{self} is empty")
        return Secret(value)

    def problem(self, environ: Mapping[str, str]) -> str | None:
        """Return why the reference has no value, or `None` if it has one."""
        try:
            self.resolve(environ)
        except UnresolvedReferenceError as error:
            return str(error)
        return None

    def _variable(self, environ: Mapping[str, str]) -> str:
        try:
            return environ[self.text.removeprefix("env:")]
        except KeyError:
            raise UnresolvedReferenceError(f"{self} is not set") from None

    def _file_content(self) -> str:
        try:
            file = self.folder / Path(self.text.removeprefix("file:")).expanduser()
            return read_file(file, limit=_MAX_SIZE).decode("utf-8").rstrip("\r\n")
        except UnreadableFileError as error:
            raise UnresolvedReferenceError(f"{self} {error}") from None
        except UnicodeDecodeError:
            raise UnresolvedReferenceError(f"{self} is not UTF-8") from None
        except RuntimeError:
            raise UnresolvedReferenceError(f"{self} is in an unknown home folder") from None

    def __str__(self) -> str:
        return self.text


def parse_secret_reference(text: str, folder: Path) -> SecretReference | None:
    """Return the reference in a text, or `None` for other text, which can be a secret."""
    return SecretReference(text=text, folder=folder) if is_secret_reference(text) else None


def is_secret_reference(text: str) -> bool:
    """Return whether a text is a reference to a secret."""
    return bool(_ENV.fullmatch(text) or _FILE.fullmatch(text))
