"""A short lane for the request that is made most: a GET on a connection that is kept.

`ClientSession` prepares every request for bodies, cookies, redirects, proxies, tracing and middlewares. A GET of ours has none of
them, and on a kept connection that preparation is half of what it costs, so the lane leaves it out: aiohttp's connector
keeps the connections as ever, and its protocol and parser read the answers.

Everything goes through `ClientSession` where somebody else has a say: on a borrowed session, on one that traces or asks the
environment for proxies, while its methods are replaced (by mocks, by monitoring), and under a version of aiohttp that
this was not written for.
"""

import operator
import types
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from multidict import CIMultiDict

from warehouse_sync.transport.connector import Connector, is_known
from warehouse_sync.transport.site import Headers

_INTERIM = frozenset(range(100, 200)) - {101}  # after which another protocol would follow


class Opening:
    """What all GETs with the same headers have in common. Never shows the headers.

    Attributes:
        key: What their connections are kept under.
        rest: The head from the end of the target on.
    """

    __slots__ = ("key", "rest")

    def __init__(self, key: ConnectionKey, rest: bytes) -> None:
        self.key: ConnectionKey = key
        self.rest: bytes = rest


class Reply:
    """An answer whose head has come, with what we read of `aiohttp.ClientResponse`.

    Attributes:
        status: The HTTP status.
        headers: The headers.
        content: The body, decompressed.
        connection: What it comes on.
    """

    __slots__ = ("connection", "content", "headers", "status")

    def __init__(self, message: Any, content: aiohttp.StreamReader, connection: Connection) -> None:  # noqa: ANN401 - what aiohttp's parser makes
        self.status: int = message.code
        self.headers: Mapping[str, str] = message.headers
        self.content: aiohttp.StreamReader = content
        self.connection: Connection = connection

    def close(self) -> None:
        """Close the connection, unless the answer was read whole and the connection is kept again."""
        self.connection.close()


class Lane:
    """The lane beside a session. Open one with `lane_beside`."""

    def __init__(self, session: aiohttp.ClientSession, connector: Connector) -> None:
        self._session_class = type(session)
        self._genuine = _methods(type(session))
        self._connector = connector
        self._common = session.headers
        self._read_timeout = session.timeout.sock_read

    async def get(self, target: str, headers: Headers) -> Reply | None:
        """Send a GET on a kept connection, and wait for the head of its answer.

        Args:
            target: The path and query, encoded.
            headers: The headers, and where they are sent.

        Returns:
            The answer, or `None` where nothing was sent: no connection is kept, or somebody else has a say.
        """
        opening = headers.opening
        if not isinstance(opening, Opening):
            opening = headers.opening = _opening(headers, self._common)
        connection = await self._take(opening.key)
        if connection is None:
            return None
        try:
            protocol: Any = connection.protocol
            protocol.set_response_params(read_until_eof=True, read_timeout=self._read_timeout)
            protocol.transport.write(f"GET {target}".encode("ascii") + opening.rest)
            protocol.start_timeout()
            message, content = await protocol.read()
            while message.code in _INTERIM:
                protocol.start_timeout()  # which aiohttp has stopped, as after an answer
                message, content = await protocol.read()
            content.on_eof(connection.release)
        except BaseException:
            connection.close()
            raise
        return Reply(message, content, connection)

    async def _take(self, key: ConnectionKey) -> Connection | None:
        """Take a kept connection, unless somebody else has a say."""
        if any(map(operator.is_not, _methods(self._session_class), self._genuine)):
            return None
        return await self._connector._get(key, [])  # noqa: SLF001 - ours, too


def lane_beside(session: aiohttp.ClientSession) -> Lane | None:
    """Return the lane beside a session of ours, or `None` where everything must go through the session."""
    connector = session.connector
    if not (is_known() and isinstance(connector, Connector)):
        return None
    plain = not (session.trust_env or session.trace_configs or session._middlewares)  # noqa: SLF001 - `is_known`
    genuine = all(map(_is_genuine, _methods(type(session))))
    return Lane(session, connector) if plain and genuine else None


def _methods(session_class: type[aiohttp.ClientSession]) -> tuple[object, object]:
    """Return what sessions send with now: the method for everybody, and the one that mocks and monitors replace."""
    return session_class.request, session_class._request  # noqa: SLF001 - see above


def _is_genuine(method: object) -> bool:
    """Tell whether a method is aiohttp's own. Wrappers may look alike and compare equal, but their code lies elsewhere."""
    return type(method) is types.FunctionType and method.__code__.co_filename == aiohttp.client.__file__


def _opening(headers: Headers, common: Mapping[str, str]) -> Opening:
    """Write down what `ClientSession` would send and look for."""
    origin = headers.site.origin
    key = ConnectionKey(
        host=origin.raw_host or "",
        port=origin.port,
        is_ssl=origin.scheme == "https",
        ssl=True,
        proxy=None,
        proxy_auth=None,
        proxy_headers_hash=None,
        server_hostname=None,
    )
    named = CIMultiDict({aiohttp.hdrs.HOST: origin.host_port_subcomponent or ""})
    named.update(aiohttp.ClientRequest.DEFAULT_HEADERS)
    named.update(common)
    named.update(headers.bare)
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return Opening(key, f" HTTP/1.1\r\n{lines}\r\n".encode("ascii"))
