"""Plain responses, which need no HTTP parser.

Plain means: status 200 over HTTP/1.1, a head without any oddity, a body of the length that one `Content-Length` states, no
encoding, a connection that stays open, and nothing after the body. Whatever is not plain is for aiohttp's parser to read or to reject.
"""

import re
from collections.abc import Mapping
from typing import Final

from multidict import CIMultiDict

_LARGEST_HEAD: Final = 8000  # bytes; aiohttp rejects lines of more than 8190

_HEAD = re.compile(
    rb"HTTP/1\.1 200 [\x20-\x7e]*+\r\n"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e]*+\r\n){1,64}+"  # aiohttp rejects more than 128
    rb"\r\n"
)
_LINE = re.compile(rb"\r\n([^:\r]+):[\t ]*([^\r]*)")
# The headers that decide where a response ends, how its body is encoded, and what follows on its connection.
_FRAMING = re.compile(
    rb"\n((?:con(?:nection(?!: keep-alive\r)|tent-(?:length|encoding))"
    rb"|transfer-encoding|proxy-connection|upgrade|sec-websocket-key1):[^\r]*)"
)


class PlainResponse:
    """A plain response, complete. Its repr shows nothing of it.

    Attributes:
        status: The HTTP status.
        head: The status line and the headers.
        body: The body.
    """

    __slots__ = ("_lower_head", "body", "head")

    status: Final = 200

    def __init__(self, head: bytes, lower_head: bytes, body: bytes) -> None:
        self.head: bytes = head
        self.body: bytes = body
        self._lower_head = lower_head

    def close(self) -> None:
        """Do nothing: its connection was released when it arrived."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, parsed on each access. To read one, `header` is faster."""
        return CIMultiDict(
            (name.decode("ascii"), value.rstrip(b"\t ").decode("ascii"))
            for name, value in _LINE.findall(self.head)
        )

    def header(self, name: bytes) -> str | None:
        """Return the first header of this name, or `None`.

        Args:
            name: The name in lower case.
        """
        start = self._lower_head.find(b"\r\n%b:" % name)
        if start < 0:
            return None
        start += len(name) + 3
        return self.head[start : self.head.index(b"\r", start)].strip(b"\t ").decode("ascii")


def read_plain_response(data: bytes | memoryview) -> PlainResponse | None:
    """Return the plain response in `data`, or `None` if `data` is anything else."""
    match = _HEAD.match(data)
    if match is None or match.end() > _LARGEST_HEAD:
        return None
    end = match.end()
    head = bytes(data[:end])
    lower_head = head.lower()
    if _FRAMING.findall(lower_head) != [b"content-length: %d" % (len(data) - end)]:
        return None
    return PlainResponse(head, lower_head, bytes(data[end:]))
