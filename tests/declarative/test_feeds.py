"""Feeds in files: identified by name, because the API assigns their ids."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs
import pytest

from warehouse_sync import AsyncClient, ConfigurationError, FeedSetting, FeedSpec
from warehouse_sync.declarative import (
    InvalidFilesError,
    LocalStore,
    Options,
    Plan,
    PlanError,
    StateFile,
    apply_plan,
    export_documents,
    json_schema,
    lint_files,
    load,
    make_plan,
    needed_variables,
    needs_feeds,
    read_snapshot,
    write_files,
)
from warehouse_sync.declarative.planning.state import Ownership

WAREHOUSE: dict[str, Any] = {"module_name": "Custom Feed", "name": "Warehouse / EU"}
KEY = {"name": "apiKey", "value": "env:API_KEY"}
ENVIRON = {"API_KEY": "canary-key"}


@pytest.fixture
def client(warehouse_sync_client: AsyncClient) -> AsyncClient:
    """A client of an emulator."""
    return warehouse_sync_client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files."""
    folder = tmp_path / "infra"
    folder.mkdir()
    return folder


def declare(folder: Path, *feeds: dict[str, Any]) -> None:
    """Replace the declared feeds; a data model keeps the folder from being empty."""
    model = {"id": "m", "name": "M", "sql_query": "SELECT 1"}
    (folder / "all.json").write_text(json.dumps({"feeds": list(feeds), "data_models": [model]}))


def state_file(folder: Path) -> StateFile:
    """Return the state of a folder."""
    return StateFile(
        store=LocalStore(file=folder.parent / "state.json"), owner="tests", key_file=folder.parent / "key"
    )


async def plan_of(
    client: AsyncClient, folder: Path, environ: dict[str, str] = ENVIRON, **options: Any
) -> Plan:
    """Make a plan."""
    declarations, state = load(folder), state_file(folder).read()
    snapshot = await read_snapshot(client, feeds=needs_feeds(declarations, state))
    return make_plan(declarations, snapshot, state, environ=environ, options=Options(**options))


async def apply(
    client: AsyncClient, folder: Path, environ: dict[str, str] = ENVIRON, **options: Any
) -> list[str]:
    """Apply a plan, and return its changes of feeds."""
    plan = await plan_of(client, folder, environ, **options)
    outcomes = [each async for each in apply_plan(client, plan, state_file(folder), environ)]
    assert [each.error for each in outcomes if each.error is not None] == []
    applied = [each.change for each in outcomes]
    return [f"{each.action} {each.id}" for each in applied if each.kind.name == "feed"]


async def test_feed_is_created_updated_and_pruned(client: AsyncClient, folder: Path) -> None:
    """A feed keeps its number when its fields change, and is deleted when it is no longer declared."""
    declare(folder, WAREHOUSE)
    assert await apply(client, folder) == ["create Warehouse / EU"]
    assert not (await plan_of(client, folder)).steps
    [created] = await client.feeds.list()
    declare(folder, {**WAREHOUSE, "is_debug": True, "os": "iOS"})
    [change] = (await plan_of(client, folder)).steps
    assert [attrs.astuple(each) for each in change.differences] == [
        ("os", "Unknown", "iOS"),
        ("is_debug", False, True),
    ]
    assert await apply(client, folder) == ["update Warehouse / EU"]
    updated = await client.feeds.get(created)
    assert (updated.id, updated.os, updated.is_debug) == (created.id, "iOS", True)
    declare(folder)
    assert not (await plan_of(client, folder)).steps
    assert await apply(client, folder, prune=True) == ["delete Warehouse / EU"]
    assert await client.feeds.list() == []
    assert not needs_feeds(load(folder), state_file(folder).read())


def rename(folder: Path, old: str, new: str) -> None:
    """Declare that a feed has another name."""
    moved = [{"kind": "feed", "from": old, "to": new}]
    (folder / "moved.json").write_text(json.dumps({"moved": moved}))


async def test_moved_feed_is_renamed(client: AsyncClient, folder: Path) -> None:
    """It keeps its id, and is neither created nor deleted."""
    declare(folder, {**WAREHOUSE, "settings": [KEY]})
    await apply(client, folder)
    [created] = await client.feeds.list()
    declare(folder, {**WAREHOUSE, "name": "EU", "settings": [KEY]})
    rename(folder, "Warehouse / EU", "EU")
    plan = await plan_of(client, folder)
    assert "Renamed: feed Warehouse / EU becomes EU, and keeps its id." in plan.notes
    [change] = plan.steps
    assert ("name", "Warehouse / EU", "EU") in [attrs.astuple(each) for each in change.differences]
    assert await apply(client, folder, prune=True) == ["update EU"]
    assert [(feed.id, feed.name) for feed in await client.feeds.list()] == [(created.id, "EU")]
    assert state_file(folder).read().managed == {("feed", "EU"), ("data_model", "m")}
    again = await plan_of(client, folder)
    assert not again.steps
    assert not again.changes[-1].notes  # the fingerprint of the setting is known
    assert not any("Renamed" in note for note in again.notes)


async def test_moved_feed_is_never_deleted_for_another(client: AsyncClient, folder: Path) -> None:
    """A feed that has the new name already, or that other files manage, stays as it is."""
    declare(folder, WAREHOUSE)
    await apply(client, folder)
    await client.feeds.create(FeedSpec(module_name="Custom Feed", name="EU"))
    declare(folder, {**WAREHOUSE, "name": "EU"})
    rename(folder, "Warehouse / EU", "EU")
    plan = await plan_of(client, folder)
    assert "Moved to EU, but not renamed, because EU exists: feed Warehouse / EU." in plan.notes
    assert await apply(client, folder) == []
    assert len(await client.feeds.list()) == 2


async def test_moved_feed_that_other_files_declare_is_not_renamed(client: AsyncClient, folder: Path) -> None:
    """They would create it again."""
    declare(folder, WAREHOUSE)
    await apply(client, folder)
    file = state_file(folder)
    with file.lock():
        state = file.read()
        state.ownership["feed", WAREHOUSE["name"]] = Ownership("tests", ("others",))
        file.save(state)
    declare(folder, {**WAREHOUSE, "name": "EU"})
    rename(folder, "Warehouse / EU", "EU")
    plan = await plan_of(client, folder)
    said = "Moved to EU, but not renamed, because other files still declare it: feed Warehouse / EU."
    assert said in plan.notes
    assert await apply(client, folder, prune=True) == ["create EU"]
    assert sorted(feed.name for feed in await client.feeds.list()) == ["EU", "Warehouse / EU"]


async def test_moved_feed_of_other_files_is_kept(client: AsyncClient, folder: Path) -> None:
    """A feed that these files do not manage is not renamed."""
    own = {**WAREHOUSE, "name": "Own"}
    declare(folder, own)
    await apply(client, folder)
    await client.feeds.create(FeedSpec(**WAREHOUSE))
    declare(folder, own, {**WAREHOUSE, "name": "EU"})
    rename(folder, "Warehouse / EU", "EU")
    assert await apply(client, folder) == ["create EU"]
    assert sorted(feed.name for feed in await client.feeds.list()) == ["EU", "Own", "Warehouse / EU"]


async def test_moved_feed_is_not_created_again_without_a_state(client: AsyncClient, folder: Path) -> None:
    """Without the state it is unknown who manages the feed, and a second one would have another id."""
    await client.feeds.create(FeedSpec(**WAREHOUSE))
    declare(folder, {**WAREHOUSE, "name": "EU"})
    rename(folder, "Warehouse / EU", "EU")
    with pytest.raises(PlanError, match="share the state"):
        await apply(client, folder)
    assert [feed.name for feed in await client.feeds.list()] == ["Warehouse / EU"]


async def test_other_feeds_are_left_alone(client: AsyncClient, folder: Path) -> None:
    """An existing feed with another name is unmanaged, and is not deleted."""
    await client.feeds.create(FeedSpec(module_name="MailChimp", name="Theirs"))
    declare(folder, WAREHOUSE)
    await apply(client, folder)
    declare(folder)
    plan = await plan_of(client, folder, prune=True)
    assert plan.unmanaged == (("feed", "Theirs"),)
    await apply(client, folder, prune=True)
    assert [feed.name for feed in await client.feeds.list()] == ["Theirs"]


async def test_existing_feed_is_taken_over_by_its_name(client: AsyncClient, folder: Path) -> None:
    """It is not created again."""
    there = await client.feeds.create(FeedSpec(**WAREHOUSE))
    declare(folder, WAREHOUSE)
    plan = await plan_of(client, folder)
    assert "apply makes these files manage: feed Warehouse / EU" in plan.notes[0]
    assert await apply(client, folder) == []
    assert [feed.id for feed in await client.feeds.list()] == [there.id]


async def test_setting_is_sent_and_compared_by_fingerprint(client: AsyncClient, folder: Path) -> None:
    """The API does not return a secret setting, and plans do not show it."""
    declare(folder, {**WAREHOUSE, "settings": [KEY]})
    assert await apply(client, folder) == ["create Warehouse / EU"]
    assert "canary" not in (folder.parent / "state.json").read_text()
    assert not (await plan_of(client, folder)).steps
    changed = await plan_of(client, folder, {"API_KEY": "canary-other"})
    [change] = changed.steps
    assert [attrs.astuple(each) for each in change.differences] == [
        ("settings[0].value", "(secret)", "(secret)")
    ]
    assert "canary" not in repr(changed)
    unset = await plan_of(client, folder, {})
    assert not unset.steps
    assert "env:API_KEY is not set, so a change cannot be detected" in unset.changes[-1].notes[0]
    rotate = frozenset({WAREHOUSE["name"]})
    assert await apply(client, folder, rotate=rotate) == ["update Warehouse / EU"]


async def test_setting_that_the_api_returns_is_compared_by_value(client: AsyncClient, folder: Path) -> None:
    """A plain setting needs no fingerprint, a new one is sent, and others are left alone."""
    settings = [FeedSetting(name="emailType", value="html"), FeedSetting(name="other", value="x")]
    await client.feeds.create(FeedSpec(**WAREHOUSE, settings=settings))
    declare(folder, {**WAREHOUSE, "settings": [{"name": "emailType", "value": "env:TYPE"}]})
    await apply(client, folder, {"TYPE": "html"})
    assert not (await plan_of(client, folder, {"TYPE": "html"})).steps
    assert (await plan_of(client, folder, {"TYPE": "text"})).steps
    declare(folder, {**WAREHOUSE, "settings": [{"name": "listId", "value": "env:TYPE"}]})
    assert await apply(client, folder, {"TYPE": "html"}) == ["update Warehouse / EU"]


async def test_feeds_with_the_same_name_block_a_change(client: AsyncClient, folder: Path) -> None:
    """The files cannot say which one they mean; without a change nothing is wrong."""
    ids = [(await client.feeds.create(FeedSpec(**WAREHOUSE))).id for _ in range(2)]
    declare(folder, WAREHOUSE)
    assert not (await plan_of(client, folder)).blockers
    declare(folder, {**WAREHOUSE, "os": "iOS"})
    said = f"several feeds have the name 'Warehouse / EU' \\(ids {ids[0]}, {ids[1]}\\): rename or delete all but one"
    with pytest.raises(PlanError, match=said):
        await apply(client, folder)
    files, skipped = export_documents(await read_snapshot(client, feeds=True))
    assert not any(name.startswith("feeds/") for name in files)
    assert skipped == ["feed Warehouse / EU: skipped, because several feeds have this name"]


async def test_exported_feeds_plan_empty(client: AsyncClient, folder: Path) -> None:
    """Values of settings become references to variables."""
    setting = FeedSetting(name="apiKey", value="canary-key")
    await client.feeds.create(FeedSpec(**WAREHOUSE, settings=[setting], is_debug=True))
    await client.feeds.create(FeedSpec(module_name="MailChimp", name="Plain ${var.x}"))
    files, skipped = export_documents(await read_snapshot(client, feeds=True))
    assert not skipped
    write_files(folder, files, force=True)
    text = files["feeds/Warehouse___EU.yaml"]
    assert text.splitlines()[1:] == [
        "kind: feed",
        "module_name: Custom Feed",
        "name: Warehouse / EU",
        "os: Unknown",
        "is_debug: true",
        "settings:",
        "  - name: apiKey",
        "    value: env:WAREHOUSE___EU_APIKEY",
    ]
    assert needed_variables(files) == ["WAREHOUSE___EU_APIKEY"]
    assert "canary" not in "".join(files.values())
    assert not (await plan_of(client, folder, {"WAREHOUSE___EU_APIKEY": "canary-key"})).steps


async def test_feeds_are_read_only_if_they_are_needed(client: AsyncClient, folder: Path) -> None:
    """Files without feeds need no account."""
    options: dict[str, Any] = {
        "workspace_id": client.workspace_id,
        "client_id": "emu_client",
        "client_secret": "emu_secret",
    }
    urls: dict[str, Any] = {
        "api_url": str(client._sender.base_url),
        "token_url": f"{client._sender.base_url}/oauth/token",
    }
    async with AsyncClient(**options, **urls) as without_account:
        declare(folder)
        assert (await plan_of(without_account, folder)).steps
        declare(folder, WAREHOUSE)
        with pytest.raises(ConfigurationError, match="WAREHOUSE_SYNC_ACCOUNT_ID"):
            await plan_of(without_account, folder)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"name": "N"}, "feeds.N.module_name: is required"),
        ({"module_name": "M"}, "feeds.0.name: is required"),
        ({"module_name": "M", "name": ""}, "feeds.0.name: must not be empty"),
        ({**WAREHOUSE, "id": "7"}, "id: is not a known field"),
        ({**WAREHOUSE, "is_debug": "yes"}, "is_debug: must be true or false, not a string"),
        (
            {**WAREHOUSE, "settings": [{"name": "apiKey", "value": "hunter2"}]},
            "settings[0].value: is a secret, which must not be stored in this file: use env:NAME or file:PATH",
        ),
        (
            {**WAREHOUSE, "settings": [{"name": "apiKey"}]},
            "settings[0].value: has no value, because the API returns no secrets",
        ),
        ({**WAREHOUSE, "settings": [KEY, KEY]}, "settings[1].name: 'apiKey' is set before"),
    ],
)
def test_wrong_feed_is_reported(folder: Path, feed: dict[str, Any], said: str) -> None:
    """A problem has its path, and shows no value of a setting."""
    declare(folder, feed)
    with pytest.raises(InvalidFilesError) as caught:
        load(folder)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_name_can_be_declared_once(folder: Path) -> None:
    """Two feeds of the files cannot have one name."""
    declare(folder, WAREHOUSE, {**WAREHOUSE, "os": "iOS"})
    with pytest.raises(InvalidFilesError, match="the feed 'Warehouse / EU' is already declared"):
        load(folder)


def test_schema_describes_feeds() -> None:
    """Editors know the fields, and that a value is a reference."""
    schema = jsonschema_rs.Draft202012Validator(json_schema())
    assert schema.is_valid({"feeds": [WAREHOUSE, {**WAREHOUSE, "os": "iOS", "is_debug": True}]})
    assert schema.is_valid({"kind": "feed", **WAREHOUSE, "settings": [KEY]})
    assert not schema.is_valid({"feeds": [{"name": "N"}]})
    assert schema.is_valid({"moved": [{"kind": "feed", "from": "A b", "to": "C / d"}]})
    assert not schema.is_valid({"moved": [{"kind": "data_model", "from": "A b", "to": "c"}]})
    assert not schema.is_valid({"feeds": [{**WAREHOUSE, "is_debug": "yes"}]})
    assert not schema.is_valid({"feeds": [{**WAREHOUSE, "settings": [{**KEY, "value": "hunter2"}]}]})


def test_lint_finds_nothing_wrong_with_a_feed(folder: Path) -> None:
    """A feed is not unused: pipelines name its number."""
    (folder / "feeds.json").write_text(json.dumps({"feeds": [WAREHOUSE]}))
    assert lint_files(folder, now=datetime.now(UTC)) == []
