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


def is_known() -> bool:
    """Tell whether this aiohttp is one that this was written for."""
    return aiohttp.__version__.startswith(WRITTEN_FOR)


def connector(**options: Any) -> aiohttp.TCPConnector:  # noqa: ANN401 - passed on
    """Return a connector; aiohttp's own where it may work in another way inside."""
    return (Connector if is_known() else aiohttp.TCPConnector)(**options)
