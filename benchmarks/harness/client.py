"""The process of one client: it runs slices of a workload on command, and reports what each used.

The runner starts it with a JSON argument. It prints `ready` when it is connected. Each line on its standard input is a number of
items to process, and it responds with one line of JSON. The runner alternates between such processes: A B A B …
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
    """The work of a client process."""

    peer: str
    """Module in `peers`."""
    workload: str
    """Function in `harness.workloads`."""
    base_url: str
    loop: str = "asyncio"
    options: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of the workload."""

    def to_json(self) -> str:
        """Return the job as the argument of the client process."""
        return json.dumps(asdict(self))


def run(job: Job) -> None:
    """Connect the peer and work until standard input is closed."""
    peer = importlib.import_module(f"peers.{job.peer}")
    if hasattr(peer, "connect_blocking"):
        _run_blocking(peer, job)
        return
    with machine.runner(job.loop) as runner:
        runner.run(_run(peer, job))


async def _run(peer: Any, job: Job) -> None:  # noqa: ANN401 - a module with `connect`
    work = getattr(workloads, job.workload)
    async with peer.connect(job.base_url) as client:
        for size in _commands():
            with Meter() as meter:
                extras = await work(client, size, **job.options)
            _report(meter, extras)


def _run_blocking(peer: Any, job: Job) -> None:  # noqa: ANN401 - a module with `connect_blocking`
    work = getattr(workloads, job.workload)
    with peer.connect_blocking(job.base_url) as client:
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
