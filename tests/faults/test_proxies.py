"""Requests through a CONNECT proxy to a server with a certificate of a private authority."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.kinds import READ, UPDATE
from tests.support.peer import Peer
from tests.support.proxy import ConnectProxy
from warehouse_sync import AsyncClient, Client, ConfigurationError, ConnectError, RetryPolicy, TLSError
from warehouse_sync.proxies import VARIABLES

HOST = "api.example"
ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file with that authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Peer]:
    """An HTTPS server, which only the proxy reaches by its name."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(tls)
    with Peer(tls=tls) as peer:
        peer.serve(READ.route, READ.success)
        peer.serve(UPDATE.route, UPDATE.success)
        yield peer


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without proxies, and a netrc file that must not be used."""
    for name in (*VARIABLES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {HOST} login me password canary\nmachine 127.0.0.1 login me password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


def options(server: Peer, **more: Any) -> dict[str, Any]:
    """Return the options of a client that connects to the server by its name."""
    url = f"https://{HOST}:{server.port}"
    return server.options(api_url=url, token_url=f"{url}/oauth/token", **more)


def proxy_for(server: Peer, login: str | None = None) -> ConnectProxy:
    """Return a proxy that knows the name of the server."""
    return ConnectProxy(login, {f"{HOST}:{server.port}": server.port})


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_requests_use_the_proxy_of_the_environment(
    server: Peer, ca_file: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Token and API requests go through a tunnel, which is kept; netrc is not read."""
    with proxy_for(server) as proxy:
        monkeypatch.setenv(variable, proxy.url())
        async with AsyncClient(**options(server, trust_env=True, ca_file=ca_file)) as client:
            for _ in range(3):
                await READ.call(client)
                await UPDATE.call(client)
    assert {line for line, _ in proxy.requests} == {f"CONNECT {HOST}:{server.port} HTTP/1.1"}
    assert proxy.tunnels == 1
    assert all("proxy-authorization" not in headers for _, headers in proxy.requests)
    assert {arrival.headers.get("authorization") for arrival in server.arrivals} == {None, "Bearer token-1"}


def test_environment_variables_configure_the_blocking_client(
    server: Peer, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WAREHOUSE_SYNC_TRUST_ENV` and `WAREHOUSE_SYNC_CA_FILE` stand for the arguments."""
    with proxy_for(server) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        monkeypatch.setenv("WAREHOUSE_SYNC_TRUST_ENV", "1")
        monkeypatch.setenv("WAREHOUSE_SYNC_CA_FILE", str(ca_file))
        with Client(**options(server)) as client:
            assert client.connections.get("c1").id == "c1"
        assert proxy.tunnels == 1
        with Client(**options(server, trust_env=False, retry=ONCE)) as client, pytest.raises(ConnectError):
            client.connections.get("c1")
        assert proxy.tunnels == 1


async def test_login_is_sent_to_the_proxy_only(
    server: Peer, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login of the variable is in the CONNECT request, and not in the tunnel."""
    with proxy_for(server, "me:p@ss") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("me:p%40ss"))
        async with AsyncClient(**options(server, trust_env=True, ca_file=ca_file)) as client:
            await READ.call(client)
    assert proxy.tunnels == 1
    assert all("proxy-authorization" not in arrival.headers for arrival in server.arrivals)


@pytest.mark.parametrize("login", ["", "me:canary"])
async def test_missing_or_wrong_login_is_a_clear_error(
    server: Peer, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    """The error names the variable and the proxy, and shows no password."""
    with proxy_for(server, "me:secret") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url(login))
        async with AsyncClient(**options(server, trust_env=True, retry=ONCE)) as client:
            with pytest.raises(ConnectError) as caught:
                await READ.call(client)
    assert str(caught.value) == (
        f"{HOST}:{server.port} (through the proxy 127.0.0.1:{proxy.port} of HTTPS_PROXY): the proxy refused the "
        "connection with status 407: it requires a login; set the variable to a URL such as "
        "http://user:password@proxy.example:3128"
    )
    assert caught.value.sent == "no"
    assert server.arrivals == []


async def test_proxy_that_cannot_be_reached_is_named(server: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that the connection to the proxy failed."""
    with proxy_for(server) as proxy:
        url = proxy.url()
    monkeypatch.setenv("HTTPS_PROXY", url)
    async with AsyncClient(**options(server, trust_env=True, retry=ONCE)) as client:
        with pytest.raises(ConnectError, match=r"through the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY"):
            await READ.call(client)


async def test_invalid_proxy_is_a_configuration_error(server: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, and the message does not show the variable's value."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:canary@127.0.0.1:1")
    async with AsyncClient(**options(server, trust_env=True)) as client:
        with pytest.raises(
            ConfigurationError, match="HTTPS_PROXY must be the URL of an http or https"
        ) as caught:
            await READ.call(client)
    assert "canary" not in str(caught.value)


async def test_unknown_authority_names_ca_file(server: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to trust the certificate, also through a proxy."""
    with proxy_for(server) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        async with AsyncClient(**options(server, trust_env=True)) as client:
            with pytest.raises(TLSError) as caught:
                await READ.call(client)
    assert "pass its certificate as ca_file or in WAREHOUSE_SYNC_CA_FILE" in str(caught.value)


async def test_host_of_no_proxy_is_connected_directly(
    server: Peer, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets no request for it."""
    with proxy_for(server) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url())
        monkeypatch.setenv("NO_PROXY", f"other.example,{HOST}")
        async with AsyncClient(**options(server, trust_env=True, ca_file=ca_file, retry=ONCE)) as client:
            with pytest.raises(ConnectError, match=rf"^{HOST}:\d+: the host name cannot be resolved"):
                await READ.call(client)
    assert proxy.requests == []


async def test_loopback_http_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would read the credential of a request over plain http."""
    with Peer() as peer, ConnectProxy() as proxy:
        peer.serve(READ.route, READ.success)
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        async with AsyncClient(**peer.options(trust_env=True)) as client:
            await READ.call(client)
    assert proxy.requests == []
