"""Tests of secret references."""

from pathlib import Path

import pytest

from warehouse_sync.declarative.files.secret_references import (
    UnresolvedReferenceError,
    parse_secret_reference,
)


def reveal(text: str, folder: Path, **environ: str) -> str:
    """Resolve a reference and reveal the value."""
    reference = parse_secret_reference(text, folder)
    assert reference is not None
    return reference.resolve(environ).reveal()


def test_environment_variable_is_resolved(tmp_path: Path) -> None:
    """A variable is used unchanged; a missing or empty one is an error that names it."""
    assert reveal("env:NAME", tmp_path, NAME=" canary ") == " canary "
    with pytest.raises(UnresolvedReferenceError, match="env:NAME is not set"):
        reveal("env:NAME", tmp_path)
    with pytest.raises(UnresolvedReferenceError, match="env:NAME is empty"):
        reveal("env:NAME", tmp_path, NAME="")


def test_file_is_resolved(tmp_path: Path) -> None:
    """The content of a file is used without the line ending at its end."""
    (tmp_path / "key.json").write_text('{\n  "key": "canary"\n}\n')
    assert reveal("file:key.json", tmp_path) == '{\n  "key": "canary"\n}'
    assert reveal(f"file:{tmp_path / 'key.json'}", Path("/")) == reveal("file:key.json", tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "is not UTF-8"),
        (b"x" * 100_001, "is larger than 100,000 bytes"),
    ],
)
def test_unusable_file_is_an_error(content: bytes | None, reason: str, tmp_path: Path) -> None:
    """A missing, empty, too large or not UTF-8 file is an error with the reason."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(UnresolvedReferenceError, match=f"file:key {reason}"):
        reveal("file:key", tmp_path)


@pytest.mark.parametrize("path", ["~no-such-user/key", "a\0b"])
def test_invalid_path_is_an_error(path: str, tmp_path: Path) -> None:
    """An unknown home folder or an invalid path is an error."""
    with pytest.raises(UnresolvedReferenceError, match="file:"):
        reveal(f"file:{path}", tmp_path)


@pytest.mark.parametrize(
    "text", ["", "env:", "env:1A", "env:A B", "file:", "file: ", "canary", "vault:a", "ENV:A"]
)
def test_other_text_is_not_a_reference(text: str, tmp_path: Path) -> None:
    """Other text, which can be a secret, is not a reference."""
    assert parse_secret_reference(text, tmp_path) is None
