"""Event batches that runs have sent to mParticle."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from warehouse_sync.emulator.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

# Takes some hundred megabytes. Beyond it, new batches replace the oldest.
MAX_BATCHES = 100_000


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
    """Keeps the newest batches, up to `MAX_BATCHES`.

    Attributes:
        on_add: Called with every new batch.
    """

    def __init__(self) -> None:
        self._batches: deque[EventBatch] = deque(maxlen=MAX_BATCHES)
        self.on_add: Callable[[EventBatch], None] | None = None

    def add(self, workspace_id: str, run: Run, lines: Iterable[bytes]) -> None:
        """Add the batches of a run, each a JSON document."""
        for line in lines:
            batch = EventBatch(workspace_id, run.pipeline_id, run.id, run.ended_on, line)
            self.restore(batch)
            if self.on_add is not None:
                self.on_add(batch)

    def restore(self, batch: EventBatch) -> None:
        """Add a batch that is saved already."""
        self._batches.append(batch)

    def sent(self, wanted: BatchFilter, now: datetime) -> Iterator[bytes]:
        """Yield the selected batches of runs that have ended, as JSON lines; without batches added meanwhile."""
        batches = tuple(self._batches)
        return (batch.line + b"\n" for batch in batches if batch.sent_on <= now and wanted.matches(batch))

    def clear(self) -> None:
        """Delete every batch."""
        self._batches.clear()
