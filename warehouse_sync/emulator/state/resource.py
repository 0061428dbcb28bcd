"""A stored resource: its document, its audit fields, and what is wrong with it."""

from datetime import datetime

from attrs import define, field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import format_optional_timestamp, format_timestamp
from warehouse_sync.emulator.runs.scheduler import RunScheduler


@frozen
class ResourceError:
    """A fault of a resource, and the time from which the API shows it."""

    message: str
    since: datetime


@define(kw_only=True)
class Resource:
    """A stored document: the fields a client can set, and the audit fields.

    Its secrets are masked.

    Attributes:
        problem: What a run or a login found wrong with it.
        login_succeeded: Whether it was created successfully. A connection that never could log in can be
            created again.
    """

    document: Document
    created_on: datetime
    created_by: str
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    problem: ResourceError | None = None
    login_succeeded: bool = True

    def is_settled(self, now: datetime) -> bool:
        """Return whether the errors stay the same until the next write."""
        return self.problem is None or self.problem.since <= now

    def errors(self, now: datetime) -> list[Document]:
        """Return the errors that the API shows at a time."""
        visible = self.problem is not None and self.problem.since <= now
        return [{"message": self.problem.message}] if self.problem and visible else []

    def audit(self) -> Document:
        """Return the audit fields; the last two are null until the first update."""
        return {
            "created_on": format_timestamp(self.created_on),
            "created_by": self.created_by,
            "last_modified_on": format_optional_timestamp(self.last_modified_on),
            "last_modified_by": self.last_modified_by,
        }


@define(kw_only=True)
class Pipeline(Resource):
    """A stored pipeline and its runs.

    Attributes:
        scheduler: Creates and logs its runs.
        counts_as_active: Whether it counts towards the limit of active pipelines; seeded pipelines do not.
        report_available_from: Before this time its report is not found.
        final_report: The store's version, and the body of the report, which does not change in this version.
    """

    scheduler: RunScheduler
    counts_as_active: bool = True
    report_available_from: datetime | None = None
    final_report: tuple[int, bytes] | None = field(default=None, init=False, eq=False, repr=False)
