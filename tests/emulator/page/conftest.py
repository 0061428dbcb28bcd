"""A browser for the emulator's page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.browser import Tab, open_tab


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """An empty page of a browser; skipped, loudly, where no browser is installed."""
    async with open_tab(tmp_path) as tab:
        yield tab
