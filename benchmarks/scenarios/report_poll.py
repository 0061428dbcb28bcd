"""The status of many pipelines: one small answer after the other, 64 in flight."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_US = "warehouse-sync"

SCENARIO = Scenario(
    name="report-poll",
    title="Report poll, 64 in flight",
    workload="report_poll",
    subjects=(
        Subject(_US, "sdk", size=3000, warm_up=3000),
        Subject("aiohttp + json.loads", "aiohttp_json", size=2000, warm_up=3000),
        Subject("openapi-generator style", "openapi_generated", size=600, warm_up=600),
        Subject("httpx + pydantic", "httpx_pydantic", size=300, warm_up=300),
    ),
    claims=(
        Claim(
            "times aiohttp + json.loads",
            "cpu_us",
            _US,
            "aiohttp + json.loads",
            "times",
            at_least=1.75,
            unit="x",
        ),
        Claim(
            "times openapi-generator style",
            "cpu_us",
            _US,
            "openapi-generator style",
            "times",
            at_least=4,
            unit="x",
        ),
        Claim("times httpx + pydantic", "cpu_us", _US, "httpx + pydantic", "times", at_least=6, unit="x"),
        Claim(
            "wall time, times aiohttp + json.loads", "wall_us", _US, "aiohttp + json.loads", "times", unit="x"
        ),
    ),
    ceiling=True,
)
