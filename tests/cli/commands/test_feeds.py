"""`feeds`: list, show, create, update and delete."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


def create(cli: "Cli", name: str = "Warehouse", *options: str) -> str:
    """Create a feed, and return its id."""
    done = cli("feeds", "create", name, "--module-name", "Custom Feed", *options, "--json")
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["id"])


def shown(cli: "Cli", feed_id: str) -> dict[str, Any]:
    """Return a feed as `show` prints it."""
    document: dict[str, Any] = json.loads(cli("feeds", "get", feed_id, "--json").stdout)
    return document


def test_feed_is_created_listed_changed_and_deleted(cli: "Cli") -> None:
    """Each command prints its result."""
    feed_id = create(cli, "Warehouse", "--os", "iOS", "--debug")
    [row] = json.loads(cli("feeds", "list", "--json").stdout)
    assert (list(row), row["name"]) == (["id", "name", "created_on"], "Warehouse")
    assert cli("feeds", "list").stdout.split()[:3] == ["ID", "NAME", "CREATED_ON"]
    assert shown(cli, feed_id) == {
        "id": int(feed_id),
        "name": "Warehouse",
        "module_name": "Custom Feed",
        "os": "iOS",
        "is_debug": True,
        "settings": [],
    }
    assert cli("feeds", "update", feed_id, "--name", "New", "--no-debug").exit_code == 0
    changed = shown(cli, feed_id)
    assert (changed["name"], changed["os"], changed["is_debug"]) == ("New", "iOS", False)
    done = cli("feeds", "delete", feed_id, "--yes", "--json")
    assert json.loads(done.stdout) == {"id": feed_id, "deleted": True}
    done = cli("feeds", "get", feed_id)
    assert (done.exit_code, done.stdout) == (6, "")
    assert f"Feed {feed_id} was not found" in done.stderr


def test_update_without_a_field_is_refused(cli: "Cli") -> None:
    """Nothing is sent."""
    done = cli("feeds", "update", create(cli))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing to change: pass --name" in done.stderr


def test_delete_asks_first(cli: "Cli") -> None:
    """Without a terminal nothing is deleted."""
    feed_id = create(cli)
    done = cli("feeds", "delete", feed_id)
    assert (done.exit_code, done.stdout) == (16, "")
    assert "--yes" in done.stderr
    assert shown(cli, feed_id)["name"] == "Warehouse"


def test_setting_comes_from_a_reference(
    cli: "Cli", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch, warehouse_sync_emulator: "Emulator"
) -> None:
    """Its value is no argument and is not shown, and an update needs it again."""
    monkeypatch.setenv("API_KEY", "canary-key")
    (tmp_path / "type").write_text("html\n")
    feed_id = create(
        cli, "W", "--setting", "apiKey=env:API_KEY", "--setting", f"type=file:{tmp_path / 'type'}"
    )
    assert shown(cli, feed_id)["settings"] == [{"name": "apiKey"}, {"name": "type", "value": "************"}]
    done = cli("feeds", "update", feed_id, "--name", "New")
    assert done.exit_code != 0
    assert "settings[0].value: has no value" in done.stderr
    assert cli("feeds", "update", feed_id, "--name", "New", "--setting", "apiKey=env:API_KEY").exit_code == 0
    [stored] = warehouse_sync_emulator._store.workspace("5328").feeds
    assert [setting["name"] for setting in stored.document["settings"]] == ["apiKey", "type"]


@pytest.mark.parametrize("setting", ["apiKey=canary", "apiKey", "=env:API_KEY"])
def test_setting_without_a_reference_is_refused(cli: "Cli", setting: str) -> None:
    """The message does not repeat a value."""
    done = cli("feeds", "create", "W", "--module-name", "M", "--setting", setting)
    assert done.exit_code == 2
    assert "is not a setting with a reference" in done.stderr
    assert "canary" not in done.stderr


def test_unset_reference_is_named(cli: "Cli") -> None:
    """Nothing is sent."""
    done = cli("feeds", "create", "W", "--module-name", "M", "--setting", "apiKey=env:NOT_SET")
    assert done.exit_code != 0
    assert "env:NOT_SET is not set" in done.stderr
    assert json.loads(cli("feeds", "list", "--json").stdout) == []


def test_account_is_a_setting_of_a_profile(
    cli: "Cli", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the message says how to set it; an invalid one is named with its source."""
    create(cli)
    monkeypatch.delenv("WAREHOUSE_SYNC_ACCOUNT_ID")
    done = cli("feeds", "list")
    assert done.exit_code != 0
    assert "WAREHOUSE_SYNC_ACCOUNT_ID" in done.stderr
    monkeypatch.setenv("WAREHOUSE_SYNC_CONFIG", str(tmp_path / "config.toml"))
    assert cli("profiles", "create", "one", "--account", "77", "--default").exit_code == 0
    assert len(json.loads(cli("feeds", "list", "--json").stdout)) == 1
    (tmp_path / "config.toml").write_text('[profiles.one]\naccount_id = "x"\n')
    done = cli("feeds", "list", "--profile", "one")
    assert "account_id of profile 'one'" in done.stderr


def test_plan_of_declared_feeds_needs_an_account(
    cli: "Cli", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files with feeds are planned and applied; files without any need no account."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "feeds.yaml").write_text("kind: feed\nname: Web\nmodule_name: Custom Feed\n")
    assert "+ create feed Web" in cli("plan", folder).stdout
    done = cli("apply", folder, "--yes")
    assert "done: create feed Web" in done.stderr
    assert "No changes" in cli("plan", folder).stdout
    assert "feed" in cli("state", "list", folder).stdout
    assert cli("export", tmp_path / "out", "--kind", "feed").exit_code == 0
    assert (tmp_path / "out" / "feeds" / "Web.yaml").exists()
    monkeypatch.delenv("WAREHOUSE_SYNC_ACCOUNT_ID")
    done = cli("plan", folder)
    assert done.exit_code != 0
    assert "WAREHOUSE_SYNC_ACCOUNT_ID" in done.stderr
    assert cli("export", tmp_path / "other").exit_code == 0
