"""A workspace as its resource clients see it: where it is, how to send, and what it was told to expect."""

from collections.abc import Iterator

import attrs

from warehouse_sync.settings import Clock
from warehouse_sync.transport.sender import RetryingSender

RECONCILE_GRACE = (
    3.0  # seconds beyond its time that a search for what was lost may take, for a look that begins late
)


@attrs.frozen(kw_only=True, eq=False)
class Workspace:
    """One workspace of a client.

    Attributes:
        sender: Sends its requests.
        id: Its number.
        path: Its path below the API's address.
        expected: Until when what was just created may be late, shared by all workspaces of a client.
    """

    sender: RetryingSender
    id: int
    path: str = attrs.field(init=False)
    expected: dict[tuple[int, str], float] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "path", f"/platform/v2/workspaces/{self.id}")

    @property
    def clock(self) -> Clock:
        """Time, sleep and randomness."""
        return self.sender.clock

    def sibling(self, workspace_id: int) -> "Workspace":
        """Return another workspace of the same client, or this one."""
        return self if workspace_id == self.id else attrs.evolve(self, id=workspace_id)

    def expect(self, key: str) -> None:
        """Remember that something was just created, so a 404 for it means "not yet" for a while."""
        now = self.clock.monotonic()
        while self.expected and next(iter(self.expected.values())) <= now:  # the oldest come first
            del self.expected[next(iter(self.expected))]
        self.expected.pop((self.id, key), None)
        self.expected[self.id, key] = now + self.sender.reconcile_timeout

    def expects(self, key: str) -> bool:
        """Tell whether a 404 for this means "not yet"."""
        return self.expected.get((self.id, key), 0.0) > self.clock.monotonic()

    def reconcile_delays(self, first: float, longest: float) -> Iterator[float]:
        """Yield how long to wait before each look: not at all, then doubling, for as long as the policy's `reconcile_timeout` allows."""
        clock = self.clock
        until, pause = clock.monotonic() + self.sender.reconcile_timeout, first
        yield 0.0
        while clock.monotonic() + pause <= until:
            yield pause
            pause = min(pause * 2, longest)
