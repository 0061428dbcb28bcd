"""The process one client runs in: it does slices of a workload on command and reports what each used.

Started by the runner with a JSON argument. It prints `ready` once connected; each line on its stdin is
a number of items to work off, answered by one line of JSON. Two such processes driven in turn are the
A B A B … of a comparison.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from harness import machine, workloads
from harness.measure import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Job:
    """What a client process is to do."""

    peer: str
    """Module under `peers`."""
    workload: str
    """Function in `harness.workloads`."""
    port: int
    loop: str = "asyncio"
    malloc: bool = False
    """Raise glibc's mmap threshold first, as the SDK does for itself."""
    options: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of the workload."""

    def to_json(self) -> str:
        """Return the job as the argument the client process takes."""
        return json.dumps(asdict(self))


def run(job: Job) -> None:
    """Connect the peer and work until stdin closes."""
    if job.malloc:
        raise_mmap_threshold()
    peer = importlib.import_module(f"peers.{job.peer}")
    if hasattr(peer, "connect_blocking"):
        _run_blocking(peer, job)
        return
    with machine.runner(job.loop) as runner:
        runner.run(_run(peer, job))


def raise_mmap_threshold() -> None:
    """Free one large block: glibc then serves asyncio's receive buffers from the heap, not by mmap."""
    block = bytearray(4 << 20)
    del block


async def _run(peer: Any, job: Job) -> None:  # noqa: ANN401  # a peer is any module with `connect`
    work = getattr(workloads, job.workload)
    async with peer.connect(job.port) as client:
        for size in _commands():
            with Meter() as meter:
                extras = await work(client, size, **job.options)
            _report(meter, extras)


def _run_blocking(peer: Any, job: Job) -> None:  # noqa: ANN401  # a peer is any module with `connect_blocking`
    work = getattr(workloads, job.workload)
    with peer.connect_blocking(job.port) as client:
        for size in _commands():
            with Meter() as meter:
                extras = work(client, size, **job.options)
            _report(meter, extras)


def _commands() -> Iterator[int]:
    print("ready", flush=True)
    for line in sys.stdin:
        yield int(line)


def _report(meter: Meter, extras: dict[str, float] | None) -> None:
    print(json.dumps({**meter.readings(), **(extras or {})}), flush=True)


if __name__ == "__main__":
    machine.pin("client")
    run(Job(**json.loads(sys.argv[1])))
