"""TLS: which certificates and versions are refused, and what `ca_file` adds."""

import asyncio
import gc
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.support.clock import FakeClock
from tests.support.kinds import KINDS, READ, Kind
from tests.support.peer import Peer
from warehouse_sync import AsyncClient, TLSError


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that is trusted only if it is named."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file with that authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return the server's TLS context for a certificate."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(made)
    return made


def serving(certificate: trustme.LeafCert) -> Iterator[Peer]:
    """Run a server with a certificate."""
    with Peer(tls=context(certificate)) as peer:
        peer.serve(READ.route, READ.success)
        yield peer


@pytest.fixture
def good(authority: trustme.CA) -> Iterator[Peer]:
    """A server with a valid certificate."""
    yield from serving(authority.issue_cert("127.0.0.1"))


async def test_ca_file_adds_an_authority(good: Peer, ca_file: Path) -> None:
    """A server of a private authority is reached if the authority is named."""
    async with AsyncClient(**good.options(ca_file=ca_file)) as client:
        assert (await client.connections.get("c1")).id == "c1"


def test_client_dropped_as_its_loop_ends_skips_the_tls_shutdown(good: Peer, ca_file: Path) -> None:
    """The shutdown would wait for the server, and nothing could wait for it; ResourceWarnings are errors here."""

    async def call() -> Callable[[], None]:
        await AsyncClient(**good.options(ca_file=ca_file)).connections.get("c1")
        return good.freeze()

    thaw = asyncio.run(call())
    gc.collect()
    thaw()


def test_ca_file_keeps_the_systems_authorities(good: Peer, ca_file: Path) -> None:
    """The authority is added to those of the system."""
    from warehouse_sync.transport.pool import _tls_option  # noqa: PLC0415 - the one look inside

    ours = _tls_option(ca_file)
    assert isinstance(ours, ssl.SSLContext)
    system = {certificate["serialNumber"] for certificate in ssl.create_default_context().get_ca_certs()}
    assert system < {certificate["serialNumber"] for certificate in ours.get_ca_certs()}
    assert ours.verify_mode == ssl.CERT_REQUIRED
    assert ours.check_hostname


async def refused(peer: Peer, clock: FakeClock, ca_file: Path | None, kind: Kind = READ) -> TLSError:
    """Make a call that must be refused at once, before anything is sent."""
    before = peer.connections
    async with AsyncClient(**peer.options(clock=clock.as_clock(), ca_file=ca_file)) as client:
        with pytest.raises(TLSError) as caught:
            await kind.call(client)
    assert caught.value.sent == "no"
    assert caught.value.attempts == 1
    assert caught.value.__context__ is None
    assert peer.arrivals == []
    assert peer.connections - before <= 1
    assert clock.sleeps == []
    return caught.value


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_unknown_authority_is_refused_for_every_kind_of_call(
    good: Peer, clock: FakeClock, kind: Kind
) -> None:
    """Nothing is sent or retried, and no outcome is unknown."""
    error = await refused(good, clock, None, kind)
    assert "certificate verification failed" in str(error)


async def test_unknown_authority_of_the_api_alone_is_refused(clock: FakeClock, good: Peer) -> None:
    """A token from a trusted server is not sent to one that is not trusted."""
    with Peer() as tokens:
        options = good.options(clock=clock.as_clock(), token_url=f"{tokens.url}/oauth/token")
        async with AsyncClient(**options) as client:
            for kind in KINDS.values():
                with pytest.raises(TLSError) as caught:
                    await kind.call(client)
                assert (caught.value.sent, caught.value.attempts) == ("no", 1)
    assert good.arrivals == []


async def test_expired_certificate_is_refused(authority: trustme.CA, ca_file: Path, clock: FakeClock) -> None:
    """The error contains the reason."""
    expired = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    for peer in serving(expired):
        assert "expired" in str(await refused(peer, clock, ca_file))


async def test_wrong_host_is_refused(authority: trustme.CA, ca_file: Path, clock: FakeClock) -> None:
    """A certificate for another host is refused, and the error contains the reason."""
    for peer in serving(authority.issue_cert("elsewhere.example")):
        assert "127.0.0.1" in str(await refused(peer, clock, ca_file))


async def test_self_signed_certificate_is_refused(ca_file: Path, clock: FakeClock) -> None:
    """It is refused also if another authority was added."""
    stranger = trustme.CA()
    for peer in serving(stranger.issue_cert("127.0.0.1")):
        assert "certificate verification failed" in str(await refused(peer, clock, ca_file))


async def test_protocol_below_1_2_is_refused(authority: trustme.CA, ca_file: Path, clock: FakeClock) -> None:
    """A server that supports TLS 1.1 at most gets nothing, with the SDK's context and with the default one."""
    old = context(authority.issue_cert("127.0.0.1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    for trusted in (ca_file, None):
        with socket.create_server(("127.0.0.1", 0)) as listener, Peer() as peer:
            tries = asyncio.create_task(asyncio.to_thread(shake_hands, listener, old))
            url = f"https://127.0.0.1:{listener.getsockname()[1]}"
            options = peer.options(clock=clock.as_clock(), ca_file=trusted, api_url=url)
            async with AsyncClient(**options) as client:
                with pytest.raises(TLSError, match=r"no TLS connection.*VERSION") as caught:
                    await client.connections.get("c1")
            assert (caught.value.sent, caught.value.attempts) == ("no", 1)
            assert isinstance(await tries, ssl.SSLError)
    assert clock.sleeps == []


def shake_hands(listener: socket.socket, old: ssl.SSLContext) -> Exception | None:
    """Try to serve one connection, blocking: unlike asyncio's, this server sends the client the reason."""
    connection, _ = listener.accept()
    with connection:
        try:
            old.wrap_socket(connection, server_side=True).close()
        except (ssl.SSLError, OSError) as error:
            return error
    return None
