"""Reports of many pipelines: one small response after the other."""

from __future__ import annotations

from dataclasses import replace

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings

_SDK = "warehouse-sync"
_AIOHTTP = "aiohttp + json.loads"
_RAW = "raw protocol + msgspec"
_GENERATED = "openapi-generator"
_HTTPX = "httpx + pydantic"
_REQUESTS = "requests, 64 threads"


def _claims(*, over_aiohttp: float | None = None, over_raw: float | None = None) -> tuple[Claim, ...]:
    """Return the claims about the three clients of every variant."""
    return (
        Claim(
            "times aiohttp + json.loads", "cpu_us", _SDK, _AIOHTTP, "times", at_least=over_aiohttp, unit="x"
        ),
        Claim("CPU over that of the raw protocol", "cpu_us", _SDK, _RAW, "share", at_most=over_raw, unit="x"),
        Claim("wall time, times aiohttp + json.loads", "wall_us", _SDK, _AIOHTTP, "times", unit="x"),
    )


_CLIENTS = (
    Subject(_SDK, "sdk", size=3000, warm_up=3000),
    Subject(_RAW, "raw_typed", size=6000, warm_up=3000),
    Subject(_AIOHTTP, "aiohttp_json", size=2000, warm_up=3000),
)

SCENARIO = Scenario(
    name="report-poll",
    title="Reports, 64 in flight",
    workload="report_poll",
    subjects=(
        *_CLIENTS,
        Subject(_GENERATED, "generated_client", size=400, warm_up=600),
        Subject(_HTTPX, "httpx_pydantic", size=300, warm_up=300),
        Subject(_REQUESTS, "requests_threads", size=300, warm_up=300, workload="report_poll_in_threads"),
    ),
    claims=(
        *_claims(over_aiohttp=4.2, over_raw=2.6),
        Claim("times openapi-generator", "cpu_us", _SDK, _GENERATED, "times", unit="x"),
        Claim("times httpx + pydantic", "cpu_us", _SDK, _HTTPX, "times", unit="x"),
        Claim("times requests, 64 threads", "cpu_us", _SDK, _REQUESTS, "times", unit="x"),
    ),
    measure_limit=True,
)


def _in_flight(count: int) -> Scenario:
    """Return the scenario with another number of requests in flight."""
    return Scenario(
        name=f"report-poll-{count}",
        title=f"Reports, {count} in flight",
        workload="report_poll",
        subjects=tuple(replace(subject, options={"in_flight": count}) for subject in _CLIENTS),
        claims=_claims(),
    )


UVLOOP = Scenario(
    name="report-poll-uvloop",
    title="Reports, 64 in flight, uvloop",
    workload="report_poll",
    subjects=_CLIENTS,
    claims=_claims(over_raw=2.4),
    loop="uvloop",
)
TLS = Scenario(
    name="report-poll-tls",
    title="Reports, 64 in flight, TLS",
    workload="report_poll",
    subjects=_CLIENTS,
    claims=_claims(over_aiohttp=1),
    server=Settings(tls=True),
)
VARIANTS = (_in_flight(16), _in_flight(256), UVLOOP, TLS)
