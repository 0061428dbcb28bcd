"""The emulator's reports beside a handler that returns the same bytes: here the servers are measured."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_US = "warehouse-sync emulator"
_BARE = "bare aiohttp.web handler"

SCENARIO = Scenario(
    name="emulator-report",
    title="Reports answered by the emulator",
    workload="be_asked",
    subjects=(
        Subject(_BARE, "bare_handler", size=4000, warm_up=4000),
        Subject(_US, "emulated", size=4000, warm_up=4000),
    ),
    claims=(
        Claim("rate, of that of a bare handler", "per_second", _US, _BARE, "share", at_least=0.6, unit="x"),
        Claim("CPU, of that of a bare handler", "cpu_us", _US, _BARE, "share", unit="x"),
    ),
    metric="cpu_us",
    unit="µs CPU of the server per request",
)
