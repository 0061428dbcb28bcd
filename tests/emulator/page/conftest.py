"""A browser for the emulator's page."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.browser import Tab, open_tab, run_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DevTools of a browser; skipped, loudly, where no browser is installed."""
    with run_browser(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
async def tab(browser: str) -> AsyncIterator[Tab]:
    """An empty page of the browser."""
    async with open_tab(browser) as tab:
        yield tab
