"""The emulator's reports, compared with a handler that returns the same bytes. Here the servers are measured."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_EMULATOR = "warehouse-sync emulator"
_BARE = "bare aiohttp.web handler"

SCENARIO = Scenario(
    name="emulator-report",
    title="Reports from the emulator",
    workload="serve",
    subjects=(
        Subject(_BARE, "aiohttp_server", size=4000, warm_up=4000),
        Subject(_EMULATOR, "emulator_server", size=4000, warm_up=4000),
    ),
    claims=(
        Claim(
            "rate over that of a bare handler",
            "per_second",
            _EMULATOR,
            _BARE,
            "share",
            at_least=0.85,
            unit="x",
        ),
        Claim("CPU over that of a bare handler", "cpu_us", _EMULATOR, _BARE, "share", unit="x"),
    ),
    metric="cpu_us",
    unit="µs CPU of the server per request",
)
