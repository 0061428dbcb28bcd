"""The emulator's own routes under ``/_emulator/``; they need no token."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta

from aiohttp import web

from warehouse_sync.emulator.answers import Document, bad_request, json_answer, no_content, read_object
from warehouse_sync.emulator.batches import Filter
from warehouse_sync.emulator.checks import Findings
from warehouse_sync.emulator.clock import Clock, VirtualClock
from warehouse_sync.emulator.dates import show_moment
from warehouse_sync.emulator.faults import Fault, Faults
from warehouse_sync.emulator.places import CONTROL_PREFIX
from warehouse_sync.emulator.routing import Call, Route
from warehouse_sync.emulator.seeding import seed
from warehouse_sync.emulator.store import Store

_MOST_PIPELINES = 100_000
_MOST_RUNS = 1_000_000


class Control:
    """Looks into the emulator and turns its knobs."""

    def __init__(self, *, store: Store, faults: Faults, workspace_id: str) -> None:
        self._store = store
        self._faults = faults
        self._workspace_id = workspace_id

    def routes(self) -> list[Route]:
        """Return the control routes."""
        return [
            Route("GET", f"{CONTROL_PREFIX}health", self.health, apart=True),
            Route("POST", f"{CONTROL_PREFIX}reset", self.reset),
            Route("POST", f"{CONTROL_PREFIX}seed", self.seed),
            Route("POST", f"{CONTROL_PREFIX}failures", self.plan_failure),
            Route("GET", f"{CONTROL_PREFIX}clock", self.show_clock, apart=True),
            Route("POST", f"{CONTROL_PREFIX}clock", self.turn_clock),
            Route("GET", f"{CONTROL_PREFIX}batches", self.stream_batches),
            Route("GET", f"{CONTROL_PREFIX}limits", self.show_limits, apart=True),
            Route("PUT", f"{CONTROL_PREFIX}limits", self.move_limits),
            Route("GET", f"{CONTROL_PREFIX}faults", self.list_faults, apart=True),
            Route("POST", f"{CONTROL_PREFIX}faults", self.add_fault),
            Route("DELETE", f"{CONTROL_PREFIX}faults", self.clear_faults),
        ]

    def health(self, _: Call) -> web.Response:
        """Answer that the emulator is up."""
        return json_answer({"status": "ok"})

    def reset(self, _: Call) -> web.Response:
        """Forget every workspace and every fault; tokens stay in force."""
        self._store.reset()
        self._faults.clear()
        return no_content()

    def seed(self, call: Call) -> web.Response:
        """Add pipelines with a past: ``workspace_id``, ``pipelines``, ``runs``, ``failed_every``, all optional."""
        sent = read_object(call.body)
        problems: list[str] = []
        ids = {
            "pipelines": _amount(sent, "pipelines", 300, _MOST_PIPELINES, problems),
            "runs": _amount(sent, "runs", 1000, _MOST_RUNS, problems),
            "failed_every": _amount(sent, "failed_every", 0, _MOST_RUNS, problems),
        }
        if problems:
            raise bad_request(*problems)
        return json_answer({"pipeline_ids": seed(self._store, self._workspace(sent), **ids)})

    def plan_failure(self, call: Call) -> web.Response:
        """Let the next run of a pipeline fail: ``pipeline_id``, and optionally ``message`` and ``workspace_id``."""
        sent = read_object(call.body)
        findings = Findings(sent)
        findings.slug("pipeline_id")
        findings.text("message", required=False)
        findings.close()
        pipeline = self._store.workspace(self._workspace(sent)).pipelines.get(sent["pipeline_id"])
        pipeline.timeline.fail_next([sent.get("message") or "The run was told to fail."])
        return no_content()

    def show_clock(self, _: Call) -> web.Response:
        """Answer with the time, and whether it is the machine's."""
        return json_answer(_show_clock(self._store.clock))

    def turn_clock(self, call: Call) -> web.Response:
        """Turn a virtual clock forward by ``advance``, such as ``3d``; every run due on the way is there then."""
        sent = read_object(call.body)
        findings = Findings(sent)
        findings.text("advance")
        findings.close()
        try:
            advance(self._store, sent["advance"])
        except ValueError as error:
            raise bad_request(str(error)) from error
        return json_answer(_show_clock(self._store.clock))

    def stream_batches(self, call: Call) -> web.Response:
        """Stream what would have been sent, one event batch a line.

        ``workspace_id``, ``pipeline_id`` and ``run_id`` choose some of them.
        """
        wanted = _read_filter(call.request.query)
        lines = self._store.batches.sent(wanted, self._store.clock.now())
        return web.Response(body=_streamed(lines), content_type="application/x-ndjson")

    def show_limits(self, _: Call) -> web.Response:
        """Answer with the limits in force; null means there is none."""
        return json_answer(self._store.limits.show())

    def move_limits(self, call: Call) -> web.Response:
        """Move the limits that are named; null lifts one."""
        sent = read_object(call.body)
        try:
            self._store.limits = self._store.limits.moved(sent)
        except ValueError as error:
            raise bad_request(str(error)) from error
        return json_answer(self._store.limits.show())

    def list_faults(self, _: Call) -> web.Response:
        """Answer with the faults in force."""
        return json_answer(self._faults.show())

    def add_fault(self, call: Call) -> web.Response:
        """Put a fault in force; the fields are those of `Fault`."""
        sent = read_object(call.body)
        try:
            self._faults.add(Fault(**{"route": "", **sent}))
        except (TypeError, ValueError) as error:
            raise bad_request(str(error)) from error
        return json_answer(self._faults.show())

    def clear_faults(self, _: Call) -> web.Response:
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
    return store.settle()


async def _streamed(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        yield line


def _show_clock(clock: Clock) -> Document:
    kind = "virtual" if isinstance(clock, VirtualClock) else "system"
    return {"kind": kind, "now": show_moment(clock.now())}


def _read_filter(query: Mapping[str, str]) -> Filter:
    run_id = query.get("run_id")
    if run_id is not None and not run_id.isdecimal():
        raise bad_request("run_id must be a whole number.")
    return Filter(query.get("workspace_id"), query.get("pipeline_id"), int(run_id) if run_id else None)


def _amount(sent: Document, field: str, default: int, most: int, problems: list[str]) -> int:
    value = sent.get(field, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    problems.append(f"{field} must be a whole number from 0 to {most}.")
    return default
