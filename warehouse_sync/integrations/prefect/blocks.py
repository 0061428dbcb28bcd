"""The blocks: a credential, a pipeline, and a run of it."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from prefect.artifacts import acreate_table_artifact, create_table_artifact
from prefect.blocks.abstract import CredentialsBlock, JobBlock, JobRun
from prefect.context import get_run_context
from prefect.exceptions import MissingContextError
from prefect.runtime import flow_run
from pydantic import Field, SecretStr

from warehouse_sync import AsyncClient, Client, Run, RunFailedError, RunHandle, Secret
from warehouse_sync.integrations.prefect.flow_run_store import store_of
from warehouse_sync.integrations.runs import run_to_dict
from warehouse_sync.integrations.settings import DASHBOARD_URL, ClientSettings
from warehouse_sync.integrations.shared_clients import shared_client
from warehouse_sync.integrations.task_runs import RunStore, run_of_task

Owner = TypeVar("Owner")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def in_both_contexts(
    asynchronous: Callable[Concatenate[Owner, Arguments], Coroutine[Any, Any, Result]],
) -> Callable[
    [Callable[Concatenate[Owner, Arguments], Result]], Callable[Concatenate[Owner, Arguments], Any]
]:
    """Let a blocking method return a coroutine in asynchronous code.

    Args:
        asynchronous: What runs there.
    """

    def decorate(
        blocking: Callable[Concatenate[Owner, Arguments], Result],
    ) -> Callable[Concatenate[Owner, Arguments], Any]:
        @wraps(blocking)
        def method(self: Owner, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Any:  # noqa: ANN401 - either
            chosen = asynchronous if is_asynchronous() else blocking
            return chosen(self, *args, **kwargs)

        return method

    return decorate


def is_asynchronous() -> bool:
    """Return whether the caller is asynchronous.

    In a flow or a task that depends on its function; elsewhere on whether an event loop is running.
    """
    try:
        context = get_run_context()
    except MissingContextError:
        return _is_in_event_loop()
    runnable = getattr(context, "task", None) or getattr(context, "flow", None)
    return bool(getattr(runnable, "isasync", True))


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class WarehouseSyncCredentials(CredentialsBlock):
    """A credential of the Warehouse Sync API, for one workspace.

    Example:
        ```python
        from warehouse_sync.integrations.prefect import WarehouseSyncCredentials

        credentials = WarehouseSyncCredentials(workspace_id=5328, client_id="…", client_secret="…")
        credentials.save("mparticle")
        ```
    """

    _block_type_name = "mParticle Warehouse Sync Credentials"
    _block_type_slug = "warehouse-sync-credentials"
    _documentation_url = "https://github.com/warehouse-sync/warehouse-sync/blob/main/docs/prefect.md"

    workspace_id: int = Field(description="The workspace's number.")
    client_id: str = Field(description="The credential's id.")
    client_secret: SecretStr = Field(description="The credential's secret.")
    account_id: int | None = Field(default=None, description="The account's number, which only feeds need.")
    api_url: str | None = Field(default=None, description="The API's address; mParticle's when left out.")
    token_url: str | None = Field(default=None, description="The token endpoint; mParticle's when left out.")
    dashboard_url: str = Field(
        default=DASHBOARD_URL,
        description="Where links lead; may use {workspace_id}, {pipeline_id} and {run_id}.",
    )

    def settings(self) -> ClientSettings:
        """Return the settings of a client."""
        return ClientSettings(
            workspace_id=self.workspace_id,
            client_id=self.client_id,
            client_secret=Secret(self.client_secret.get_secret_value()),
            account_id=self.account_id,
            api_url=self.api_url,
            token_url=self.token_url,
            dashboard_url=self.dashboard_url,
        )

    def get_client(self, client_type: Literal["sync", "async"] = "sync") -> Client | AsyncClient:
        """Return a new client. Use it with `with` or `async with`, which closes it.

        Args:
            client_type: Which client.
        """
        options = self.settings().client_options()
        return AsyncClient(**options) if client_type == "async" else Client(**options)


class WarehouseSyncRun(JobRun[dict[str, Any]]):
    """A run of a pipeline.

    Attributes:
        handle: A short string without secrets, from which any process can wait for the run.
    """

    def __init__(self, pipeline: "WarehouseSyncPipeline", handle: str, store: RunStore) -> None:
        self.handle = handle
        self._pipeline = pipeline
        self._store = store
        self._run: Run | None = None

    async def await_for_completion(self) -> None:
        """Wait until the run has ended, in an event loop, where all waits share a client.

        Raises:
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end within the block's `timeout`. It goes on.
            WarehouseSyncError: The run cannot be waited for.
        """
        client = await shared_client(self._pipeline.credentials.settings().for_run(self.handle))
        try:
            self._run = await client.runs.resume(self.handle, timeout=self._pipeline.timeout)
        except RunFailedError as error:
            await self._aend(error.run)
            raise
        await self._aend(self._run)

    @in_both_contexts(await_for_completion)
    def wait_for_completion(self) -> None:
        """Wait until the run has ended. In asynchronous code, await the result.

        Raises:
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end within the block's `timeout`. It goes on.
            WarehouseSyncError: The run cannot be waited for.
        """
        with Client(**self._pipeline.credentials.settings().for_run(self.handle).client_options()) as client:
            try:
                self._run = client.runs.resume(self.handle, timeout=self._pipeline.timeout)
            except RunFailedError as error:
                self._end(error.run)
                raise
        self._end(self._run)

    async def afetch_result(self) -> dict[str, Any]:
        """Return the run as a dict, in asynchronous code.

        Raises:
            WarehouseSyncError: The run cannot be read.
        """
        if self._run is None:
            run = RunHandle.parse(self.handle)
            client = await shared_client(self._pipeline.credentials.settings().for_run(self.handle))
            self._run = await client.runs.get(run.pipeline_id, run.run_id)
        return run_to_dict(self._run)

    @in_both_contexts(afetch_result)
    def fetch_result(self) -> dict[str, Any]:
        """Return the run as a dict. In asynchronous code, await the result.

        Raises:
            WarehouseSyncError: The run cannot be read.
        """
        if self._run is None:
            run = RunHandle.parse(self.handle)
            with Client(
                **self._pipeline.credentials.settings().for_run(self.handle).client_options()
            ) as client:
                self._run = client.runs.get(run.pipeline_id, run.run_id)
        return run_to_dict(self._run)

    async def _aend(self, run: Run) -> None:
        if flow_run.id:
            await acreate_table_artifact(**self._artifact(run))
        await asyncio.to_thread(self._store.clear)

    def _end(self, run: Run) -> None:
        if flow_run.id:  # an artifact belongs to a flow run
            create_table_artifact(**self._artifact(run))
        self._store.clear()

    def _artifact(self, run: Run) -> dict[str, Any]:
        url = self._pipeline.credentials.settings().run_url(self.handle)
        row = run_to_dict(run)
        row["errors"] = "; ".join(row["errors"])
        key = re.sub(r"[^a-z0-9]+", "-", f"warehouse-sync-{run.pipeline_id}".lower()).strip("-")
        table = [{name: "" if value is None else value for name, value in row.items()}]
        return {"key": key, "table": table, "description": f"[Run {run.id}]({url}) of `{run.pipeline_id}`"}


class WarehouseSyncPipeline(JobBlock[dict[str, Any]]):
    """A pipeline that a flow can trigger.

    A flow run has one run of a pipeline at a time: one that was killed in its wait, and is started again, waits for the same run.

    Example:
        ```python
        from warehouse_sync.integrations.prefect import WarehouseSyncCredentials, WarehouseSyncPipeline

        pipeline = WarehouseSyncPipeline(
            credentials=WarehouseSyncCredentials.load("mparticle"), pipeline_id="customers"
        )
        pipeline.save("customers")
        ```
    """

    _block_type_name = "mParticle Warehouse Sync Pipeline"
    _block_type_slug = "warehouse-sync-pipeline"
    _documentation_url = "https://github.com/warehouse-sync/warehouse-sync/blob/main/docs/prefect.md"

    credentials: WarehouseSyncCredentials = Field(description="The credential.")
    pipeline_id: str = Field(description="The pipeline.")
    timeout: float | None = Field(
        default=None, description="Seconds to wait at most for a run; without limit when left out."
    )

    async def atrigger(self) -> WarehouseSyncRun:
        """Trigger the pipeline, in an event loop.

        Raises:
            WarehouseSyncError: The pipeline cannot be triggered, or it is unknown whether it was.
        """
        store = store_of(self.pipeline_id)
        return await asyncio.to_thread(self._trigger, store)

    @in_both_contexts(atrigger)
    def trigger(self) -> WarehouseSyncRun:
        """Trigger the pipeline. In asynchronous code, await the result.

        Raises:
            WarehouseSyncError: The pipeline cannot be triggered, or it is unknown whether it was.
        """
        return self._trigger(store_of(self.pipeline_id))

    def _trigger(self, store: RunStore) -> WarehouseSyncRun:
        with Client(**self.credentials.settings().client_options()) as client:
            handle = run_of_task(client, self.pipeline_id, store)
        self.logger.info("The run of pipeline %s is %s.", self.pipeline_id, handle)
        return WarehouseSyncRun(self, handle, store)
