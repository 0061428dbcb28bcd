"""The tools of `warehouse-sync mcp`.

Tools about the workspace use one client. Tools about files run the commands in a process of their own, so that their results
are those of the commands, and a plan is checked in the same way.
"""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from warehouse_sync import WarehouseSyncError, __version__, declarative
from warehouse_sync.cli.commands.status import is_failing, to_row
from warehouse_sync.cli.errors import one_line
from warehouse_sync.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient

INSTRUCTIONS = (
    "Read the state of mParticle Warehouse Sync pipelines, and check the files that declare them. "
    "Start with `status`. `why_run_failed` collects what explains a failed run. Paths are relative to the server's folder."
)
Dialect = Literal["snowflake", "bigquery", "redshift", "databricks"]
Row = dict[str, Any]
_MAX_RUNS = 200
_INTERRUPT_TIMEOUT = 60  # seconds
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=True)
_TRIGGERS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
_APPLIES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True
)
_Tool = TypeVar("_Tool", bound=Callable[..., Coroutine[Any, Any, Any]])


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The tools of a server.

    Attributes:
        client: The client of the workspace.
        folder: The folder that paths are relative to, and outside of which nothing is read.
        options: The options of the commands that choose the workspace and the credential.
        environment: The options of the commands that choose the environment of the project.
    """

    client: "AsyncClient"
    folder: Path
    options: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()

    async def status(self, *, failed_only: bool = False) -> list[Row]:
        """Show the status, the latest run and the errors of every pipeline.

        Args:
            failed_only: Whether to show only pipelines with a fault, an error or a failed latest run.
        """
        ids = [pipeline.id for pipeline in await self.client.pipelines.list()]
        rows = [
            to_row(self.client.workspace_id, polled.pipeline_id, polled.report, polled.error)
            async for polled in self.client.pipelines.reports(ids)
        ]
        return sorted(
            (row for row in rows if is_failing(row) or not failed_only), key=lambda row: str(row["pipeline"])
        )

    async def report(self, pipeline_id: str) -> Row:
        """Show the report of one pipeline.

        It has the status, the latest run, and the status of the connection and the data model.

        Args:
            pipeline_id: The id of the pipeline.
        """
        return (await self.client.pipelines.report(pipeline_id)).to_dict()

    async def runs(self, pipeline_id: str, limit: int = 20, status: str | None = None) -> list[Row]:
        """List the runs of a pipeline.

        Args:
            pipeline_id: The id of the pipeline.
            limit: The maximum number of runs, up to 200.
            status: Only runs with this status: queued, running, retrying, success, failed or stopped.
        """
        if not 1 <= limit <= _MAX_RUNS:
            raise ToolError(f"limit must be between 1 and {_MAX_RUNS}")
        found = self.client.runs.list(pipeline_id, limit=limit, status=status)
        return [run.to_dict() async for run in found]

    async def why_run_failed(self, pipeline_id: str, run_id: int | None = None) -> Row:
        """Collect what explains a failed run.

        That is its errors, the query, and the status of what the pipeline uses.

        Args:
            pipeline_id: The id of the pipeline.
            run_id: The number of the run; the latest failed one by default.
        """
        if run_id is None:
            failed = [run async for run in self.client.runs.list(pipeline_id, limit=1, status="failed")]
            if not failed:
                raise ToolError(f"pipeline {pipeline_id} has no failed run")
            run = failed[0]
        else:
            run = await self.client.runs.get(pipeline_id, run_id)
        pipeline = await self.client.pipelines.get(pipeline_id)
        model = await self.client.data_models.get(pipeline.data_model_id)
        connection = await self.client.connections.get(pipeline.connection_id)
        return {
            "run": run.to_dict(),
            "pipeline": pipeline.to_dict(),
            "data_model": model.to_dict(),
            "connection": connection.to_dict(),
        }

    async def lint(self, path: str = ".", dialect: Dialect | None = None) -> list[Row]:
        """Check files that declare pipelines, or .sql files, for errors.

        Args:
            path: A folder or a file.
            dialect: The dialect of queries whose connections are not in the files.
        """
        options = ("--dialect", dialect) if dialect else ()
        return await self._rows(
            "lint", *self.environment, *options, "--", self._inside(path), also=ExitCode.FILES_WRONG
        )

    async def preview(self, sql: str, warehouse: str, dialect: Dialect = "snowflake") -> list[Row]:
        """Show how mParticle would use each column of a query.

        The query runs on local data. Nothing is sent.

        Args:
            sql: The query.
            warehouse: A DuckDB file, or a folder of CSV and Parquet files.
            dialect: The dialect of the query.
        """
        return await self._rows(
            "preview", "--warehouse", self._inside(warehouse), "--dialect", dialect, "--", sql
        )

    async def plan(self, folder: str = ".") -> Row:
        """Show the changes that `apply` would make, without making them.

        Args:
            folder: The folder of the files.
        """
        return await self._row("plan", *self.environment, *self.options, "--", self._inside(folder))

    async def trigger(self, pipeline_id: str) -> Row:
        """Start a run of a pipeline.

        It loads data into mParticle, and cannot be cancelled.

        Args:
            pipeline_id: The id of the pipeline.
        """
        run = await self.client.pipelines.trigger(pipeline_id)
        return {"pipeline_id": pipeline_id, "run_id": run.run_id, "status": str(run.status)}

    async def apply(self, plan_file: str) -> Row:
        """Apply a saved plan.

        A person saves it with `warehouse-sync plan FOLDER --out FILE`. It is applied exactly as saved.

        Args:
            plan_file: The saved plan.
        """
        file = self._inside(plan_file)
        saved = declarative.find_plan(Path(file))
        if saved is None:
            raise ToolError(
                f"{plan_file} is not a saved plan: `warehouse-sync plan FOLDER --out FILE` writes one"
            )
        self._inside(saved.folder)
        return await self._row("apply", *self.options, "--", file)

    def _inside(self, path: str) -> str:
        """Return a path, which must exist in the folder of the server."""
        try:
            found = (self.folder / path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise ToolError(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or 'invalid path'}"
            ) from None
        if not found.is_relative_to(self.folder.resolve()):
            raise ToolError(f"{path} is outside of the folder of the server, {self.folder}")
        return str(found)

    async def _rows(self, command: str, *arguments: str, also: int = 0) -> list[Row]:
        rows: list[Row] = await self._run(command, *arguments, also=also)
        return rows

    async def _row(self, command: str, *arguments: str) -> Row:
        row: Row = await self._run(command, *arguments)
        return row

    async def _run(self, command: str, *arguments: str, also: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run a command, and return its result.

        Raises:
            ToolError: It failed; the message is what it printed.
        """
        done = await asyncio.create_subprocess_exec(
            # -P: modules in the folder of the server are not imported.
            *(sys.executable, "-P", "-m", "warehouse_sync", command, "--json", "--quiet", *arguments),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            result, messages = await done.communicate()
        finally:
            if done.returncode is None:  # the call was cancelled
                if command == "apply" and sys.platform != "win32":
                    done.send_signal(signal.SIGINT)
                    await asyncio.shield(_end(done))
                else:
                    done.kill()
                    await done.wait()
        message = messages.decode("utf-8", "replace").strip()
        if done.returncode not in (0, also):
            raise ToolError(message or f"{command} exited with {done.returncode}")
        try:
            return json.loads(result)
        except ValueError:
            raise ToolError(message or f"{command} printed no result") from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Wait until an interrupted process has removed its lock and ended; kill it if that takes too long."""
    try:
        async with asyncio.timeout(_INTERRUPT_TIMEOUT):
            await process.communicate()  # it may wait until its output is read
    except asyncio.CancelledError:  # the server ends, and cancels each task once
        await _end(process)
    except TimeoutError:
        process.kill()
        await process.wait()


def create_server(tools: Tools, *, allow_writes: bool) -> MCPServer:
    """Return the server of the tools.

    Args:
        tools: The tools.
        allow_writes: Whether `trigger` and `apply` are offered.
    """
    server = MCPServer("warehouse-sync", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    reads: tuple[Callable[..., Coroutine[Any, Any, Any]], ...] = (
        tools.status,
        tools.report,
        tools.runs,
        tools.why_run_failed,
        tools.lint,
        tools.preview,
        tools.plan,
    )
    for tool in reads:
        server.tool(annotations=_READS)(_with_tool_errors(tool))
    if allow_writes:
        server.tool(annotations=_TRIGGERS)(_with_tool_errors(tools.trigger))
        server.tool(annotations=_APPLIES)(_with_tool_errors(tools.apply))
    return server


def _with_tool_errors(tool: _Tool) -> _Tool:
    """Return a tool whose errors of the SDK reach the caller; the server hides other exceptions."""

    @wraps(tool)
    async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - arguments of any tool
        try:
            return await tool(*args, **kwargs)
        except WarehouseSyncError as error:
            raise ToolError(one_line(error)) from error

    return call  # type: ignore[return-value]  # it has the signature of the tool
