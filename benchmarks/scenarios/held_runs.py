"""100,000 runs kept: what one costs in memory."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_US = "warehouse-sync"
_DICTS = "json.loads dicts"
_RUNS = 100_000

SCENARIO = Scenario(
    name="held-runs",
    title="100,000 runs held in memory",
    workload="hold_runs",
    metric="rss_bytes_per_run",
    unit="bytes resident per run",
    subjects=(
        Subject(_US, "sdk", size=_RUNS, warm_up=0),
        Subject(_DICTS, "aiohttp_json", size=_RUNS, warm_up=0),
    ),
    claims=(
        Claim("resident bytes per run", "rss_bytes_per_run", _US, at_most=650, unit=" B"),
        Claim("the same by tracemalloc", "traced_bytes_per_run", _US, at_most=650, unit=" B"),
        Claim("of dicts, by tracemalloc", "traced_bytes_per_run", _DICTS, unit=" B"),
    ),
    server=Settings(runs=_RUNS),
    slices=1,
    quick_scale=1,
)
