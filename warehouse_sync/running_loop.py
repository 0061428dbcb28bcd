"""The running event loop, which must be one of asyncio."""

import asyncio
import sys

from warehouse_sync.errors import ConfigurationError

_IN_A_THREAD = "call the methods of Client in a thread, for example with trio.to_thread.run_sync"


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop.

    Raises:
        ConfigurationError: No asyncio event loop runs, for example under trio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise no_loop_error() from None


def no_loop_error() -> ConfigurationError:
    """Return the error for a call without an asyncio event loop."""
    if _in_trio_task():
        return ConfigurationError(f"AsyncClient needs asyncio, and this is a task of trio: {_IN_A_THREAD}")
    return ConfigurationError(
        "no asyncio event loop runs here: await the methods of AsyncClient in a coroutine that asyncio.run() runs"
    )


def check_not_in_trio() -> None:
    """Check that a blocking call does not block an event loop of trio.

    Raises:
        ConfigurationError: The caller is a task of trio.
    """
    if "trio" in sys.modules and _in_trio_task():
        raise ConfigurationError(f"Client blocks, and this is a task of trio: {_IN_A_THREAD}")


def _in_trio_task() -> bool:
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True
