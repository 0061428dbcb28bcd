"""Measure the SDK against what one would use instead. See README.md for how to read the figures."""

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
    run_page.SCENARIO,
    sync_get.SCENARIO,
    starts.SCENARIO,
    held_runs.SCENARIO,
    bulk_poll.SCENARIO,
    waiters.SCENARIO,
    paging.SCENARIO,
    emulator_report.SCENARIO,
)


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for; 1 means a client failed or gave a wrong answer."""
    options = _parser().parse_args(arguments)
    if options.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:<12} {scenario.title}")
        return 0
    plan = runner.Plan(
        rounds=options.rounds,
        quick=options.quick,
        loop=options.loop,
        malloc=options.malloc,
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
    """Return the scenarios asked for that have a client asked for."""
    named = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    return [scenario for scenario in named if any(map(plan.keeps, scenario.names()))]


def _print_conditions(plan: runner.Plan) -> None:
    facts = machine.describe()
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    pinned = "server and clients on a core each" if facts["pinned"] else "not pinned"
    print(f"Python {facts['python']} on {facts['system']}, {facts['cores']} cores ({pinned})")
    print(f"clients on {plan.loop}, server on {facts['server_loop']}; {libraries}")
    print(
        f"malloc threshold raised for {'every client' if plan.malloc else 'none but those that do so themselves'}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="show the scenarios and stop")
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
    parser.add_argument("--rounds", type=int, help="rounds instead of each scenario's own number")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work: a look, not a measurement")
    parser.add_argument(
        "--loop", choices=["asyncio", "uvloop"], default="asyncio", help="event loop of every client"
    )
    parser.add_argument("--malloc", action="store_true", help="raise glibc's mmap threshold in every client")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", help="folder for JSON and charts"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
