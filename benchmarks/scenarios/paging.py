"""A long history from a server 50 ms away: pages fetched ahead against page after page."""

from __future__ import annotations

from harness.answers import PAGE_SIZE
from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_PAGES = 2000
_RUNS = _PAGES * PAGE_SIZE
_AHEAD = "warehouse-sync, prefetch"
_ONE_BY_ONE = "page after page"

SCENARIO = Scenario(
    name="paging",
    title="100,000 runs over 2,000 pages, 50 ms away",
    workload="history",
    metric="wall_us",
    unit="µs per run",
    subjects=(
        Subject(_AHEAD, "sdk", size=_RUNS, warm_up=PAGE_SIZE * 200, options={"prefetch": 64}),
        Subject("warehouse-sync, default", "sdk", size=_RUNS, warm_up=PAGE_SIZE * 200),
        Subject(_ONE_BY_ONE, "sdk", size=_RUNS, warm_up=PAGE_SIZE * 4, options={"prefetch": 0}),
    ),
    claims=(
        Claim(
            "prefetch=64, times page after page",
            "wall_s",
            _AHEAD,
            _ONE_BY_ONE,
            "times",
            at_least=20,
            unit="x",
        ),
        Claim(
            "default, times page after page",
            "wall_s",
            "warehouse-sync, default",
            _ONE_BY_ONE,
            "times",
            unit="x",
        ),
        Claim("prefetch=64, peak memory over base", "peak_over_base_mib", _AHEAD, at_most=30, unit=" MiB"),
        Claim("seconds with prefetch=64", "wall_s", _AHEAD, unit=" s"),
        Claim("seconds page after page", "wall_s", _ONE_BY_ONE, unit=" s"),
    ),
    server=Settings(runs=_RUNS, latency=0.05),
    slices=1,
)
