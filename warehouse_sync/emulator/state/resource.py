"""A stored resource: a document, its audit fields, and what is wrong with it."""

from datetime import datetime

from attrs import define, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import show_moment, show_optional
from warehouse_sync.emulator.runs.scheduler import RunScheduler


@frozen
class Problem:
    """What is wrong with a resource, and since when it shows."""

    message: str
    since: datetime


@define(kw_only=True)
class Resource:
    """A stored document: what the client may set, with its secrets masked, and who wrote it when.

    Attributes:
        problem: What a run or a login found wrong with it.
        login_succeeded: Whether its creation succeeded: a connection that never could log in is created anew.
    """

    document: Document
    created_on: datetime
    created_by: str
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    problem: Problem | None = None
    login_succeeded: bool = True

    def errors(self, now: datetime) -> list[Document]:
        """Return what is wrong with the resource at a moment."""
        visible = self.problem is not None and self.problem.since <= now
        return [{"message": self.problem.message}] if self.problem and visible else []

    def audit(self) -> Document:
        """Return the audit fields; the latter two are null until the first update."""
        return {
            "created_on": show_moment(self.created_on),
            "created_by": self.created_by,
            "last_modified_on": show_optional(self.last_modified_on),
            "last_modified_by": self.last_modified_by,
        }


@define(kw_only=True)
class Pipeline(Resource):
    """A stored pipeline and its runs.

    Attributes:
        scheduler: Its runs.
        counts_as_active: Whether it counts against the limit of active pipelines; seeded ones do not.
        report_available_from: Until then its report is not found.
    """

    scheduler: RunScheduler
    counts_as_active: bool = True
    report_available_from: datetime | None = None
