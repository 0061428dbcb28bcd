"""`pipelines.reports(ids)` over very many pipelines: does the rate hold, does memory?"""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_MANY = "warehouse-sync, 100,000"
_FEW = "warehouse-sync, 1,000"

SCENARIO = Scenario(
    name="bulk-poll",
    title="Bulk poll of 1,000 and of 100,000 pipelines",
    workload="bulk_poll",
    metric="wall_us",
    unit="µs per pipeline",
    subjects=(
        Subject(_MANY, "sdk", size=100_000, warm_up=2000),
        Subject(_FEW, "sdk", size=50_000, warm_up=2000, options={"at_once": 1000}),
    ),
    claims=(
        Claim(
            "rate at 100,000 over the rate at 1,000", "wall_us", _MANY, _FEW, "times", at_least=0.9, unit="x"
        ),
        Claim("the same in CPU time", "cpu_us", _MANY, _FEW, "times", unit="x"),
        Claim("peak memory over base at 100,000", "peak_over_base_mib", _MANY, at_most=30, unit=" MiB"),
    ),
    slices=1,
)
