"""Tests of reading files safely."""

import os
from pathlib import Path

import pytest

from warehouse_sync.declarative.files import read
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file

LIMIT = 10


def test_regular_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    """A file of exactly the limit is read, also through a link inside the root."""
    (tmp_path / "a").write_bytes(b"x" * LIMIT)
    (tmp_path / "link").symlink_to("a")
    assert read_file(tmp_path / "a", limit=LIMIT) == b"x" * LIMIT
    assert read_file(tmp_path / "link", limit=LIMIT, root=tmp_path) == b"x" * LIMIT


def test_stated_size_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that reports size 0 is read up to the limit and no further."""
    (tmp_path / "a").write_bytes(b"x" * 100)
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda number: os.stat_result((*real(number)[:6], 0, 0, 0, 0)))
    with pytest.raises(UnreadableFileError, match="is larger than 10 bytes"):
        read_file(tmp_path / "a", limit=LIMIT)


def test_fifo_and_device_fail_at_once(tmp_path: Path) -> None:
    """A FIFO without a writer, a device and a folder are not regular files."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero"), tmp_path):
        with pytest.raises(UnreadableFileError, match="is not a regular file"):
            read_file(path, limit=LIMIT)


def test_fifo_that_replaces_the_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO that replaces the file between check and open is not read."""
    (tmp_path / "a").write_bytes(b"x")
    os.mkfifo(tmp_path / "fifo")
    real = os.open
    monkeypatch.setattr(os, "open", lambda _path, flags: real(tmp_path / "fifo", flags))
    with pytest.raises(UnreadableFileError, match="is not a regular file"):
        read_file(tmp_path / "a", limit=LIMIT)


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "folder/outside"])
def test_link_out_of_the_root_is_not_followed(target: str, tmp_path: Path) -> None:
    """A link out of the root is an error, also through a linked folder."""
    (tmp_path / "outside").write_bytes(b"x")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(tmp_path)
    (root / "link").symlink_to(target)
    with pytest.raises(UnreadableFileError, match="is outside of the folder"):
        read_file(root / "link", limit=LIMIT, root=root)


def test_loop_and_invalid_path_are_errors(tmp_path: Path) -> None:
    """A loop of links, a dangling link and a NUL byte are errors of the file."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("none")
    for name in ("loop", "dangling", "a\0b"):
        with pytest.raises(UnreadableFileError, match="cannot be read"):
            read_file(tmp_path / name, limit=LIMIT)


def test_folder_that_replaces_the_file_leaves_no_descriptor_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The type is checked before and after the file is opened."""
    monkeypatch.setattr(read, "_check_type", lambda _: None)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(UnreadableFileError):
            read_file(tmp_path, limit=10)
    assert len(list(Path("/dev/fd").iterdir())) == before
