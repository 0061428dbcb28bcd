"""A pytest plugin that runs asynchronous tests on uvloop: `python -m pytest -p tests.support.on_uvloop`."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import uvloop

# They count the timers or replace the resolver of asyncio's own loop; uvloop's are out of reach.
_OF_ASYNCIO = frozenset(
    {
        "test_deadlines_share_one_timer",
        "test_unknown_host_name_is_a_connect_error",
    }
)


def pytest_asyncio_loop_factories(config: object, item: pytest.Item) -> Mapping[str, Callable[[], Any]]:
    """Return the event loop factories of pytest-asyncio."""
    if item.name.partition("[")[0] in _OF_ASYNCIO:
        return {"asyncio": asyncio.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}
