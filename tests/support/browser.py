"""A real browser, controlled through the DevTools protocol."""

import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count, islice
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import pytest
from attrs import define, field

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


@define
class Tab:
    """A page of the browser."""

    socket: aiohttp.ClientWebSocketResponse
    complaints: list[str] = field(factory=list)
    _ids: Any = field(factory=count)

    async def send(self, method: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol and return its result; collect the page's errors."""
        number = next(self._ids)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self.socket.receive_json(timeout=120)
            if message.get("id") == number:
                return message["result"]
            if message["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.complaints.append(json.dumps(message["params"]))

    async def run(self, script: str) -> Any:
        """Run a script in the page and return its awaited result."""
        response = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in response, response["exceptionDetails"]
        return response["result"].get("value")

    async def open(self, url: str, ready: str = "document.readyState === 'complete'") -> None:
        """Open an address and wait until an expression is true in the page."""
        for domain in ("Runtime", "Log", "Page"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=url)
        await self.until(f"location.href.startsWith({url!r}) && ({ready})")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        poll = f"new Promise(done => {{ const check = () => ({condition}) ? done(true) : setTimeout(check, 20); check(); }})"
        await self.run(poll)

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the page."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True
        )

    async def photograph(self) -> bytes:
        """Return a screenshot as PNG."""
        return base64.b64decode((await self.send("Page.captureScreenshot"))["data"])


@contextmanager
def run_browser(folder: Path) -> Iterator[str]:
    """Run a browser, and yield the address of its DevTools."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("NO BROWSER IS INSTALLED, SO PAGES ARE NOT TESTED: apt-get install chromium")
    arguments = (*FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank")
    with subprocess.Popen([program, *arguments], stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stderr is not None
        lines = (line.split()[-1] for line in process.stderr if "DevTools listening on" in line)
        log = Thread(target=process.stderr.read, daemon=True)
        try:
            [address] = islice(lines, 1)
            log.start()  # a browser whose log is not read stops when the pipe is full
            yield address
        finally:
            process.kill()
            if log.is_alive():
                log.join()


@asynccontextmanager
async def open_tab(address: str) -> AsyncIterator[Tab]:
    """Yield an empty page of a browser, which shares no storage with other pages."""
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        browser = Tab(socket)
        context = (await browser.send("Target.createBrowserContext"))["browserContextId"]
        target = await browser.send("Target.createTarget", url="about:blank", browserContextId=context)
        page = f"{address.partition('/devtools/')[0]}/devtools/page/{target['targetId']}"
        try:
            async with session.ws_connect(page, max_msg_size=0) as page_socket:
                yield Tab(page_socket)
        finally:
            await browser.send("Target.disposeBrowserContext", browserContextId=context)
