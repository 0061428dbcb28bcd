"""What every request passes through, and the form of every error."""

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
async def test_invalid_body_gets_documented_error(
    api: Api, path: str, body: bytes, status: int, message: str
) -> None:
    """Any invalid body gets the documented error body, and the next request works."""
    response = await api.call("POST", path, body)
    assert (response.status, response.messages) == (status, [message])
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
async def test_unknown_route_gets_documented_404(api: Api, path: str) -> None:
    """An unknown path is 404 with the documented error body."""
    response = await api.get(path)
    assert (response.status, len(response.messages)) == (404, 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/connections/a"),
        ("DELETE", "/connections"),
        ("GET", "/oauth/token"),
        ("OPTIONS", "/connections"),
    ],
)
async def test_other_method_gets_documented_405(api: Api, method: str, path: str) -> None:
    """An unsupported method is 405 with the documented error body and the allowed methods."""
    response = await api.call(method, path)
    assert response.status == 405
    assert response.messages[0].startswith(
        f"{method} is not allowed for this path; allowed: {response.headers['Allow']}"
    )


async def test_successes_have_the_used_share_of_the_rate_limit(api: Api) -> None:
    """Successful API responses have the documented header; errors and other routes do not."""
    header = "X-mp-rate-limit-percentage-used"
    assert (await api.get("/connections")).headers[header] == "0"
    assert header not in (await api.get("/connections/unknown")).headers
    assert header not in (await api.get("/_emulator/health")).headers


async def test_responses_have_no_cors_headers_or_cookies(api: Api) -> None:
    """Web pages of other sites cannot read a response, and no cookie is set."""
    for response in (
        await api.get("/connections"),
        await api.call("OPTIONS", "/connections"),
        await api.get("/_emulator/health"),
    ):
        assert not [
            name for name in response.headers if name.startswith("Access-Control") or name == "Set-Cookie"
        ]


@pytest.mark.parametrize("path", ["/connections", "/oauth/token", "/_emulator/health", "/nowhere"])
async def test_foreign_host_is_rejected_on_every_route(api: Api, path: str) -> None:
    """A request with a foreign host is 421, on every route."""
    response = await api.get(path, Host="evil.example")
    assert response.status == 421
    assert "evil.example" in response.messages[0]


async def test_foreign_origin_is_rejected(api: Api, emulator: Emulator) -> None:
    """A web page of another site is rejected; the emulator's own page is not."""
    assert (await api.get("/connections", Origin="http://evil.example")).status == 403
    assert (await api.get("/connections", Origin=emulator.url)).status == 200


async def test_bug_is_500_and_logged(
    api: Api, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in the emulator is 500 with the documented error body, and its traceback is logged."""
    monkeypatch.setattr(emulator._store, "workspace", lambda _: 1 / 0)
    with caplog.at_level(logging.ERROR):
        response = await api.get("/connections")
    assert (response.status, response.messages) == (
        500,
        ["The emulator failed; see its log for the traceback."],
    )
    assert "ZeroDivisionError" in caplog.text


async def test_body_that_does_not_decompress_is_400(api: Api) -> None:
    """A body that does not match its encoding is 400 with the documented error body."""
    response = await api.call("POST", "/oauth/token", b"abcde", **{"Content-Encoding": "gzip"})
    assert (response.status, response.messages) == (400, ["The request body could not be read."])


async def test_client_that_disconnects_is_no_error(
    emulator: Emulator, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that disconnects within its body causes no error, and others are served."""
    _, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    host = f"Host: 127.0.0.1:{emulator.port}"
    writer.write(f"POST /oauth/token HTTP/1.1\r\n{host}\r\nContent-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    assert (await api.get("/connections")).status == 200
    writer.close()
    await writer.wait_closed()
    assert (await api.get("/connections")).status == 200
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_request_without_host_is_rejected(emulator: Emulator) -> None:
    """A request without a Host header, which HTTP/1.0 permits, is rejected."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    writer.write(b"GET /_emulator/health HTTP/1.0\r\n\r\n")
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 421 " in response.split(b"\r\n")[0]
    assert b'"statusCode":421' in response


async def test_expect_continue_is_answered(emulator: Emulator) -> None:
    """`Expect: 100-continue`, which curl sends with large bodies, is answered before the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", emulator.port)
    body = json.dumps(CREDENTIAL).encode()
    head = f"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()
    await writer.wait_closed()


async def test_used_fault_stays_used_after_a_restart(tmp_path: Path) -> None:
    """A used fault is saved even if its request reached no handler."""
    async with Emulator(state=tmp_path) as emulator, aiohttp.ClientSession() as session:
        emulator.fault("GET */health", status=503)
        emulator.fault("GET */openapi.json", status=503)
        async with session.get(f"{emulator.url}/openapi.json") as response:
            assert response.status == 503
    async with Emulator(state=tmp_path) as emulator:
        assert [fault.route for fault in emulator._faults._faults] == ["GET */health"]
