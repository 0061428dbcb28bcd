"""An apply that dies at any step, before or after its request, is finished by the next one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync import AsyncClient, Secret
from warehouse_sync.declarative import Ledger, Options, Plan, apply_plan, load, make_plan, read_snapshot

ENVIRON = {"PASSWORD": "canary-password"}


class Dead(BaseException):
    """The process is killed."""


class DyingLedger(Ledger):
    """A ledger during whose n-th note the process dies, either before it is written or after."""

    left = 0
    before = True

    def _write(self, content: Mapping[str, Any]) -> None:
        type(self).left -= 1
        if self.left >= 0:
            super()._write(content)
        elif self.before:
            raise Dead
        else:
            super()._write(content)
            raise Dead


def write(folder: Path, *, host: str, count: int) -> None:
    """Write connections over one data model."""
    config = {"database": "d", "host": host, "user": "u", "password": "env:PASSWORD", "aws_iam_role_arn": "a"}
    connections = [
        {"id": f"c{number}", "name": "C", "service_provider": "Redshift", "config": config}
        for number in range(count)
    ]
    model = {"id": "m", "name": "M", "sql_query": "SELECT 1"}
    (folder / "all.json").write_text(json.dumps({"connections": connections, "data_models": [model]}))


async def plan(client: AsyncClient, folder: Path, ledger: Ledger, environ: dict[str, str]) -> Plan:
    """Plan what a folder says, deletes included."""
    return make_plan(
        load(folder), await read_snapshot(client), ledger, environ=environ, options=Options(prune=True)
    )


async def run_apply(client: AsyncClient, folder: Path, ledger: Ledger, environ: dict[str, str]) -> None:
    """Plan and apply what a folder says."""
    async for _ in apply_plan(client, await plan(client, folder, ledger, environ), ledger, environ):
        pass


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", range(4))
async def test_death_at_any_note(
    step: int, *, before: bool, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """Creates, updates, a rotated secret and a delete end as if nothing had happened, wherever the process dies."""
    folder, file = tmp_path / "files", tmp_path / "ledger.json"
    folder.mkdir()
    write(folder, host="old", count=3)
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    write(folder, host="new", count=2)
    rotated = {"PASSWORD": "canary-rotated"}
    DyingLedger.left, DyingLedger.before = step, before
    try:
        await run_apply(warehouse_sync_client, folder, DyingLedger(file=file), rotated)
    except Dead:
        pass
    else:
        assert step > 2
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), rotated)
    assert (await plan(warehouse_sync_client, folder, Ledger(file=file), rotated)).steps == ()
    there = (await read_snapshot(warehouse_sync_client)).models
    assert sorted(there) == [("connection", "c0"), ("connection", "c1"), ("data_model", "m")]


@pytest.mark.parametrize("step", range(8))
async def test_death_while_creating(step: int, warehouse_sync_client: AsyncClient, tmp_path: Path) -> None:
    """A first apply that dies at any note leaves nothing that the next one would create twice or delete."""
    folder, file = tmp_path / "files", tmp_path / "ledger.json"
    folder.mkdir()
    write(folder, host="old", count=3)
    DyingLedger.left, DyingLedger.before = step, False
    try:
        await run_apply(warehouse_sync_client, folder, DyingLedger(file=file), ENVIRON)
    except Dead:
        pass
    else:
        assert step > 6
    left = await plan(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    assert {change.action for change in left.steps} <= {"create"}
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    again = await plan(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    assert again.steps == ()
    assert [change.notes for change in again.changes] == [()] * 4


def test_ledger_shows_no_secret(tmp_path: Path) -> None:
    """Neither the ledger's file nor its repr holds a secret, and equal secrets have different fingerprints."""
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


def test_ledger_forgets(tmp_path: Path) -> None:
    """What is gone is forgotten, its neighbours with a longer name are not."""
    ledger = Ledger(file=tmp_path / "ledger.json")
    for name in ("a", "ab"):
        ledger.record_secrets(("connection", name), {"config.password": Secret("canary")})
        ledger.record_managed(frozenset({("connection", name)}))
    ledger.forget(("connection", "a"))
    assert ledger.read().managed == {("connection", "ab")}
    assert ledger.read().is_known(("connection", "ab"), "config.password")
    assert not ledger.read().is_known(("connection", "a"), "config.password")
