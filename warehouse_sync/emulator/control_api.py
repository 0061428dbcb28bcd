"""The control routes under `/_emulator/`, which need no token."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from warehouse_sync.emulator.clock import Clock, VirtualClock
from warehouse_sync.emulator.documents import Document, decode_object
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.paths import CONTROL_PREFIX
from warehouse_sync.emulator.resources.data_plans import add_data_plan
from warehouse_sync.emulator.resources.field_transformations import (
    add_field_transformation,
    show_field_transformation,
)
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response, no_content
from warehouse_sync.emulator.routing import RUN_ID, Request, Route
from warehouse_sync.emulator.runs.dates import format_timestamp
from warehouse_sync.emulator.runs.run import SIMULATED_FAILURE
from warehouse_sync.emulator.seeding import seed
from warehouse_sync.emulator.state.event_batches import BatchFilter
from warehouse_sync.emulator.state.store import Store

_MAX_PIPELINES = 100_000
_MAX_RUNS = 1_000_000


class ControlApi:
    """Control routes for the clock, limits, faults and seeded data."""

    def __init__(self, *, store: Store, faults: ActiveFaults, workspace_id: str) -> None:
        self._store = store
        self._faults = faults
        self._workspace_id = workspace_id

    def routes(self) -> list[Route]:
        """Return the control routes."""
        return [
            Route("GET", f"{CONTROL_PREFIX}health", self.health, stateless=True),
            Route("POST", f"{CONTROL_PREFIX}reset", self.reset),
            Route("POST", f"{CONTROL_PREFIX}seed", self.seed),
            Route("POST", f"{CONTROL_PREFIX}failures", self.fail_next_run),
            Route("POST", f"{CONTROL_PREFIX}trigger", self.trigger),
            Route("POST", f"{CONTROL_PREFIX}data-plans", self.add_data_plan),
            Route("GET", f"{CONTROL_PREFIX}field-transformations", self.list_field_transformations),
            Route("POST", f"{CONTROL_PREFIX}field-transformations", self.add_field_transformation),
            Route("GET", f"{CONTROL_PREFIX}clock", self.show_clock, stateless=True),
            Route("POST", f"{CONTROL_PREFIX}clock", self.advance_clock),
            Route("GET", f"{CONTROL_PREFIX}batches", self.stream_batches),
            Route("GET", f"{CONTROL_PREFIX}limits", self.show_limits, stateless=True),
            Route("PUT", f"{CONTROL_PREFIX}limits", self.change_limits),
            Route("GET", f"{CONTROL_PREFIX}faults", self.list_faults, stateless=True),
            Route("POST", f"{CONTROL_PREFIX}faults", self.add_fault),
            Route("DELETE", f"{CONTROL_PREFIX}faults", self.clear_faults),
        ]

    def health(self, _: Request) -> web.Response:
        """Report that the emulator is running."""
        return json_response({"status": "ok"})

    def reset(self, _: Request) -> web.Response:
        """Delete every workspace and remove every fault; tokens stay valid."""
        self._store.reset()
        self._faults.clear()
        return no_content()

    def seed(self, request: Request) -> web.Response:
        """Add pipelines with past runs.

        The fields are `workspace_id`, `pipelines`, `runs` and `failed_every`, all optional.
        """
        body = decode_object(request.body)
        messages: list[str] = []
        counts = {
            "pipelines": _read_count(body, "pipelines", 300, _MAX_PIPELINES, messages),
            "runs": _read_count(body, "runs", 1000, _MAX_RUNS, messages),
            "failed_every": _read_count(body, "failed_every", 0, _MAX_RUNS, messages),
        }
        if messages:
            raise InvalidRequestError(*messages)
        return json_response({"pipeline_ids": seed(self._store, self._workspace(body), **counts)})

    def fail_next_run(self, request: Request) -> web.Response:
        """Let the next run of a pipeline fail.

        The fields are `pipeline_id` and optionally `message` and `workspace_id`.
        """
        body = decode_object(request.body)
        errors = FieldErrors(body)
        errors.slug("pipeline_id")
        errors.text("message", required=False)
        errors.raise_if_any()
        pipeline = self._store.workspace(self._workspace(body)).pipelines.get(body["pipeline_id"])
        pipeline.scheduler.fail_next([body.get("message") or SIMULATED_FAILURE])
        return no_content()

    def trigger(self, request: Request) -> web.Response:
        """Start a manual run of a pipeline, without a token.

        The fields are `pipeline_id` and optionally `workspace_id`.
        """
        body = decode_object(request.body)
        errors = FieldErrors(body)
        errors.slug("pipeline_id")
        errors.raise_if_any()
        pipeline = self._store.workspace(self._workspace(body)).pipelines.get(body["pipeline_id"])
        return json_response({"pipeline_run_id": pipeline.scheduler.trigger(self._store.clock.now()).id})

    def add_data_plan(self, request: Request) -> web.Response:
        """Add a version of a data plan.

        The fields are `data_plan_id` and optionally `version` and `activated_environment`.
        """
        body = decode_object(request.body)
        try:
            plan = add_data_plan(
                self._store,
                self._workspace(body),
                body.get("data_plan_id", ""),
                version=body.get("version", 1),
                activated_environment=body.get("activated_environment", "production"),
            )
        except ValueError as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(plan)

    def list_field_transformations(self, request: Request) -> web.Response:
        """Return the field transformations; `workspace_id` selects the workspace."""
        workspace = self._store.workspace(self._workspace(dict(request.http.query)))
        return json_response([show_field_transformation(each) for each in workspace.field_transformations])

    def add_field_transformation(self, request: Request) -> web.Response:
        """Add a field transformation, or replace the one with its id.

        The fields are those of the documented JSON, and optionally `workspace_id`.
        """
        body = decode_object(request.body)
        workspace_id = self._workspace(body)
        body.pop("workspace_id", None)
        return json_response(add_field_transformation(self._store, workspace_id, body))

    def show_clock(self, _: Request) -> web.Response:
        """Return the time, and the kind of clock."""
        return json_response(_show_clock(self._store.clock))

    def advance_clock(self, request: Request) -> web.Response:
        """Advance a virtual clock, which makes runs due.

        The field is `advance`, such as `3d`.
        """
        body = decode_object(request.body)
        errors = FieldErrors(body)
        errors.text("advance")
        errors.raise_if_any()
        try:
            advance(self._store, body["advance"])
        except ValueError as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(_show_clock(self._store.clock))

    def stream_batches(self, request: Request) -> web.Response:
        """Stream the event batches that runs have sent, one JSON document per line.

        `workspace_id`, `pipeline_id` and `run_id` filter them.
        """
        wanted = _read_filter(request.http.query)
        lines = self._store.batches.sent(wanted, self._store.clock.now())
        return web.Response(body=_stream(lines), content_type="application/x-ndjson")

    def show_limits(self, _: Request) -> web.Response:
        """Return the limits; null means no limit."""
        return json_response(self._store.limits.show())

    def change_limits(self, request: Request) -> web.Response:
        """Change the limits that the body names; null removes a limit."""
        body = decode_object(request.body)
        try:
            self._store.limits = self._store.limits.with_changes(body)
        except ValueError as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(self._store.limits.show())

    def list_faults(self, _: Request) -> web.Response:
        """Return the active faults."""
        return json_response(self._faults.show())

    def add_fault(self, request: Request) -> web.Response:
        """Activate a fault; the fields are those of `Fault`."""
        body = decode_object(request.body)
        try:
            self._faults.add(Fault(**{"route": "", **body}))
        except (TypeError, ValueError) as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(self._faults.show())

    def clear_faults(self, _: Request) -> web.Response:
        """Remove every active fault."""
        self._faults.clear()
        return no_content()

    def _workspace(self, body: Document) -> str:
        return str(body.get("workspace_id", self._workspace_id))


def advance(store: Store, by: timedelta | str) -> datetime:
    """Advance the clock of a store and return the new time.

    The runs that become due are created after the request's action, before its response.

    Raises:
        ValueError: The clock is not virtual, or the duration is invalid.
    """
    if not isinstance(store.clock, VirtualClock):
        raise ValueError(  # noqa: TRY004 - the store's state is wrong, not an argument's type
            'This emulator uses the system clock; start it with `--clock virtual` (in Python `clock="virtual"`).'
        )
    return store.clock.advance(by)


async def _stream(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def _show_clock(clock: Clock) -> Document:
    kind = "virtual" if isinstance(clock, VirtualClock) else "system"
    return {"kind": kind, "now": format_timestamp(clock.now())}


def _read_filter(query: Mapping[str, str]) -> BatchFilter:
    run_id = query.get("run_id")
    if run_id is not None and RUN_ID.fullmatch(run_id) is None:
        raise InvalidRequestError("run_id must be a whole number.")
    return BatchFilter(query.get("workspace_id"), query.get("pipeline_id"), int(run_id) if run_id else None)


def _read_count(body: Document, field: str, default: int, most: int, messages: list[str]) -> int:
    value = body.get(field, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    messages.append(f"{field} must be a whole number from 0 to {most}.")
    return default
