"""The sensors: wait for a run, or for a pipeline's own schedule."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.triggers.base import BaseTrigger, StartTriggerArgs

from warehouse_sync import Client, RunFailedError, RunHandle, RunStatus
from warehouse_sync.integrations.airflow.compat import is_deferrable_by_default
from warehouse_sync.integrations.airflow.failures import airflow_errors, run_of_event, success_event
from warehouse_sync.integrations.airflow.freshness import latest_success, parse_datetime_text, pipeline_event
from warehouse_sync.integrations.airflow.hooks import WarehouseSyncHook
from warehouse_sync.integrations.airflow.lineage import LineageMixin
from warehouse_sync.integrations.airflow.links import WarehouseSyncRunLink
from warehouse_sync.integrations.airflow.provider import DEFAULT_CONNECTION_ID
from warehouse_sync.integrations.airflow.triggers import (
    WarehouseSyncPipelineTrigger,
    WarehouseSyncRunTrigger,
)


class _Sensor(LineageMixin, BaseSensorOperator):
    """What both sensors share: they defer to a trigger, or poll in the worker with one client.

    Args:
        deferrable: Whether to wait in the triggerer; by default Airflow's `[operators] default_deferrable`.
        start_from_trigger: Whether a deferrable sensor starts in the triggerer, without a worker before the wait. Needs Airflow
            3.3 if an argument is a template, and arguments that are strings, not the output of another task.
        end_from_trigger: Whether a deferrable sensor succeeds in the triggerer, without a worker after the wait.
        warehouse_sync_conn_id: The connection. Templated.
    """

    operator_extra_links = (WarehouseSyncRunLink(),)
    ui_color = "#bcd2ff"

    def __init__(
        self,
        *,
        deferrable: bool | None = None,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        warehouse_sync_conn_id: str = DEFAULT_CONNECTION_ID,
        **kwargs: Any,  # noqa: ANN401 - those of BaseSensorOperator
    ) -> None:
        super().__init__(**kwargs)
        self.warehouse_sync_conn_id = warehouse_sync_conn_id
        self.deferrable = is_deferrable_by_default() if deferrable is None else deferrable
        self.end_from_trigger = end_from_trigger
        self.run_link: str | None = None
        self._client: Client | None = None
        self._wants_start_from_trigger = start_from_trigger

    def _start_from_trigger(self) -> None:
        """Let the scheduler hand the task to the triggerer. Subclasses call this once their arguments are set."""
        if not (self.deferrable and self._wants_start_from_trigger):
            return
        path, arguments = self._trigger().serialize()
        if not _RENDERS and any("{{" in str(value) for value in arguments.values()):
            return  # the worker renders them, and defers then
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=path,
            trigger_kwargs=arguments,
            next_method="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )
        self.start_from_trigger = True

    def execute(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's signature
        """Defer, or poll in the worker."""
        with airflow_errors():
            self.run_link = self._known_link()
        if self.deferrable:
            self.defer(
                trigger=self._trigger(),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout),
            )
        with airflow_errors(), self._hook().get_conn() as self._client:
            return super().execute(context)

    def poke(self, context: Any) -> PokeReturnValue | bool:  # noqa: ANN401, ARG002 - Airflow's
        """Return whether the wait is over, with the run."""
        if self._client is None:
            with airflow_errors(), self._hook().get_conn() as client:
                return self._poll(client)
        with airflow_errors():
            return self._poll(self._client)

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401, ARG002 - Airflow's
        """Return the run that the trigger waited for, or fail with its errors."""
        with airflow_errors():
            self.run_link = self._link_of(event["run"]) if "run" in event else self._known_link()
        return run_of_event(event)

    def _poll(self, client: Client) -> PokeReturnValue | bool:
        event = self._event(client)
        if event is None:
            return False
        if "run" in event:
            self.run_link = self._link_of(event["run"])
        return PokeReturnValue(is_done=True, xcom_value=run_of_event(event))

    def _link_of(self, run: Mapping[str, Any]) -> str:
        settings = self._hook().settings()
        handle = RunHandle(
            workspace_id=settings.workspace_id, pipeline_id=run["pipeline_id"], run_id=run["id"]
        )
        return settings.run_url(str(handle))

    def _known_link(self) -> str:
        """Return the link of the run that is waited for, if it is known before the wait."""
        return ""

    def _event(self, client: Client) -> Mapping[str, Any] | None:
        """Return what ends the wait, or `None` to go on waiting."""
        raise NotImplementedError

    def _trigger(self) -> BaseTrigger:
        raise NotImplementedError


_RENDERS = hasattr(BaseTrigger, "render_template_fields")  # Airflow 3.3 and later


class WarehouseSyncRunSensor(_Sensor):
    """Waits until a run has succeeded. Returns the run as a dict.

    Fails with the run's errors.

    Args:
        handle: The run's handle, such as the XCom `handle` of a `WarehouseSyncTriggerOperator`. Templated.
        kwargs: `deferrable`, `start_from_trigger`, `end_from_trigger`, `warehouse_sync_conn_id`, and those of every sensor, such as `timeout` in
            seconds.
    """

    template_fields: Sequence[str] = ("handle", "warehouse_sync_conn_id")

    def __init__(self, *, handle: str, **kwargs: Any) -> None:  # noqa: ANN401 - those of the base class
        super().__init__(**kwargs)
        self.handle = handle
        self._start_from_trigger()

    def _trigger(self) -> BaseTrigger:
        return WarehouseSyncRunTrigger(
            self.handle, self.warehouse_sync_conn_id, end_from_trigger=self.end_from_trigger
        )

    def _event(self, client: Client) -> Mapping[str, Any] | None:
        handle = RunHandle.parse(self.handle)
        run = client.runs.get(handle.pipeline_id, handle.run_id)
        if not run.status.is_terminal:
            return None
        if run.status != RunStatus.SUCCESS:
            raise RunFailedError(run)
        return success_event(run)

    def _known_link(self) -> str:
        return self._hook().settings().run_url(self.handle)

    def _hook(self) -> WarehouseSyncHook:
        workspace_id = RunHandle.parse(self.handle).workspace_id
        return WarehouseSyncHook(self.warehouse_sync_conn_id, workspace_id=workspace_id)

    def lineage_pipeline_id(self) -> str:
        """Return the pipeline whose tables are the task's inputs."""
        return RunHandle.parse(self.handle).pipeline_id


class WarehouseSyncPipelineSensor(_Sensor):
    """Waits until a pipeline's own schedule has loaded everything up to a time.

    Returns the run that did, as a dict.

    Args:
        pipeline_id: The pipeline. Templated.
        since: The time that the range of a successful run must reach, in ISO 8601. Templated.
        workspace_id: The workspace, in place of the connection's. Templated.
        kwargs: `deferrable`, `start_from_trigger`, `end_from_trigger`, `warehouse_sync_conn_id`, and those of every sensor, such as `timeout` and
            `poke_interval` in seconds.
    """

    template_fields: Sequence[str] = ("pipeline_id", "since", "workspace_id", "warehouse_sync_conn_id")

    def __init__(
        self,
        *,
        pipeline_id: str,
        since: str = "{{ data_interval_end }}",
        workspace_id: int | str | None = None,
        **kwargs: Any,  # noqa: ANN401 - those of the base class
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id
        self.since = since
        self.workspace_id = workspace_id
        self._start_from_trigger()

    def _trigger(self) -> BaseTrigger:
        return WarehouseSyncPipelineTrigger(
            self.pipeline_id,
            self.since,
            self.poke_interval,
            self.warehouse_sync_conn_id,
            self.workspace_id,
            end_from_trigger=self.end_from_trigger,
        )

    def _event(self, client: Client) -> Mapping[str, Any] | None:
        report = client.pipelines.report(self.pipeline_id)
        run = latest_success(report)
        if run is None and report.latest_successful_pipeline_run_id is not None:
            run = client.runs.get(self.pipeline_id, report.latest_successful_pipeline_run_id)
        return pipeline_event(report, run, parse_datetime_text(self.since))

    def _hook(self) -> WarehouseSyncHook:
        return WarehouseSyncHook(self.warehouse_sync_conn_id, workspace_id=self.workspace_id or None)

    def lineage_pipeline_id(self) -> str:
        """Return the pipeline whose tables are the task's inputs."""
        return self.pipeline_id
