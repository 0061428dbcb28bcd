"""One HTTP request: the errors of a closed session, of the environment and of a callback."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.support.kinds import BASE, READ
from tests.support.peer import Peer
from warehouse_sync import AsyncClient
from warehouse_sync.errors import ConfigurationError, ReadError
from warehouse_sync.transport import exchange
from warehouse_sync.transport.request import ApiRequest, BaseUrl, RequestHeaders


@pytest.mark.parametrize(("closed", "kind"), [(True, ConfigurationError), (False, ReadError)])
async def test_exchange_over_a_closed_session_is_a_clear_error(
    *, closed: bool, kind: type[Exception]
) -> None:
    """Whatever aiohttp raises, the cause is that the client was closed."""

    async def request(*_: Any, **__: Any) -> None:
        raise aiohttp.ServerDisconnectedError

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=closed),
        closed_message="closed, so",
        unpooled_session=None,
        proxy=lambda _: None,
    )
    with pytest.raises(kind, match="closed, so" if closed else "the connection broke") as caught:
        await exchange.exchange(
            session, ApiRequest("GET", "/x", bytes), RequestHeaders(BaseUrl(URL("https://h")), {})
        )
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiohttp.ConnectionTimeoutError(), ConfigurationError("closed, so")),
        (
            aiohttp.ServerDisconnectedError(),
            ReadError("closed, so; the server may have processed this request"),
        ),
    ],
    ids=["not sent", "maybe sent"],
)
async def test_create_over_a_closed_session_says_whether_it_was_sent(
    error: Exception, expected: Exception
) -> None:
    """A request that was not sent is a request of a closed client; one that was sent may have been processed."""

    async def request(*_: Any, **__: Any) -> None:
        raise error

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=True, connector=None),
        closed_message="closed, so",
        unpooled_session=None,
        proxy=lambda _: None,
    )
    create = ApiRequest("POST", "/x", bytes, body=b"{}", idempotent=False)
    with pytest.raises(type(expected)) as caught:
        await exchange.exchange(session, create, RequestHeaders(BaseUrl(URL("https://h")), {}))
    assert str(caught.value) == str(expected)


async def test_exchange_after_the_main_thread_ended_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then Python starts no thread that looks up a host name."""

    async def request(*_: Any, **__: Any) -> None:
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=False),
        unpooled_session=None,
        proxy=lambda _: None,
    )
    headers = RequestHeaders(BaseUrl(URL("https://h")), {})
    monkeypatch.setattr("threading.main_thread", lambda: SimpleNamespace(is_alive=lambda: False))
    with pytest.raises(ConfigurationError, match="the main thread has ended"):
        await exchange.exchange(session, ApiRequest("GET", "/x", bytes), headers)


async def test_exchange_with_invalid_environment_settings_is_a_clear_error() -> None:
    """With `trust_env`, aiohttp raises `ValueError` for a login in netrc or an invalid proxy variable."""

    async def request(*_: Any, **__: Any) -> None:
        raise ValueError

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=False, trust_env=True),
        unpooled_session=None,
        proxy=lambda _: None,
    )
    headers = RequestHeaders(BaseUrl(URL("https://h")), {})
    with pytest.raises(ConfigurationError, match="settings for h: netrc has a login"):
        await exchange.exchange(session, ApiRequest("GET", "/x", bytes), headers)


async def test_error_of_a_callback_is_raised_itself(peer: Peer) -> None:
    """An exception that is neither aiohttp's nor the SDK's is not hidden behind another one, and the client stays usable."""

    def fail(_: object) -> None:
        raise LookupError("no such header")

    peer.serve(READ.route, READ.success, READ.success)
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(LookupError, match="no such header"):
            await client._sender.send(ApiRequest("GET", f"{BASE}/connections/c1", bytes, on_headers=fail))
        assert (await client.connections.get("c1")).id == "c1"
