"""What a scenario consists of. The scenarios themselves are the files under `scenarios/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from harness.server import Settings

Sample = dict[str, float]
"""One subject's figures of one round, by name."""


@dataclass(frozen=True)
class Subject:
    """One of the clients compared."""

    name: str
    peer: str
    """Module under `peers`."""
    size: int
    """Items in one slice. Slow clients get fewer, so that slices last about as long."""
    warm_up: int
    """Items done before anything is measured; 0 starts cold."""
    workload: str = ""
    """Function of `harness.workloads`; the scenario's own when empty."""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A whole process, measured from start to end."""

    name: str
    arguments: tuple[str, ...]
    """Arguments of the interpreter; the first may be `warehouse-sync` for the installed command."""


@dataclass(frozen=True)
class Claim:
    """A figure that is compared with a target in every round."""

    text: str
    metric: str
    subject: str
    against: str | None = None
    how: Literal["value", "times", "share", "difference"] = "value"
    """The subject's figure alone; or, with that of `against`: other / own, own / other, own - other."""
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    def value(self, samples: dict[str, Sample]) -> float:
        """Return the figure of one round."""
        own = samples[self.subject][self.metric]
        if self.how == "value" or self.against is None:
            return own
        other = samples[self.against][self.metric]
        return {"times": other / own, "share": own / other, "difference": own - other}[self.how]

    def met(self, value: float) -> bool | None:
        """Return whether a value reaches the target; None where there is no target."""
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
    """Clients doing the same work against the same server, in turn."""

    name: str
    title: str
    workload: str
    subjects: tuple[Subject, ...]
    claims: tuple[Claim, ...]
    metric: str = "cpu_us"
    """The figure the chart shows."""
    unit: str = "µs CPU per request"
    server: Settings = field(default_factory=Settings)
    slices: int = 8
    """Slices of each subject in a round, A B A B …"""
    rounds: int = 5
    quick_scale: float = 0.1
    """Factor on all sizes for `--quick`."""
    ceiling: bool = False
    """Whether throughput is claimed, so that the server's own limit has to be known."""

    def names(self) -> list[str]:
        """Return the names of the subjects."""
        return [subject.name for subject in self.subjects]


@dataclass(frozen=True)
class StartScenario:
    """Commands run as whole processes, in turn."""

    name: str
    title: str
    commands: tuple[Command, ...]
    claims: tuple[Claim, ...]
    metric: str = "cpu_ms"
    unit: str = "ms CPU per process"
    slices: int = 5
    rounds: int = 5

    def names(self) -> list[str]:
        """Return the names of the commands."""
        return [command.name for command in self.commands]
