"""`profiles`: list, show and create."""

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.test_processes import on_terminal, run
from warehouse_sync.cli.profiles import add_profile

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

CANARY = "canary-secret"


@pytest.fixture
def file(home: Path) -> Path:
    """The path of the profile file, which does not exist yet."""
    return home / "config" / "warehouse-sync" / "config.toml"


def test_created_profile_works(cli: "Cli", file: Path, warehouse_sync_emulator: "Emulator") -> None:
    """A created profile is listed, shown and used; its file is private."""
    options = warehouse_sync_emulator.client_options()
    created = cli(
        "profiles", "create", "staging", "--workspace", "6000", "--client-id", options["client_id"],
        "--client-secret", "env:WAREHOUSE_SYNC_CLIENT_SECRET", "--api-url", options["api_url"],
        "--token-url", options["token_url"], "--json",
    )  # fmt: skip
    assert created.exit_code == 0, created.output
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    shown = json.loads(cli("profiles", "show", "staging", "--json").stdout)
    assert shown == json.loads(created.stdout)
    assert (shown["workspace_id"], shown["client_secret"]) == ("6000", "env:WAREHOUSE_SYNC_CLIENT_SECRET")
    [row] = json.loads(cli("profiles", "list", "--json").stdout)
    assert (row["profile"], row["default"]) == ("staging", False)
    assert cli("connections", "list", "--profile", "staging").exit_code == 0


def test_created_profile_leaves_the_others_alone(offline: "Cli", file: Path) -> None:
    """A new profile is added to the file; comments, other profiles and a symlink stay."""
    target = file.parent / "dotfiles.toml"
    file.parent.mkdir(parents=True)
    target.write_text('# mine\ndefault = "a"  # the usual\n[profiles.a]\nworkspace_id = 1  # one\n')
    file.symlink_to(target)
    assert offline("profiles", "create", "b", "--workspace", "2", "--default").exit_code == 0
    assert file.is_symlink()
    text = target.read_text()
    assert "# mine\n[profiles.a]\nworkspace_id = 1  # one\n\n[profiles.b]\nworkspace_id = 2\n" in text
    assert tomllib.loads(text)["default"] == "b"
    assert json.loads(offline("profiles", "show", "--json").stdout)["workspace_id"] == "2"


def test_existing_profile_is_not_replaced(offline: "Cli", file: Path) -> None:
    """A name in use exits with 7 and changes nothing."""
    assert offline("profiles", "create", "a", "--workspace", "1").exit_code == 0
    before = file.read_text()
    done = offline("profiles", "create", "a", "--workspace", "2")
    assert (done.exit_code, file.read_text()) == (7, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--client-id", "c", "--client-secret", CANARY], "takes env:NAME or file:PATH"),
        (["--client-id", "c"], "no terminal to prompt on"),
        (["--client-secret", "env:A"], "pass --client-id as well"),
        (["--workspace", "x"], "--workspace"),
    ],
)
def test_invalid_arguments_write_nothing(
    arguments: list[str], message: str, offline: "Cli", file: Path
) -> None:
    """Invalid arguments exit with 2; a secret on the command line is refused and not repeated."""
    done = offline("profiles", "create", "a", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert CANARY not in done.output
    assert not file.exists()


def test_invalid_name_is_refused(offline: "Cli", file: Path) -> None:
    """A name with other characters would need quotes in the file."""
    assert offline("profiles", "create", "a.b").exit_code == 2
    assert not file.exists()


def test_secret_is_prompted_for_and_masked(home: Path, file: Path) -> None:
    """On a terminal the secret is prompted for without an echo, and never shown."""
    code, shown = on_terminal(["profiles", "create", "a", "--client-id", "c"], [("Client secret:", CANARY)])
    assert code == 0
    assert CANARY not in shown
    assert tomllib.loads(file.read_text())["profiles"]["a"]["client_secret"] == CANARY
    code, shown = on_terminal(["profiles", "show", "a"])
    assert (code, CANARY in shown, "************" in shown) == (0, False, True)
    for form in ("table", "json", "yaml", "csv"):
        assert CANARY not in run("profiles", "list", "-o", form).stdout


def test_empty_list_says_how_to_create_one(offline: "Cli", file: Path) -> None:
    """Without profiles a note names the file and the command; `show` needs a name."""
    assert f"There are no profiles in {file}" in offline("profiles", "list").stderr
    assert offline("profiles", "show").exit_code == 2
    assert offline("profiles", "show", "a").exit_code == 13


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(client_id=TEXTS, url=TEXTS)
def test_every_value_reads_back(client_id: str, url: str) -> None:
    """The file that `create` writes is valid TOML with the given values."""
    file = Path(os.devnull).parent / "absent" / "config.toml"
    text = add_profile(file, "a", {"client_id": client_id, "api_url": url}, is_default=True)
    assert tomllib.loads(text) == {
        "default": "a",
        "profiles": {"a": {"client_id": client_id, "api_url": url}},
    }


@pytest.mark.parametrize(
    "text", ['"default" = "a"\n', "profiles.a = {workspace_id = 1}\n", "[profiles]\na = {workspace_id = 1}\n"]
)
def test_other_forms_are_extended_or_refused(text: str, offline: "Cli", file: Path) -> None:
    """A file in another form of TOML keeps its meaning, or is refused and left as it was."""
    file.parent.mkdir(parents=True)
    file.write_text(text)
    before = tomllib.loads(text)
    done = offline("profiles", "create", "b", "--workspace", "2", "--default")
    after = tomllib.loads(file.read_text())
    if done.exit_code == 0:
        profiles = {**before.get("profiles", {}), "b": {"workspace_id": 2}}
        assert after == {**before, "default": "b", "profiles": profiles}
    else:
        assert (done.exit_code, after) == (13, before)
