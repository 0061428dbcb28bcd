"""Files that only their owner can read: what is refused and why, and what a killed process may leave."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse_sync.transport.token_cache import MAX_FILE_SIZE, FileLock, read_file, replace_file

Harm = Callable[[Path, pytest.MonkeyPatch], None]


def loosen(path: Path, _: pytest.MonkeyPatch) -> None:
    """Let others read it."""
    path.chmod(0o604)


def make_special(path: Path, _: pytest.MonkeyPatch) -> None:
    """Put a pipe in its place."""
    path.unlink()
    os.mkfifo(path, 0o600)


def give_away(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it somebody else's, with the directory."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


@pytest.mark.parametrize("opening", [read_file, FileLock])
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (loosen, "{path} is accessible to other users: run chmod go-rwx on it"),
        (make_special, "{path} is not a regular file"),
        (give_away, "{folder} belongs to another user"),
    ],
)
def test_file_that_is_unsafe_is_refused_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Harm,
    said: str,
    opening: Callable[[Path, str], object],
) -> None:
    """The error says which file it is, what is wrong with it, and what mends it."""
    folder = tmp_path / "tokens"
    replace_file(folder, "t", b"secret")
    harm(folder / "t", monkeypatch)
    with pytest.raises(PermissionError) as caught:
        opening(folder, "t")
    assert str(caught.value) == said.format(path=folder / "t", folder=folder)


@pytest.mark.parametrize("opening", [read_file, FileLock])
def test_file_of_another_user_in_ones_own_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: Callable[[Path, str], object]
) -> None:
    """It is the file's own owner that counts, too, and not the directory's alone."""
    folder, real = tmp_path / "tokens", os.fstat
    replace_file(folder, "t", b"secret")

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        return os.stat_result((*status[:4], 12345, *status[5:])) if stat.S_ISREG(status.st_mode) else status

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(PermissionError) as caught:
        opening(folder, "t")
    assert str(caught.value) == f"{folder / 't'} belongs to another user"


def test_read_takes_no_more_than_a_token_can_need(tmp_path: Path) -> None:
    """A file that somebody has filled does not fill the memory."""
    replace_file(tmp_path / "tokens", "t", b"x" * (MAX_FILE_SIZE + 1))
    assert len(read_file(tmp_path / "tokens", "t")) == MAX_FILE_SIZE


def test_replace_clears_away_what_a_killed_process_left(tmp_path: Path) -> None:
    """Half a file of a process that died in the middle of writing holds nobody up."""
    folder = tmp_path / "tokens"
    replace_file(folder, "t", b"first")
    (folder / "t.new").write_bytes(b"ha")
    replace_file(folder, "t", b"second")
    assert read_file(folder, "t") == b"second"
    assert [path.name for path in folder.iterdir()] == ["t"]


def test_replace_never_writes_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that appears where the new file is about to be made is an error, and what it points to stays as it is."""
    folder, elsewhere = tmp_path / "tokens", tmp_path / "elsewhere"
    replace_file(folder, "t", b"first")
    elsewhere.write_bytes(b"mine")
    (folder / "t.new").symlink_to(elsewhere)
    monkeypatch.setattr(os, "unlink", lambda *_, **__: None)
    with pytest.raises(FileExistsError):
        replace_file(folder, "t", b"second")
    assert elsewhere.read_bytes() == b"mine"
