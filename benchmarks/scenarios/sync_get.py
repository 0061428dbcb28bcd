"""A blocking script: one call after the other."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_BLOCKING = "warehouse-sync, blocking"
_AWAIT = "warehouse-sync, await"
_REQUESTS = "requests.Session + json()"

SCENARIO = Scenario(
    name="sync-get",
    title="Sequential GET requests",
    workload="sequential",
    metric="wall_us",
    unit="µs per call",
    subjects=(
        Subject(_BLOCKING, "sdk_blocking", size=500, warm_up=500),
        Subject(_AWAIT, "sdk", size=500, warm_up=500, workload="sequential_await"),
        Subject(_REQUESTS, "requests_json", size=200, warm_up=200),
    ),
    claims=(
        Claim("times requests", "wall_us", _BLOCKING, _REQUESTS, "times", at_least=3, unit="x"),
        Claim(
            "a blocking call over an await",
            "wall_us",
            _BLOCKING,
            _AWAIT,
            "difference",
            at_most=160,
            unit=" µs",
        ),
    ),
)
