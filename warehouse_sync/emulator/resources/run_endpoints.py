"""What a pipeline does: trigger, report, and the pages of its runs."""

import math
import re
from collections.abc import Mapping
from datetime import datetime

from aiohttp import web
from attrs import frozen

from warehouse_sync.emulator.documents import Document, decode_object
from warehouse_sync.emulator.errors import InvalidRequestError, NotFoundError
from warehouse_sync.emulator.paths import ITEM, RUN, V2, workspace_of
from warehouse_sync.emulator.resources.connections import show_health
from warehouse_sync.emulator.resources.data_models import show_validity
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.runs.dates import read_moment
from warehouse_sync.emulator.runs.run_log import RunLog
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

DEFAULT_PAGE_SIZE = 50
_COUNT = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_PIPELINES = f"{V2}/inputs/data-pipelines"


class RunEndpoints:
    """The endpoints below ``/inputs/data-pipelines`` that follow runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes; the report's comes first, since it is asked for most."""
        one = f"{_PIPELINES}/{ITEM}"
        return [
            Route("GET", f"{one}/report", self.report),
            Route("GET", f"{one}/runs", self.page),
            Route("GET", f"{one}/runs/{RUN}", self.run),
            Route("POST", f"{_PIPELINES}/trigger", self.trigger),
        ]

    def report(self, call: Request) -> web.Response:
        """Answer with the pipeline's status and its latest run."""
        now = self._store.clock.now()
        workspace = workspace_of(call, self._store)
        pipeline = workspace.pipelines.get(call.parts["id"])
        if pipeline.report_available_from and now < pipeline.report_available_from:
            raise NotFoundError(f"The report of pipeline {pipeline.document['id']} was not found.")
        return json_response(show_report(workspace, pipeline, now))

    def page(self, call: Request) -> web.Response:
        """Answer with one page of runs, newest logical date first."""
        pipeline, now = self._current(call, call.parts["id"])
        return json_response(show_page(pipeline.scheduler.log, PageQuery.read(call.request.query), now))

    def run(self, call: Request) -> web.Response:
        """Answer with one run."""
        pipeline, now = self._current(call, call.parts["id"])
        run = pipeline.scheduler.log.find(int(call.parts["run"]))
        if run is None:
            raise NotFoundError(f"Pipeline {call.parts['id']} has no run {call.parts['run']}.")
        return json_response(run.show(now))

    def trigger(self, call: Request) -> web.Response:
        """Start a manual run of an idle pipeline."""
        sent = decode_object(call.body)
        errors = FieldErrors(sent)
        errors.slug("pipeline_id")
        errors.close()
        pipeline, now = self._current(call, sent["pipeline_id"])
        run = pipeline.scheduler.trigger(now)
        return json_response({"pipeline_run_id": run.id, "status": "attempt_requested"})

    def _current(self, call: Request, pipeline_id: str) -> tuple[Pipeline, datetime]:
        """Return a pipeline, and the time."""
        return workspace_of(call, self._store).pipelines.get(pipeline_id), self._store.clock.now()


def show_report(workspace: Workspace, pipeline: Pipeline, now: datetime) -> Document:
    """Return a pipeline's report; without runs its last two fields are null."""
    scheduler = pipeline.scheduler
    connection = show_health(workspace.connections.get(pipeline.document["connection_id"]), now)
    model = show_validity(workspace.data_models.get(pipeline.document["data_model_id"]), now)
    latest, success = scheduler.log.latest(), scheduler.log.latest_success(now)
    return {
        "pipeline_id": pipeline.document["id"],
        "status": scheduler.status(now),
        "errors": scheduler.errors(now),
        "connection_status": connection["status"],
        "connection_errors": connection["errors"],
        "data_model_status": model["status"],
        "data_model_errors": model["errors"],
        "latest_successful_pipeline_run_id": success and success.id,
        "latest_pipeline_run": latest and latest.show(now),
    }


@frozen
class PageQuery:
    """Which page of which runs is asked for; both dates belong to the range."""

    page: int
    size: int
    start: datetime
    end: datetime

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "PageQuery":
        """Read the query of a request, or refuse it with everything that is wrong."""
        problems: list[str] = []
        asked = cls(
            page=_read_count(query, "currentPage", 1, problems),
            size=_read_count(query, "pageSize", DEFAULT_PAGE_SIZE, problems),
            start=_read_date(query, "startDate", ALWAYS, problems),
            end=_read_date(query, "endDate", NEVER, problems),
        )
        if asked.start > asked.end:
            problems.append("startDate must not be later than endDate.")
        if problems:
            raise InvalidRequestError(*problems)
        return asked


def show_page(log: RunLog, asked: PageQuery, now: datetime) -> Document:
    """Return a page of runs, newest logical date first; a page past the last one is empty."""
    positions = log.between(asked.start, asked.end)
    pages = math.ceil(len(positions) / asked.size)
    return {
        "items": [run.show(now) for run in log.page(positions, asked.page, asked.size)],
        "current_page": asked.page,
        "page_size": asked.size,
        "total_pages": pages,
        "total_items": len(positions),
        "has_previous_page": asked.page > 1,
        "has_next_page": asked.page < pages,
    }


def _read_count(query: Mapping[str, str], field: str, default: int, problems: list[str]) -> int:
    text = query.get(field)
    if text is None:
        return default
    if _COUNT.fullmatch(text):
        return int(text)
    problems.append(f"{field} must be a whole number of at least 1.")
    return default


def _read_date(query: Mapping[str, str], field: str, default: datetime, problems: list[str]) -> datetime:
    text = query.get(field)
    if text is None:
        return default
    # A `+` that was not escaped in a query arrives as a space: 12:00:00+02:00 is meant.
    moment = read_moment(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
    if moment is None:
        problems.append(f"{field} must be a timestamp such as 2022-10-30T11:00:16Z.")
    return moment or default
