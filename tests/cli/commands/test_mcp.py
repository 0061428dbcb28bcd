"""`mcp` serves tools over stdin and stdout, tried with the client of the official SDK."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from warehouse_sync import AsyncClient
from warehouse_sync.cli.mcp_server import Tools
from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

READS = ["lint", "plan", "preview", "report", "runs", "status", "why_run_failed"]
FILES = {
    "connections": [
        {
            "id": "share",
            "name": "Share",
            "service_provider": "Databricks",
            "config": {"provider": "p", "schema": "s"},
        }
    ],
    "data_models": [{"id": "people", "name": "People", "sql_query": "SELECT email FROM shop.public.people"}],
    "pipelines": [
        {
            "id": "people",
            "name": "People",
            "pipeline_type": "user_attributes",
            "connection_id": "share",
            "data_model_id": "people",
            "environment": "development",
            "state": "active",
            "sync_mode": {"type": "full"},
            "schedule": {"type": "on_demand"},
        }
    ],
}
Work = Callable[[ClientSession], Awaitable[None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the server: declared files, and a warehouse of one table."""
    infra = tmp_path / "project" / "infra"
    infra.mkdir(parents=True)
    (infra / "all.json").write_text(json.dumps(FILES))
    (tmp_path / "project" / "shop").mkdir()
    (tmp_path / "project" / "shop" / "people.csv").write_text("email\nada@example.com\n")
    (tmp_path / "outside.sql").write_text("SELECT secret FROM t")
    return tmp_path / "project"


def serve(emulator: Emulator, folder: Path, work: Work, *arguments: str) -> None:
    """Start the server in a folder, and run a client."""
    settings = {
        f"WAREHOUSE_SYNC_{name.upper()}": str(value) for name, value in emulator.client_options().items()
    }
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "warehouse_sync", "mcp", *arguments],
        env={**settings, "HOME": str(folder.parent), "PATH": ""},
        cwd=folder,
    )

    async def run() -> None:
        async with stdio_client(parameters) as (reads, writes), ClientSession(reads, writes) as session:
            await session.initialize()
            await work(session)

    asyncio.run(run())


async def call(session: ClientSession, name: str, **arguments: Any) -> Any:
    """Call a tool, and return its result, or the text of its error."""
    done = await session.call_tool(name, arguments)
    text = "".join(getattr(part, "text", "") for part in done.content)
    if done.is_error:
        return f"error: {text}"
    content = done.structured_content
    return content.get("result", content) if content is not None else json.loads(text)


def test_tools_only_read_without_allow_writes(warehouse_sync_emulator: Emulator, folder: Path) -> None:
    """Without `--allow-writes` no tool changes anything; with it, the annotations say which do."""

    async def reads(session: ClientSession) -> None:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert sorted(tools) == READS
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        assert all(tool.description for tool in tools.values())
        assert (await call(session, "trigger", pipeline_id="people")).startswith("error: ")

    async def writes(session: ClientSession) -> None:
        tools = {tool.name: tool.annotations for tool in (await session.list_tools()).tools}
        assert sorted(tools) == sorted([*READS, "apply", "trigger"])
        apply, trigger = tools["apply"], tools["trigger"]
        assert apply is not None
        assert trigger is not None
        assert (apply.read_only_hint, apply.destructive_hint) == (False, True)
        assert (trigger.read_only_hint, trigger.idempotent_hint) == (False, False)

    serve(warehouse_sync_emulator, folder, reads)
    serve(warehouse_sync_emulator, folder, writes, "--allow-writes")


def test_files_are_checked_planned_and_applied(
    warehouse_sync_emulator: Emulator, folder: Path, cli: "Cli"
) -> None:
    """The tools for files give the results of the commands; only a saved plan is applied."""

    async def work(session: ClientSession) -> None:
        assert [each["code"] for each in await call(session, "lint", path="infra")] == []
        plan = await call(session, "plan", folder="infra")
        assert [each["action"] for each in plan["changes"]] == ["create"] * 3
        assert "not a saved plan" in await call(session, "apply", plan_file="infra")
        saved = await asyncio.to_thread(cli, "plan", folder / "infra", "--out", folder / "plan.json")
        assert saved.exit_code == 0
        await call(session, "apply", plan_file="plan.json")
        assert "the workspace changed" in await call(session, "apply", plan_file="plan.json")
        rows = await call(session, "preview", sql="SELECT email FROM shop.public.people", warehouse="shop")
        assert (rows[0]["column"], rows[0]["sample"]) == ("email", "ada@example.com")
        triggered = await call(session, "trigger", pipeline_id="people")
        assert triggered["run_id"] in [run["id"] for run in await call(session, "runs", pipeline_id="people")]

    serve(warehouse_sync_emulator, folder, work, "--allow-writes")


def test_state_of_the_workspace_is_shown(warehouse_sync_emulator: Emulator, folder: Path) -> None:
    """Status, report, runs, and what explains a failed run, without a secret."""
    warehouse_sync_emulator.seed(pipelines=2, runs=6, failed_every=2)

    async def work(session: ClientSession) -> None:
        rows = await call(session, "status")
        assert len(rows) == 2
        name = rows[0]["pipeline"]
        assert (await call(session, "report", pipeline_id=name))["pipeline_id"] == name
        runs = await call(session, "runs", pipeline_id=name, limit=2)
        assert len(runs) == 2
        found = await call(session, "why_run_failed", pipeline_id=name, run_id=runs[0]["id"])
        assert found["run"] == runs[0]
        latest = await call(session, "why_run_failed", pipeline_id=name)
        assert (latest["run"]["status"], latest["connection"]["status"]) == ("failed", "healthy")
        assert latest["data_model"]["config"]["sql_query"]
        failed = await call(session, "runs", pipeline_id=name, status="failed")
        assert failed[0] == latest["run"]
        assert "limit must be between" in await call(session, "runs", pipeline_id=name, limit=0)

    serve(warehouse_sync_emulator, folder, work)


def test_errors_say_what_is_wrong(warehouse_sync_emulator: Emulator, folder: Path) -> None:
    """An error of the API, of a command, and a path outside of the folder reach the client in words."""
    (folder / "infra" / "all.json").write_text("{")

    async def work(session: ClientSession) -> None:
        assert "returned 404" in await call(session, "report", pipeline_id="none")
        assert "outside of the folder of the server" in await call(session, "lint", path="../outside.sql")
        assert "cannot be read" in await call(session, "lint", path="none")
        assert "invalid JSON" in await call(session, "plan", folder="infra")
        assert [each["code"] for each in await call(session, "lint", path="infra")] == ["WS001"]
        assert "has no failed run" in await call(session, "why_run_failed", pipeline_id=pipeline)

    [pipeline] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    serve(warehouse_sync_emulator, folder, work)


def test_modules_of_the_folder_are_not_imported(warehouse_sync_emulator: Emulator, folder: Path) -> None:
    """A file named like a package is not executed."""

    async def work(session: ClientSession) -> None:
        (folder / "click.py").write_text("open('executed', 'w').close()\n")
        assert await call(session, "lint", path="infra") == []
        assert not (folder / "executed").exists()

    serve(warehouse_sync_emulator, folder, work)


def test_plan_of_files_outside_of_the_folder_is_refused(
    warehouse_sync_emulator: Emulator, folder: Path, cli: "Cli"
) -> None:
    """A saved plan in the folder does not apply files that are outside of it."""
    outside = (folder / "infra").rename(folder.parent / "infra")
    assert cli("plan", outside, "--out", folder / "plan.json").exit_code == 0

    async def work(session: ClientSession) -> None:
        assert "outside of the folder of the server" in await call(session, "apply", plan_file="plan.json")
        document = json.loads((folder / "plan.json").read_text())
        (folder / "plan.json").write_text(json.dumps({**document, "folder": 1}))
        assert "is not a plan of this release" in await call(session, "apply", plan_file="plan.json")

    serve(warehouse_sync_emulator, folder, work, "--allow-writes")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interrupt for one process")
def test_cancelled_apply_ends_by_itself(folder: Path, cli: "Cli", monkeypatch: pytest.MonkeyPatch) -> None:
    """It is interrupted, not killed, so that it removes its lock."""
    assert cli("plan", folder / "infra", "--out", folder / "plan.json").exit_code == 0
    command = folder / "command"
    command.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, time\n"
        "try:\n"
        "    pathlib.Path('lock').touch()\n"
        "    time.sleep(60)\n"
        "finally:\n"
        "    time.sleep(0.2)\n"
        "    pathlib.Path('lock').unlink()\n"
    )
    command.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(command))
    tools = Tools(client=create_autospec(AsyncClient), folder=folder)

    async def run() -> None:
        async with anyio.create_task_group() as calls:
            calls.start_soon(tools.apply, "plan.json")
            while not (folder / "lock").exists():  # noqa: ASYNC110 - another process writes it
                await anyio.sleep(0.01)
            calls.cancel_scope.cancel()

    asyncio.run(run())
    assert not (folder / "lock").exists()
