"""Reading the results of mutmut."""

import json
from pathlib import Path

import pytest

from tests.mutation.mutants import Change, Mutant, outcome_of, read_all

MUTATED = """
def x_double__mutmut_orig(number: int) -> int:
    # why
    return (
        2 * number
    )


def x_double__mutmut_1(number: int) -> int:
    return 2 / number


class Box:
    async def xǁBoxǁopen__mutmut_orig(self, key, twice=True):
        await self.turn(key)
        return "open"

    async def xǁBoxǁopen__mutmut_1(self, key, twice=False):
        await self.turn(key)
        return "open"

    async def xǁBoxǁopen__mutmut_2(self, key, twice=True):
        await self.turn()
        return "open"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as mutmut writes it."""
    module = tmp_path / "warehouse_sync" / "wire" / "box.py"
    module.parent.mkdir(parents=True)
    module.write_text(MUTATED, encoding="utf-8")
    name = "warehouse_sync.wire.box."
    codes = {
        f"{name}x_double__mutmut_1": 1,
        f"{name}xǁBoxǁopen__mutmut_1": None,
        f"{name}xǁBoxǁopen__mutmut_2": 33,
    }
    module.with_name("box.py.meta").write_text(json.dumps({"exit_code_by_key": codes}), encoding="utf-8")
    return tmp_path


def test_mutant_is_identified_by_function_and_change(folder: Path) -> None:
    """Numbers change and lines are wrapped, but the function and the change stay the same."""
    name = "warehouse_sync.wire.box."
    assert read_all(folder) == [
        Mutant(
            f"{name}x_double__mutmut_1",
            Change("wire/box.py double", "return 2 * number", "return 2 / number"),
            "killed",
        ),
        Mutant(
            f"{name}xǁBoxǁopen__mutmut_1",
            Change(
                "wire/box.py Box.open",
                "async def _(self, key, twice=True):",
                "async def _(self, key, twice=False):",
            ),
            "not run",
        ),
        Mutant(
            f"{name}xǁBoxǁopen__mutmut_2",
            Change("wire/box.py Box.open", "await self.turn(key)", "await self.turn()"),
            "survived",
        ),
    ]


def test_mutant_has_its_module(folder: Path) -> None:
    """The table counts by module."""
    assert {mutant.module for mutant in read_all(folder)} == {"wire/box.py"}


@pytest.mark.parametrize(
    ("exit_code", "outcome"),
    [(None, "not run"), (1, "killed"), (3, "killed"), (0, "survived"), (33, "survived"), (5, "survived")]
    + [(code, "timed out") for code in (-24, 24, 36, 152, 255)]
    + [(code, "survived") for code in (2, 34, 35, -9, -11)],
)
def test_outcome_in_doubt_is_a_survival(exit_code: int | None, outcome: str) -> None:
    """Only a failed test kills: a mutant without tests survives, and so does one with an unclear exit code."""
    assert outcome_of(exit_code) == outcome
