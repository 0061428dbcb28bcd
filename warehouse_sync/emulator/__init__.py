"""An emulator of the Warehouse Sync API, on this machine and in memory.

    async with Emulator() as emulator:      # loopback, a free port
        async with AsyncClient(**emulator.client_options()) as client: ...

It shares no code with the client, so that a mistake in one does not hide the same mistake in the other.
"""

try:
    from warehouse_sync.emulator.clock import Clock, SystemClock, VirtualClock
    from warehouse_sync.emulator.faults.fault import Fault
    from warehouse_sync.emulator.request_log import RecordedRequest
    from warehouse_sync.emulator.runs.limits import Limits
    from warehouse_sync.emulator.server import Emulator
except ModuleNotFoundError as _error:
    if (_error.name or "").partition(".")[0] != "dateutil":
        raise
    raise ImportError(
        "The emulator needs a package that is not installed: pip install 'warehouse-sync[emulator]'",
        name="dateutil",
    ) from _error

__all__ = ["Clock", "Emulator", "Fault", "Limits", "RecordedRequest", "SystemClock", "VirtualClock"]
