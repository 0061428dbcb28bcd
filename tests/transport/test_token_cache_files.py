"""Private files of the token cache: what is refused, and what a killed process may leave."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse_sync.transport.token_cache import MAX_FILE_SIZE, FileLock, read_file, replace_file

Damage = Callable[[Path, pytest.MonkeyPatch], None]


def loosen(path: Path, _: pytest.MonkeyPatch) -> None:
    """Make a file readable for other users."""
    path.chmod(0o604)


def make_special(path: Path, _: pytest.MonkeyPatch) -> None:
    """Replace a file with a pipe."""
    path.unlink()
    os.mkfifo(path, 0o600)


def make_directory(path: Path, _: pytest.MonkeyPatch) -> None:
    """Replace a file with a directory."""
    path.unlink()
    path.mkdir(0o700)


def give_away(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files and directory belong to another user."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


@pytest.mark.parametrize("opening", [read_file, FileLock])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (loosen, "{path} is accessible to other users: run chmod go-rwx on it"),
        (make_special, "{path} is not a regular file"),
        (give_away, "{folder} belongs to another user"),
    ],
)
def test_file_that_is_not_private_is_rejected_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Damage,
    said: str,
    opening: Callable[[Path, str], object],
) -> None:
    """The error contains the path, the problem and the fix."""
    folder = tmp_path / "tokens"
    replace_file(folder, "t", b"secret")
    damage(folder / "t", monkeypatch)
    with pytest.raises(PermissionError) as caught:
        opening(folder, "t")
    assert str(caught.value) == said.format(path=folder / "t", folder=folder)


@pytest.mark.parametrize("opening", [read_file, FileLock])
def test_file_of_another_user_in_own_directory_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: Callable[[Path, str], object]
) -> None:
    """The owner of the file matters, not only that of the directory."""
    folder, real = tmp_path / "tokens", os.fstat
    replace_file(folder, "t", b"secret")

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        return os.stat_result((*status[:4], 12345, *status[5:])) if stat.S_ISREG(status.st_mode) else status

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(PermissionError) as caught:
        opening(folder, "t")
    assert str(caught.value) == f"{folder / 't'} belongs to another user"


def test_read_file_reads_a_limited_size(tmp_path: Path) -> None:
    """A large file does not exhaust the memory."""
    replace_file(tmp_path / "tokens", "t", b"x" * (MAX_FILE_SIZE + 1))
    assert len(read_file(tmp_path / "tokens", "t")) == MAX_FILE_SIZE


def test_replace_file_removes_leftovers_of_a_killed_process(tmp_path: Path) -> None:
    """An incomplete file of a killed process does not prevent the next write."""
    folder = tmp_path / "tokens"
    replace_file(folder, "t", b"first")
    (folder / "t.new").write_bytes(b"ha")
    replace_file(folder, "t", b"second")
    assert read_file(folder, "t") == b"second"
    assert [path.name for path in folder.iterdir()] == ["t"]


def test_replace_file_never_writes_through_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link in place of the new file is an error, and its target stays unchanged."""
    folder, elsewhere = tmp_path / "tokens", tmp_path / "elsewhere"
    replace_file(folder, "t", b"first")
    elsewhere.write_bytes(b"mine")
    (folder / "t.new").symlink_to(elsewhere)
    monkeypatch.setattr(os, "unlink", lambda *_, **__: None)
    with pytest.raises(FileExistsError):
        replace_file(folder, "t", b"second")
    assert elsewhere.read_bytes() == b"mine"


@pytest.mark.parametrize("damage", [loosen, make_special, make_directory], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("opening", [read_file, FileLock])
def test_rejected_file_leaves_no_descriptor_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: Callable[..., object], damage: Damage
) -> None:
    """Neither that of the file nor that of its folder."""
    folder = tmp_path / "tokens"
    replace_file(folder, "a", b"{}")
    damage(folder / "a", monkeypatch)
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(OSError):  # noqa: PT011 - of several kinds
            opening(folder, "a")
    assert len(list(Path("/dev/fd").iterdir())) == before
