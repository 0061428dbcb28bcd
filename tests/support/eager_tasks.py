"""A pytest plugin that runs every task eagerly: `python3.12 -m pytest -p tests.support.eager_tasks`.

An eager task runs inside `create_task` until it first waits, which is a different order of events.
"""

import asyncio
from typing import Any

EAGER_TASK_FACTORY: Any = getattr(asyncio, "eager_task_factory", None)  # None before Python 3.12

_init = asyncio.BaseEventLoop.__init__


def _init_with_eager_tasks(self: asyncio.BaseEventLoop) -> None:
    _init(self)
    self.set_task_factory(EAGER_TASK_FACTORY)


def pytest_configure() -> None:
    """Make every event loop eager, also those of blocking clients and of the scripted server."""
    if EAGER_TASK_FACTORY is None:
        raise RuntimeError("eager tasks need Python 3.12 or later")
    asyncio.BaseEventLoop.__init__ = _init_with_eager_tasks  # type: ignore[method-assign,assignment] # on purpose
