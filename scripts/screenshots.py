"""Takes the pictures of the documentation: pages in a browser, charts of a notebook and a recorded terminal.

Run by `make screenshots`. The pictures are in `docs/images`; a test checks that each is shown by a page.
"""

import asyncio
import base64
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.browser import Tab, open_tab, run_browser  # noqa: E402 - the repository is no package
from warehouse_sync.emulator import Emulator  # noqa: E402 - same

IMAGES = ROOT / "docs" / "images"
RECORDER = ROOT / ".venv-screenshots" / "bin" / "termtosvg"
WIDTH, HEIGHT = 1100, 700


@contextmanager
def workspace(folder: Path) -> Iterator[Emulator]:
    """Run an emulator with a history, named by the environment; nothing of the user is read or written."""
    with Emulator(queued=0.05, running=0.05) as emulator:
        emulator.seed(pipelines=5, runs=150, failed_every=13)
        for name, value in emulator.client_options().items():
            os.environ[f"WAREHOUSE_SYNC_{name.upper()}"] = str(value)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = str(folder)
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield emulator


async def photograph(url: str, *, ready: str = "document.readyState === 'complete'") -> bytes:
    """Take a picture of a page."""
    with tempfile.TemporaryDirectory() as profile, run_browser(Path(profile)) as address:
        async with open_tab(address) as tab:
            await _open(tab, url, ready)
            return await tab.photograph()


async def _open(tab: Tab, url: str, ready: str) -> None:
    await tab.send("Emulation.setScrollbarsHidden", hidden=True)
    await tab.send(
        "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
    )
    await tab.open(url, ready)


def take_emulator(emulator: Emulator, _: Path) -> None:
    """Take a picture of the page of the emulator."""
    picture = asyncio.run(photograph(emulator.url, ready="document.querySelector('svg')"))
    (IMAGES / "emulator.png").write_bytes(picture)


def take_report(_: Emulator, folder: Path) -> None:
    """Take a picture of the report that `warehouse-sync report` writes."""
    page = folder / "report.html"
    subprocess.run(["warehouse-sync", "report", "--html", str(page), "--quiet"], check=True)  # noqa: S603, S607 - our own command
    (IMAGES / "report.png").write_bytes(asyncio.run(photograph(page.as_uri())))


def take_notebook(_: Emulator, folder: Path) -> None:
    """Store the charts of the notebook about histories."""
    book = nbformat.read(  # type: ignore[no-untyped-call]  # it has no types
        ROOT / "examples" / "notebooks" / "explore_history.ipynb", as_version=4
    )
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = (output.get("data", {}) for cell in book.cells for output in cell.get("outputs", []))
    charts = [base64.b64decode(data["image/png"]) for data in outputs if "image/png" in data]
    for name, chart in zip(("runs", "records", "success"), charts, strict=False):
        (IMAGES / f"notebook-{name}.png").write_bytes(chart)


def take_demo(_: Emulator, __: Path) -> None:
    """Record `warehouse-sync demo` in a terminal of 84 by 30 characters."""
    os.environ["TERM"] = "xterm-256color"
    size = (
        "--screen-geometry",
        "84x30",
        "--min-frame-duration",
        "60",
        "--max-frame-duration",
        "2000",
        "--loop-delay",
        "5000",
    )
    command = [
        str(RECORDER),
        str(IMAGES / "demo.svg"),
        "--command",
        "warehouse-sync demo --pipelines 100",
        *size,
    ]
    if pty.spawn([*command, "--template", "window_frame"]):
        raise SystemExit("the terminal could not be recorded")


PICTURES: dict[str, Callable[[Emulator, Path], None]] = {
    "emulator": take_emulator,
    "report": take_report,
    "notebook": take_notebook,
    "demo": take_demo,
}


def main() -> None:
    """Take the named pictures, or all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, workspace(Path(folder)) as emulator:
        for name in sys.argv[1:] or PICTURES:
            PICTURES[name](emulator, Path(folder))
    for path in sorted(IMAGES.iterdir()):
        sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
