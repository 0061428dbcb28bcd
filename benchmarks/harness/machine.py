"""The machine and versions of a measurement, and the core of each process."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["server", "client"]

_ROOT = Path(__file__).parents[2]
_LIBRARIES = (
    "warehouse-sync",
    "aiohttp",
    "attrs",
    "httpx",
    "msgspec",
    "openapi-generator-cli",
    "pydantic",
    "requests",
    "uvloop",
)


def has_uvloop() -> bool:
    """Return whether uvloop is installed."""
    return importlib.util.find_spec("uvloop") is not None


def fastest_loop() -> str:
    """Return the name of the fastest installed event loop."""
    return "uvloop" if has_uvloop() else "asyncio"


def runner(loop: str) -> asyncio.Runner:
    """Return a runner for the event loop named `asyncio` or `uvloop`."""
    if loop == "asyncio":
        return asyncio.Runner()
    import uvloop  # noqa: PLC0415  - optional, and a client on asyncio must not import it

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def cores() -> list[int]:
    """Return the cores that this process may use, or an empty list on platforms without affinity."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(role: Role) -> None:
    """Run this process on the core of its role, if there are two cores."""
    available = cores()
    if len(available) > 1:
        os.sched_setaffinity(0, {available[0] if role == "server" else available[1]})


def unpin() -> None:
    """Run this process on any core, also if its parent was pinned to one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


@contextmanager
def on_core(role: Role) -> Iterator[None]:
    """Run the block, and each process that it starts, on the core of a role."""
    before = cores()
    pin(role)
    try:
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)


def describe() -> dict[str, Any]:
    """Return the conditions of a measurement: time, commit, machine and versions."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "pinned": len(cores()) > 1,
        "server_loop": fastest_loop(),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
    }


def commit() -> str:
    """Return the commit that is measured, marked if the files differ from it."""
    try:
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results")
        return _git("rev-parse", "--short=10", "HEAD") + (" with changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - fixed arguments


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
