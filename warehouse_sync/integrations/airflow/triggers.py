"""Triggers: deferred tasks wait for them in the triggerer's event loop."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from warehouse_sync import WarehouseSyncError
from warehouse_sync.integrations.airflow.failures import TriggerPayload, failure_event, success_event
from warehouse_sync.integrations.airflow.freshness import latest_success, parse_datetime_text, pipeline_event
from warehouse_sync.integrations.airflow.hooks import WarehouseSyncHook
from warehouse_sync.integrations.airflow.provider import DEFAULT_CONNECTION_ID, PACKAGE
from warehouse_sync.integrations.runs import is_final


class WarehouseSyncRunTrigger(BaseTrigger):
    """Waits until a run has ended.

    All triggers of a process share one client, and so its polls and connections.

    Args:
        handle: The run's handle.
        warehouse_sync_conn_id: The connection.
        end_from_trigger: Whether a success ends the task in the triggerer, without another worker. A failure never does, so that
            the task fails with the run's errors.
    """

    def __init__(
        self,
        handle: str,
        warehouse_sync_conn_id: str = DEFAULT_CONNECTION_ID,
        *,
        end_from_trigger: bool = False,
        **kwargs: Any,  # noqa: ANN401 - those of BaseTrigger
    ) -> None:
        super().__init__(**kwargs)
        self.handle = handle
        self.warehouse_sync_conn_id = warehouse_sync_conn_id
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and its arguments: plain JSON, without secrets."""
        arguments = {
            "handle": self.handle,
            "warehouse_sync_conn_id": self.warehouse_sync_conn_id,
            "end_from_trigger": self.end_from_trigger,
        }
        return f"{PACKAGE}.triggers.WarehouseSyncRunTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event when the run has ended, or cannot be waited for."""
        yield _to_trigger_event(await self._wait(), end_task=self.end_from_trigger)

    async def _wait(self) -> TriggerPayload:
        try:
            client = await WarehouseSyncHook(self.warehouse_sync_conn_id).get_async_conn(self.handle)
            return success_event(await client.runs.resume(self.handle)) | {"handle": self.handle}
        except WarehouseSyncError as error:
            return failure_event(error) | {"handle": self.handle}

    async def on_kill(self) -> None:
        """Log that the run goes on: the API has no call that ends one."""
        self.log.warning("The API cannot cancel runs: %s goes on.", self.handle)


class WarehouseSyncPipelineTrigger(BaseTrigger):
    """Waits until a pipeline's own schedule has loaded everything up to a time.

    Args:
        pipeline_id: The pipeline.
        since: The time, in ISO 8601 with an offset.
        poke_interval: Seconds between two polls.
        warehouse_sync_conn_id: The connection.
        workspace_id: The workspace, in place of the connection's.
        end_from_trigger: Whether a success ends the task in the triggerer, without another worker.
    """

    def __init__(  # noqa: PLR0913 - what is waited for, and how
        self,
        pipeline_id: str,
        since: str,
        poke_interval: float = 60.0,
        warehouse_sync_conn_id: str = DEFAULT_CONNECTION_ID,
        workspace_id: int | str | None = None,
        *,
        end_from_trigger: bool = False,
        **kwargs: Any,  # noqa: ANN401 - those of BaseTrigger
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id
        self.since = since
        self.poke_interval = poke_interval
        self.warehouse_sync_conn_id = warehouse_sync_conn_id
        self.workspace_id = workspace_id
        self.end_from_trigger = end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class's path and its arguments: plain JSON, without secrets."""
        arguments = {
            "pipeline_id": self.pipeline_id,
            "since": self.since,
            "poke_interval": self.poke_interval,
            "warehouse_sync_conn_id": self.warehouse_sync_conn_id,
            "workspace_id": self.workspace_id,
            "end_from_trigger": self.end_from_trigger,
        }
        return f"{PACKAGE}.triggers.WarehouseSyncPipelineTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event when the pipeline has loaded everything, or is faulted."""
        while (event := await self._poll()) is None:  # noqa: ASYNC110 - polls a server, not a flag of this process
            await asyncio.sleep(self.poke_interval)
        yield _to_trigger_event(event, end_task=self.end_from_trigger)

    async def _poll(self) -> TriggerPayload | None:
        hook = WarehouseSyncHook(self.warehouse_sync_conn_id, workspace_id=self.workspace_id)
        try:
            client = await hook.get_async_conn()
            report = await client.pipelines.report(self.pipeline_id)
            run = latest_success(report)
            if run is None and report.latest_successful_pipeline_run_id is not None:
                run = await client.runs.get(self.pipeline_id, report.latest_successful_pipeline_run_id)
            return pipeline_event(report, run, parse_datetime_text(self.since))
        except WarehouseSyncError as error:
            if is_final(error):
                return failure_event(error)
            self.log.warning("The poll failed, and is repeated in %g s: %s", self.poke_interval, error)
            return None


def _to_trigger_event(event: TriggerPayload, *, end_task: bool) -> TriggerEvent:
    if end_task and event["status"] == "success":
        return TaskSuccessEvent(xcoms={"return_value": event["run"]})
    return TriggerEvent(event)
