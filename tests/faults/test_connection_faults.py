"""Faults of the connection itself, for each kind of call and client, at the API and the token endpoint.

A row reads `outcome tries`: the outcome is the error's name without `Error`; the tries are the connections that were begun.
It is the same for every kind of call, since none was sent: a create or a trigger is not unknown then, but failed.
"""

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from tests.support.clock import FakeClock
from tests.support.kinds import DELETE, FETCH, KINDS, READ, UPDATE, Kind, driver
from tests.support.peer import TOKEN, Peer, hang_up, refusal, token
from warehouse_sync import OutcomeUnknownError, TransportError

MATRIX = """
fault             | outcome tries
------------------|--------------
expired           | TLS 1
wrong host        | TLS 1
self-signed       | TLS 1
unknown authority | TLS 1
TLS 1.1           | TLS 1
"""
ROWS = [[part.strip() for part in row.split("|")] for row in MATRIX.strip().splitlines()[2:]]
HOST = "127.0.0.1"


class Listener:
    """A TLS server that counts connections, and records what it receives.

    Attributes:
        connections: The number of connections.
        received: All data that arrived over TLS.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.connections = 0
        self.received = b""
        self._context = context
        self._socket = socket.create_server((HOST, 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"https://{HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # which ends `accept`
        self._thread.join(60)
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._socket.accept()
                self.connections += 1
                with raw, suppress(OSError):  # the client closes a connection that it refuses
                    raw.settimeout(10)
                    with self._context.wrap_socket(raw, server_side=True) as secure:
                        self.received += secure.recv(65536)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The certificate authority that clients trust."""
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


def outdated(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return the same for a server that supports TLS 1.1 at most."""
    made = context(certificate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    made.set_ciphers("ALL:@SECLEVEL=0")
    return made


def server_context(fault: str, authority: trustme.CA) -> ssl.SSLContext:
    """Return the TLS context of a fault's server."""
    match fault:
        case "expired":
            yesterday = datetime.now(UTC) - timedelta(days=1)
            return context(authority.issue_cert(HOST, not_after=yesterday))
        case "wrong host":
            return context(authority.issue_cert("elsewhere.example"))
        case "self-signed":
            return context(trustme.CA().issue_cert(HOST))
        case "TLS 1.1":
            return outdated(authority.issue_cert(HOST))
        case _:
            return context(authority.issue_cert(HOST))


@pytest.fixture
def faulty(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Listener]:
    """A server that must receive nothing."""
    with Listener(server_context(request.param, authority)) as listener:
        yield listener


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(("faulty", "row"), [(row[0], row) for row in ROWS], indirect=["faulty"])
async def test_fault_before_the_request_is_sent(  # noqa: PLR0917 - pytest's
    peer: Peer, clock: FakeClock, ca_file: Path, faulty: Listener, row: list[str], kind: Kind, sort: str
) -> None:
    """The table above holds: the error says that nothing was sent, nothing was, and no secret went elsewhere."""
    fault, cell = row
    outcome, tries = cell.split(" ")
    places = {"token_url": f"{faulty.url}/oauth/token"} if kind is FETCH else {"api_url": faulty.url}
    trusted = None if fault == "unknown authority" else ca_file
    async with driver(sort, **peer.options(clock=clock.as_clock(), ca_file=trusted, **places)) as client:
        with pytest.raises(TransportError) as caught:
            await client.call(kind.call)
        told = type(caught.value).__name__.removesuffix("Error"), caught.value.attempts, caught.value.sent
        assert told == (outcome, int(tries), "no")
        assert faulty.connections == int(tries)
        assert len(clock.sleeps) == int(tries) - 1
    assert faulty.received == b""
    assert peer.count() == 0
    assert peer.count(TOKEN) == (0 if kind is FETCH else 1)


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("place", ["api", "token"])
async def test_private_authority_in_ca_file_is_trusted(  # noqa: PLR0917 - pytest's
    peer: Peer, authority: trustme.CA, ca_file: Path, place: str, kind: Kind, sort: str
) -> None:
    """With `ca_file`, servers of that authority are called, both the API and the token endpoint."""
    with Peer(tls=context(authority.issue_cert(HOST))) as private:
        for server in (peer, private):
            server.serve(READ.route, READ.success)
            server.serve(kind.route, kind.success)
        places = {"token_url": f"{private.url}/oauth/token"} if place == "token" else {"api_url": private.url}
        async with driver(sort, **peer.options(ca_file=ca_file, **places)) as client:
            await client.call(kind.call)
        assert (private.count(), private.count(TOKEN)) == ((0, 1) if place == "token" else (1, 0))


REPEATED = (READ, UPDATE, DELETE, FETCH)


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_keep_alive_connection_that_breaks_during_a_request(
    peer: Peer, clock: FakeClock, kind: Kind, sort: str
) -> None:
    """Idempotent requests are sent once more over another connection; creates and triggers have an unknown outcome."""
    peer.serve("GET *", refusal(404))
    peer.serve(READ.route, READ.success)
    peer.serve(kind.route, kind.success)
    peer.serve(TOKEN, token(expires_in=100))
    async with driver(sort, **peer.options(clock=clock.as_clock())) as client:
        await client.call(READ.call)
        before = peer.count(kind.route)
        if kind is FETCH:
            clock.now += 100  # the token expires, and the next call fetches another
        elif kind is not READ:
            peer.serve(READ.route, refusal(404))
        peer.serve(kind.route, hang_up(), kind.success)
        if kind in REPEATED:
            await client.call(kind.call)
            assert len(clock.sleeps) == 1  # the SDK repeated it, and not aiohttp
        else:
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.call(kind.call)
            assert isinstance(caught.value.__cause__, TransportError)
            assert caught.value.__cause__.attempts == 1
    connections = [arrival.connection for arrival in peer.on(kind.route)[before:]]
    assert connections == ([0, 1] if kind in REPEATED else [0])
