"""The explanations of surviving mutants, compared with the code that they are about."""

import ast
from pathlib import Path

import pytest

from tests.mutation.verdict import read_explanations

PACKAGE = Path(__file__).parents[2] / "warehouse_sync"
EXPLANATIONS = read_explanations(Path(__file__).with_name("survivors.toml"))


def source_of(module: str, function: str) -> str:
    """Return the source of a function or method as `survivors.toml` quotes it, or nothing if there is none."""
    scope: ast.AST = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for name in function.split("."):
        scope = next(node for node in ast.iter_child_nodes(scope) if getattr(node, "name", None) == name)
    return "\n".join(line.strip() for line in ast.unparse(scope).splitlines())


@pytest.mark.parametrize(
    "where", sorted({change.where for change in EXPLANATIONS.survivors | EXPLANATIONS.hangs})
)
def test_explained_mutant_is_of_a_line_that_exists(where: str) -> None:
    """A renamed function or a changed line makes its explanation stale."""
    source = source_of(*where.split(" "))
    lines = {change.line for change in EXPLANATIONS.survivors | EXPLANATIONS.hangs if change.where == where}
    assert {line for line in lines if line not in source} == set()
