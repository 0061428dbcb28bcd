"""Bytes to models for reports, runs and pages, which are read often.

msgspec decodes directly into the attrs classes. It is strict: a document that it rejects, or with a date that is not in
UTC, is decoded by `lenient`, which returns the same models and accepts more variations. msgspec skips unknown fields
without validating the bytes of their values.
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
    """Decode a page of runs."""
    value = _decode(_page, body)
    return value if value is not None and _all_in_utc(value.items) else lenient.decode(body, Page)


def run(body: bytes) -> Run:
    """Decode a run."""
    value = _decode(_run, body)
    return value if value is not None and _all_in_utc((value,)) else lenient.decode(body, Run)


def report(body: bytes) -> PipelineReport:
    """Decode the report of a pipeline."""
    value = _decode(_report, body)
    if value is None:
        return lenient.decode(body, PipelineReport)
    latest = value.latest_pipeline_run
    return value if latest is None or _all_in_utc((latest,)) else lenient.decode(body, PipelineReport)


def _decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T | None:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None  # `lenient` decodes it, or raises an error with the reason


def _all_in_utc(runs: Iterable[Run]) -> bool:
    """Return whether all dates are in UTC. msgspec decodes "Z" to the object `UTC`, and other zones to other objects."""
    utc = UTC
    for run in runs:
        try:  # most runs have all dates
            if (
                run.logical_date.tzinfo is not utc  # type: ignore[union-attr] # a missing date raises AttributeError
                or run.started_on.tzinfo is not utc  # type: ignore[union-attr] # same
                or run.ended_on.tzinfo is not utc  # type: ignore[union-attr] # same
                or run.range_start.tzinfo is not utc  # type: ignore[union-attr] # same
                or run.range_end.tzinfo is not utc  # type: ignore[union-attr] # same
            ):
                return False
        except AttributeError:
            dates = (run.logical_date, run.started_on, run.ended_on, run.range_start, run.range_end)
            if not all(date.tzinfo is utc for date in dates if date is not None):
                return False
    return True
