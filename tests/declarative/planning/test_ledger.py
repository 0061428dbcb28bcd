"""Tests of the ledger."""

import json
from pathlib import Path

from warehouse_sync import Secret
from warehouse_sync.declarative import Ledger


def test_ledger_contains_no_secret(tmp_path: Path) -> None:
    """The file and the repr contain no secret and no equal fingerprints."""
    ledger = Ledger(file=tmp_path / "state" / "ledger.json")
    keys = [("connection", "a"), ("connection", "b")]
    for key in keys:
        ledger.record_secrets(key, {"config.password": Secret("canary")})
    content = json.loads(ledger.file.read_text())
    assert len(set(content["fingerprints"].values())) == 2
    assert "canary" not in ledger.file.read_text() + repr(ledger)
    assert ledger.read().matches(keys[0], "config.password", Secret("canary"))
    assert not ledger.read().matches(keys[0], "config.password", Secret("other"))
    assert not ledger.read().matches(("connection", "c"), "config.password", Secret("canary"))
    assert (ledger.file.stat().st_mode & 0o777, ledger.file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_ledger_removes_one_resource(tmp_path: Path) -> None:
    """Removing a resource keeps others whose id starts with its id."""
    ledger = Ledger(file=tmp_path / "ledger.json")
    for name in ("a", "ab"):
        ledger.record_secrets(("connection", name), {"config.password": Secret("canary")})
        ledger.record_managed(frozenset({("connection", name)}))
    ledger.remove(("connection", "a"))
    assert ledger.read().managed == {("connection", "ab")}
    assert ledger.read().is_known(("connection", "ab"), "config.password")
    assert not ledger.read().is_known(("connection", "a"), "config.password")
