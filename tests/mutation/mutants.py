"""The results of mutmut as data: each mutant, its change, and the outcome of its tests.

mutmut writes all mutants of a function beside the function, under names that number them, and the exit codes of their
tests into a `.meta` file. A mutant is told here by what it changes and not by its number: numbers shift.
"""

import ast
import copy
import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

PACKAGE = "warehouse_sync"
NUMBERED = "__mutmut_"
ORIGINAL = "orig"

Outcome = Literal["killed", "timed out", "survived", "not run"]
Function = ast.FunctionDef | ast.AsyncFunctionDef

_KILLED = (1, 3)  # pytest: a test failed, or the mutant broke pytest itself
_TIMED_OUT = (-24, 24, 36, 152, 255)


@attrs.frozen
class Change:
    """The change that identifies a mutant.

    Attributes:
        where: The module and the function, such as `transport/token_source.py TokenSource.get`.
        line: The original, as `ast.unparse` writes it: in one line, without comments.
        becomes: The mutated line.
    """

    where: str
    line: str
    becomes: str


@attrs.frozen
class Mutant:
    """One mutant.

    Attributes:
        name: The name that mutmut gave it.
        change: Its change.
        outcome: The outcome of its tests. A mutant without tests has survived.
    """

    name: str
    change: Change
    outcome: Outcome

    @property
    def module(self) -> str:
        """The mutant's module, such as `transport/token_source.py`."""
        return self.change.where.partition(" ")[0]


def read_all(folder: Path) -> list[Mutant]:
    """Read every mutant below mutmut's folder, module by module."""
    metas = sorted((folder / PACKAGE).rglob("*.py.meta"))
    return [mutant for meta in metas for mutant in _read_module(meta, meta.relative_to(folder / PACKAGE))]


def outcome_of(exit_code: int | None) -> Outcome:
    """Return the outcome for an exit code of a mutant's tests. Unless a test failed, the mutant survived."""
    if exit_code is None:
        return "not run"
    if exit_code in _KILLED:
        return "killed"
    return "timed out" if exit_code in _TIMED_OUT else "survived"


def _read_module(meta: Path, relative: Path) -> Iterator[Mutant]:
    exit_codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    functions = _functions(ast.parse(meta.with_suffix("").read_text(encoding="utf-8")))
    for name, exit_code in exit_codes.items():
        function = name.rpartition(".")[2]
        base, _, _ = function.rpartition(NUMBERED)
        line, becomes = _difference(functions[base + NUMBERED + ORIGINAL], functions[function])
        where = f"{relative.with_suffix('').as_posix()} {_readable(base)}"
        yield Mutant(name, Change(where, line, becomes), outcome_of(exit_code))


def _functions(tree: ast.Module) -> Mapping[str, Function]:
    return {
        node.name: node for node in ast.walk(tree) if isinstance(node, Function) and NUMBERED in node.name
    }


def _readable(base: str) -> str:
    """Convert `xǁClassǁmethod` or `x_function` to `Class.method` or `function`."""
    return base[2:].replace("ǁ", ".") if base.startswith("xǁ") else base.removeprefix("x_")


def _difference(original: Function, mutant: Function) -> tuple[str, str]:
    """Return the lines that differ, before and after."""
    lines = list(difflib.ndiff(_lines(original), _lines(mutant)))
    return tuple("\n".join(line[2:].strip() for line in lines if line[:2] == mark) for mark in ("- ", "+ "))  # type: ignore[return-value] # two marks


def _lines(function: Function) -> list[str]:
    alike: Any = copy.copy(function)
    alike.name = "_"
    return ast.unparse(alike).splitlines()
