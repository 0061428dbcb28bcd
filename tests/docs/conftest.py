"""The built documentation site."""

import fcntl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from scripts.build_site import ROOT, SITE
from tests.support.browser import Tab, open_tab, run_browser


@pytest.fixture(scope="session")
def site(testrun_uid: str) -> Path:
    """The folder of the site, built as `make docs` does, once for all processes of a test run."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    with (folder / ".site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / ".site.built"
        if not built.exists() or built.read_text("utf-8") != testrun_uid:
            command = [sys.executable, str(ROOT / "scripts" / "build_site.py")]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
            assert (done.returncode, done.stderr) == (0, "")
            built.write_text(testrun_uid, "utf-8")
    return SITE


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
