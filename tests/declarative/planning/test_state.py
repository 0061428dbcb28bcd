"""Tests of the state and of its local file."""

import json
from pathlib import Path

import pytest

from warehouse_sync import ConfigurationError, Secret
from warehouse_sync.declarative import LocalStore, StateError, StateFile

KEY = ("connection", "a")
PATH = "config.password"


def state_file(folder: Path, owner: str = "tests", key: str | None = None) -> StateFile:
    """Return the state file of a test."""
    return StateFile(
        store=LocalStore(file=folder / "state" / "state.json"),
        owner=owner,
        key_file=folder / "state" / "state.key",
        given_key=key,
    )


def content_of(folder: Path) -> str:
    """Return the saved text."""
    return (folder / "state" / "state.json").read_text()


def test_state_contains_no_secret_and_no_key(tmp_path: Path) -> None:
    """The file and the repr contain no secret, no key and no equal fingerprints; only the user can read them."""
    file = state_file(tmp_path)
    state = file.read()
    keys = [KEY, ("connection", "b")]
    for key in keys:
        state.record_secrets(key, {PATH: Secret("canary")})
    file.save(state)
    saved = content_of(tmp_path)
    assert len(set(json.loads(saved)["fingerprints"].values())) == 2
    assert "canary" not in saved + repr(state)
    assert state.key not in saved + repr(state)
    read = file.read()
    assert read.matches(keys[0], PATH, Secret("canary"))
    assert not read.matches(keys[0], PATH, Secret("other"))
    assert not read.matches(("connection", "c"), PATH, Secret("canary"))
    folder = tmp_path / "state"
    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "state.json", folder / "state.key")]
    assert modes == [0o700, 0o600, 0o600]


def test_state_removes_one_resource(tmp_path: Path) -> None:
    """Removing a resource keeps others whose id starts with its id."""
    state = state_file(tmp_path).read()
    for name in ("a", "ab"):
        state.record_secrets(("connection", name), {PATH: Secret("canary")})
        state.record_managed([("connection", name)])
    state.remove(("connection", "a"))
    assert state.managed == {("connection", "ab")}
    assert state.is_known(("connection", "ab"), PATH)
    assert not state.is_known(("connection", "a"), PATH)


def test_state_remembers_who_else_declares_a_resource(tmp_path: Path) -> None:
    """After a takeover, the earlier owner is kept until its files are applied without the resource."""
    states = [state_file(tmp_path, owner).read() for owner in ("first", "second")]
    states[0].record_created(KEY)
    states[1].ownership = states[0].ownership
    states[1].record_managed([KEY])
    assert states[1].managed == {KEY}
    assert states[0].managed == set()
    assert states[0].other_owner(KEY) == "second"
    assert states[1].ownership[KEY].others == ("first",)
    states[0].record_undeclared(frozenset({KEY}))
    assert states[1].ownership[KEY].others == ("first",)
    states[0].record_undeclared(frozenset())
    assert states[1].ownership[KEY].others == ()


def test_previous_format_is_read_and_replaced(tmp_path: Path) -> None:
    """A file of the previous format keeps its owners; its key moves to its own file."""
    file = state_file(tmp_path)
    fingerprint = "6" * 64
    previous = {
        "version": 2,
        "key": "k" * 64,
        "managed": {"connection/a": "tests"},
        "fingerprints": {"connection/a/config.password": fingerprint},
    }
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text(json.dumps(previous))
    state = file.read()
    assert state.managed == {KEY}
    assert state.missing == ""
    assert state.is_known(KEY, PATH)
    file.save(state)
    assert (tmp_path / "state" / "state.key").read_text() == "k" * 64
    assert "k" * 64 not in content_of(tmp_path)
    assert file.read().is_known(KEY, PATH)


def test_fingerprint_of_another_key_is_unknown(tmp_path: Path) -> None:
    """With another key, a secret is unknown instead of different."""
    file = state_file(tmp_path, key="a" * 32)
    state = file.read()
    state.record_secrets(KEY, {PATH: Secret("canary")})
    file.save(state)
    assert file.read().is_known(KEY, PATH)
    assert not state_file(tmp_path, key="b" * 32).read().is_known(KEY, PATH)
    assert not (tmp_path / "state" / "state.key").exists()


def test_short_fingerprint_key_is_refused(tmp_path: Path) -> None:
    """A key that can be guessed is refused without showing it."""
    with pytest.raises(ConfigurationError, match="has 5 characters: use at least 32"):
        StateFile.of(
            api_url="http://localhost",
            workspace_id=1,
            environ={"WAREHOUSE_SYNC_FINGERPRINT_KEY": "short"},
            files=tmp_path,
        )


def test_second_save_of_the_same_serial_is_refused(tmp_path: Path) -> None:
    """A state that another process saved meanwhile is not replaced."""
    file = state_file(tmp_path)
    first, second = file.read(), file.read()
    file.save(first)
    second.record_created(KEY)
    with pytest.raises(StateError, match="another process changed the state"):
        file.save(second)
    assert file.read().managed == set()
    assert file.read().serial == 1


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 4}',
        b'{"version": 3, "serial": "1", "resources": {}, "fingerprints": {}}',
        b'{"version": 3, "serial": 1, "resources": {"connection/a": {"owner": 1}}, "fingerprints": {}}',
        b'{"version": 3, "serial": 1, "resources": {"connection": {"owner": "a"}}, "fingerprints": {}}',
        b'{"version": 3, "serial": 1, "resources": {}, "fingerprints": {"a": 1}}',
    ],
)
def test_damaged_state_is_reported_and_kept(damaged: bytes, tmp_path: Path) -> None:
    """A damaged state counts as empty, says so, and is copied before it is replaced."""
    file = state_file(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_bytes(damaged)
    state = file.read()
    assert "is damaged" in state.missing
    assert "is damaged" in state.notes[0]
    file.save(state)
    [copy] = (tmp_path / "state").glob("*.damaged-*")
    assert copy.read_bytes() == damaged
    assert file.read().missing == ""
