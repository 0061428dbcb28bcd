"""Bytes to models for what is read in bulk: reports, runs and pages, as the server sends them every time.

msgspec decodes straight into the attrs classes. It is strict: whatever it refuses, and any date that is not written in
UTC, goes to `lenient`, which gives the same answers and knows the oddities. It passes over unknown fields without
judging the bytes of their values.
"""

from collections.abc import Iterable
from datetime import UTC
from typing import TypeVar

import msgspec

from warehouse_sync.models import Page, PipelineReport, Run
from warehouse_sync.wire import lenient

T = TypeVar("T")

_page = msgspec.json.Decoder(Page)
_report = msgspec.json.Decoder(PipelineReport)
_run = msgspec.json.Decoder(Run)


def page(body: bytes) -> Page:
    """Read a page of runs."""
    value = _decode(_page, body)
    return value if value is not None and _all_in_utc(value.items) else lenient.decode(body, Page)


def run(body: bytes) -> Run:
    """Read a run."""
    value = _decode(_run, body)
    return value if value is not None and _all_in_utc((value,)) else lenient.decode(body, Run)


def report(body: bytes) -> PipelineReport:
    """Read a pipeline's report."""
    value = _decode(_report, body)
    if value is None:
        return lenient.decode(body, PipelineReport)
    latest = value.latest_pipeline_run
    return value if latest is None or _all_in_utc((latest,)) else lenient.decode(body, PipelineReport)


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T | None:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None  # `lenient` either reads it or says what is wrong with it


def _all_in_utc(runs: Iterable[Run]) -> bool:
    """Tell whether every date is in UTC: msgspec reads "…Z" as the one `UTC` object, other zones as something else."""
    for run in runs:
        try:  # in one go, which takes half the time: most runs have all their dates
            alike = (
                run.logical_date.tzinfo  # type: ignore[union-attr] # where one is missing, see below
                is run.started_on.tzinfo  # type: ignore[union-attr]
                is run.ended_on.tzinfo  # type: ignore[union-attr]
                is run.range_start.tzinfo  # type: ignore[union-attr]
                is run.range_end.tzinfo  # type: ignore[union-attr]
                is UTC
            )
        except AttributeError:
            dates = (run.logical_date, run.started_on, run.ended_on, run.range_start, run.range_end)
            alike = all(date.tzinfo is UTC for date in dates if date is not None)
        if not alike:
            return False
    return True
