"""The verdict on mutants: what passes and what fails."""

from pathlib import Path

import pytest

from tests.mutation.mutants import Change, Mutant, Outcome
from tests.mutation.verdict import Explanations, Verdict, judge, read_explanations, report

KILLED: tuple[Outcome, ...] = ("killed",)
SURVIVED: tuple[Outcome, ...] = ("survived",)


def mutant(number: int, outcome: Outcome) -> Mutant:
    """Return one of many mutants."""
    return Mutant(f"warehouse_sync.wire.box.x_f__mutmut_{number}", change(number), outcome)


def change(number: int) -> Change:
    """Return the change of a mutant."""
    return Change("wire/box.py f", "return 0", f"return {number}")


def verdict(*outcomes: Outcome, survivors: tuple[int, ...] = (), hangs: tuple[int, ...] = ()) -> Verdict:
    """Return the verdict on mutants numbered from 1, some of which are explained."""
    mutants = [mutant(number, outcome) for number, outcome in enumerate(outcomes, 1)]
    return judge(mutants, Explanations(frozenset(map(change, survivors)), frozenset(map(change, hangs))))


def test_verdict_all_killed_passes() -> None:
    """Without survivors, no explanation is needed."""
    judged = verdict("killed", "killed")
    assert judged.passes
    assert judged.percent == 100.0


def test_verdict_explained_survivor_counts_as_survivor() -> None:
    """An explanation keeps a survivor from failing the run, but does not kill it."""
    judged = verdict(*KILLED * 97, *SURVIVED * 3, survivors=(98, 99, 100))
    assert judged.passes
    assert judged.percent == 97.0
    few = verdict(*KILLED * 96, *SURVIVED * 3, survivors=(97, 98, 99))
    assert not few.passes
    assert "less than 97 % killed" in report(few)
    assert verdict(*KILLED * 96, *SURVIVED * 3, "not run", survivors=(97, 98, 99)).passes


def test_verdict_unexplained_survivor_fails() -> None:
    """It fails however many mutants were killed."""
    judged = verdict(*KILLED * 99, "survived")
    assert judged.percent == 99.0
    assert not judged.passes
    assert [lives.name for lives in judged.unexplained] == ["warehouse_sync.wire.box.x_f__mutmut_100"]


def test_verdict_hang_counts_only_if_it_is_explained() -> None:
    """A timeout kills a mutant that cannot end; otherwise the result is unclear."""
    assert verdict("timed out", hangs=(1,)).percent == 100.0
    judged = verdict("timed out")
    assert (judged.percent, judged.passes) == (0.0, False)
    assert not verdict("survived", hangs=(1,)).passes


def test_verdict_explained_hang_may_be_killed() -> None:
    """Whether a test fails first depends on the machine."""
    judged = verdict("killed", hangs=(1,))
    assert judged.passes
    assert judged.idle == ()


def test_verdict_stale_explanation_fails() -> None:
    """An explanation without a mutant must be removed."""
    for judged in (verdict("killed", survivors=(7,)), verdict("killed", hangs=(7,))):
        assert not judged.passes
        assert judged.stale == (change(7),)


def test_verdict_idle_explanation_is_reported() -> None:
    """The explanation of a killed mutant can be removed, but is no failure."""
    judged = verdict("killed", survivors=(1,))
    assert judged.passes
    assert judged.idle == (change(1),)
    assert "a test killed it" in report(judged)


def test_verdict_on_some_modules_ignores_the_others() -> None:
    """Mutants that did not run neither count nor make an explanation stale."""
    judged = verdict("killed", "not run", survivors=(2,))
    assert judged.passes
    assert judged.total == 1


def test_verdict_on_nothing_fails() -> None:
    """A run without mutants shows nothing."""
    assert not verdict().passes


def test_report_prints_counts_and_entries(tmp_path: Path) -> None:
    """An unexplained survivor is printed as an entry that lacks only the reason."""
    said = report(verdict("killed", "survived", "timed out", "survived", survivors=(4,), hangs=()))
    assert "wire/box.py" in said
    assert "25.0 % killed; 3 survived, 2 of them unexplained." in said
    assert said.count("FAILED") == 2
    file = tmp_path / "survivors.toml"
    file.write_text(said[: said.index("module ")].replace("why = ''", "why = 'because'"), encoding="utf-8")
    assert read_explanations(file) == Explanations(frozenset([change(2)]), frozenset([change(3)]))


def test_explanation_without_a_reason_is_invalid(tmp_path: Path) -> None:
    """Every entry needs a reason."""
    file = tmp_path / "survivors.toml"
    file.write_text("[[survivor]]\nwhere = 'x'\nline = 'y'\nbecomes = ['z']\nwhy = ''\n", encoding="utf-8")
    with pytest.raises(ValueError, match="does not say why"):
        read_explanations(file)


def test_explanations_of_this_project_are_valid() -> None:
    """Each entry has a reason, and none is repeated."""
    explanations = read_explanations(Path(__file__).with_name("survivors.toml"))
    assert not explanations.survivors & explanations.hangs
