"""Event batches that runs have sent to mParticle."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Generic, TypeVar

from attrs import frozen

from warehouse_sync.emulator.runs.run import Run

# Beyond either limit, new batches replace the oldest.
MAX_BATCHES = 100_000
MAX_BYTES = 128 * 1024 * 1024

_Item = TypeVar("_Item")


class NewestItems(Generic[_Item]):
    """Keeps the newest items, up to `MAX_BATCHES` and `MAX_BYTES`."""

    def __init__(self) -> None:
        self._items: deque[tuple[_Item, int]] = deque()
        self._size = 0

    def __iter__(self) -> Iterator[_Item]:
        return (item for item, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: _Item, size: int) -> None:
        """Add an item of a size in bytes, and drop the oldest ones beyond the limits."""
        self._items.append((item, size))
        self._size += size
        while len(self._items) > MAX_BATCHES or self._size > MAX_BYTES:
            self._size -= self._items.popleft()[1]

    def newest(self, count: int) -> list[_Item]:
        """Return the newest items, oldest first."""
        return [item for item, _ in islice(self._items, max(0, len(self._items) - count), None)]

    def clear(self) -> None:
        """Remove every item."""
        self._items.clear()
        self._size = 0


@frozen
class EventBatch:
    """An event batch as it was sent, with its origin."""

    workspace_id: str
    pipeline_id: str
    run_id: int
    sent_on: datetime
    line: bytes


@frozen
class BatchFilter:
    """Selects batches by their origin; None selects all."""

    workspace_id: str | None = None
    pipeline_id: str | None = None
    run_id: int | None = None

    def matches(self, batch: EventBatch) -> bool:
        """Return whether the filter selects a batch."""
        return (
            self.workspace_id in (None, batch.workspace_id)
            and self.pipeline_id in (None, batch.pipeline_id)
            and self.run_id in (None, batch.run_id)
        )


class EventBatchLog:
    """Keeps the newest batches.

    Attributes:
        added: How many batches runs have added.
    """

    def __init__(self) -> None:
        self._batches = NewestItems[EventBatch]()
        self.added: int = 0

    def __len__(self) -> int:
        return len(self._batches)

    def add(self, workspace_id: str, run: Run, lines: Iterable[bytes]) -> None:
        """Add the batches of a run, each a JSON document."""
        for line in lines:
            self.restore(EventBatch(workspace_id, run.pipeline_id, run.id, run.ended_on, line))
            self.added += 1

    def restore(self, batch: EventBatch) -> None:
        """Add a batch that is saved already."""
        self._batches.add(batch, len(batch.line))

    def newest(self, count: int) -> list[EventBatch]:
        """Return the newest batches, oldest first."""
        return self._batches.newest(count)

    def sent(self, wanted: BatchFilter, now: datetime) -> Iterator[bytes]:
        """Yield the selected batches of ended runs as JSON lines.

        Batches that are added meanwhile are left out.
        """
        batches = tuple(self._batches)
        return (batch.line + b"\n" for batch in batches if batch.sent_on <= now and wanted.matches(batch))

    def clear(self) -> None:
        """Delete every batch."""
        self._batches.clear()
