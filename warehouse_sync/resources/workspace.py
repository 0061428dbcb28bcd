"""The workspace that resource clients share: id, sender and recent creations."""

from collections.abc import Iterator

import attrs

from warehouse_sync.settings import Clock
from warehouse_sync.transport.sender import RetryingSender

RECONCILE_GRACE = (
    3.0  # seconds beyond `reconcile_timeout`, for a last request that starts just before its end
)

# The end of the time in which a 404 is expected, by workspace, pipeline and run (`None` for the pipeline itself).
RecentlyCreated = dict[tuple[int, str, int | None], float]


@attrs.frozen(kw_only=True, eq=False)
class Workspace:
    """One workspace of a client.

    Attributes:
        sender: Sends the requests.
        id: The number of the workspace.
        recently_created: The pipelines and runs created recently, shared by all workspaces of a client.
    """

    sender: RetryingSender
    id: int
    recently_created: RecentlyCreated = attrs.field(factory=dict, repr=False)

    @property
    def clock(self) -> Clock:
        """Time, sleep and randomness."""
        return self.sender.clock

    def path(self, template: str) -> str:
        """Return one of the paths of `paths.py` for this workspace."""
        return template.format(workspace_id=self.id)

    def sibling(self, workspace_id: int) -> "Workspace":
        """Return the workspace with this number, over the same sender."""
        return self if workspace_id == self.id else attrs.evolve(self, id=workspace_id)

    def mark_created(self, pipeline_id: str, run_id: int | None = None) -> None:
        """Record that a pipeline or run was just created.

        Waits then retry a 404 for it.
        """
        recent, now = self.recently_created, self.clock.monotonic()
        while recent and next(iter(recent.values())) <= now:  # in insertion order, so the oldest come first
            del recent[next(iter(recent))]
        recent.pop((self.id, pipeline_id, run_id), None)
        recent[self.id, pipeline_id, run_id] = now + self.sender.reconcile_timeout

    def was_just_created(self, pipeline_id: str, run_id: int | None = None) -> bool:
        """Return whether a pipeline or run was created recently.

        If so, a 404 for it may not be final.
        """
        return self.recently_created.get((self.id, pipeline_id, run_id), 0.0) > self.clock.monotonic()

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
