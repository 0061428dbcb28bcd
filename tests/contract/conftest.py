"""An emulator, and a client of each kind connected to it: each test here runs with both."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.contract.awaitable import AwaitableClient
from warehouse_sync import AsyncClient, Client
from warehouse_sync.emulator import Emulator

Connect = Callable[..., Any]
SORTS: dict[str, Connect] = {
    "async": AsyncClient,
    "sync": lambda **options: AwaitableClient(Client(**options)),
}


@pytest.fixture
def run_order(request: pytest.FixtureRequest) -> Any:
    """The order in which the emulator lists runs; a module can override it."""
    return request.config.getoption("--run-order")


@pytest.fixture
def emulator(run_order: Any) -> Iterator[Emulator]:
    """An emulator in its own thread, whose runs take almost no time."""
    with Emulator(queued=0.01, running=0.02, run_order=run_order) as running:
        yield running


@pytest.fixture(params=SORTS)
def connect(request: pytest.FixtureRequest) -> Connect:
    """Create a client of one kind."""
    return SORTS[request.param]


@pytest.fixture
async def client(connect: Connect, emulator: Emulator) -> AsyncIterator[Any]:
    """A client of each kind, connected to the emulator."""
    async with connect(**emulator.client_options()) as connected:
        yield connected
