"""The workspace that resource clients share: id, sender and what was created."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

import attrs

from warehouse_sync.events import ResponseRecovered
from warehouse_sync.resources.paths import PIPELINES
from warehouse_sync.settings import Clock
from warehouse_sync.transport.observer import current_operation
from warehouse_sync.transport.sender import RetryingSender

if TYPE_CHECKING:
    from warehouse_sync.polling.run_waiter import RunWaiter

T = TypeVar("T")

RECONCILE_GRACE = 3.0  # seconds beyond `reconcile_timeout`, for a last request that starts just before
MAX_REMEMBERED = 10_000  # pipelines and runs; more only while a 404 is expected for all of them

# The end of the time in which a 404 is expected, by workspace, pipeline and run (`None` for the pipeline itself).
Created = dict[tuple[int, str, int | None], float]

Waiters = WeakValueDictionary[int, "RunWaiter"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Workspace:
    """One workspace of a client.

    Attributes:
        sender: Sends the requests.
        id: The number of the workspace.
        account_id: The number of the account that the workspace belongs to, which only feeds need; `None` if it is not set.
        created: The pipelines and runs that the client created, shared by all its workspaces.
        waiters: The waiter of each workspace in use, shared by all workspaces with the same sender.
        pipelines_path: The path of the pipelines, formatted once.
    """

    sender: RetryingSender
    id: int
    account_id: int | None = None
    created: Created = attrs.field(factory=dict)
    waiters: Waiters = attrs.field(factory=WeakValueDictionary)
    pipelines_path: str = attrs.field(
        init=False, default=attrs.Factory(lambda workspace: workspace.path(PIPELINES), takes_self=True)
    )

    @property
    def clock(self) -> Clock:
        """Time, sleep and randomness."""
        return self.sender.clock

    def path(self, template: str, **ids: str | int) -> str:
        """Return one of the paths of `paths.py` for this workspace, with validated ids."""
        return template.format(workspace_id=self.id, **ids)

    def observed(self, operation: str, method: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        """Return the method, wrapped to report its calls if there are listeners."""
        observer = self.sender.observer
        return method if observer is None else observer.wrap(operation, self.id, method)

    def report_recovered(self) -> None:
        """Emit the event for a change whose lost response was recovered."""
        if self.sender.observer is not None:
            self.sender.observer.emit(ResponseRecovered(operation=current_operation()))

    def for_workspace(self, workspace_id: int) -> "Workspace":
        """Return the workspace with this number, over the same sender."""
        return self if workspace_id == self.id else attrs.evolve(self, id=workspace_id)

    def mark_created(self, pipeline_id: str, run_id: int | None = None) -> None:
        """Record a pipeline or run that was just created: waits retry a 404 for it."""
        created, now = self.created, self.clock.monotonic()
        created.pop((self.id, pipeline_id, run_id), None)
        created[self.id, pipeline_id, run_id] = now + self.sender.reconcile_timeout
        while len(created) > MAX_REMEMBERED and next(iter(created.values())) <= now:
            del created[next(iter(created))]  # in insertion order, so the oldest come first

    def has_created(self, pipeline_id: str, run_id: int) -> bool:
        """Return whether this client created a run or was passed its handle."""
        return (self.id, pipeline_id, run_id) in self.created

    def was_just_created(self, pipeline_id: str, run_id: int | None = None) -> bool:
        """Return whether a 404 may not be final: a pipeline or run was just created."""
        return self.created.get((self.id, pipeline_id, run_id), 0.0) > self.clock.monotonic()

    def reconcile_delays(self, first: float, longest: float) -> Iterator[float]:
        """Yield the delay before each attempt to find a lost create.

        The first delay is 0, and later ones double, up to `reconcile_timeout` in total.

        Args:
            first: Seconds before the second attempt.
            longest: The maximum delay in seconds.
        """
        clock = self.clock
        deadline, delay = clock.monotonic() + self.sender.reconcile_timeout, first
        yield 0.0
        while clock.monotonic() + delay <= deadline:
            yield delay
            delay = min(delay * 2, longest)
