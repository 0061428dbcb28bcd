"""One client per event loop and settings, however many waits use it."""

import asyncio
import weakref
from collections.abc import AsyncGenerator

import attrs

from warehouse_sync import AsyncClient
from warehouse_sync.integrations.settings import ClientSettings


@attrs.define(eq=False)
class _LoopClients:
    """The clients of one event loop.

    Attributes:
        clients: By their settings.
        generators: What closes each client when its loop shuts down its asynchronous generators.
    """

    clients: dict[ClientSettings, AsyncClient] = attrs.field(factory=dict)
    generators: dict[ClientSettings, AsyncGenerator[AsyncClient, None]] = attrs.field(factory=dict)


_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClients] = weakref.WeakKeyDictionary()


async def shared_client(settings: ClientSettings) -> AsyncClient:
    """Return the running loop's client for these settings, and open it the first time.

    The client is closed with its loop: `asyncio.run` closes asynchronous generators that are still open before it closes the
    loop, and each client is held open by one. Do not close it.

    Raises:
        ConfigurationError: The settings cannot work.
    """
    loop = asyncio.get_running_loop()
    opened = _loops.setdefault(loop, _LoopClients())
    if settings not in opened.clients:
        generator = _hold_open(AsyncClient(**settings.client_options()), opened, settings)
        opened.generators[settings] = generator
        opened.clients[settings] = await anext(generator)
    return opened.clients[settings]


async def _hold_open(
    client: AsyncClient, opened: _LoopClients, settings: ClientSettings
) -> AsyncGenerator[AsyncClient, None]:
    try:
        async with client:
            yield client
    finally:  # the client refers to its loop: kept here, neither would be garbage collected
        opened.clients.pop(settings, None)
        opened.generators.pop(settings, None)
