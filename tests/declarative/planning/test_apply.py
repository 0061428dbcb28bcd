"""Tests of interrupted applies."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync import AsyncClient
from warehouse_sync.declarative import Ledger, Options, Plan, apply_plan, load, make_plan, read_snapshot

ENVIRON = {"PASSWORD": "canary-password"}


class Killed(BaseException):
    """Simulates a killed process."""


class KillingLedger(Ledger):
    """A ledger that raises `Killed` before or after the n-th write."""

    left = 0
    before = True

    def _write(self, content: Mapping[str, Any]) -> None:
        type(self).left -= 1
        if self.left >= 0:
            super()._write(content)
        elif self.before:
            raise Killed
        else:
            super()._write(content)
            raise Killed


def write(folder: Path, *, host: str, count: int) -> None:
    """Write files with connections and one data model."""
    config = {"database": "d", "host": host, "user": "u", "password": "env:PASSWORD", "aws_iam_role_arn": "a"}
    connections = [
        {"id": f"c{number}", "name": "C", "service_provider": "Redshift", "config": config}
        for number in range(count)
    ]
    model = {"id": "m", "name": "M", "sql_query": "SELECT 1"}
    (folder / "all.json").write_text(json.dumps({"connections": connections, "data_models": [model]}))


async def plan(client: AsyncClient, folder: Path, ledger: Ledger, environ: dict[str, str]) -> Plan:
    """Plan a folder with `prune`."""
    return make_plan(
        load(folder), await read_snapshot(client), ledger, environ=environ, options=Options(prune=True)
    )


async def run_apply(client: AsyncClient, folder: Path, ledger: Ledger, environ: dict[str, str]) -> None:
    """Plan and apply a folder."""
    async for _ in apply_plan(client, await plan(client, folder, ledger, environ), ledger, environ):
        pass


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", range(4))
async def test_apply_killed_at_any_write_can_be_repeated(
    step: int, *, before: bool, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """After a kill at any write, a second apply completes the changes."""
    folder, file = tmp_path / "files", tmp_path / "ledger.json"
    folder.mkdir()
    write(folder, host="old", count=3)
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    write(folder, host="new", count=2)
    rotated = {"PASSWORD": "canary-rotated"}
    KillingLedger.left, KillingLedger.before = step, before
    try:
        await run_apply(warehouse_sync_client, folder, KillingLedger(file=file), rotated)
    except Killed:
        pass
    else:
        assert step > 2
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), rotated)
    assert (await plan(warehouse_sync_client, folder, Ledger(file=file), rotated)).steps == ()
    there = (await read_snapshot(warehouse_sync_client)).models
    assert sorted(there) == [("connection", "c0"), ("connection", "c1"), ("data_model", "m")]


@pytest.mark.parametrize("step", range(8))
async def test_first_apply_killed_at_any_write(
    step: int, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """After a kill, the next apply creates nothing twice and deletes nothing."""
    folder, file = tmp_path / "files", tmp_path / "ledger.json"
    folder.mkdir()
    write(folder, host="old", count=3)
    KillingLedger.left, KillingLedger.before = step, False
    try:
        await run_apply(warehouse_sync_client, folder, KillingLedger(file=file), ENVIRON)
    except Killed:
        pass
    else:
        assert step > 6
    left = await plan(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    assert {change.action for change in left.steps} <= {"create"}
    await run_apply(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    again = await plan(warehouse_sync_client, folder, Ledger(file=file), ENVIRON)
    assert again.steps == ()
    assert [change.notes for change in again.changes] == [()] * 4
