"""The memory of 100,000 runs."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_SDK = "warehouse-sync"
_DICTS = "json.loads dicts"
_RUNS = 100_000

SCENARIO = Scenario(
    name="held-runs",
    title="100,000 runs held in memory",
    workload="hold_runs",
    metric="rss_bytes_per_run",
    unit="bytes resident per run",
    subjects=(
        Subject(_SDK, "sdk", size=_RUNS, warm_up=0),
        Subject(_DICTS, "aiohttp_json", size=_RUNS, warm_up=0),
    ),
    claims=(
        Claim("resident bytes per run", "rss_bytes_per_run", _SDK, at_most=650, unit=" B"),
        Claim("bytes per run by tracemalloc", "traced_bytes_per_run", _SDK, at_most=650, unit=" B"),
        Claim("bytes per dict by tracemalloc", "traced_bytes_per_run", _DICTS, unit=" B"),
    ),
    server=Settings(runs=_RUNS),
    slices=1,
    quick_scale=1,
)
