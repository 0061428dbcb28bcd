"""A page of 50 runs: where decoding weighs as much as the request."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_US = "warehouse-sync"

SCENARIO = Scenario(
    name="run-page",
    title="Page of 50 runs, 64 in flight",
    workload="run_page",
    subjects=(
        Subject(_US, "sdk", size=1500, warm_up=1500),
        Subject("aiohttp + json.loads", "aiohttp_json", size=1000, warm_up=1500),
        Subject("openapi-generator style", "openapi_generated", size=150, warm_up=300),
        Subject("httpx + pydantic", "httpx_pydantic", size=250, warm_up=300),
    ),
    claims=(
        Claim(
            "times aiohttp + json.loads",
            "cpu_us",
            _US,
            "aiohttp + json.loads",
            "times",
            at_least=1.6,
            unit="x",
        ),
        Claim("times openapi-generator style", "cpu_us", _US, "openapi-generator style", "times", unit="x"),
        Claim("times httpx + pydantic", "cpu_us", _US, "httpx + pydantic", "times", unit="x"),
        Claim(
            "wall time, times aiohttp + json.loads", "wall_us", _US, "aiohttp + json.loads", "times", unit="x"
        ),
    ),
    ceiling=True,
)
