"""Warehouse Sync as code: files, plan, apply, lint.

The names are listed once, in `names.py`. They are imported when they are first used, so that `--help` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse_sync.declarative.names import *  # noqa: F403 - listed once, in names.py

# Commands that only print dates or documents need these, and neither YAML nor plans: a name is looked up here first, in this
# order, because each module takes longer to import than the one before.
_LIGHT_MODULES = tuple(f"{__name__}.{each}" for each in ("dates", "errors", "project", "files.documents"))


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    for module in _LIGHT_MODULES:
        value = getattr(import_module(module), name, None)
        if getattr(value, "__module__", None) == module and not name.startswith("_"):
            return value
    names = import_module(f"{__name__}.names")
    if name.startswith("_") or not hasattr(names, name):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(names, name)
