"""Which connector a session uses."""

import aiohttp
import pytest

from warehouse_sync.transport.fast_get import Connector, create_connector


@pytest.mark.parametrize(("version", "kind"), [("3.14.99", Connector), ("3.15.0", aiohttp.TCPConnector)])
async def test_connector_is_aiohttps_own_under_an_unsupported_version(
    monkeypatch: pytest.MonkeyPatch, version: str, kind: type[aiohttp.TCPConnector]
) -> None:
    """The SDK's connector under the supported version; under others aiohttp's own, with the same options."""
    monkeypatch.setattr(aiohttp, "__version__", version)
    made = create_connector(limit=7)
    assert type(made) is kind
    assert made.limit == 7
    await made.close()
