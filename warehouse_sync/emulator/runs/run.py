"""Runs, and the log of a pipeline's runs.

A run is four moments decided when it is created; its status is a function of them and of the time it is asked
for. Nothing ticks in the background, so ten thousand pipelines cost nothing while nobody asks.
"""

from datetime import datetime, timedelta

from attrs import define, field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import show_moment, show_optional

QUEUED, RUNNING, SUCCESS, FAILED = "queued", "running", "success", "failed"
SCHEDULED, MANUAL = "scheduled", "manual"


@frozen
class RunTiming:
    """How long a run stays queued, and how long it then runs."""

    queued: timedelta
    running: timedelta


@define(kw_only=True)
class Run:
    """One sync of a pipeline.

    Attributes:
        failure: What goes wrong, or None for a run that succeeds.
        successful_records: How many rows it loads; None for a run that only pretends to.
        failed_records: How many rows it cannot load; likewise.
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
    _shown_at_end: Document | None = field(default=None, init=False, eq=False, repr=False)

    def status(self, now: datetime) -> str:
        """Return how far the run has come at a moment."""
        if now < self.started_on:
            return QUEUED
        if now < self.ended_on:
            return RUNNING
        return SUCCESS if self.failure is None else FAILED

    def show(self, now: datetime) -> Document:
        """Return the run as the API shows it at a moment; a run that has ended no longer changes."""
        if now < self.ended_on:
            return self._show(now)
        if self._shown_at_end is None:
            self._shown_at_end = self._show(now)
        return self._shown_at_end

    def _show(self, now: datetime) -> Document:
        status = self.status(now)
        ended = status in (SUCCESS, FAILED)
        return {
            "id": self.id,
            "pipeline_id": self.pipeline_id,
            "type": self.type,
            "status": status,
            "errors": [{"message": self.failure}] if status == FAILED else [],
            "logical_date": show_moment(self.logical_date),
            "started_on": None if status == QUEUED else show_moment(self.started_on),
            "ended_on": show_moment(self.ended_on) if ended else None,
            "range_start": show_optional(self.range_start),
            "range_end": show_moment(self.range_end),
            "successful_records": self._records(
                self.successful_records, pretended=status == SUCCESS, ended=ended
            ),
            "failed_records": self._records(self.failed_records, pretended=status == FAILED, ended=ended),
        }

    def _records(self, counts_as_active: int | None, *, pretended: bool, ended: bool) -> int:
        if counts_as_active is None:
            return simulated_records(self.id) if pretended else 0
        return counts_as_active if ended else 0


def simulate_run(run: Run, settings: Document) -> None:
    """Carry a run out where there is no warehouse: it only pretends to load."""


def simulated_records(run_id: int) -> int:
    """Return the number of rows a run pretends to have read: the same for the same run, always."""
    return 100 + run_id * 37 % 900
