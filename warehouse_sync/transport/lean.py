"""A shorter way through aiohttp for the request that is made most: a GET without a body on a kept connection.

aiohttp lets a session choose its class of requests. Ours writes the header lines once per token instead of once per
request, and prepares nothing for bodies, cookies, proxies or tracing. It stays inside `ClientSession`, so mocks,
middlewares and the connector work as ever. Any other request takes aiohttp's own way, and all do under a version of aiohttp
that this was not written for.
"""

import asyncio
from typing import Any, Final

import aiohttp
from aiohttp import hdrs
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

WRITTEN_FOR: Final = "3.14."


class Written:
    """Stands for a writer that has written everything.

    Attributes:
        output_size: How many bytes.
    """

    __slots__ = ("output_size",)

    def __init__(self, output_size: int) -> None:
        self.output_size: int = output_size


class HeaderLines:
    """The header lines of GET requests with one token to one host. Never shows them.

    Attributes:
        authorization: The header they were made with, compared by identity.
        authority: The host and port they were made for.
        lines: The bytes from the end of the request line on.
    """

    __slots__ = ("authority", "authorization", "lines")

    def __init__(self, headers: CIMultiDict[str], url: URL) -> None:
        self.authorization: str | None = headers.get(hdrs.AUTHORIZATION)
        self.authority: str = url.raw_authority
        named: dict[str, str] = {hdrs.HOST: url.host_port_subcomponent or ""}
        named.update(aiohttp.ClientRequest.DEFAULT_HEADERS.items())
        named.update(headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self.lines: bytes = f" HTTP/1.1\r\n{lines}\r\n".encode("ascii")

    def are_for(self, headers: CIMultiDict[str], url: URL) -> bool:
        """Tell whether a request may use them: all of a session's requests add the same headers but for the token."""
        return headers.get(hdrs.AUTHORIZATION) is self.authorization and url.raw_authority == self.authority


class Shelf:
    """Where the requests of one session find the lines of the latest token.

    Attributes:
        lines: The lines.
    """

    def __init__(self) -> None:
        self.lines: HeaderLines | None = None

    def lines_for(self, headers: CIMultiDict[str], url: URL) -> bytes:
        """Return the lines for a request."""
        lines = self.lines
        if lines is None or not lines.are_for(headers, url):
            lines = self.lines = HeaderLines(headers, url)
        return lines.lines


class LeanRequest(aiohttp.ClientRequest):
    """A request that skips what a GET without a body does not need."""

    shelf: Shelf
    _options: dict[str, Any] | None = None

    def __init__(self, method: str, url: URL, **options: Any) -> None:  # noqa: ANN401 - aiohttp's
        if not _is_lean(method, **options):
            super().__init__(method, url, **options)
            return
        self._options = options
        self._session = options["session"]
        self.original_url = self.url = url
        self.method = method
        self.loop = options["loop"]
        self.response_class = options["response_class"]
        self._timer = options["timer"]
        self._ssl = options["ssl"]
        self.server_hostname = options["server_hostname"]
        self.headers = options["headers"]
        self.version = options["version"]
        self.chunked = self.compress = self.length = None
        self.proxy = self.proxy_auth = self.proxy_headers = None
        self._traces = options["traces"]

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write the request in one piece, or as aiohttp does where that is not possible."""
        protocol = conn.protocol
        transport = None if protocol is None or protocol.writing_paused else protocol.transport
        if self._options is None or protocol is None or transport is None or transport.is_closing():
            return await self._send_as_usual(conn)
        wire = b"GET " + self.url.raw_path_qs.encode("ascii") + self.shelf.lines_for(self.headers, self.url)
        transport.write(wire)
        protocol.start_timeout()
        return self.response_class(
            self.method,
            self.url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            stream_writer=Written(len(wire)),  # type: ignore[arg-type] # of which aiohttp reads the size alone
        )

    async def _send_as_usual(self, conn: Connection) -> aiohttp.ClientResponse:
        if self._options is not None:
            super().__init__(self.method, self.url, **self._options)
        return await super().send(conn)


def _is_lean(  # noqa: PLR0913 - aiohttp's
    method: str,
    *,
    loop: asyncio.AbstractEventLoop,
    data: object,
    cookies: object,
    auth: object,
    proxy: object,
    traces: object,
    params: object,
    skip_auto_headers: object,
    compress: object,
    expect100: bool,
    **_: object,
) -> bool:
    """Tell whether a request is one that nothing but its line and the session's headers must be sent for."""
    more = data or cookies or auth or proxy or traces or params or skip_auto_headers or compress or expect100
    return method == "GET" and not more and not loop.get_debug()


def request_class() -> type[aiohttp.ClientRequest]:
    """Return a class of requests for one session, which adds the same headers to each of them."""
    if not aiohttp.__version__.startswith(WRITTEN_FOR):
        return aiohttp.ClientRequest
    return type("LeanRequest", (LeanRequest,), {"shelf": Shelf()})
