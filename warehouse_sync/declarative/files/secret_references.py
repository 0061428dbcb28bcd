"""Secrets by reference: `env:NAME` and `file:PATH`. A file never holds the secret itself."""

import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from warehouse_sync import Secret

_ENV = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_FILE = re.compile(r"file:(\S(?:.*\S)?)")
_LARGEST = 100_000  # bytes; a BigQuery key has about 2,300


@attrs.frozen(kw_only=True)
class SecretReference:
    """Where a secret is.

    Attributes:
        text: As the file says it.
        folder: What a relative `file:` is relative to.
    """

    text: str
    folder: Path

    def resolve(self, environ: Mapping[str, str]) -> Secret | None:
        """Return the secret, or `None` where there is none."""
        if self.text.startswith("env:"):
            value = environ.get(self.text.removeprefix("env:"))
            return Secret(value) if value else None
        return self._read()

    def _read(self) -> Secret | None:
        file = self.folder / Path(self.text.removeprefix("file:")).expanduser()
        try:
            if file.stat().st_size > _LARGEST:
                return None
            value = file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            return None
        return Secret(value) if value else None

    def __str__(self) -> str:
        return self.text


def parse_secret_reference(text: str, folder: Path) -> SecretReference | None:
    """Return a reference, or `None` when the text is none: then it may be a secret, and must not be shown."""
    return (
        SecretReference(text=text, folder=folder) if _ENV.fullmatch(text) or _FILE.fullmatch(text) else None
    )
