"""Tests of interrupted applies."""

import itertools
import json
from pathlib import Path

import pytest

from warehouse_sync import AsyncClient
from warehouse_sync.declarative import (
    LocalStore,
    Options,
    Plan,
    PlanError,
    StalePlanError,
    State,
    StateFile,
    apply_plan,
    load,
    make_plan,
    read_snapshot,
)
from warehouse_sync.emulator import Emulator

ENVIRON = {"PASSWORD": "canary-password"}


class Killed(BaseException):
    """Simulates a killed process."""


class KillingStateFile(StateFile):
    """A state file that raises `Killed` before or after the n-th save."""

    left = 0
    before = True

    def save(self, state: State) -> None:
        """Save or raise."""
        type(self).left -= 1
        if self.left >= 0:
            super().save(state)
        elif self.before:
            raise Killed
        else:
            super().save(state)
            raise Killed


def state_file(folder: Path, cls: type[StateFile] = StateFile) -> StateFile:
    """Return the state file of a test."""
    return cls(store=LocalStore(file=folder / "state.json"), owner="tests", key_file=folder / "key")


def write(folder: Path, *, host: str, count: int) -> None:
    """Write files with connections and one data model."""
    config = {"database": "d", "host": host, "user": "u", "password": "env:PASSWORD", "aws_iam_role_arn": "a"}
    connections = [
        {"id": f"c{number}", "name": "C", "service_provider": "Redshift", "config": config}
        for number in range(count)
    ]
    model = {"id": "m", "name": "M", "sql_query": "SELECT 1"}
    (folder / "all.json").write_text(json.dumps({"connections": connections, "data_models": [model]}))


async def plan(client: AsyncClient, folder: Path, file: StateFile, environ: dict[str, str]) -> Plan:
    """Plan a folder with `prune`."""
    return make_plan(
        load(folder), await read_snapshot(client), file.read(), environ=environ, options=Options(prune=True)
    )


async def run_apply(
    client: AsyncClient,
    folder: Path,
    file: StateFile,
    environ: dict[str, str],
    *,
    killed_after: int | None = None,
) -> None:
    """Plan and apply a folder, and save after each change."""
    made = await plan(client, folder, file, environ)
    ticks = itertools.count(step=60)
    done = 0
    applied = apply_plan(client, made, file, environ, parallelism=1, clock=lambda: next(ticks))
    async for outcome in applied:
        assert outcome.error is None
        if done == killed_after:
            KillingStateFile.left, KillingStateFile.before = 0, True
            await applied.aclose()
            raise Killed
        done += 1


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", range(5))
async def test_apply_killed_at_any_save_can_be_repeated(
    step: int, *, before: bool, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """After a kill at any save, a second apply completes the changes."""
    folder, file = tmp_path / "files", state_file(tmp_path)
    folder.mkdir()
    write(folder, host="old", count=3)
    await run_apply(warehouse_sync_client, folder, file, ENVIRON)
    write(folder, host="new", count=2)
    rotated = {"PASSWORD": "canary-rotated"}
    KillingStateFile.left, KillingStateFile.before = step, before
    try:
        await run_apply(warehouse_sync_client, folder, state_file(tmp_path, KillingStateFile), rotated)
    except Killed:
        pass
    else:
        assert step > 2
    await run_apply(warehouse_sync_client, folder, file, rotated)
    assert (await plan(warehouse_sync_client, folder, file, rotated)).steps == ()
    there = (await read_snapshot(warehouse_sync_client)).models
    assert sorted(there) == [("connection", "c0"), ("connection", "c1"), ("data_model", "m")]


@pytest.mark.parametrize("changes", range(4))
async def test_first_apply_killed_after_any_change(
    changes: int, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """After a kill, the next apply creates nothing twice, deletes nothing and knows each secret."""
    folder, file = tmp_path / "files", state_file(tmp_path)
    folder.mkdir()
    write(folder, host="old", count=3)
    KillingStateFile.left, KillingStateFile.before = 99, False
    killing = state_file(tmp_path, KillingStateFile)
    with pytest.raises(Killed):
        await run_apply(warehouse_sync_client, folder, killing, ENVIRON, killed_after=changes)
    left = await plan(warehouse_sync_client, folder, file, ENVIRON)
    assert [change.action for change in left.steps] == ["create"] * (3 - changes)
    await run_apply(warehouse_sync_client, folder, file, ENVIRON)
    again = await plan(warehouse_sync_client, folder, file, ENVIRON)
    assert again.steps == ()
    assert [change.notes for change in again.changes] == [()] * 4


async def test_changes_of_one_kind_run_in_parallel(
    warehouse_sync_emulator: Emulator, warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """At most `parallelism` changes are in flight, and a failure starts no other change."""
    folder, file = tmp_path / "files", state_file(tmp_path)
    folder.mkdir()
    write(folder, host="h", count=7)
    warehouse_sync_emulator.fault("POST *connections", count=None, status=400)
    made = await plan(warehouse_sync_client, folder, file, ENVIRON)
    outcomes = [
        outcome async for outcome in apply_plan(warehouse_sync_client, made, file, ENVIRON, parallelism=3)
    ]
    assert sorted(outcome.change.id for outcome in outcomes if outcome.error) == ["c0", "c1", "c2"]
    assert len(outcomes) == 3
    kept_going = [
        outcome
        async for outcome in apply_plan(
            warehouse_sync_client,
            await plan(warehouse_sync_client, folder, file, ENVIRON),
            file,
            ENVIRON,
            parallelism=3,
            keep_going=True,
        )
    ]
    assert [outcome.change.id for outcome in kept_going if outcome.error is None] == ["m"]
    assert len(kept_going) == 8


async def test_second_apply_at_the_same_time_is_refused(
    warehouse_sync_client: AsyncClient, tmp_path: Path
) -> None:
    """While one apply holds the lock, another one fails; a plan from before a save is stale."""
    folder, file = tmp_path / "files", state_file(tmp_path)
    folder.mkdir()
    write(folder, host="h", count=2)
    made = await plan(warehouse_sync_client, folder, file, ENVIRON)
    applied = apply_plan(warehouse_sync_client, made, file, ENVIRON, parallelism=1)
    await anext(applied)
    with pytest.raises(PlanError, match="another process uses the state"):
        await anext(apply_plan(warehouse_sync_client, made, file, ENVIRON))
    async for outcome in applied:
        assert outcome.error is None
    with pytest.raises(StalePlanError, match="the state changed since the plan was made"):
        await anext(apply_plan(warehouse_sync_client, made, file, ENVIRON))
