"""A run of a pipeline.

A run has four times, set when it is created. Its status follows from them and the current time, so that nothing
runs in the background and ten thousand idle pipelines cost nothing.
"""

from datetime import datetime, timedelta
from typing import Self

from attrs import define, field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import format_optional_timestamp, format_timestamp

QUEUED, RUNNING, SUCCESS, FAILED = "queued", "running", "success", "failed"
SCHEDULED, MANUAL = "scheduled", "manual"
_MAX_SECONDS = 10**9
SIMULATED_FAILURE = "The emulator let this run fail as requested."


@frozen
class RunTiming:
    """The time that a run is queued, and the time that it then runs."""

    queued: timedelta
    running: timedelta

    @classmethod
    def from_seconds(cls, *, queued: float, running: float) -> Self:
        """Return a timing in seconds.

        Raises:
            ValueError: A number is negative, too large or NaN.
        """
        for name, seconds in (("queued", queued), ("running", running)):
            if not 0 <= seconds <= _MAX_SECONDS:
                raise ValueError(
                    f"{name} must be a number of seconds from 0 to {_MAX_SECONDS}, not {seconds!r}."
                )
        return cls(queued=timedelta(seconds=queued), running=timedelta(seconds=running))


@define(kw_only=True)
class Run:
    """A run of a pipeline.

    Attributes:
        failure: Why it fails, or None if it succeeds.
        successful_records: How many rows it loads; None for a simulated run.
        failed_records: How many rows it cannot load; None for a simulated run.
    """

    id: int
    pipeline_id: str
    type: str
    logical_date: datetime
    range_start: datetime | None
    range_end: datetime
    started_on: datetime
    ended_on: datetime
    failure: str | None = None
    successful_records: int | None = None
    failed_records: int | None = None
    _final_document: Document | None = field(default=None, init=False, eq=False, repr=False)

    def status(self, now: datetime) -> str:
        """Return the status at a time."""
        if now < self.started_on:
            return QUEUED
        if now < self.ended_on:
            return RUNNING
        return SUCCESS if self.failure is None else FAILED

    def show(self, now: datetime) -> Document:
        """Return the run as the API shows it at a time.

        The document of an ended run is cached.
        """
        if now < self.ended_on:
            return self._show(now)
        if self._final_document is None:
            self._final_document = self._show(now)
        return self._final_document

    def _show(self, now: datetime) -> Document:
        status = self.status(now)
        ended = status in (SUCCESS, FAILED)
        return {
            "id": self.id,
            "pipeline_id": self.pipeline_id,
            "type": self.type,
            "status": status,
            "errors": [{"message": self.failure}] if status == FAILED else [],
            "logical_date": format_timestamp(self.logical_date),
            "started_on": None if status == QUEUED else format_timestamp(self.started_on),
            "ended_on": format_timestamp(self.ended_on) if ended else None,
            "range_start": format_optional_timestamp(self.range_start),
            "range_end": format_timestamp(self.range_end),
            "successful_records": self._record_count(
                self.successful_records, simulated=status == SUCCESS, ended=ended
            ),
            "failed_records": self._record_count(
                self.failed_records, simulated=status == FAILED, ended=ended
            ),
        }

    def _record_count(self, counted: int | None, *, simulated: bool, ended: bool) -> int:
        if counted is None:
            return simulated_record_count(self.id) if simulated else 0
        return counted if ended else 0


def simulate_run(run: Run, settings: Document) -> None:
    """Execute a run without a warehouse: its record counts are derived from its id."""


def simulated_record_count(run_id: int) -> int:
    """Return the record count of a simulated run, always the same for the same run."""
    return 100 + run_id * 37 % 900
