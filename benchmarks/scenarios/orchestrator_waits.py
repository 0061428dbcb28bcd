"""500 triggers of an orchestrator wait in one event loop, each for a run of a pipeline of its own."""

from __future__ import annotations

from harness.scenario import Claim, Scenario, Subject
from harness.server import Settings
from harness.workloads import RUNS_BEFORE
from peers.triggers import POLL_INTERVAL, RUN_SECONDS

_SHARED = "warehouse-sync, shared client"
_PER_TRIGGER = "aiohttp, session per trigger"
_PER_POLL = "aiohttp, session per poll"
_SLEEP = "asyncio.sleep"
_WAITS = 500


def _subject(name: str, how: str) -> Subject:
    return Subject(name, "triggers", size=_WAITS, warm_up=0, options={"how": how})


SCENARIO = Scenario(
    name="orchestrator-waits",
    title=f"{_WAITS} triggers that wait for runs of {RUN_SECONDS:.0f} s; sessions poll every {POLL_INTERVAL:g} s",
    workload="wait_for_each",
    unit="µs CPU per wait",
    subjects=(
        _subject(_SHARED, "shared_client"),
        _subject(_PER_TRIGGER, "session_per_trigger"),
        _subject(_PER_POLL, "session_per_poll"),
        _subject(_SLEEP, "sleep"),
    ),
    claims=(
        Claim("seconds over those of sleeps", "wall_s", _SHARED, _SLEEP, "share", at_most=1.2, unit="x"),
        Claim("seconds", "wall_s", _SHARED, unit=" s"),
        Claim("connections at once", "most_connections", _SHARED, at_most=100),
        Claim("connections at once, a session per trigger", "most_connections", _PER_TRIGGER),
        Claim("connections opened, a session per poll", "connections", _PER_POLL),
        Claim("requests per second", "requests_per_second", _SHARED, unit="/s"),
        Claim("requests per second, a session per poll", "requests_per_second", _PER_POLL, unit="/s"),
        Claim("CPU time, less than a session per poll", "cpu_us", _SHARED, _PER_POLL, "times", unit="x"),
        Claim(
            "CPU time, less than a session per trigger", "cpu_us", _SHARED, _PER_TRIGGER, "times", unit="x"
        ),
        Claim("peak memory over base", "peak_over_base_mib", _SHARED, unit=" MiB"),
        Claim(
            "peak memory over base, a session per trigger", "peak_over_base_mib", _PER_TRIGGER, unit=" MiB"
        ),
        Claim("peak memory over base, a session per poll", "peak_over_base_mib", _PER_POLL, unit=" MiB"),
    ),
    server=Settings(runs=RUNS_BEFORE + 1, finish_after_seconds=RUN_SECONDS, only_last_runs=True),
    slices=1,
    rounds=2,
)
