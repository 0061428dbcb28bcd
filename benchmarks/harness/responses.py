"""The canned responses of the benchmark server, and so what every client must return.

The server and the checks share this module. No client is measured while it runs code of this module.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

WORKSPACE_ID = 5328
PAGE_SIZE = 50
ACCESS_TOKEN = "bench." + "x" * 800  # the usual length of a signed token
PIPELINES_PATH = f"/platform/v2/workspaces/{WORKSPACE_ID}/inputs/data-pipelines"

_FIRST_RUN = datetime(2023, 1, 1, tzinfo=UTC)
_RUNS_PER_PIPELINE = 1_000_000
_FAILED_EVERY = 25
_START_DELAY = timedelta(milliseconds=321)
RUN_DURATION = timedelta(seconds=41, milliseconds=57) - _START_DELAY
"""How long each finished run took."""


def pipeline_id(number: int) -> str:
    """Return the slug of the pipeline with this number."""
    return f"customer-events-{number:06d}"


def pipeline_number(slug: str) -> int:
    """Return the number in a slug made by `pipeline_id`."""
    return int(slug[-6:])


def run_id(pipeline: int, index: int) -> int:
    """Return the id of a pipeline's run; no two runs of the server share one."""
    return pipeline * _RUNS_PER_PIPELINE + index


def token() -> dict[str, Any]:
    """Return the response of the token endpoint."""
    return {"access_token": ACCESS_TOKEN, "expires_in": 28800, "token_type": "Bearer"}


def run(pipeline: int, index: int, *, finished: bool = True) -> dict[str, Any]:
    """Return one run of an hourly pipeline; every 25th failed."""
    failed = finished and index % _FAILED_EVERY == _FAILED_EVERY - 1
    start = _FIRST_RUN + timedelta(hours=index)
    end = start + timedelta(hours=1)
    return {
        "id": run_id(pipeline, index),
        "pipeline_id": pipeline_id(pipeline),
        "type": "scheduled",
        "status": ("failed" if failed else "success") if finished else "running",
        "errors": [{"message": "The warehouse cancelled the query."}] if failed else [],
        "logical_date": _timestamp(start),
        "started_on": _timestamp(end + _START_DELAY),
        "ended_on": _timestamp(end + _START_DELAY + RUN_DURATION) if finished else None,
        "range_start": _timestamp(start),
        "range_end": _timestamp(end),
        "successful_records": 0 if failed else 10_000 + index,
        "failed_records": 10_000 + index if failed else 0,
    }


def report(pipeline: int, *, runs: int, finished: bool = True) -> dict[str, Any]:
    """Return the report of a pipeline whose latest run is the last of `runs`."""
    latest = run(pipeline, runs - 1, finished=finished)
    return {
        "pipeline_id": pipeline_id(pipeline),
        "status": "idle" if finished else "running",
        "errors": [],
        "connection_status": "healthy",
        "connection_errors": [],
        "data_model_status": "valid",
        "data_model_errors": [],
        "latest_successful_pipeline_run_id": latest["id"] if finished else None,
        "latest_pipeline_run": latest,
    }


def page(pipeline: int, number: int, *, runs: int, size: int, finished: int) -> dict[str, Any]:
    """Return page `number` (from 1) of a pipeline with `runs` runs, of which the first `finished` are finished."""
    first = (number - 1) * size
    last = min(first + size, runs)
    return {
        "items": [run(pipeline, index, finished=index < finished) for index in range(first, last)],
        "current_page": number,
        "page_size": size,
        "total_pages": -(-runs // size),
        "total_items": runs,
        "has_previous_page": number > 1,
        "has_next_page": last < runs,
    }


def pipeline(number: int) -> dict[str, Any]:
    """Return the definition of a pipeline."""
    return {
        "id": pipeline_id(number),
        "name": f"Customer events {number}",
        "pipeline_type": "events",
        "connection_id": "warehouse",
        "data_model_id": "customer-events",
        "state": "active",
        "sync_mode": {
            "type": "incremental",
            "iterator_field": "updated_at",
            "iterator_data_type": "timestamp",
        },
        "schedule": {"type": "interval", "frequency": "hourly"},
        "environment": "production",
        "status": "idle",
        "errors": [],
        "created_on": _timestamp(_FIRST_RUN),
        "created_by": "bench",
        "last_modified_on": None,
        "last_modified_by": None,
    }


def encode(document: object) -> bytes:
    """Return the bytes of a 200 response with this JSON body."""
    body = json.dumps(document, separators=(",", ":")).encode()
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: bench\r\n"
        "Date: Tue, 21 Nov 2023 08:30:17 GMT\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "X-mp-rate-limit-percentage-used: 12\r\n"
        "X-Request-Id: 5f0c9a2e-8d37-4a1b-9c63-2f1f0f3f7a11\r\n\r\n"
    )
    return head.encode() + body


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
