"""Runs a scenario: new processes in each round, slices in turn, figures per subject and round."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from harness import machine, responses
from harness.client import Job
from harness.process import ProcessFailedError, connected, serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.process import Client, Server
    from harness.scenario import Command, Sample, Scenario, StartScenario, Subject

_LIMIT_REQUESTS = 20_000
_MEGA = 1e6
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # would compile an editable install anew in each process


@dataclass(frozen=True)
class Plan:
    """The options of the command line."""

    rounds: int | None = None
    quick: bool = False
    loop: str = "asyncio"
    subjects: frozenset[str] = frozenset()
    """Names of the subjects to measure; all if empty."""

    def includes(self, name: str) -> bool:
        """Return whether to measure a subject or command."""
        return not self.subjects or name in self.subjects


@dataclass
class Outcome:
    """The figures of a scenario: per subject, one sample per round."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    server: dict[str, float] = field(default_factory=dict)

    def add(self, subject: str, sample: Sample) -> None:
        """Add the figures of a subject in one round."""
        self.samples.setdefault(subject, []).append(sample)

    def rounds(self) -> list[dict[str, Sample]]:
        """Return the samples by round."""
        return [dict(zip(self.samples, row, strict=True)) for row in zip(*self.samples.values(), strict=True)]


def run(scenario: Scenario, plan: Plan) -> Outcome:
    """Run a scenario with its own server."""
    outcome = Outcome()
    with serving(scenario.server) as server:
        if scenario.measure_limit:
            outcome.server = _measure_limit(server, scenario, plan)
        for number in range(plan.rounds or scenario.rounds):
            for subject, sample in _round(server, scenario, plan, reverse=number % 2 == 1).items():
                outcome.add(subject, sample)
    return outcome


def _measure_limit(server: Server, scenario: Scenario, plan: Plan) -> dict[str, float]:
    """Measure the limit of the server with the cheapest client."""
    requests = _LIMIT_REQUESTS // 10 if plan.quick else _LIMIT_REQUESTS
    job = Job("raw_protocol", scenario.workload, server.base_url, loop=machine.fastest_loop())
    with connected("raw protocol", job, server.environment) as client:
        client.work(requests // 10)
        before = server.take_stats()
        sample = client.work(requests)
        after = server.take_stats()
    return {
        "raw_client_per_second": requests / sample["wall_s"],
        "cpu_us_per_request": (after["cpu_s"] - before["cpu_s"]) / requests * _MEGA,
    }


def _round(server: Server, scenario: Scenario, plan: Plan, *, reverse: bool) -> dict[str, Sample]:
    """Run the slices of all subjects in turn, in reverse order every other round."""
    subjects = [subject for subject in scenario.subjects if plan.includes(subject.name)]
    totals = {subject.name: _Totals() for subject in subjects}
    with ExitStack() as stack:
        clients = [(subject, _start(stack, server, scenario, plan, subject)) for subject in subjects]
        for _ in range(scenario.slices):
            for subject, client in reversed(clients) if reverse else clients:
                _run_slice(server, client, _scaled(subject.size, scenario, plan), totals[subject.name])
    return {name: total.sample() for name, total in totals.items()}


def _start(stack: ExitStack, server: Server, scenario: Scenario, plan: Plan, subject: Subject) -> Client:
    job = Job(
        subject.peer,
        subject.workload or scenario.workload,
        server.base_url,
        loop=scenario.loop or plan.loop,
        options=subject.options,
    )
    client = stack.enter_context(connected(subject.name, job, server.environment))
    if subject.warm_up:
        client.work(_scaled(subject.warm_up, scenario, plan))
    return client


def _run_slice(server: Server, client: Client, size: int, totals: _Totals) -> None:
    server.take_stats()
    sample = client.work(size)
    totals.add(size, sample, server.take_stats())


def _scaled(size: int, scenario: Scenario, plan: Plan) -> int:
    return max(1, int(size * scenario.quick_scale)) if plan.quick else size


class _Totals:
    """The sums of one subject over the slices of a round."""

    _SUMMED = ("cpu_s", "wall_s", "page_faults")

    def __init__(self) -> None:
        self._items = 0
        self._requests = 0
        self._connections = 0
        self._sums = dict.fromkeys(self._SUMMED, 0.0)
        self._worst: Sample = {}

    def add(self, items: int, sample: Sample, stats: dict[str, Any]) -> None:
        """Add a slice."""
        self._items += items
        self._requests += stats["requests"]
        self._connections += stats["connections"]
        for name, value in {**sample, "most_connections": stats["most_connections"]}.items():
            if name in self._sums:
                self._sums[name] += value
            else:
                self._worst[name] = max(value, self._worst.get(name, value))

    def sample(self) -> Sample:
        """Return the figures of the round per item, and the highest memory figures."""
        cpu, wall = self._sums["cpu_s"], self._sums["wall_s"]
        return {
            "cpu_us": cpu / self._items * _MEGA,
            "wall_us": wall / self._items * _MEGA,
            "wall_s": wall,
            "per_second": self._items / wall,
            "requests": self._requests,
            "requests_per_second": self._requests / wall,
            "connections": self._connections,
            "page_faults_per_item": self._sums["page_faults"] / self._items,
            **self._worst,
        }


def run_starts(scenario: StartScenario, plan: Plan) -> Outcome:
    """Start the processes in turn. The figure of a round is the fastest of its starts."""
    with ExitStack() as stack:
        environment: Mapping[str, str] = {}
        if scenario.server is not None:
            server = stack.enter_context(serving(scenario.server))
            environment = _environment(server.base_url, stack.enter_context(TemporaryDirectory()))
        stack.enter_context(machine.on_core("client"))
        return _start_in_turn(scenario, plan, environment)


def _environment(base_url: str, folder: str) -> dict[str, str]:
    """Return the variables that point `warehouse-sync` to the server, with configuration and caches in a new folder."""
    return {
        "WAREHOUSE_SYNC_WORKSPACE_ID": str(responses.WORKSPACE_ID),
        "WAREHOUSE_SYNC_CLIENT_ID": "bench",
        "WAREHOUSE_SYNC_CLIENT_SECRET": "bench",
        "WAREHOUSE_SYNC_API_URL": base_url,
        "WAREHOUSE_SYNC_TOKEN_URL": f"{base_url}/oauth/token",
        "WAREHOUSE_SYNC_CONFIG": str(Path(folder, "config.toml")),
        "XDG_CACHE_HOME": folder,
    }


def _start_in_turn(scenario: StartScenario, plan: Plan, environment: Mapping[str, str]) -> Outcome:
    outcome = Outcome()
    commands = [command for command in scenario.commands if plan.includes(command.name)]
    for command in commands:
        _run_command(command, environment)  # the first start writes bytecode and fills the file cache
    slices = 1 if plan.quick else scenario.slices
    for _ in range(plan.rounds or scenario.rounds):
        runs: dict[str, list[Sample]] = {command.name: [] for command in commands}
        for _ in range(slices):
            for command in commands:
                runs[command.name].append(_run_command(command, environment))
        for name, samples in runs.items():
            outcome.add(name, {key: min(sample[key] for sample in samples) for key in samples[0]})
    return outcome


def _run_command(command: Command, environment: Mapping[str, str]) -> Sample:
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - commands of a scenario
        _command_line(command),
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={name: value for name, value in os.environ.items() if name != _NO_BYTECODE} | {**environment},
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
