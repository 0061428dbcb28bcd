"""The output of a scenario: medians and ranges, claims, JSON and the table on the terminal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from harness import chart, machine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.runner import Outcome, Plan
    from harness.scenario import Claim, Sample, Scenario, StartScenario


@dataclass(frozen=True)
class Spread:
    """The median and range of a figure over the rounds."""

    median: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Return the spread of some values."""
        ordered = sorted(values)
        return cls(median(ordered), ordered[0], ordered[-1])

    def middle(self) -> str:
        """Return the median as text."""
        return _short(self.median)

    def __str__(self) -> str:
        """Return the median and range as text."""
        return f"{self.middle()} [{_short(self.minimum)} … {_short(self.maximum)}]"


@dataclass(frozen=True)
class Verdict:
    """A claim, its measured figure, and whether the median reaches the target."""

    text: str
    spread: Spread
    unit: str
    target: str
    met: bool | None

    def __str__(self) -> str:
        """Return the claim as one line."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return f"  {self.text:<56} {f'{self.spread}{self.unit}':>26}   {self.target:<9} {verdict}"


def verdicts(claims: Iterable[Claim], rounds: list[dict[str, Sample]]) -> list[Verdict]:
    """Return the verdicts on the claims whose subjects were measured."""
    return [_verdict(claim, rounds) for claim in claims if _measured(claim, rounds[0])]


def _measured(claim: Claim, samples: dict[str, Sample]) -> bool:
    return claim.subject in samples and (claim.against is None or claim.against in samples)


def _verdict(claim: Claim, rounds: list[dict[str, Sample]]) -> Verdict:
    spread = Spread.of(claim.value(samples) for samples in rounds)
    return Verdict(claim.text, spread, claim.unit, claim.target(), claim.met(spread.median))


def show(scenario: Scenario | StartScenario, outcome: Outcome) -> None:
    """Print the table and the claims of a scenario."""
    print(f"\n{scenario.title}  (median [min … max]; rounds: {len(outcome.rounds())})")
    for name, samples in outcome.samples.items():
        columns = [f"{_spread(samples, scenario.metric)} {scenario.unit}"]
        if "per_second" in samples[0]:
            columns.append(f"{median(s['per_second'] for s in samples):,.0f} items/s")
            columns.append(f"{median(s['page_faults_per_item'] for s in samples):.2f} page faults per item")
        print(f"  {name:<32} " + "   ".join(columns))
    if outcome.server:
        print(f"  limit of the server: {_limit(outcome)}")
    for verdict in verdicts(scenario.claims, outcome.rounds()):
        print(verdict)


def _limit(outcome: Outcome) -> str:
    raw, cpu = outcome.server["raw_client_per_second"], outcome.server["cpu_us_per_request"]
    fastest = max(sample["per_second"] for samples in outcome.samples.values() for sample in samples)
    return (
        f"{cpu:.0f} µs CPU per request, {1e6 / cpu:,.0f} requests/s; a raw client reached {raw:,.0f}/s; "
        f"the fastest subject used {fastest * cpu / 1e6:.0%}"
    )


def write(scenario: Scenario | StartScenario, outcome: Outcome, plan: Plan, folder: Path) -> None:
    """Write the JSON file and the chart of a scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{scenario.name}.json"
    path.write_text(json.dumps(_document(scenario, outcome, plan), indent=2, ensure_ascii=False) + "\n")
    bars = {name: _spread(samples, scenario.metric) for name, samples in outcome.samples.items()}
    facts = machine.describe()
    subtitle = (
        f"{scenario.unit}, less is better; median and range of {len(outcome.rounds())} rounds; "
        f"{facts['date']}, commit {facts['commit']}"
    )
    (folder / f"{scenario.name}.svg").write_text(chart.draw(scenario.title, subtitle, bars))


def _document(scenario: Scenario | StartScenario, outcome: Outcome, plan: Plan) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "machine": machine.describe(),
        "conditions": {
            "loop": getattr(scenario, "loop", "") or plan.loop,
            "quick": plan.quick,
            "slices_per_round": scenario.slices,
        },
        "server": {name: _rounded(value) for name, value in outcome.server.items()},
        "claims": [_plain(verdict) for verdict in verdicts(scenario.claims, outcome.rounds())],
        "rounds": {name: [_rounded_sample(s) for s in samples] for name, samples in outcome.samples.items()},
    }


def _plain(verdict: Verdict) -> dict[str, Any]:
    spread = {name: _rounded(value) for name, value in asdict(verdict.spread).items()}
    return {**asdict(verdict), "spread": spread}


def _spread(samples: list[Sample], metric: str) -> Spread:
    return Spread.of(sample[metric] for sample in samples)


def _rounded_sample(sample: Sample) -> Sample:
    return {name: _rounded(value) for name, value in sample.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three significant digits
