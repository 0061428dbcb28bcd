"""Runs a scenario: fresh processes each round, slices in turn, figures per subject and round."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import machine
from harness.client import Job
from harness.process import ProcessFailedError, connected, serving

if TYPE_CHECKING:
    from harness.process import Client, Server
    from harness.scenario import Command, Sample, Scenario, StartScenario, Subject

_CEILING_REQUESTS = 20_000
_MEGA = 1e6


@dataclass(frozen=True)
class Plan:
    """What the command line asked for."""

    rounds: int | None = None
    quick: bool = False
    loop: str = "asyncio"
    malloc: bool = False
    subjects: frozenset[str] = frozenset()
    """Names to keep; all when empty."""

    def keeps(self, name: str) -> bool:
        """Return whether a subject or command of this name is to be measured."""
        return not self.subjects or name in self.subjects


@dataclass
class Outcome:
    """All figures of a scenario: by subject, one sample a round."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    server: dict[str, float] = field(default_factory=dict)

    def add(self, subject: str, sample: Sample) -> None:
        """Keep one subject's figures of one round."""
        self.samples.setdefault(subject, []).append(sample)

    def rounds(self) -> list[dict[str, Sample]]:
        """Return the samples round by round."""
        return [dict(zip(self.samples, row, strict=True)) for row in zip(*self.samples.values(), strict=True)]


def run(scenario: Scenario, plan: Plan) -> Outcome:
    """Run a scenario against a server of its own."""
    outcome = Outcome()
    with serving(scenario.server) as server:
        if scenario.ceiling:
            outcome.server = _ceiling(server, scenario, plan)
        for number in range(plan.rounds or scenario.rounds):
            for subject, sample in _round(server, scenario, plan, turned=number % 2 == 1).items():
                outcome.add(subject, sample)
    return outcome


def _ceiling(server: Server, scenario: Scenario, plan: Plan) -> dict[str, float]:
    """Measure what the server can give, by a client that does next to nothing."""
    requests = _CEILING_REQUESTS // 10 if plan.quick else _CEILING_REQUESTS
    job = Job("raw_protocol", scenario.workload, server.port, loop=machine.fastest_loop())
    with connected("raw protocol", job) as client:
        client.work(requests // 10)
        before = server.take_stats()
        sample = client.work(requests)
        after = server.take_stats()
    return {
        "raw_client_per_second": requests / sample["wall_s"],
        "cpu_us_per_request": (after["cpu_s"] - before["cpu_s"]) / requests * _MEGA,
    }


def _round(server: Server, scenario: Scenario, plan: Plan, *, turned: bool) -> dict[str, Sample]:
    """Run all subjects side by side, slice by slice; every other round in the opposite order."""
    subjects = [
        subject for subject in scenario.subjects if not plan.subjects or subject.name in plan.subjects
    ]
    tallies = {subject.name: _Tally() for subject in subjects}
    with ExitStack() as stack:
        clients = [(subject, _start(stack, server, scenario, plan, subject)) for subject in subjects]
        for _ in range(scenario.slices):
            for subject, client in reversed(clients) if turned else clients:
                _slice(server, client, _scaled(subject.size, scenario, plan), tallies[subject.name])
    return {name: tally.sample() for name, tally in tallies.items()}


def _start(stack: ExitStack, server: Server, scenario: Scenario, plan: Plan, subject: Subject) -> Client:
    job = Job(
        subject.peer,
        subject.workload or scenario.workload,
        server.port,
        loop=plan.loop,
        malloc=plan.malloc,
        options=subject.options,
    )
    client = stack.enter_context(connected(subject.name, job))
    if subject.warm_up:
        client.work(_scaled(subject.warm_up, scenario, plan))
    return client


def _slice(server: Server, client: Client, size: int, tally: _Tally) -> None:
    server.take_stats()
    sample = client.work(size)
    tally.add(size, sample, server.take_stats())


def _scaled(size: int, scenario: Scenario, plan: Plan) -> int:
    return max(1, int(size * scenario.quick_scale)) if plan.quick else size


class _Tally:
    """Sums up the slices of one subject in one round."""

    _SUMMED = ("cpu_s", "wall_s", "page_faults")

    def __init__(self) -> None:
        self._items = 0
        self._requests = 0
        self._sums = dict.fromkeys(self._SUMMED, 0.0)
        self._worst: Sample = {}

    def add(self, items: int, sample: Sample, stats: dict[str, Any]) -> None:
        """Add a slice."""
        self._items += items
        self._requests += stats["requests"]
        for name, value in sample.items():
            if name in self._sums:
                self._sums[name] += value
            else:
                self._worst[name] = max(value, self._worst.get(name, value))

    def sample(self) -> Sample:
        """Return the round's figures per item; of memory, the worst slice."""
        cpu, wall = self._sums["cpu_s"], self._sums["wall_s"]
        return {
            "cpu_us": cpu / self._items * _MEGA,
            "wall_us": wall / self._items * _MEGA,
            "wall_s": wall,
            "per_second": self._items / wall,
            "requests": self._requests,
            "requests_per_second": self._requests / wall,
            "page_faults_per_item": self._sums["page_faults"] / self._items,
            **self._worst,
        }


def run_starts(scenario: StartScenario, plan: Plan) -> Outcome:
    """Run whole processes in turn; a round's figure is the fastest of its starts."""
    with machine.on_core("client"):
        return _start_in_turn(scenario, plan)


def _start_in_turn(scenario: StartScenario, plan: Plan) -> Outcome:
    outcome = Outcome()
    commands = [command for command in scenario.commands if plan.keeps(command.name)]
    for command in commands:
        _run_command(command)  # the first start writes the bytecode and fills the file cache
    slices = 1 if plan.quick else scenario.slices
    for _ in range(plan.rounds or scenario.rounds):
        runs: dict[str, list[Sample]] = {command.name: [] for command in commands}
        for _ in range(slices):
            for command in commands:
                runs[command.name].append(_run_command(command))
        for name, samples in runs.items():
            outcome.add(name, {key: min(sample[key] for sample in samples) for key in samples[0]})
    return outcome


def _run_command(command: Command) -> Sample:
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # commands written in the scenario
        _command_line(command), stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[1]
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ProcessFailedError(f"{command.name!r} exited with {process.returncode}")
    return {"wall_ms": wall * 1e3, "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3}


def _command_line(command: Command) -> list[str]:
    script, *rest = command.arguments
    if script == "warehouse-sync":
        return [str(Path(sysconfig.get_path("scripts")) / script), *rest]
    return [sys.executable, *command.arguments]
