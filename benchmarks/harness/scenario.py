"""The parts of a scenario. The scenarios are the modules of `scenarios/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from harness.server import Settings

Sample = dict[str, float]
"""The figures of one subject in one round, by name."""


@dataclass(frozen=True)
class Subject:
    """One of the clients that are compared."""

    name: str
    peer: str
    """Module in `peers`."""
    size: int
    """Number of items in a slice. Slow clients get fewer items, so that all slices take about the same time."""
    warm_up: int
    """Number of items before the measurement starts."""
    workload: str = ""
    """Function in `harness.workloads`; by default that of the scenario."""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A process that is measured from start to exit."""

    name: str
    arguments: tuple[str, ...]
    """Arguments of the interpreter, or of the installed command if the first one is `warehouse-sync`."""


@dataclass(frozen=True)
class Claim:
    """A figure of every round, with or without a target."""

    text: str
    metric: str
    subject: str
    against: str | None = None
    how: Literal["value", "times", "share", "difference"] = "value"
    """The figure of the subject alone, or compared with that of `against`: other / own, own / other, own - other."""
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    def value(self, samples: dict[str, Sample]) -> float:
        """Return the figure in one round."""
        own = samples[self.subject][self.metric]
        if self.how == "value" or self.against is None:
            return own
        other = samples[self.against][self.metric]
        return {"times": other / own, "share": own / other, "difference": own - other}[self.how]

    def met(self, value: float) -> bool | None:
        """Return whether a value reaches the target, or `None` without a target."""
        if self.at_least is not None:
            return value >= self.at_least
        return value <= self.at_most if self.at_most is not None else None

    def target(self) -> str:
        """Return the target as text."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}{self.unit}"
        return f"≤ {self.at_most:g}{self.unit}" if self.at_most is not None else ""


@dataclass(frozen=True)
class Scenario:
    """Clients that do the same work with the same server, in turn."""

    name: str
    title: str
    workload: str
    subjects: tuple[Subject, ...]
    claims: tuple[Claim, ...]
    metric: str = "cpu_us"
    """The figure in the chart."""
    unit: str = "µs CPU per request"
    server: Settings = field(default_factory=Settings)
    slices: int = 8
    """Number of slices of each subject in a round."""
    rounds: int = 5
    quick_scale: float = 0.1
    """Factor of all sizes with `--quick`."""
    loop: str = ""
    """Event loop of the clients; by default that of the command line."""
    measure_limit: bool = False
    """Whether to measure the limit of the server first, for claims about throughput."""

    def names(self) -> list[str]:
        """Return the names of the subjects."""
        return [subject.name for subject in self.subjects]


@dataclass(frozen=True)
class StartScenario:
    """Processes that are started in turn, and measured from start to exit."""

    name: str
    title: str
    commands: tuple[Command, ...]
    claims: tuple[Claim, ...]
    metric: str = "cpu_ms"
    unit: str = "ms CPU per process"
    slices: int = 5
    rounds: int = 5
    server: Settings | None = None
    """Settings of a server for the commands, which `warehouse-sync` finds through environment variables."""

    def names(self) -> list[str]:
        """Return the names of the commands."""
        return [command.name for command in self.commands]
