"""Options of opened sessions, and requirements for borrowed ones."""

import asyncio
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from tests.support.kinds import CONNECTION, UPDATE
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient, ConfigurationError, Timeout
from warehouse_sync.transport.pool import (
    HEADERS,
    PoolOptions,
    SessionPool,
    _client_timeout,
    _request_options,
    no_resend,
    open_session,
)


def test_client_timeout_limits_connecting_and_reading_only() -> None:
    """Deadlines enforce the total: a timer of aiohttp for each request would cost too much."""
    assert _client_timeout(Timeout(total=60, connect=3, read=4)) == aiohttp.ClientTimeout(
        total=None, sock_connect=3, sock_read=4
    )


async def test_open_session_has_no_cookies_limit_or_environment() -> None:
    """Aiohttp does not use the environment, whose netrc could replace the token."""
    timeout = Timeout(total=60, connect=3, read=4)
    for trust_env in (False, True):
        session = open_session(PoolOptions(timeout=timeout, trust_env=trust_env))
        assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
        assert session.connector is not None
        assert session.connector.limit == 0
        assert session.timeout == _client_timeout(timeout)
        assert dict(session.headers) == HEADERS
        assert session.trust_env is False
        await session.close()


async def test_cookies_are_neither_kept_nor_sent(peer: Peer) -> None:
    """A cookie in one response is not in the next request."""
    peer.serve(UPDATE.route, reply(200, CONNECTION, Set_Cookie="session=1; Path=/"))
    async with AsyncClient(**peer.options()) as client:
        for _ in range(2):
            await UPDATE.call(client)
    assert all("cookie" not in arrival.headers for arrival in peer.on(UPDATE.route))


async def test_borrowed_session_may_lack_private_attributes() -> None:
    """Without aiohttp's private attributes for loop and middlewares, nothing is checked or added."""
    session: Any = SimpleNamespace(closed=False, auth=None, headers={})
    assert SessionPool._check_borrowed(session, asyncio.get_running_loop()) is session
    assert _request_options(session, Timeout())["middlewares"] == (no_resend,)


async def test_borrowed_session_with_credentials_is_rejected() -> None:
    """They would be sent to the token endpoint; the error says what to do."""
    async with aiohttp.ClientSession(headers={"authorization": "x"}) as session:
        with pytest.raises(ConfigurationError) as caught:
            SessionPool._check_borrowed(session, asyncio.get_running_loop())
    assert str(caught.value) == (
        "the session passed to the client has its own credentials, which aiohttp would send to the token endpoint:"
        " pass a session without `auth` and without an Authorization header"
    )
