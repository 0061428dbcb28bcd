"""Which connector a session gets."""

import aiohttp
import pytest

from warehouse_sync.transport.connector import Connector, connector


@pytest.mark.parametrize(("version", "kind"), [("3.14.99", Connector), ("3.15.0", aiohttp.TCPConnector)])
async def test_connector_relies_on_nothing_inside_an_aiohttp_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, version: str, kind: type[aiohttp.TCPConnector]
) -> None:
    """Ours under the version it was written for; under any other aiohttp's own, with the same options."""
    monkeypatch.setattr(aiohttp, "__version__", version)
    made = connector(limit=7)
    assert type(made) is kind
    assert made.limit == 7
    await made.close()
