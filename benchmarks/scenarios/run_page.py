"""A page of 50 runs, where decoding takes as long as the request."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject

_SDK = "warehouse-sync"
_AIOHTTP = "aiohttp + json.loads"
_RAW = "raw protocol + msgspec"
_GENERATED = "openapi-generator"
_HTTPX = "httpx + pydantic"

SCENARIO = Scenario(
    name="run-page",
    title="Pages of 50 runs, 64 in flight",
    workload="run_page",
    subjects=(
        Subject(_SDK, "sdk", size=1500, warm_up=1500),
        Subject(_RAW, "raw_typed", size=2000, warm_up=1500),
        Subject(_AIOHTTP, "aiohttp_json", size=1000, warm_up=1500),
        Subject(_GENERATED, "generated_client", size=100, warm_up=200),
        Subject(_HTTPX, "httpx_pydantic", size=250, warm_up=300),
    ),
    claims=(
        Claim("times aiohttp + json.loads", "cpu_us", _SDK, _AIOHTTP, "times", at_least=2.1, unit="x"),
        Claim("CPU over that of the raw protocol", "cpu_us", _SDK, _RAW, "share", at_most=1.6, unit="x"),
        Claim("times openapi-generator", "cpu_us", _SDK, _GENERATED, "times", unit="x"),
        Claim("times httpx + pydantic", "cpu_us", _SDK, _HTTPX, "times", unit="x"),
        Claim("wall time, times aiohttp + json.loads", "wall_us", _SDK, _AIOHTTP, "times", unit="x"),
    ),
    measure_limit=True,
)
