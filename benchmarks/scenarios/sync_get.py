"""A plain script: one blocking call after the other."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_US = "warehouse-sync, blocking"
_AWAIT = "warehouse-sync, await"
_REQUESTS = "requests.Session + json()"

SCENARIO = Scenario(
    name="sync-get",
    title="One GET after the other",
    workload="sequential",
    metric="wall_us",
    unit="µs per call",
    subjects=(
        Subject(_US, "sdk_blocking", size=500, warm_up=500),
        Subject(_AWAIT, "sdk", size=500, warm_up=500, workload="sequential_await"),
        Subject(_REQUESTS, "requests_json", size=200, warm_up=200),
    ),
    claims=(
        Claim("times requests", "wall_us", _US, _REQUESTS, "times", at_least=3, unit="x"),
        Claim("a call above the same await", "wall_us", _US, _AWAIT, "difference", at_most=160, unit=" µs"),
    ),
)
