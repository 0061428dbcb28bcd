"""A long listing from a server 50 ms away: with and without prefetch."""

from __future__ import annotations

from harness.responses import PAGE_SIZE
from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_PAGES = 2000
_RUNS = _PAGES * PAGE_SIZE
_PREFETCH = "warehouse-sync, prefetch=64"
_SEQUENTIAL = "warehouse-sync, prefetch=0"

SCENARIO = Scenario(
    name="paging",
    title="100,000 runs over 2,000 pages, 50 ms away",
    workload="history",
    metric="wall_us",
    unit="µs per run",
    subjects=(
        Subject(_PREFETCH, "sdk", size=_RUNS, warm_up=PAGE_SIZE * 200, options={"prefetch": 64}),
        Subject("warehouse-sync, default", "sdk", size=_RUNS, warm_up=PAGE_SIZE * 200),
        Subject(_SEQUENTIAL, "sdk", size=_RUNS, warm_up=PAGE_SIZE * 4, options={"prefetch": 0}),
    ),
    claims=(
        Claim(
            "prefetch=64, times prefetch=0",
            "wall_s",
            _PREFETCH,
            _SEQUENTIAL,
            "times",
            at_least=20,
            unit="x",
        ),
        Claim(
            "default, times prefetch=0",
            "wall_s",
            "warehouse-sync, default",
            _SEQUENTIAL,
            "times",
            unit="x",
        ),
        Claim("peak memory with prefetch=64", "peak_over_base_mib", _PREFETCH, at_most=30, unit=" MiB"),
        Claim("seconds with prefetch=64", "wall_s", _PREFETCH, unit=" s"),
        Claim("seconds with prefetch=0", "wall_s", _SEQUENTIAL, unit=" s"),
    ),
    server=Settings(runs=_RUNS, latency=0.05),
    slices=1,
    rounds=2,  # a round takes two minutes, and its figures differ by less than 1 %
)
