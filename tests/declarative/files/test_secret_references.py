"""Tests of secret references."""

from pathlib import Path

import pytest

from warehouse_sync.declarative.files.secret_references import parse_secret_reference


def reveal(text: str, folder: Path, **environ: str) -> str | None:
    """Resolve a reference and reveal the value."""
    reference = parse_secret_reference(text, folder)
    assert reference is not None
    secret = reference.resolve(environ)
    return None if secret is None else secret.reveal()


def test_environment_variable_is_resolved(tmp_path: Path) -> None:
    """A variable is used unchanged; a missing or empty one resolves to `None`."""
    assert reveal("env:NAME", tmp_path, NAME=" canary ") == " canary "
    assert reveal("env:NAME", tmp_path) is None
    assert reveal("env:NAME", tmp_path, NAME="") is None


def test_file_is_resolved(tmp_path: Path) -> None:
    """The content of a file is used without the line ending at its end."""
    (tmp_path / "key.json").write_text('{\n  "key": "canary"\n}\n')
    assert reveal("file:key.json", tmp_path) == '{\n  "key": "canary"\n}'
    assert reveal(f"file:{tmp_path / 'key.json'}", Path("/")) is not None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff", b"x" * 100_001])
def test_file_without_secret_resolves_to_none(content: bytes | None, tmp_path: Path) -> None:
    """A file that is missing, empty, too large or not UTF-8 resolves to `None`."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    assert reveal("file:key", tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "env:", "env:1A", "env:A B", "file:", "file: ", "canary", "vault:a", "ENV:A"]
)
def test_other_text_is_not_a_reference(text: str, tmp_path: Path) -> None:
    """Other text, which can be a secret, is not a reference."""
    assert parse_secret_reference(text, tmp_path) is None
