"""Measure the SDK and its alternatives. README.md explains the figures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness import machine, results, runner
from harness.process import ProcessFailedError
from harness.scenario import StartScenario
from scenarios import (
    bulk_poll,
    emulator_report,
    held_runs,
    orchestrator_waits,
    paging,
    report_poll,
    run_page,
    starts,
    sync_get,
    waiters,
)

if TYPE_CHECKING:
    from harness.scenario import Scenario

SCENARIOS: tuple[Scenario | StartScenario, ...] = (
    report_poll.SCENARIO,
    *report_poll.VARIANTS,
    run_page.SCENARIO,
    sync_get.SCENARIO,
    starts.SCENARIO,
    held_runs.SCENARIO,
    bulk_poll.SCENARIO,
    *bulk_poll.VARIANTS,
    waiters.SCENARIO,
    orchestrator_waits.SCENARIO,
    paging.SCENARIO,
    emulator_report.SCENARIO,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios of the arguments. Return 1 if a client failed or returned a wrong response."""
    options = _parser().parse_args(arguments)
    if options.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:<18} {scenario.title}")
        return 0
    plan = runner.Plan(
        rounds=options.rounds,
        quick=options.quick,
        loop=options.loop,
        subjects=frozenset(options.subject),
    )
    _print_conditions(plan)
    try:
        for scenario in _chosen(options.only, plan):
            _measure(scenario, plan, options.output)
    except ProcessFailedError as error:
        print(f"benchmark failed: {error}", file=sys.stderr)
        return 1
    return 0


def _measure(scenario: Scenario | StartScenario, plan: runner.Plan, folder: Path) -> None:
    if isinstance(scenario, StartScenario):
        outcome = runner.run_starts(scenario, plan)
    else:
        outcome = runner.run(scenario, plan)
    results.show(scenario, outcome)
    results.write(scenario, outcome, plan, folder)


def _chosen(names: list[str], plan: runner.Plan) -> list[Scenario | StartScenario]:
    """Return the scenarios of these names that have a subject to measure."""
    named = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    return [scenario for scenario in named if any(map(plan.includes, scenario.names()))]


def _print_conditions(plan: runner.Plan) -> None:
    facts = machine.describe()
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    pinned = "server and clients on one core each" if facts["pinned"] else "not pinned"
    print(f"{facts['date']}, commit {facts['commit']}")
    print(f"Python {facts['python']} on {facts['system']}, {facts['cores']} cores ({pinned})")
    print(f"clients on {plan.loop}, server on {facts['server_loop']}; {libraries}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        choices=names,
        help="scenario to run; repeatable",
    )
    parser.add_argument(
        "--subject", action="append", default=[], metavar="NAME", help="client to run; repeatable"
    )
    parser.add_argument("--rounds", type=int, help="number of rounds; by default that of each scenario")
    parser.add_argument(
        "--quick", action="store_true", help="do a tenth of the work: a check, not a measurement"
    )
    parser.add_argument(
        "--loop", choices=["asyncio", "uvloop"], default="asyncio", help="event loop of every client"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", help="folder for JSON and charts"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
