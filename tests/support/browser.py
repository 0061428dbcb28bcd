"""A real browser, controlled through the DevTools protocol."""

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
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


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[str]:
    """Run a browser and yield the address of a page's DevTools."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("NO BROWSER IS INSTALLED, SO PAGES ARE NOT TESTED: apt-get install chromium")
    arguments = (*FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank")
    process = await asyncio.create_subprocess_exec(program, *arguments, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr is not None
        async for line in process.stderr:
            if b"DevTools listening on ws://" in line:
                yield line.decode().split("ws://")[1].split("/")[0]
                break
    finally:
        process.kill()
        await process.communicate()


@asynccontextmanager
async def open_tab(folder: Path) -> AsyncIterator[Tab]:
    """Run a browser and yield its empty page."""
    async with browser(folder) as address, aiohttp.ClientSession() as session:
        async with session.get(f"http://{address}/json/list") as response:
            [page] = [target for target in await response.json() if target["type"] == "page"]
        async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            yield Tab(socket)
