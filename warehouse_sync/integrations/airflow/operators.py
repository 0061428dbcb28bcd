"""The operator: triggers a pipeline, and waits for the run."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import BaseOperator

from warehouse_sync import RunFailedError, RunHandle, WaitTimeoutError
from warehouse_sync.integrations.airflow.compat import TaskDeferralTimeout, is_deferrable_by_default
from warehouse_sync.integrations.airflow.failures import airflow_errors, run_of_event
from warehouse_sync.integrations.airflow.handle_store import HandleStore
from warehouse_sync.integrations.airflow.hooks import WarehouseSyncHook
from warehouse_sync.integrations.airflow.lineage import LineageMixin
from warehouse_sync.integrations.airflow.links import RUN_LINK_KEY, WarehouseSyncRunLink
from warehouse_sync.integrations.airflow.provider import DEFAULT_CONNECTION_ID
from warehouse_sync.integrations.airflow.triggers import WarehouseSyncRunTrigger
from warehouse_sync.integrations.runs import run_to_dict
from warehouse_sync.integrations.task_runs import run_of_task


class WarehouseSyncTriggerOperator(LineageMixin, BaseOperator):
    """Triggers a pipeline, and waits until the run has succeeded.

    Each task instance has one run at a time. Its handle is stored before the wait begins, so that a retry, a restarted worker
    or another triggerer waits for the same run. A run that failed is not waited for again: a retry triggers another.

    Returns the run as a dict (the handle, too, if it is not waited for), and pushes the XCom `handle`.

    Args:
        pipeline_id: The pipeline. Templated.
        wait_for_completion: Whether to wait for the run.
        timeout: Seconds, or a `timedelta`, to wait at most; without limit when left out. The run goes on after it.
        deferrable: Whether to wait in the triggerer; by default Airflow's `[operators] default_deferrable`.
        warehouse_sync_conn_id: The connection. Templated.
        workspace_id: The workspace, in place of the connection's. Templated.
    """

    template_fields: Sequence[str] = ("pipeline_id", "warehouse_sync_conn_id", "workspace_id")
    operator_extra_links: tuple[WarehouseSyncRunLink, ...] = (WarehouseSyncRunLink(),)
    ui_color: ClassVar[str] = "#4079fe"
    ui_fgcolor: ClassVar[str] = "#ffffff"

    def __init__(  # noqa: PLR0913 - what is triggered, and how it is waited for
        self,
        *,
        pipeline_id: str,
        wait_for_completion: bool = True,
        timeout: float | timedelta | None = None,
        deferrable: bool | None = None,
        warehouse_sync_conn_id: str = DEFAULT_CONNECTION_ID,
        workspace_id: int | str | None = None,
        **kwargs: Any,  # noqa: ANN401 - those of BaseOperator
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id
        self.wait_for_completion = wait_for_completion
        self.timeout = timeout
        self.deferrable: bool = is_deferrable_by_default() if deferrable is None else deferrable
        self.warehouse_sync_conn_id = warehouse_sync_conn_id
        self.workspace_id = workspace_id
        self.run_link: str | None = None
        self._handle: str | None = None

    def execute(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of Airflow's
        """Trigger the pipeline unless an earlier attempt did, and wait for the run."""
        store = HandleStore.of(context)
        self.run_link = ""
        with airflow_errors():
            hook = self._hook()
            settings = hook.settings()
            with hook.get_conn() as client:
                handle = self._handle = run_of_task(client, self.pipeline_id, store)
                self.run_link = settings.run_url(handle)
                context["ti"].xcom_push(key="handle", value=handle)
                context["ti"].xcom_push(key=RUN_LINK_KEY, value=self.run_link)
                self.log.info("The run of pipeline %s is %s.", self.pipeline_id, handle)
                if not self.wait_for_completion:
                    store.clear()
                    return _triggered(handle)
                if not self.deferrable:
                    return self._wait(client.runs.resume, handle, store)
        return self._defer(handle)

    def _wait(self, resume: Any, handle: str, store: HandleStore) -> dict[str, Any]:  # noqa: ANN401 - a method
        try:
            run = resume(handle, timeout=self.timeout)
        except RunFailedError:
            store.clear()
            raise
        store.clear()
        return run_to_dict(run)

    def _defer(self, handle: str) -> dict[str, Any]:
        self.defer(
            trigger=WarehouseSyncRunTrigger(handle, self.warehouse_sync_conn_id),
            method_name="execute_complete",
            timeout=None if self.timeout is None else timedelta(seconds=_seconds(self.timeout)),
        )
        raise AssertionError("defer() always raises")

    def resume_execution(
        self,
        next_method: str,
        next_kwargs: dict[str, Any] | None,
        context: Any,  # noqa: ANN401 - a mapping of Airflow's
    ) -> Any:  # noqa: ANN401 - Airflow's signature
        """Resume the task. A wait that timed out fails with an error that names the run."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout as error:
            handle = HandleStore.of(context).read().get("handle")
            if handle is None:
                raise
            with airflow_errors():
                raise _timeout_error(handle, self.timeout) from error

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a mapping of Airflow's
        """Return the run that the trigger waited for, or fail with its errors."""
        with airflow_errors():
            self.run_link = self._hook().settings().run_url(event["handle"])
        if "run" in event:
            HandleStore.of(context).clear()
        return run_of_event(event)

    def on_kill(self) -> None:
        """Log that the run goes on: the API has no call that ends one."""
        if self._handle is not None:
            self.log.warning(
                "The API cannot cancel runs: %s goes on. A retry of this task waits for it.",
                self._handle,
            )

    def _hook(self) -> WarehouseSyncHook:
        return WarehouseSyncHook(self.warehouse_sync_conn_id, workspace_id=self.workspace_id or None)

    def lineage_pipeline_id(self) -> str:
        """Return the pipeline whose tables are the task's inputs."""
        return self.pipeline_id


def _triggered(handle: str) -> dict[str, Any]:
    run = RunHandle.parse(handle)
    return {
        "pipeline_id": run.pipeline_id,
        "run_id": run.run_id,
        "workspace_id": run.workspace_id,
        "handle": handle,
    }


def _seconds(timeout: float | timedelta) -> float:
    return timeout.total_seconds() if isinstance(timeout, timedelta) else timeout


def _timeout_error(handle: str, timeout: float | timedelta | None) -> WaitTimeoutError:
    run = RunHandle.parse(handle)
    limit = "in time" if timeout is None else f"within {_seconds(timeout):g} s"
    return WaitTimeoutError(
        f"run {run.run_id} of pipeline {run.pipeline_id!r} did not end {limit}, and goes on. A retry of this task waits for it.",
        pipeline_id=run.pipeline_id,
        run_id=run.run_id,
        handle=handle,
    )
