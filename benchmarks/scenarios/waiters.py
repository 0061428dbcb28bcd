"""`runs.wait_many()` of 50,000 runs of 5,000 pipelines: the requests must depend on the pipelines alone."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_MANY = "warehouse-sync, 50,000 runs"
_FEW = "warehouse-sync, 5,000 runs"
_PIPELINES = {"pipelines": 5000}

SCENARIO = Scenario(
    name="waiters",
    title="Waits for runs of 5,000 pipelines, which finish after 3 polls",
    workload="wait_many",
    metric="requests",
    unit="requests to the server",
    subjects=(
        Subject(_MANY, "sdk", size=50_000, warm_up=1, options=_PIPELINES),
        Subject(_FEW, "sdk", size=5000, warm_up=1, options=_PIPELINES),
    ),
    claims=(
        Claim(
            "requests for 50,000 runs over those for 5,000",
            "requests",
            _MANY,
            _FEW,
            "share",
            at_most=1.2,
            unit="x",
        ),
        Claim("requests for 50,000 runs", "requests", _MANY),
        Claim("requests per second for 50,000 runs", "requests_per_second", _MANY, unit="/s"),
        Claim("peak memory of 50,000 runs", "peak_over_base_mib", _MANY, unit=" MiB"),
        Claim("seconds for 50,000 runs", "wall_s", _MANY, unit=" s"),
    ),
    server=Settings(runs=10, finish_after_polls=3),
    slices=1,
    rounds=3,
    quick_scale=1,
)
