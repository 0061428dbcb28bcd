"""What every request passes, and the form of every failure."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.emulator.conftest import CREDENTIAL
from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.conftest import Api

TOO_LARGE = b'"' + b"x" * (4 * 1024 * 1024) + b'"'


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "The request body is not valid JSON."),
        (b"{", 400, "The request body is not valid JSON."),
        (b"<html>", 400, "The request body is not valid JSON."),
        (b'{"id": NaN}', 400, "The request body is not valid JSON."),
        (b"\xef\xbb\xbf{}", 400, "The request body is not valid JSON."),
        (b'{"id": "\xff"}', 400, "The request body is not valid JSON."),
        (b'{"id": "\\ud800"}', 400, "The request body is not valid JSON."),
        (b"[" * 100_000, 400, "The request body is not valid JSON."),
        (b"[]", 400, "The request body must be a JSON object."),
        (b'"text"', 400, "The request body must be a JSON object."),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "The request body nests deeper than 32 levels."),
        (TOO_LARGE, 413, "The request body is too large."),
    ],
    ids=lambda value: repr(value)[:20] if isinstance(value, bytes) else "",
)
@pytest.mark.parametrize("path", ["/oauth/token", "/connections", "/_emulator/seed"])
async def test_junk_body_is_refused_as_documented(
    api: Api, path: str, body: bytes, status: int, message: str
) -> None:
    """Whatever the body is, the answer is the documented error body, and the next request works."""
    answer = await api.call("POST", path, body)
    assert (answer.status, answer.messages) == (status, [message])
    assert (await api.get("/connections")).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/platform/v2/workspaces/5328",
        "/connections/",
        "/connections/a%2fb",
        "/connections/..%2f",
        "/connections/a b",
    ],
)
async def test_unknown_route_is_not_found_as_documented(api: Api, path: str) -> None:
    """A path that names nothing answers 404 in the documented form."""
    answer = await api.get(path)
    assert (answer.status, len(answer.messages)) == (404, 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/connections/a"),
        ("DELETE", "/connections"),
        ("GET", "/oauth/token"),
        ("OPTIONS", "/connections"),
    ],
)
async def test_other_method_is_refused_as_documented(api: Api, method: str, path: str) -> None:
    """A method that a path has not answers 405 in the documented form and names those it has."""
    answer = await api.call(method, path)
    assert answer.status == 405
    assert answer.messages[0].startswith(
        f"{method} is not allowed for this path; allowed: {answer.headers['Allow']}"
    )


async def test_answers_carry_no_cors_headers_and_no_cookies(api: Api) -> None:
    """A web page of another site could not read an answer, and no state is left in a browser."""
    for answer in (
        await api.get("/connections"),
        await api.call("OPTIONS", "/connections"),
        await api.get("/_emulator/health"),
    ):
        assert not [
            name for name in answer.headers if name.startswith("Access-Control") or name == "Set-Cookie"
        ]


@pytest.mark.parametrize("path", ["/connections", "/oauth/token", "/_emulator/health", "/nowhere"])
async def test_foreign_host_is_refused_everywhere(api: Api, path: str) -> None:
    """A request that names another host answers 421, on every route."""
    answer = await api.get(path, Host="evil.example")
    assert answer.status == 421
    assert "evil.example" in answer.messages[0]


async def test_foreign_origin_is_refused(api: Api, emulator: Emulator) -> None:
    """A web page of another site is refused; the emulator's own are not."""
    assert (await api.get("/connections", Origin="http://evil.example")).status == 403
    assert (await api.get("/connections", Origin=emulator.url)).status == 200


async def test_failure_of_the_emulator_is_told_and_logged(
    api: Api, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of the emulator answers 500 in the documented form, and the log has the trace."""
    monkeypatch.setattr(emulator._store, "workspace", lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR):
        answer = await api.get("/connections")
    assert (answer.status, answer.messages) == (500, ["The emulator failed; see its log for the traceback."])
    assert "ZeroDivisionError" in caplog.text


async def test_body_that_cannot_be_decompressed_is_refused(api: Api) -> None:
    """A body that is not what its encoding says answers 400 in the documented form."""
    answer = await api.call("POST", "/oauth/token", b"abcde", **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.messages) == (400, ["The request body could not be read."])


async def test_client_that_leaves_within_its_body_does_no_harm(
    emulator: Emulator, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that goes away in the middle of a request is no error, and the others are served."""
    _, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    host = f"Host: 127.0.0.1:{emulator.port}"
    writer.write(f"POST /oauth/token HTTP/1.1\r\n{host}\r\nContent-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    assert (await api.get("/connections")).status == 200
    writer.close()
    await writer.wait_closed()
    assert (await api.get("/connections")).status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_request_without_host_is_refused(emulator: Emulator) -> None:
    """HTTP/1.0 permits no Host header; the emulator does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(b"GET /_emulator/health HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 421 " in answer.split(b"\r\n")[0]
    assert b'"statusCode":421' in answer


async def test_client_that_asks_first_is_told_to_send_its_body(emulator: Emulator) -> None:
    """`Expect: 100-continue`, which curl sends with large bodies, is answered before the body comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    body = json.dumps(CREDENTIAL).encode()
    head = f"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()
    await writer.wait_closed()


async def test_used_up_fault_stays_used_up_in_the_next_life(tmp_path: Path) -> None:
    """A fault that reached no handler is kept as used, too."""
    async with Emulator(state=tmp_path) as emulator, aiohttp.ClientSession() as session:
        emulator.fault("GET */health", status=503)
        emulator.fault("GET */openapi.json", status=503)
        async with session.get(f"{emulator.url}/openapi.json") as answer:
            assert answer.status == 503
    async with Emulator(state=tmp_path) as emulator:
        assert [fault.route for fault in emulator._faults._faults] == ["GET */health"]
