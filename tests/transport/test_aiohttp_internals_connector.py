"""Which connector a session uses."""

import time
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from warehouse_sync.transport import aiohttp_internals
from warehouse_sync.transport.aiohttp_internals import (
    Connector,
    ResponseReader,
    create_connector,
    is_supported,
)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("3.14.3", Connector),
        ("3.14.10", Connector),
        ("3.14.99", Connector),
        ("3.13.5", aiohttp.TCPConnector),
        ("3.14.2", aiohttp.TCPConnector),
        ("3.14.0rc1", aiohttp.TCPConnector),
        ("3.15.0", aiohttp.TCPConnector),
        ("3.140.3", aiohttp.TCPConnector),
    ],
)
async def test_connector_is_aiohttps_own_under_an_unsupported_version(
    monkeypatch: pytest.MonkeyPatch, version: str, kind: type[aiohttp.TCPConnector]
) -> None:
    """The SDK's connector under the supported version; under others aiohttp's own, with the same options."""
    monkeypatch.setattr(aiohttp, "__version__", version)
    made = create_connector(limit=7)
    assert type(made) is kind
    assert made.limit == 7
    await made.close()


class Transport:
    """The transport of a connection."""

    def __init__(self, *, closing: bool = False) -> None:
        self.closing = closing

    def is_closing(self) -> bool:
        """Whether it is being closed."""
        return self.closing

    def get_extra_info(self, name: str) -> None:
        """It has no TLS."""

    def close(self) -> None:
        """Close it."""
        self.closing = True


@pytest.mark.skipif(not is_supported(), reason="FastGet does not support this aiohttp")
async def test_connector_takes_only_connections_that_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle for no more than 15 s, open, and without unsolicited data. The others are closed."""
    key: Any = "key"
    connector = Connector()
    async with connector:
        now, transports = 1000.0, [Transport() for _ in range(5)]
        monkeypatch.setattr(aiohttp_internals, "time", SimpleNamespace(monotonic=lambda: now))
        readers = [ResponseReader(connector._loop, memoryview(b"")) for _ in transports]
        for reader, transport in zip(readers, transports, strict=True):
            reader.transport = transport  # type: ignore[assignment] # all of it that is used
            connector._conns[key].append((reader, now - 15))
        old, _closing, unsolicited, good, unused = readers
        connector._conns[key][0] = (old, now - 15.1)
        transports[1].closing = True
        unsolicited.data_received(b"unsolicited")

        assert connector.take(key) is good
        assert connector._acquired == {good}
        assert [transport.closing for transport in transports] == [True, True, True, False, False]
        assert connector.take(key) is unused
        assert key not in connector._conns
        assert connector.take(key) is None
        connector._acquired.clear()  # they would never be closed


@pytest.mark.skipif(not is_supported(), reason="FastGet does not support this aiohttp")
async def test_connection_that_is_put_back_is_taken_again() -> None:
    """It is no longer in use, and the timer that closes idle connections runs."""
    key: Any = "key"
    connector = Connector()
    reader = ResponseReader(connector._loop, memoryview(b""))
    reader.transport = Transport()  # type: ignore[assignment] # all of it that is used
    try:
        for _ in range(2):  # the first one starts the timer
            connector._acquired.add(reader)
            before = time.monotonic()
            connector.put_back(key, reader)
            assert connector._cleanup_handle is not None
            assert not connector._acquired
            [(_, idle_since)] = connector._conns[key]
            assert before <= idle_since <= time.monotonic()
            assert connector.take(key) is reader
    finally:
        connector._acquired.clear()  # closing would wait for the reader
        connector._conns.clear()
        await connector.close()


@pytest.mark.skipif(not is_supported(), reason="FastGet does not support this aiohttp")
async def test_closed_connector_keeps_no_connection() -> None:
    """A response may arrive just before the connector is closed."""
    key: Any = "key"
    connector = Connector()
    reader = ResponseReader(connector._loop, memoryview(b""))
    connector.put_back(key, reader)
    assert connector._conns.pop(key)  # closing would wait for the reader
    await connector.close()
    connector.put_back(key, reader)
    assert not connector._conns
