"""The endpoints of a pipeline's runs: trigger, report, and the pages of runs."""

import math
import re
from collections.abc import Mapping
from datetime import datetime

from aiohttp import web
from attrs import frozen

from warehouse_sync.emulator.documents import Document, decode_object, encode
from warehouse_sync.emulator.errors import InvalidRequestError, NotFoundError
from warehouse_sync.emulator.paths import ITEM, PIPELINES, RUN, workspace_of
from warehouse_sync.emulator.resources.connections import connection_status
from warehouse_sync.emulator.resources.data_models import data_model_status
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_body_response, json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.runs.dates import parse_timestamp
from warehouse_sync.emulator.runs.run_log import RunLog, RunOrder
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

DEFAULT_PAGE_SIZE = 50
_COUNT = re.compile(r"[1-9]\d{0,8}", re.ASCII)


class RunEndpoints:
    """The endpoints of runs below `/inputs/data-pipelines`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes; the report comes first, because it is requested most."""
        item = f"{PIPELINES}/{ITEM}"
        return [
            Route("GET", f"{item}/report", self.report),
            Route("GET", f"{item}/runs", self.page),
            Route("GET", f"{item}/runs/{RUN}", self.run),
            Route("POST", f"{PIPELINES}/trigger", self.trigger),
        ]

    def report(self, request: Request) -> web.Response:
        """Return the pipeline's status and its latest run."""
        workspace = workspace_of(request, self._store)
        pipeline = workspace.pipelines.get(request.path_params["id"])
        return json_body_response(self._report_body(workspace, pipeline))

    def _report_body(self, workspace: Workspace, pipeline: Pipeline) -> bytes:
        """Return the encoded report, which is kept until the next write if it is final."""
        version = self._store.version
        if pipeline.final_report is not None and pipeline.final_report[0] == version:
            return pipeline.final_report[1]
        now = self._store.clock.now()
        if pipeline.report_available_from and now < pipeline.report_available_from:
            raise NotFoundError(f"The report of pipeline {pipeline.document['id']} was not found.")
        body = encode(show_report(workspace, pipeline, now))
        if _is_report_final(workspace, pipeline, now):
            pipeline.final_report = version, body
        return body

    def page(self, request: Request) -> web.Response:
        """Return one page of runs."""
        pipeline, now = self._current(request, request.path_params["id"])
        query = PageQuery.read(request.http.query)
        return json_response(show_page(pipeline.scheduler.log, query, now, self._store.run_order))

    def run(self, request: Request) -> web.Response:
        """Return one run."""
        pipeline_id, run_id = request.path_params["id"], request.path_params["run"]
        pipeline, now = self._current(request, pipeline_id)
        run = pipeline.scheduler.log.find(int(run_id))
        if run is None:
            raise NotFoundError(f"Pipeline {pipeline_id} has no run {run_id}.")
        return json_response(run.show(now))

    def trigger(self, request: Request) -> web.Response:
        """Start a manual run of an idle pipeline."""
        body = decode_object(request.body)
        errors = FieldErrors(body)
        errors.slug("pipeline_id")
        errors.raise_if_any()
        pipeline, now = self._current(request, body["pipeline_id"])
        run = pipeline.scheduler.trigger(now)
        return json_response({"pipeline_run_id": run.id, "status": "attempt_requested"})

    def _current(self, request: Request, pipeline_id: str) -> tuple[Pipeline, datetime]:
        """Return a pipeline and the time."""
        return workspace_of(request, self._store).pipelines.get(pipeline_id), self._store.clock.now()


def _is_report_final(workspace: Workspace, pipeline: Pipeline, now: datetime) -> bool:
    """Return whether the report stays the same until the next write."""
    connection = workspace.connections.get(pipeline.document["connection_id"])
    model = workspace.data_models.get(pipeline.document["data_model_id"])
    return not pipeline.scheduler.log.is_busy(now) and connection.is_settled(now) and model.is_settled(now)


def show_report(workspace: Workspace, pipeline: Pipeline, now: datetime) -> Document:
    """Return a pipeline's report. Without runs its last two fields are null."""
    scheduler = pipeline.scheduler
    connection = connection_status(workspace.connections.get(pipeline.document["connection_id"]), now)
    model = data_model_status(workspace.data_models.get(pipeline.document["data_model_id"]), now)
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
    """The requested page of runs; both dates are inclusive."""

    page: int
    size: int
    start: datetime
    end: datetime

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "PageQuery":
        """Return the query of a request.

        Raises:
            InvalidRequestError: A parameter is invalid; the messages name each.
        """
        messages: list[str] = []
        page_query = cls(
            page=_read_count(query, "currentPage", 1, messages),
            size=_read_count(query, "pageSize", DEFAULT_PAGE_SIZE, messages),
            start=_read_date(query, "startDate", ALWAYS, messages),
            end=_read_date(query, "endDate", NEVER, messages),
        )
        if page_query.start > page_query.end:
            messages.append("startDate must not be later than endDate.")
        if messages:
            raise InvalidRequestError(*messages)
        return page_query


def show_page(log: RunLog, query: PageQuery, now: datetime, order: RunOrder) -> Document:
    """Return a page of runs. A page past the last one is empty."""
    positions = log.between(query.start, query.end)
    pages = math.ceil(len(positions) / query.size)
    return {
        "items": [run.show(now) for run in log.page(positions, query.page, query.size, order)],
        "current_page": query.page,
        "page_size": query.size,
        "total_pages": pages,
        "total_items": len(positions),
        "has_previous_page": query.page > 1,
        "has_next_page": query.page < pages,
    }


def _read_count(query: Mapping[str, str], field: str, default: int, messages: list[str]) -> int:
    text = query.get(field)
    if text is None:
        return default
    if _COUNT.fullmatch(text):
        return int(text)
    messages.append(f"{field} must be a whole number from 1 to 999999999.")
    return default


def _read_date(query: Mapping[str, str], field: str, default: datetime, messages: list[str]) -> datetime:
    text = query.get(field)
    if text is None:
        return default
    # An unescaped `+` in a query is decoded as a space, so that 12:00:00+02:00 arrives as `12:00:00 02:00`.
    time = parse_timestamp(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
    if time is None:
        messages.append(f"{field} must be a timestamp such as 2022-10-30T11:00:16Z.")
    return time or default
