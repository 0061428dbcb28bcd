"""Secrets are found where the references say, and nowhere else."""

from pathlib import Path

import pytest

from warehouse_sync.declarative.files.secret_references import parse_secret_reference


def reveal(text: str, folder: Path, **environ: str) -> str | None:
    """The value a reference leads to."""
    reference = parse_secret_reference(text, folder)
    assert reference is not None
    secret = reference.resolve(environ)
    return None if secret is None else secret.reveal()


def test_environment(tmp_path: Path) -> None:
    """A variable's value is taken as it is; one that is missing or empty is none."""
    assert reveal("env:NAME", tmp_path, NAME=" canary ") == " canary "
    assert reveal("env:NAME", tmp_path) is None
    assert reveal("env:NAME", tmp_path, NAME="") is None


def test_file_beside_the_document(tmp_path: Path) -> None:
    """A file's text is taken without the end of its last line, also a key of many lines."""
    (tmp_path / "key.json").write_text('{\n  "key": "canary"\n}\n')
    assert reveal("file:key.json", tmp_path) == '{\n  "key": "canary"\n}'
    assert reveal(f"file:{tmp_path / 'key.json'}", Path("/")) is not None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff", b"x" * 100_001])
def test_file_without_a_secret(content: bytes | None, tmp_path: Path) -> None:
    """A file that is missing, empty, too large or not text holds no secret."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    assert reveal("file:key", tmp_path) is None


@pytest.mark.parametrize(
    "text", ["", "env:", "env:1A", "env:A B", "file:", "file: ", "canary", "vault:a", "ENV:A"]
)
def test_anything_else_is_no_reference(text: str, tmp_path: Path) -> None:
    """What may be a secret itself is not taken for a reference."""
    assert parse_secret_reference(text, tmp_path) is None
