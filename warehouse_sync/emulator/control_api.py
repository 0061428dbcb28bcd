"""The emulator's own routes under ``/_emulator/``; they need no token."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from warehouse_sync.emulator.clock import Clock, VirtualClock
from warehouse_sync.emulator.documents import Document, decode_object
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.paths import CONTROL_PREFIX
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response, no_content
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.runs.dates import show_moment
from warehouse_sync.emulator.seeding import seed
from warehouse_sync.emulator.state.event_batches import BatchFilter
from warehouse_sync.emulator.state.store import Store

_MOST_PIPELINES = 100_000
_MOST_RUNS = 1_000_000


class ControlApi:
    """Looks into the emulator and turns its knobs."""

    def __init__(self, *, store: Store, faults: ActiveFaults, workspace_id: str) -> None:
        self._store = store
        self._faults = faults
        self._workspace_id = workspace_id

    def routes(self) -> list[Route]:
        """Return the control routes."""
        return [
            Route("GET", f"{CONTROL_PREFIX}health", self.health, apart=True),
            Route("POST", f"{CONTROL_PREFIX}reset", self.reset),
            Route("POST", f"{CONTROL_PREFIX}seed", self.seed),
            Route("POST", f"{CONTROL_PREFIX}failures", self.fail_next_run),
            Route("GET", f"{CONTROL_PREFIX}clock", self.show_clock, apart=True),
            Route("POST", f"{CONTROL_PREFIX}clock", self.advance_clock),
            Route("GET", f"{CONTROL_PREFIX}batches", self.stream_batches),
            Route("GET", f"{CONTROL_PREFIX}limits", self.show_limits, apart=True),
            Route("PUT", f"{CONTROL_PREFIX}limits", self.change_limits),
            Route("GET", f"{CONTROL_PREFIX}faults", self.list_faults, apart=True),
            Route("POST", f"{CONTROL_PREFIX}faults", self.add_fault),
            Route("DELETE", f"{CONTROL_PREFIX}faults", self.clear_faults),
        ]

    def health(self, _: Request) -> web.Response:
        """Answer that the emulator is up."""
        return json_response({"status": "ok"})

    def reset(self, _: Request) -> web.Response:
        """Forget every workspace and every fault; tokens stay in force."""
        self._store.reset()
        self._faults.clear()
        return no_content()

    def seed(self, call: Request) -> web.Response:
        """Add pipelines with a past: ``workspace_id``, ``pipelines``, ``runs``, ``failed_every``, all optional."""
        sent = decode_object(call.body)
        problems: list[str] = []
        ids = {
            "pipelines": _amount(sent, "pipelines", 300, _MOST_PIPELINES, problems),
            "runs": _amount(sent, "runs", 1000, _MOST_RUNS, problems),
            "failed_every": _amount(sent, "failed_every", 0, _MOST_RUNS, problems),
        }
        if problems:
            raise InvalidRequestError(*problems)
        return json_response({"pipeline_ids": seed(self._store, self._workspace(sent), **ids)})

    def fail_next_run(self, call: Request) -> web.Response:
        """Let the next run of a pipeline fail: ``pipeline_id``, and optionally ``message`` and ``workspace_id``."""
        sent = decode_object(call.body)
        errors = FieldErrors(sent)
        errors.slug("pipeline_id")
        errors.text("message", required=False)
        errors.close()
        pipeline = self._store.workspace(self._workspace(sent)).pipelines.get(sent["pipeline_id"])
        pipeline.scheduler.fail_next([sent.get("message") or "The run was told to fail."])
        return no_content()

    def show_clock(self, _: Request) -> web.Response:
        """Answer with the time, and whether it is the machine's."""
        return json_response(_show_clock(self._store.clock))

    def advance_clock(self, call: Request) -> web.Response:
        """Turn a virtual clock forward by ``advance``, such as ``3d``; every run due on the way is there then."""
        sent = decode_object(call.body)
        errors = FieldErrors(sent)
        errors.text("advance")
        errors.close()
        try:
            advance(self._store, sent["advance"])
        except ValueError as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(_show_clock(self._store.clock))

    def stream_batches(self, call: Request) -> web.Response:
        """Stream what would have been sent, one event batch a line.

        ``workspace_id``, ``pipeline_id`` and ``run_id`` choose some of them.
        """
        wanted = _read_filter(call.request.query)
        lines = self._store.batches.sent(wanted, self._store.clock.now())
        return web.Response(body=_streamed(lines), content_type="application/x-ndjson")

    def show_limits(self, _: Request) -> web.Response:
        """Answer with the limits in force; null means there is none."""
        return json_response(self._store.limits.show())

    def change_limits(self, call: Request) -> web.Response:
        """Move the limits that are named; null lifts one."""
        sent = decode_object(call.body)
        try:
            self._store.limits = self._store.limits.with_changes(sent)
        except ValueError as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(self._store.limits.show())

    def list_faults(self, _: Request) -> web.Response:
        """Answer with the faults in force."""
        return json_response(self._faults.show())

    def add_fault(self, call: Request) -> web.Response:
        """Put a fault in force; the fields are those of `Fault`."""
        sent = decode_object(call.body)
        try:
            self._faults.add(Fault(**{"route": "", **sent}))
        except (TypeError, ValueError) as error:
            raise InvalidRequestError(str(error)) from error
        return json_response(self._faults.show())

    def clear_faults(self, _: Request) -> web.Response:
        """Let every request be answered properly again."""
        self._faults.clear()
        return no_content()

    def _workspace(self, sent: Document) -> str:
        return str(sent.get("workspace_id", self._workspace_id))


def advance(store: Store, by: timedelta | str) -> datetime:
    """Turn the clock of a store forward, create the runs that fall due, and return the new time."""
    if not isinstance(store.clock, VirtualClock):
        raise ValueError(  # noqa: TRY004  # not of an argument
            'This emulator goes by the machine\'s clock; start it with `--clock virtual` (in Python `clock="virtual"`).'
        )
    store.clock.advance(by)
    return store.create_due_runs()


async def _streamed(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def _show_clock(clock: Clock) -> Document:
    kind = "virtual" if isinstance(clock, VirtualClock) else "system"
    return {"kind": kind, "now": show_moment(clock.now())}


def _read_filter(query: Mapping[str, str]) -> BatchFilter:
    run_id = query.get("run_id")
    if run_id is not None and not run_id.isdecimal():
        raise InvalidRequestError("run_id must be a whole number.")
    return BatchFilter(query.get("workspace_id"), query.get("pipeline_id"), int(run_id) if run_id else None)


def _amount(sent: Document, field: str, default: int, most: int, problems: list[str]) -> int:
    value = sent.get(field, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    problems.append(f"{field} must be a whole number from 0 to {most}.")
    return default
