"""Processes that share a token cache. Run as a script, so that each starts as from a shell.

    python -m tests.support.token_workers swarm COUNT OPTIONS     COUNT processes at once
    python -m tests.support.token_workers killed OPTIONS          killed at every fourth line of the cache, one after the other

Both end with 0 if every process that was not killed got its answer.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import warehouse_sync.resources.connections
import warehouse_sync.wire.documents  # noqa: F401 - imported once, and not in each child
from warehouse_sync import AsyncClient
from warehouse_sync.transport import token_cache

_WATCHED = {token_cache.__file__}


async def _call(options: dict[str, Any]) -> None:
    async with AsyncClient(**options) as client:
        await client.connections.get("c1")


def _fork(work: Callable[[], None]) -> int:
    """Start a process, and return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def _swarm(count: int, options: dict[str, Any]) -> int:
    """Start many processes at the same moment, and count those that failed."""
    waiting, starting = os.pipe()

    def work() -> None:
        os.close(starting)
        os.read(waiting, 1)  # returns when the last copy of the other end is closed
        asyncio.run(_call(options))

    children = [_fork(work) for _ in range(count)]
    os.close(starting)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def _killed(options: dict[str, Any]) -> int:
    """Kill a process at its first line, the next one at its fifth and so on, and check each time that one more succeeds."""
    line, directory = -3, Path(options["token_cache"])
    while True:
        line += 4
        status = _wait(_fork(partial(_run_until, line, options)))
        if _wait(_fork(lambda: asyncio.run(_call(options)))) != 0:
            print(f"the next run failed after a kill at line {line}")  # noqa: T201 - read by the test
            return 1
        kept = [path.name for path in directory.iterdir() if path.suffix == ".new"]
        if kept or not list(directory.glob("*.json")):
            print(f"after a kill at line {line}: {sorted(os.listdir(directory))}")  # noqa: T201, PTH208 - read by the test
            return 1
        if status == 0:
            print(line)  # noqa: T201 - read by the test
            return 0
        for path in directory.glob("*.json"):
            path.unlink()


def _wait(child: int) -> int:
    return os.waitpid(child, 0)[1]


def _run_until(last: int, options: dict[str, Any]) -> None:
    """Run, and be killed at the `last` line of the cache's code, in any thread."""
    left = [last]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename not in _WATCHED:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    asyncio.run(_call(options))


def main(command: str, *arguments: str) -> int:
    """Run a command."""
    options = json.loads(arguments[-1])
    return _swarm(int(arguments[0]), options) if command == "swarm" else _killed(options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
