"""Files that are written whole or not at all."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from warehouse_sync.declarative import write_atomically


def names(folder: Path) -> set[str]:
    """Return the names of everything in a folder."""
    return {each.name for each in folder.iterdir()}


def test_texts_are_written_as_utf8(tmp_path: Path) -> None:
    """Each text is in its file; a lone surrogate, which has no encoding, is an escape."""
    write_atomically({tmp_path / "a": "é → 🙂\n", tmp_path / "b": "\ud800"})
    assert (tmp_path / "a").read_text("utf-8") == "é → 🙂\n"
    assert (tmp_path / "b").read_text("utf-8") == "\\ud800"
    assert names(tmp_path) == {"a", "b"}


def test_no_file_is_written_if_one_cannot_be(tmp_path: Path) -> None:
    """If one file cannot be written the others stay as they were, without temporary files."""
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError, match="a/b") as caught:
        write_atomically({tmp_path / "a": "new", tmp_path / "c": "new", tmp_path / "a" / "b": "new"})
    assert caught.value.filename == str(tmp_path / "a" / "b")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == {"a"}


def test_folder_is_not_replaced(tmp_path: Path) -> None:
    """A folder in place of the file is an error that names it."""
    (tmp_path / "a").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_atomically({tmp_path / "a": "new"})
    assert caught.value.filename == str(tmp_path / "a")
    assert names(tmp_path) == {"a"}


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
def test_permissions_are_kept(tmp_path: Path) -> None:
    """An existing file keeps its permissions, a new one has the default ones; a private file is private."""
    for name, mode in (("a", 0o640), ("private", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    write_atomically({tmp_path / "a": "", tmp_path / "new": ""})
    write_atomically({tmp_path / "private": ""}, private=True)
    mask = os.umask(0)
    os.umask(mask)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == {"a": 0o640, "new": 0o666 & ~mask, "private": 0o600}


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks and pipes")
def test_symlink_and_pipe_stay(tmp_path: Path) -> None:
    """The target of a symlink is written, and a pipe gets the text."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_atomically({tmp_path / "link": "one", tmp_path / "pipe": "two"})
    reader.join(60)
    assert read == ["two"]
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "one"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
