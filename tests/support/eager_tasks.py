"""A pytest plugin that runs every task eagerly: `python3.12 -m pytest -p tests.support.eager_tasks`.

An eager task runs inside `create_task` until it first waits, which is a different order of events.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

EAGER_TASK_FACTORY: Any = getattr(asyncio, "eager_task_factory", None)  # None before Python 3.12

# They need two waits to begin before the first poll; an eager wait polls inside `create_task`.
_NOT_EAGER = frozenset({"test_failed_poll_after_a_timeout_changes_nothing"})

_init = asyncio.BaseEventLoop.__init__


def _init_with_eager_tasks(self: asyncio.BaseEventLoop) -> None:
    _init(self)
    self.set_task_factory(EAGER_TASK_FACTORY)


def pytest_configure() -> None:
    """Make every event loop eager, also those of blocking clients and of the scripted server."""
    if EAGER_TASK_FACTORY is None:
        raise RuntimeError("eager tasks need Python 3.12 or later")
    asyncio.BaseEventLoop.__init__ = _init_with_eager_tasks  # type: ignore[method-assign,assignment] # on purpose


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Skip the tests of an order of events that eager tasks do not have."""
    for item in items:
        if item.name in _NOT_EAGER:
            item.add_marker(pytest.mark.skip(reason="eager tasks have another order of events"))
