"""The event batches that mParticle would have received, newest last."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import frozen

from warehouse_sync.emulator.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

# Some hundred megabytes at most; older batches make room for newer ones.
MAX_BATCHES = 100_000


@frozen
class EventBatch:
    """One batch as it was sent."""

    workspace_id: str
    pipeline_id: str
    run_id: int
    sent_on: datetime
    line: bytes


@frozen
class BatchFilter:
    """Which batches are asked for; None asks for all."""

    workspace_id: str | None = None
    pipeline_id: str | None = None
    run_id: int | None = None

    def admits(self, batch: EventBatch) -> bool:
        """Tell whether a batch is asked for."""
        return (
            self.workspace_id in (None, batch.workspace_id)
            and self.pipeline_id in (None, batch.pipeline_id)
            and self.run_id in (None, batch.run_id)
        )


class EventBatchLog:
    """Keeps the batches of the runs, up to `MAX_BATCHES`.

    Attributes:
        listener: Told of every new batch.
    """

    def __init__(self) -> None:
        self._kept: deque[EventBatch] = deque(maxlen=MAX_BATCHES)
        self.listener: Callable[[EventBatch], None] | None = None

    def add(self, workspace_id: str, run: Run, lines: Iterable[bytes]) -> None:
        """Keep the batches of a run, each a JSON document."""
        for line in lines:
            batch = EventBatch(workspace_id, run.pipeline_id, run.id, run.ended_on, line)
            self.restore(batch)
            if self.listener is not None:
                self.listener(batch)

    def restore(self, batch: EventBatch) -> None:
        """Keep a batch that is there already."""
        self._kept.append(batch)

    def sent(self, wanted: BatchFilter, now: datetime) -> Iterator[bytes]:
        """Yield the batches of runs that have ended by now, as lines of JSON; what is added meanwhile is not among them."""
        kept = tuple(self._kept)
        return (batch.line + b"\n" for batch in kept if batch.sent_on <= now and wanted.admits(batch))

    def clear(self) -> None:
        """Forget every batch."""
        self._kept.clear()
