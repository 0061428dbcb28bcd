"""Readability: short files, short functions, docstrings, and no swallowed exceptions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "warehouse_sync"
FILES = sorted(ROOT.rglob("*.py"))
GENERATED = {ROOT / "sync" / "client.py", ROOT / "sync" / "resources.py"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def parse(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Return a file's name for the id of a test."""
    return str(path.relative_to(ROOT))


def public_definitions(scope: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Yield the public functions and classes of a module, and the public methods of its public classes."""
    for node in scope.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def body_lines(function: Function) -> int:
    """Return the number of lines of a function's body without its docstring."""
    first = function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0]
    return (function.end_lineno or 0) - first.lineno + 1


def swallows(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches everything, and neither acts on it nor uses what it caught."""
    caught = "BaseException" if handler.type is None else ast.unparse(handler.type)
    broad = {"Exception", "BaseException"} & set(caught.strip("()").replace(" ", "").split(","))
    idle = all(isinstance(node, ast.Pass | ast.Continue | ast.Expr) for node in handler.body)
    looked_at = any(isinstance(node, ast.Name) and node.id == handler.name for node in ast.walk(handler))
    return bool(broad) and idle and not looked_at


@pytest.mark.parametrize("path", [file for file in FILES if file not in GENERATED], ids=name_of)
def test_file_is_short(path: Path) -> None:
    """A file has less than 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) < LONGEST_FILE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_function_is_short(path: Path) -> None:
    """A function's body has at most 40 lines."""
    functions = [node for node in ast.walk(parse(path)) if isinstance(node, Function)]
    assert {node.name: body_lines(node) for node in functions if body_lines(node) > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_public_definition_has_a_docstring(path: Path) -> None:
    """Every module and every public class, function and method is documented."""
    tree = parse(path)
    assert ast.get_docstring(tree)
    assert [node.name for node in public_definitions(tree) if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_exception_is_swallowed(path: Path) -> None:
    """No handler catches everything and does nothing, and nothing suppresses everything."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ExceptHandler):
            assert not swallows(node), f"line {node.lineno}"
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            assert {ast.unparse(caught) for caught in node.args}.isdisjoint({"Exception", "BaseException"})


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("except Exception: pass", True),
        ("except: pass", True),
        ("except BaseException: ...", True),
        ("except (OSError, Exception): pass", True),
        ("except Exception: log.debug('x')", True),
        ("except OSError: pass", False),
        ("except Exception: raise", False),
        ("except Exception as error: problem = error", False),
        ("except Exception as error: report(error)", False),
        ("except Exception as error: report()", True),
    ],
)
def test_swallowed_exception_is_found(handler: str, *, expected: bool) -> None:
    """The check itself distinguishes a handler that hides everything from one that acts."""
    found = [
        node for node in ast.walk(ast.parse(f"try: x()\n{handler}")) if isinstance(node, ast.ExceptHandler)
    ]
    assert [swallows(node) for node in found] == [expected]
