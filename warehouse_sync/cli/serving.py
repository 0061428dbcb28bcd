"""Shared parts of the commands that serve until they are stopped."""

import asyncio
import contextlib
import errno
import signal


def stop_event() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stopped = asyncio.Event()
    # Not available on Windows, where Ctrl-C raises KeyboardInterrupt.
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


def cannot_listen(host: str, port: int, error: OSError) -> str:
    """Return the message for an address that cannot be used."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use; choose another with --port, or a free one with --port 0."
    return f"Cannot listen on port {port} of {host}: {error.strerror or error}."
