"""What a figure was measured on, and on which core each process runs."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["server", "client"]

_LIBRARIES = ("warehouse-sync", "aiohttp", "attrs", "httpx", "msgspec", "pydantic", "requests", "uvloop")


def has_uvloop() -> bool:
    """Return whether uvloop is installed."""
    return importlib.util.find_spec("uvloop") is not None


def fastest_loop() -> str:
    """Return the name of the fastest event loop there is."""
    return "uvloop" if has_uvloop() else "asyncio"


def runner(loop: str) -> asyncio.Runner:
    """Return a runner for the event loop named `asyncio` or `uvloop`."""
    if loop == "asyncio":
        return asyncio.Runner()
    import uvloop  # noqa: PLC0415  # optional, and a client that did not ask for it must not pay for it

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def cores() -> list[int]:
    """Return the cores this process may use; empty where the platform does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(role: Role) -> None:
    """Give server and client a core each, where there are two."""
    available = cores()
    if len(available) > 1:
        os.sched_setaffinity(0, {available[0] if role == "server" else available[1]})


def unpin() -> None:
    """Take every core there is, whatever the parent was pinned to."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


@contextmanager
def on_core(role: Role) -> Iterator[None]:
    """Stay on a role's core for the length of the block, with every process started in it."""
    before = cores()
    pin(role)
    try:
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)


def describe() -> dict[str, Any]:
    """Return the facts a reader needs to place a figure."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "pinned": len(cores()) > 1,
        "server_loop": fastest_loop(),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
