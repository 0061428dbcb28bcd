"""The emulator's own routes under ``/_emulator/``; they need no token."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

from warehouse_sync.emulator.answers import Document, bad_request, json_answer, no_content, read_object
from warehouse_sync.emulator.batches import Filter
from warehouse_sync.emulator.checks import Findings
from warehouse_sync.emulator.clock import Clock, VirtualClock
from warehouse_sync.emulator.dates import show_moment
from warehouse_sync.emulator.faults import Fault, Faults
from warehouse_sync.emulator.places import CONTROL_PREFIX
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

    def routes(self) -> list[web.RouteDef]:
        """Return the control routes."""
        return [
            web.route("GET", f"{CONTROL_PREFIX}health", self.health),
            web.route("POST", f"{CONTROL_PREFIX}reset", self.reset),
            web.route("POST", f"{CONTROL_PREFIX}seed", self.seed),
            web.route("POST", f"{CONTROL_PREFIX}failures", self.plan_failure),
            web.route("GET", f"{CONTROL_PREFIX}clock", self.show_clock),
            web.route("POST", f"{CONTROL_PREFIX}clock", self.turn_clock),
            web.route("GET", f"{CONTROL_PREFIX}batches", self.stream_batches),
            web.route("GET", f"{CONTROL_PREFIX}limits", self.show_limits),
            web.route("PUT", f"{CONTROL_PREFIX}limits", self.move_limits),
            web.route("GET", f"{CONTROL_PREFIX}faults", self.list_faults),
            web.route("POST", f"{CONTROL_PREFIX}faults", self.add_fault),
            web.route("DELETE", f"{CONTROL_PREFIX}faults", self.clear_faults),
        ]

    async def health(self, _: web.Request) -> web.Response:
        """Answer that the emulator is up."""
        return json_answer({"status": "ok"})

    async def reset(self, _: web.Request) -> web.Response:
        """Forget every workspace and every fault; tokens stay in force."""
        self._store.reset()
        self._faults.clear()
        return no_content()

    async def seed(self, request: web.Request) -> web.Response:
        """Add pipelines with a past: ``workspace_id``, ``pipelines``, ``runs``, ``failed_every``, all optional."""
        sent = await read_object(request)
        problems: list[str] = []
        ids = {
            "pipelines": _amount(sent, "pipelines", 300, _MOST_PIPELINES, problems),
            "runs": _amount(sent, "runs", 1000, _MOST_RUNS, problems),
            "failed_every": _amount(sent, "failed_every", 0, _MOST_RUNS, problems),
        }
        if problems:
            raise bad_request(*problems)
        return json_answer({"pipeline_ids": seed(self._store, self._workspace(sent), **ids)})

    async def plan_failure(self, request: web.Request) -> web.Response:
        """Let the next run of a pipeline fail: ``pipeline_id``, and optionally ``message`` and ``workspace_id``."""
        sent = await read_object(request)
        findings = Findings(sent)
        findings.slug("pipeline_id")
        findings.text("message", required=False)
        findings.close()
        pipeline = self._store.workspace(self._workspace(sent)).pipelines.get(sent["pipeline_id"])
        pipeline.timeline.fail_next([sent.get("message") or "The run was told to fail."])
        return no_content()

    async def show_clock(self, _: web.Request) -> web.Response:
        """Answer with the time, and whether it is the machine's."""
        return json_answer(_show_clock(self._store.clock))

    async def turn_clock(self, request: web.Request) -> web.Response:
        """Turn a virtual clock forward by ``advance``, such as ``3d``; every run due on the way is there then."""
        sent = await read_object(request)
        findings = Findings(sent)
        findings.text("advance")
        findings.close()
        try:
            advance(self._store, sent["advance"])
        except ValueError as error:
            raise bad_request(str(error)) from error
        return json_answer(_show_clock(self._store.clock))

    async def stream_batches(self, request: web.Request) -> web.StreamResponse:
        """Stream what would have been sent, one event batch a line.

        ``workspace_id``, ``pipeline_id`` and ``run_id`` choose some of them.
        """
        wanted = _read_filter(request.query)
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        for line in self._store.batches.sent(wanted, self._store.settle()):
            await answer.write(line)
        await answer.write_eof()
        return answer

    async def show_limits(self, _: web.Request) -> web.Response:
        """Answer with the limits in force; null means there is none."""
        return json_answer(self._store.limits.show())

    async def move_limits(self, request: web.Request) -> web.Response:
        """Move the limits that are named; null lifts one."""
        sent = await read_object(request)
        try:
            self._store.limits = self._store.limits.moved(sent)
        except ValueError as error:
            raise bad_request(str(error)) from error
        return json_answer(self._store.limits.show())

    async def list_faults(self, _: web.Request) -> web.Response:
        """Answer with the faults in force."""
        return json_answer(self._faults.show())

    async def add_fault(self, request: web.Request) -> web.Response:
        """Put a fault in force; the fields are those of `Fault`."""
        sent = await read_object(request)
        try:
            self._faults.add(Fault(**sent))
        except (TypeError, ValueError) as error:
            raise bad_request(f"This is no fault: {error.args[0]}") from error
        return json_answer(self._faults.show())

    async def clear_faults(self, _: web.Request) -> web.Response:
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
