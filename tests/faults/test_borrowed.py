"""Borrowed sessions: they are used as they are, and their options do not change the SDK's behaviour."""

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.faults.faults import stalling
from tests.support.clock import warp
from tests.support.kinds import CONNECTION, CREATE, READ
from tests.support.peer import Peer, http, raw, refusal
from warehouse_sync import (
    AsyncClient,
    ConfigurationError,
    ConflictError,
    ConnectError,
    NotFoundError,
    RetryPolicy,
    Timeout,
    TimeoutError,
)

ONCE = RetryPolicy(attempts=1)


async def test_borrowed_session_with_raise_for_status_is_mapped(peer: Peer) -> None:
    """An error response raises the SDK's error after one request."""
    peer.serve(READ.route, refusal(404, "no such connection"))
    peer.serve(CREATE.route, refusal(409, "it exists"))
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        AsyncClient(**peer.options(session=session)) as client,
    ):
        with pytest.raises(NotFoundError, match="no such connection"):
            await READ.call(client)
        with pytest.raises(ConflictError, match="it exists"):
            await CREATE.call(client)
    assert peer.count() == 2


async def test_borrowed_session_without_decompression_works(peer: Peer) -> None:
    """A compressed response is decompressed."""
    body = gzip.compress(json.dumps(CONNECTION).encode())
    peer.serve(READ.route, raw(http(200, body, {"Content-Encoding": "gzip"})))
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        AsyncClient(**peer.options(session=session)) as client,
    ):
        assert (await client.connections.get("c1")).id == "c1"


async def test_borrowed_session_timeouts_do_not_apply(peer: Peer) -> None:
    """The client's timeouts apply instead."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(READ.route, stalling(lambda: jump(6)))
    options = peer.options(retry=ONCE, timeout=Timeout(total=5))
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.001)) as session,
        AsyncClient(**options, session=session) as client,
    ):
        with pytest.raises(TimeoutError) as caught:
            await READ.call(client)
    assert caught.value.phase == "total"


# The warning is aiohttp's, about a parameter that callers may still use.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", ["auth", "header"])
async def test_borrowed_session_with_credentials_is_rejected(peer: Peer, way: str) -> None:
    """They would be sent to the token endpoint, and instead of the token."""
    login: dict[str, Any] = (
        {"auth": aiohttp.BasicAuth("me", "canary")}
        if way == "auth"
        else {"headers": {"authorization": "Basic canary"}}
    )
    async with (
        aiohttp.ClientSession(**login) as session,
        AsyncClient(**peer.options(session=session)) as client,
    ):
        with pytest.raises(ConfigurationError, match="its own credentials") as caught:
            await READ.call(client)
    assert "canary" not in str(caught.value)
    assert not peer.arrivals


@pytest.mark.parametrize("kind", [ValueError, RuntimeError])
async def test_exception_of_a_middleware_shows_no_token(peer: Peer, kind: Callable[[str], Exception]) -> None:
    """An exception of the caller's middleware is raised unchanged, without the frames that hold the token."""

    async def surprise(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> Any:
        if request.method == "GET":
            raise kind("surprise")
        return await handler(request)

    peer.serve(READ.route, READ.success)
    async with (
        aiohttp.ClientSession(middlewares=(surprise,)) as session,
        AsyncClient(**peer.options(session=session)) as client,
    ):
        with pytest.raises((ValueError, RuntimeError), match="surprise") as caught:
            await READ.call(client)
    frames = caught.traceback
    assert not [frame for frame in frames if "aiohttp" in str(frame.path)]


async def test_proxy_that_refuses_counts_as_not_sent(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create that a proxy refuses has failed, and is not reconciled."""
    peer.serve("CONNECT *", refusal(407, "who are you"))
    monkeypatch.setenv("https_proxy", peer.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    options = peer.options(retry=ONCE, trust_env=True, api_url="https://api.test")
    async with AsyncClient(**options) as client:
        with pytest.raises(ConnectError, match="the proxy refused the connection with status 407") as caught:
            await CREATE.call(client)
    assert caught.value.sent == "no"
    assert peer.count("CONNECT *") == 1
