"""`auth`, against the emulator."""

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


def test_login_status_logout(cli: "Cli") -> None:
    """`login` caches a token, `status` shows it and `logout` deletes it."""
    assert cli("auth", "status").exit_code == 5
    login = json.loads(cli("auth", "login", "--json").stdout)
    assert login["logged_in"]
    status = cli("auth", "status", "--json")
    assert status.exit_code == 0
    assert json.loads(status.stdout) == login
    assert not json.loads(cli("auth", "logout", "--json").stdout)["logged_in"]
    assert cli("auth", "status").exit_code == 5


def test_token_file_is_private(cli: "Cli", home: Path) -> None:
    """Only the owner can read the token's file and folder, and no output contains the token."""
    login = cli("auth", "login", "--json")
    [file] = (home / "cache").rglob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    token = json.loads(file.read_text())["access_token"]
    assert token not in login.output + cli("auth", "status").output


def test_commands_share_the_token(cli: "Cli", warehouse_sync_emulator: "Emulator", home: Path) -> None:
    """After a login, commands work while the token endpoint is down."""
    assert cli("auth", "login").exit_code == 0
    warehouse_sync_emulator.fault("POST /oauth/token", count=None, status=400)
    assert cli("connections", "list").exit_code == 0


def test_cache_can_be_disabled(cli: "Cli", monkeypatch: "pytest.MonkeyPatch", home: Path) -> None:
    """`WAREHOUSE_SYNC_TOKEN_CACHE=off` writes nothing to disk."""
    monkeypatch.setenv("WAREHOUSE_SYNC_TOKEN_CACHE", "off")
    assert cli("connections", "list").exit_code == 0
    assert not list(home.rglob("*.json"))


def test_refused_login_exits_with_5(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A refused credential exits with 5 and names the response and the settings, not the secret."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CLIENT_SECRET", "canary-7141")
    done = cli("auth", "login")
    assert (done.exit_code, done.stdout) == (5, "")
    assert done.stderr == (
        "Error: the token endpoint refused the credential (401). Response: The client_id or the client_secret is wrong; "
        "invalid_client. Correct WAREHOUSE_SYNC_CLIENT_ID and WAREHOUSE_SYNC_CLIENT_SECRET.\n"
    )


def test_damaged_token_file_is_ignored(cli: "Cli", home: Path) -> None:
    """A damaged token file counts as no token."""
    cli("auth", "login")
    [file] = (home / "cache").rglob("*.json")
    file.write_text("[]")
    assert cli("auth", "status").exit_code == 5


def test_login_that_cannot_save_fails(cli: "Cli", home: Path) -> None:
    """A login whose token cannot be written exits with 1 and one line with the reason."""
    (home / "cache").write_text("a file in place of the folder")
    done = cli("auth", "login", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert "the credential works, but its token is not cached: " in line
    assert "Not a directory" in line or "File exists" in line


def test_token_that_cannot_be_cached_is_one_warning(cli: "Cli", home: Path) -> None:
    """A command works without the cache and says once why it is not used; with `-q` it says nothing."""
    (home / "cache").write_text("a file in place of the folder")
    (home / "infra").mkdir()
    for command in (("connections", "list"), ("plan", home / "infra"), ("drift", home / "infra")):
        done = cli(*command)
        assert done.exit_code == 0, done.output
        warnings = [line for line in done.stderr.splitlines() if "not cached" in line]
        assert len(warnings) == 1
        assert warnings[0].startswith("Warning: tokens are not cached on disk: ")
        assert cli(*command, "-q").stderr == ""


def test_login_without_cache_fails(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A login with a disabled cache exits with 1 and names the variable."""
    monkeypatch.setenv("WAREHOUSE_SYNC_TOKEN_CACHE", "off")
    done = cli("auth", "login")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: the credential works, but its token is not cached: WAREHOUSE_SYNC_TOKEN_CACHE is `off`. "
        "Unset it to cache the token.\n"
    )


def test_commands_work_without_a_home_folder(
    cli: "Cli", monkeypatch: "pytest.MonkeyPatch", warehouse_sync_emulator: "Emulator"
) -> None:
    """Without HOME and an entry of the user database, commands work; only what needs the folder fails."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("pwd.getpwuid", _no_entry)
    assert cli("connections", "list").exit_code == 0
    assert cli("auth", "status").exit_code == 5
    assert cli("auth", "logout").exit_code == 0
    assert cli("doctor").exit_code == 0
    login = cli("auth", "login")
    assert (login.exit_code, login.stderr.splitlines()) == (
        1,
        [
            (
                "Error: the credential works, but its token is not cached: your home folder is unknown. "
                "Set HOME or XDG_CACHE_HOME."
            )
        ],
    )
    profile = cli("connections", "list", "--profile", "a")
    assert (profile.exit_code, profile.stderr.splitlines()) == (
        13,
        [
            (
                "Error: there is no profile 'a', because your home folder is unknown. "
                "Set HOME, or WAREHOUSE_SYNC_CONFIG to the path of the profile file."
            )
        ],
    )


def _no_entry(uid: int) -> object:
    raise KeyError(f"getpwuid(): uid not found: {uid}")
