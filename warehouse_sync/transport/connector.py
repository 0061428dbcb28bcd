"""Kept connections, and none of them with something on it that nobody asked for."""

from typing import Any, Final

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

WRITTEN_FOR: Final = "3.14."  # the aiohttp whose inner workings this and the lane rely on


class Connector(aiohttp.TCPConnector):
    """Hands out no connection on which an answer came unasked: it would pass for the answer to the next request."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if not connection.protocol.should_close:  # type: ignore[union-attr] # set until it is released
                return connection
            connection.close()
        return None

    async def drop(self) -> None:
        """Close without waiting for the connections to be closed."""
        self._close(abort_ssl=True)
        await self._resolver.close()


async def drop(session: aiohttp.ClientSession) -> None:
    """Close a session on a loop that may be about to end, and might not see the end of a longer wait."""
    if isinstance(session.connector, Connector):
        await session.connector.drop()
    else:
        await session.close()


def is_known() -> bool:
    """Tell whether this aiohttp is one that this was written for."""
    return aiohttp.__version__.startswith(WRITTEN_FOR)


def connector(**options: Any) -> aiohttp.TCPConnector:  # noqa: ANN401 - passed on
    """Return a connector; aiohttp's own where it may work in another way inside."""
    return (Connector if is_known() else aiohttp.TCPConnector)(**options)
