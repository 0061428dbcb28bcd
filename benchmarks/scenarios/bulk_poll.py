"""`pipelines.reports(ids)` for very many pipelines: its rate, compared with separate reports, and its memory."""

from __future__ import annotations

from dataclasses import replace

from harness.scenario import Claim, Scenario, Subject

_MANY = "warehouse-sync, reports() of 100,000"
_FEW = "warehouse-sync, reports() of 1,000"
_SINGLE = "warehouse-sync, report() 100,000 times"

SCENARIO = Scenario(
    name="bulk-poll",
    title="100,000 reports, 64 in flight",
    workload="bulk_poll",
    metric="wall_us",
    unit="µs per pipeline",
    subjects=(
        Subject(_MANY, "sdk", size=100_000, warm_up=2000),
        Subject(_FEW, "sdk", size=50_000, warm_up=2000, options={"per_call": 1000}),
        Subject(
            _SINGLE, "sdk", size=100_000, warm_up=2000, workload="report_poll", options={"pipelines": 100_000}
        ),
    ),
    claims=(
        Claim(
            "rate of reports() over that of report()",
            "per_second",
            _MANY,
            _SINGLE,
            "share",
            at_least=0.9,
            unit="x",
        ),
        Claim("CPU of report() over that of reports()", "cpu_us", _MANY, _SINGLE, "times", unit="x"),
        Claim(
            "rate of 100,000 over that of 1,000", "per_second", _MANY, _FEW, "share", at_least=0.9, unit="x"
        ),
        Claim("peak memory of 100,000", "peak_over_base_mib", _MANY, at_most=30, unit=" MiB"),
    ),
    slices=1,
)


def _in_flight(count: int) -> Scenario:
    """Return the comparison with `report()` with another number of requests in flight."""
    compared = [subject for subject in SCENARIO.subjects if subject.name in {_MANY, _SINGLE}]
    return replace(
        SCENARIO,
        name=f"bulk-poll-{count}",
        title=f"100,000 reports, {count} in flight",
        subjects=tuple(
            replace(subject, options={**subject.options, "in_flight": count}) for subject in compared
        ),
        claims=tuple(claim for claim in SCENARIO.claims if claim.against != _FEW),
        rounds=3,
    )


VARIANTS = (_in_flight(16), _in_flight(256))
