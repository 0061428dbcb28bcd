"""The methods that control a running emulator: its time, its data and its faults.

The control routes under `/_emulator/` do the same over HTTP.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.control_api import advance
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.request_log import RecordedRequest, RequestLog
from warehouse_sync.emulator.resources.data_plans import Environment, add_data_plan
from warehouse_sync.emulator.resources.field_transformations import add_field_transformation
from warehouse_sync.emulator.runs.run import SIMULATED_FAILURE
from warehouse_sync.emulator.seeding import count_seeded, seed
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

_Result = TypeVar("_Result")


class EmulatorControls:
    """Controls of an emulator, for tests and for programs that start one."""

    _workspace_id: int
    _clock: Clock
    _store: Store
    _faults: ActiveFaults
    _request_log: RequestLog
    _token_endpoint: TokenEndpoint

    def now(self) -> datetime:
        """Return the emulator's time."""
        return self._clock.now()

    def advance(self, by: timedelta | str) -> datetime:
        """Advance a virtual clock, create every due run, and return the new time.

        Args:
            by: The duration, such as `"3d"`, `"90m"` or a `timedelta`.

        Raises:
            ValueError: The clock is not virtual, or the duration is invalid.
        """
        return self._write(lambda: advance(self._store, by))

    def seed(
        self,
        *,
        pipelines: int = 300,
        runs: int = 1000,
        failed_every: int = 0,
        workspace_id: int | None = None,
    ) -> list[str]:
        """Add pipelines with past runs and return their ids.

        Args:
            pipelines: How many pipelines.
            runs: How many past hourly runs each has. They take no memory until a request reads them.
            failed_every: Every how many runs one has failed, counted from the newest, which has not; 0 for none.
            workspace_id: The workspace; by default that of `client_options`.
        """
        workspace = self._workspace(workspace_id)
        return self._write(
            lambda: seed(self._store, workspace, pipelines=pipelines, runs=runs, failed_every=failed_every)
        )

    def count_seeded(self) -> int:
        """Return how many seeded pipelines the workspace of `client_options` has."""
        return count_seeded(self._store, self._workspace(None))

    def add_data_plan(
        self,
        data_plan_id: str,
        *,
        version: int = 1,
        activated_environment: Environment = "production",
        workspace_id: int | None = None,
    ) -> None:
        """Add a version of a data plan, or change its environment (`"none"`: inactive)."""
        workspace, environment = self._workspace(workspace_id), activated_environment
        self._write(
            lambda: add_data_plan(
                self._store, workspace, data_plan_id, version=version, activated_environment=environment
            )
        )

    def add_field_transformation(
        self, document: Mapping[str, Any], *, workspace_id: int | None = None
    ) -> None:
        """Add a field transformation, or replace the one with its id.

        Args:
            document: The JSON that mParticle documents: `id`, `name`, `destination_type` and `mappings`.
            workspace_id: The workspace; by default that of `client_options`.

        Raises:
            ValueError: The document is invalid; the message names every invalid field.
        """
        workspace = self._workspace(workspace_id)
        try:
            self._write(lambda: add_field_transformation(self._store, workspace, dict(document)))
        except InvalidRequestError as error:
            raise ValueError(" ".join(error.messages)) from error

    def fail_next_run(
        self, pipeline_id: str, *, message: str = SIMULATED_FAILURE, workspace_id: int | None = None
    ) -> None:
        """Let the next run of a pipeline fail, which makes the pipeline faulted."""
        pipelines = self._store.workspace(self._workspace(workspace_id)).pipelines
        self._write(lambda: pipelines.get(pipeline_id).scheduler.fail_next([message]))

    def fault(  # noqa: PLR0913 - the fields of a fault
        self,
        route: str,
        *,
        count: int | None = 1,
        delay: float = 0.0,
        drop: bool = False,
        expire_token: bool = False,
        throttle: float | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        message: str | None = None,
        junk: bool | str = False,
        new_runs: int = 0,
        apply_then_drop: bool = False,
        truncate: bool = False,
        unknown: bool = False,
        hide_report: float = 0.0,
    ) -> None:
        """Inject a fault into the next requests of a route, from the fields of `Fault`.

        Raises:
            ValueError: A value is invalid, the fault has no effect, or no request can match the route.
        """
        fault = Fault(
            route=route,
            count=count,
            delay=delay,
            drop=drop,
            expire_token=expire_token,
            throttle=throttle,
            status=status,
            headers=headers or {},
            message=message,
            junk=junk,
            new_runs=new_runs,
            apply_then_drop=apply_then_drop,
            truncate=truncate,
            unknown=unknown,
            hide_report=hide_report,
        )
        self.add_fault(fault)

    def add_fault(self, fault: Fault) -> None:
        """Activate a fault."""
        self._write(lambda: self._faults.add(fault))

    def clear_faults(self) -> None:
        """Remove every active fault."""
        self._write(self._faults.clear)

    def requests(self, route: str = "* *") -> list[RecordedRequest]:
        """Return the requests that the emulator received, oldest first.

        The last 10,000 are kept.

        Args:
            route: The method and path, each with `*` for any text, such as `"POST */trigger"`.

        Raises:
            ValueError: No request can match the route.
        """
        return self._request_log.matching(route)

    def expire_tokens(self) -> None:
        """Expire every token issued so far."""
        self._write(self._token_endpoint.expire_all)

    def reset(self) -> None:
        """Delete every workspace, and remove every fault and recorded request."""
        self._write(self._store.reset)
        self.clear_faults()
        self._request_log.clear()

    def _write(self, action: Callable[[], _Result]) -> _Result:
        """Run an action that changes the state."""
        raise NotImplementedError

    def _workspace(self, workspace_id: int | None) -> str:
        return str(self._workspace_id if workspace_id is None else workspace_id)
