"""The verdict on mutants: all survivors are explained, and of all mutants at least 97 % are killed."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from tests.mutation.mutants import Change, Mutant

ENOUGH = 97.0  # percent of the mutants of all modules; some modules have more survivors


@attrs.frozen
class Explanations:
    """The content of `survivors.toml`.

    Attributes:
        survivors: Mutants that no test can or should kill.
        hangs: Mutants that never end, so that only the timeout kills them.
    """

    survivors: frozenset[Change]
    hangs: frozenset[Change]


def read_explanations(path: Path) -> Explanations:
    """Read the file.

    Raises:
        ValueError: An entry has no reason.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return Explanations(*(frozenset(_changes(document.get(kind, []))) for kind in ("survivor", "hang")))


def _changes(entries: "Iterable[dict[str, str | list[str]]]") -> Iterator[Change]:
    for entry in entries:
        if not entry.get("why"):
            raise ValueError(f"{entry['where']}: an entry does not say why")
        for becomes in entry["becomes"]:
            yield Change(str(entry["where"]), str(entry["line"]), becomes)


@attrs.frozen
class Verdict:
    """The result of a run.

    Attributes:
        killed: Mutants for which a test failed.
        timed_out: Mutants that hang, as explained.
        explained: Survivors with an explanation.
        unexplained: Survivors and hanging mutants without an explanation.
        stale: Explanations without a mutant.
        idle: Explanations of killed mutants.
        is_complete: Whether every mutant ran.
    """

    killed: tuple[Mutant, ...]
    timed_out: tuple[Mutant, ...]
    explained: tuple[Mutant, ...]
    unexplained: tuple[Mutant, ...]
    stale: tuple[Change, ...]
    idle: tuple[Change, ...]
    is_complete: bool

    @property
    def total(self) -> int:
        """The number of mutants that ran."""
        return len(self.killed) + len(self.timed_out) + len(self.explained) + len(self.unexplained)

    @property
    def percent(self) -> float:
        """The percentage of killed mutants. An explained survivor is not killed."""
        return 100.0 * (len(self.killed) + len(self.timed_out)) / max(1, self.total)

    @property
    def is_enough(self) -> bool:
        """Whether enough mutants are killed. Only a run of all modules shows that."""
        return self.percent >= ENOUGH or not self.is_complete

    @property
    def passes(self) -> bool:
        """Whether the verdict is sufficient."""
        return self.total > 0 and self.is_enough and not self.unexplained and not self.stale


def judge(mutants: Iterable[Mutant], explanations: Explanations) -> Verdict:
    """Compare the survivors with the explanations."""
    every = list(mutants)
    fates: dict[str, list[Mutant]] = {
        "killed": [],
        "timed out": [],
        "explained": [],
        "unexplained": [],
        "not run": [],
    }
    for mutant in every:
        fates[_fate(mutant, explanations)].append(mutant)
    existing = {mutant.change for mutant in every}
    alive = {mutant.change for mutant in every if mutant.outcome != "killed"}
    known = explanations.survivors | explanations.hangs
    return Verdict(
        killed=tuple(fates["killed"]),
        timed_out=tuple(fates["timed out"]),
        explained=tuple(fates["explained"]),
        unexplained=tuple(fates["unexplained"]),
        stale=_in_order(known - existing),
        idle=_in_order((explanations.survivors & existing) - alive),
        is_complete=not fates["not run"],
    )


def _fate(mutant: Mutant, explanations: Explanations) -> str:
    if mutant.outcome in ("killed", "not run"):
        return mutant.outcome
    if mutant.outcome == "timed out" and mutant.change in explanations.hangs:
        return "timed out"
    return "explained" if mutant.change in explanations.survivors else "unexplained"


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.where, change.line, change.becomes)))


def report(verdict: Verdict) -> str:
    """Return a verdict as text, with unexplained survivors as entries for the file."""
    return "\n".join((*_problems(verdict), *_table(verdict), *_last_words(verdict)))


def _problems(verdict: Verdict) -> Iterator[str]:
    for mutant in verdict.unexplained:
        kind = "hang" if mutant.outcome == "timed out" else "survivor"
        yield f"# {mutant.name}\n[[{kind}]]\n{_entry(mutant.change)}\nwhy = ''\n"
    for change in verdict.stale:
        yield f"# No mutant is like this any more: take it out.\n{_entry(change)}\n"
    for change in verdict.idle:
        yield f"# Explained, and yet a test killed it: look at it again.\n{_entry(change)}\n"


def _entry(change: Change) -> str:
    return f"where = '{change.where}'\nline = '''{change.line}'''\nbecomes = ['''{change.becomes}''']"


def _table(verdict: Verdict) -> Iterator[str]:
    columns = (verdict.killed, verdict.timed_out, verdict.explained, verdict.unexplained)
    counts = [Counter(mutant.module for mutant in column) for column in columns]
    yield f"{'module':<24}" + "".join(
        f"{title:>13}" for title in ("mutants", "killed", "timed out", "explained", "unexplained")
    )
    for module in sorted(set().union(*counts)):
        numbers = [count[module] for count in counts]
        yield f"{module:<24}" + "".join(f"{number:>13}" for number in (sum(numbers), *numbers))
    totals = [len(column) for column in columns]
    yield f"{'all':<24}" + "".join(f"{number:>13}" for number in (verdict.total, *totals))


def _last_words(verdict: Verdict) -> Iterator[str]:
    survived = len(verdict.explained) + len(verdict.unexplained)
    yield ""
    yield f"{verdict.percent:.1f} % killed; {survived} survived, {len(verdict.unexplained)} of them unexplained."
    if not verdict.is_enough:
        yield f"FAILED: less than {ENOUGH:g} % killed."
    if verdict.unexplained:
        yield "FAILED: kill what lives above with a test, or explain it in tests/mutation/survivors.toml."
    if verdict.stale:
        yield "FAILED: explanations above match no mutant."
