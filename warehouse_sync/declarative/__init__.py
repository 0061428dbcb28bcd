"""Warehouse Sync as code: files, plan, apply, lint.

The names are listed in `names.py`, which is imported when one of them is first used, so that `--help` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse_sync.declarative.names import *  # noqa: F403 - listed once, in names.py


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    names = import_module("warehouse_sync.declarative.names")
    if name.startswith("_") or not hasattr(names, name):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(names, name)
