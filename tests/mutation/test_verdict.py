"""What is enough, and what is not."""

from pathlib import Path

import pytest

from tests.mutation.mutants import Change, Mutant, Outcome
from tests.mutation.verdict import Explanations, Verdict, judge, read_explanations, report

KILLED: tuple[Outcome, ...] = ("killed",)


def mutant(number: int, outcome: Outcome) -> Mutant:
    """One of many mutants."""
    return Mutant(f"warehouse_sync.wire.box.x_f__mutmut_{number}", change(number), outcome)


def change(number: int) -> Change:
    """What it changes."""
    return Change("wire/box.py f", "return 0", f"return {number}")


def verdict(*outcomes: Outcome, survivors: tuple[int, ...] = (), hangs: tuple[int, ...] = ()) -> Verdict:
    """The verdict on mutants numbered from 1, of which some are explained."""
    mutants = [mutant(number, outcome) for number, outcome in enumerate(outcomes, 1)]
    return judge(mutants, Explanations(frozenset(map(change, survivors)), frozenset(map(change, hangs))))


def test_verdict_all_killed_passes() -> None:
    """Nothing lives, and nothing needs a reason."""
    judged = verdict("killed", "killed")
    assert judged.passes
    assert judged.percent == 100.0


def test_verdict_explained_survivors_live_all_the_same() -> None:
    """An explanation keeps a survivor from failing the run; it does not make it killed."""
    judged = verdict(*KILLED * 9, "survived", survivors=(10,))
    assert judged.passes
    assert judged.percent == 90.0
    assert not verdict(*KILLED * 8, "survived", survivors=(9,)).passes


def test_verdict_survivor_without_a_reason_fails() -> None:
    """However many were killed."""
    judged = verdict(*KILLED * 99, "survived")
    assert judged.percent == 99.0
    assert not judged.passes
    assert [lives.name for lives in judged.unexplained] == ["warehouse_sync.wire.box.x_f__mutmut_100"]


def test_verdict_hang_counts_only_where_it_must_hang() -> None:
    """A test that takes too long has killed a mutant if the mutant cannot end; else nobody knows."""
    assert verdict("timed out", hangs=(1,)).percent == 100.0
    judged = verdict("timed out")
    assert (judged.percent, judged.passes) == (0.0, False)
    assert not verdict("survived", hangs=(1,)).passes


def test_verdict_hang_that_a_test_notices_sooner_is_killed() -> None:
    """Which of the two kills it may depend on the machine."""
    judged = verdict("killed", hangs=(1,))
    assert judged.passes
    assert judged.idle == ()


def test_verdict_explanation_of_nothing_fails() -> None:
    """Code that has changed takes its explanations with it."""
    for judged in (verdict("killed", survivors=(7,)), verdict("killed", hangs=(7,))):
        assert not judged.passes
        assert judged.stale == (change(7),)


def test_verdict_explanation_of_a_killed_mutant_is_mentioned() -> None:
    """A survivor that is none can lose its explanation; that is no failure."""
    judged = verdict("killed", survivors=(1,))
    assert judged.passes
    assert judged.idle == (change(1),)
    assert "a test killed it" in report(judged)


def test_verdict_on_some_modules_leaves_the_others_alone() -> None:
    """Mutants that were not tried neither count nor make an explanation stale."""
    judged = verdict("killed", "not run", survivors=(2,))
    assert judged.passes
    assert judged.total == 1


def test_verdict_on_nothing_fails() -> None:
    """A run that tried nothing has shown nothing."""
    assert not verdict().passes


def test_report_counts_and_offers_entries_for_the_file(tmp_path: Path) -> None:
    """What lives without a reason is printed as an entry that lacks nothing but the reason."""
    said = report(verdict("killed", "survived", "timed out", "survived", survivors=(4,), hangs=()))
    assert "wire/box.py" in said
    assert "25.0 % killed; 3 survived, 2 of them unexplained." in said
    assert said.count("FAILED") == 2
    file = tmp_path / "survivors.toml"
    file.write_text(said[: said.index("module ")].replace("why = ''", "why = 'because'"), encoding="utf-8")
    assert read_explanations(file) == Explanations(frozenset([change(2)]), frozenset([change(3)]))


def test_explanations_must_say_why(tmp_path: Path) -> None:
    """An entry without a reason is none."""
    file = tmp_path / "survivors.toml"
    file.write_text("[[survivor]]\nwhere = 'x'\nline = 'y'\nbecomes = ['z']\nwhy = ''\n", encoding="utf-8")
    with pytest.raises(ValueError, match="does not say why"):
        read_explanations(file)


def test_explanations_of_this_project_are_readable() -> None:
    """The committed file has a reason for each entry, and none twice."""
    explanations = read_explanations(Path(__file__).with_name("survivors.toml"))
    assert not explanations.survivors & explanations.hangs
