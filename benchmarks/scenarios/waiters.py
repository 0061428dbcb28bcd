"""10,000 waiters on 1,000 pipelines: requests have to follow the pipelines."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_MANY = "warehouse-sync, 10,000 waiters"
_FEW = "warehouse-sync, 1,000 waiters"
_PIPELINES = {"pipelines": 1000}

SCENARIO = Scenario(
    name="waiters",
    title="Waiters on 1,000 pipelines, runs that finish after 3 polls",
    workload="wait_many",
    metric="requests",
    unit="requests seen by the server",
    subjects=(
        Subject(_MANY, "sdk", size=10_000, warm_up=1, options=_PIPELINES),
        Subject(_FEW, "sdk", size=1000, warm_up=1, options=_PIPELINES),
    ),
    claims=(
        Claim(
            "requests with 10,000 waiters over those with 1,000",
            "requests",
            _MANY,
            _FEW,
            "share",
            at_most=1.2,
            unit="x",
        ),
        Claim(
            "requests per second with 10,000 waiters", "requests_per_second", _MANY, at_most=1000, unit="/s"
        ),
        Claim("peak memory over base with 10,000 waiters", "peak_over_base_mib", _MANY, unit=" MiB"),
    ),
    server=Settings(runs=10, finish_after_polls=3),
    slices=1,
    quick_scale=1,
)
