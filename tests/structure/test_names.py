"""The public names: sorted, complete, lazily imported, and the same for type checkers."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import warehouse_sync
from warehouse_sync import errors, models

NAMES = warehouse_sync.__all__


def names_for_type_checkers() -> dict[str, str]:
    """Return each name of the package's `TYPE_CHECKING` block and its module."""
    tree = ast.parse(Path(warehouse_sync.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.name: str(statement.module)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def modules_below(package: ModuleType) -> list[ModuleType]:
    """Return the package and every module in it."""
    below = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [package, *(importlib.import_module(module.name) for module in below)]


def test_names_are_sorted_and_distinct() -> None:
    """Each public name is listed once, in order."""
    assert sorted(set(NAMES)) == NAMES
    assert sorted(models.__all__) == models.__all__


def test_type_checkers_see_the_same_names() -> None:
    """The names for type checkers are the exported ones."""
    assert {*names_for_type_checkers(), "__version__"} == set(NAMES)


@pytest.mark.parametrize(("name", "home"), names_for_type_checkers().items())
def test_name_is_the_object_that_type_checkers_see(name: str, home: str) -> None:
    """A public name is the same object also at first use."""
    expected = getattr(importlib.import_module(home), name)
    assert warehouse_sync.__getattr__(name) is expected
    assert getattr(warehouse_sync, name) is expected


def test_names_are_listed() -> None:
    """Completion offers the public names."""
    assert dir(warehouse_sync) == NAMES


@pytest.mark.parametrize("name", ["Nonsense", "ValueError", "NonsenseError", "_restore", "resolve"])
def test_other_name_is_no_attribute(name: str) -> None:
    """Other names raise `AttributeError`, however similar they are."""
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(warehouse_sync, name)


def test_every_error_and_model_is_public() -> None:
    """Every exception and model class of the core can be imported from the package itself."""
    defined = {
        name
        for module in (errors, *modules_below(models))
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert defined - set(NAMES) == set()
    assert set(models.__all__) - set(NAMES) == set()


@pytest.mark.parametrize("name", [name for name in NAMES if attrs.has(getattr(warehouse_sync, name))])
def test_public_value_is_frozen_and_keyword_only(name: str) -> None:
    """Models and settings are frozen, slotted and keyword-only, so that a new field is compatible."""
    cls = getattr(warehouse_sync, name)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        object.__new__(cls).anything = 1
    assert "__dict__" not in dir(cls)
    assert all(field.kw_only for field in attrs.fields(cls))


def test_version_is_three_numbers() -> None:
    """The version is public."""
    numbers = warehouse_sync.__version__.split(".")
    assert len(numbers) == 3
    assert all(number.isdecimal() for number in numbers)
