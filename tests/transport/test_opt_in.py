"""Features that are off by default: the token cache on disk."""

import os
from pathlib import Path

import pytest

from tests.support.kinds import READ, driver
from tests.support.peer import Peer


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_client_without_token_cache_uses_no_disk(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    """Without `token_cache`, nothing is written to or read from the default directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    peer.serve(READ.route, READ.success)
    async with driver(sort, **peer.options()) as client:
        await client.call(READ.call)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing to do with the paths
