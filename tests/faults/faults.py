"""The faults of a request, by name, as the bytes of the response."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from tests.support.peer import (
    Answer,
    PeerConnection,
    bomb,
    endless,
    hang_up,
    http,
    raw,
    refusal,
    reply,
    reset,
)

_HALF = http(200, b"x" * 100)[:-50]
_REDIRECT = "/elsewhere"


def stalling(pass_time: Callable[[], None], data: bytes = b"") -> Answer:
    """Return a response that sends bytes, and then lets the client's time pass until it disconnects."""

    async def answer(connection: PeerConnection) -> None:
        await connection.send(data)
        gone = asyncio.ensure_future(connection.hung_up())
        while not gone.done():
            pass_time()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(gone), 0.02)
        connection.close()

    return answer


def faults(pass_time: Callable[[], None]) -> Mapping[str, Answer]:
    """Return every fault that is a response, or the lack of one.

    Args:
        pass_time: Advances the client's time a little.
    """
    return {
        "reset": reset(),
        "hang up": hang_up(),
        "half a status line": raw(b"HTTP/1.1 20", then="close"),
        "half a head": raw(b"HTTP/1.1 200 OK\r\nContent-Le", then="close"),
        "half a body": raw(_HALF, then="close"),
        "half a body, reset": raw(_HALF, then="reset"),
        "no length, reset": raw(b'HTTP/1.1 200 OK\r\n\r\n{"id": ', then="reset"),
        "half a chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{", then="close"),
        "bad gzip": reply(200, b"not gzip at all", Content_Encoding="gzip"),
        "not HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", then="close"),
        "not JSON": reply(200, b"{truncated"),
        "empty": reply(200, b""),
        "HTML": reply(200, b"<!doctype html><title>Sign in</title>", Content_Type="text/html"),
        "deep": reply(200, b"[" * 100_000),
        "NaN": reply(200, b'{"id": NaN}'),
        "BOM": reply(200, b"\xef\xbb\xbf{}"),
        "UTF-16": reply(200, "{}".encode("utf-16")),
        "wrong shape": reply(200, {"id": {"id": []}}),
        "bomb": bomb(300 << 20),
        "endless": endless(b" " * (1 << 20), 20),
        "stall": stalling(pass_time),
        "stall in the body": stalling(pass_time, _HALF),
        "busy": refusal(400, "The pipeline is already in progress."),
        "asks for an hour": refusal(429, "Slow down.", Retry_After="3600"),
        "asks too long for the deadline": refusal(429, "Slow down.", RetryAfter="59"),
        **{str(status): refusal(status, "No.") for status in (400, 401, 403, 404, 408, 409, 418, 429)},
        **{str(status): refusal(status, "No.") for status in (500, 501, 502, 503, 504, 505)},
        **{str(status): reply(status, Location=_REDIRECT) for status in (301, 302, 303, 307, 308)},
    }
