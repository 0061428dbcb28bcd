"""The page at `/`, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from tests.support.browser import Tab
    from warehouse_sync.emulator import Emulator

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
NOW = "document.getElementById('now').textContent"
READY = "document.getElementById('now')?.textContent"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def text_of(selector: str) -> str:
    """Return a script that returns the text of the elements of a selector."""
    return f"[...document.querySelectorAll({selector!r})].map(each => each.textContent).join('|')"


async def test_button_advances_the_clock_and_shows_runs(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """A click advances the clock by three days; the 72 due runs are drawn and listed."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    await tab.open(emulator.url, READY)
    assert await tab.run(NOW) == "2023-02-03 23:53:08 UTC"
    assert "No runs yet." in await tab.run(text_of("article"))
    await tab.run("document.querySelector('[data-advance=\"3d\"]').click()")
    await tab.until(f"{NOW} === '2023-02-06 23:53:08 UTC' && document.querySelector('svg')")
    assert emulator.now().isoformat() == "2023-02-06T23:53:08.413000+00:00"
    assert await tab.run("document.querySelectorAll('svg g').length") == 60
    assert await tab.run(text_of("summary")) == "72 runs, the newest 60"
    await tab.run("document.querySelector('summary').click()")
    await tab.until("document.querySelectorAll('tbody tr').length === 60")
    first = await tab.run(text_of("tbody tr:first-child td"))
    assert first.startswith("72|success|2023-02-06 22:00:00|")
    assert tab.complaints == []


async def test_faults_and_failures_are_shown(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """Active faults are listed and can be cleared; a faulted pipeline shows its error."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    emulator.fail_next_run("example-pipeline", message="<b>No such table.</b>")
    emulator.fault("GET */report", status=503, count=2)
    emulator.advance("2h")
    await tab.open(emulator.url, READY)
    assert await tab.run(text_of("#faults li")) == "GET */report: status 503, next 2 requests"
    assert await tab.run(text_of("article .status")) == "faulted"
    assert await tab.run(text_of("article p.failed")) == "<b>No such table.</b>"
    await tab.run("document.getElementById('clear').click()")
    await tab.until("document.getElementById('faults').hidden")
    assert (await stocked.get("/_emulator/faults")).document == []
    assert tab.complaints == []


async def test_workspace_search_and_paging(emulator: Emulator, tab: Tab) -> None:
    """Another workspace can be selected, pipelines searched for, and many paged through."""
    emulator.seed(pipelines=1, runs=1)
    emulator.seed(pipelines=40, runs=2, workspace_id=9)
    await tab.open(emulator.url, READY)
    select = (
        "const s = document.getElementById('workspace'); s.value = '9'; s.dispatchEvent(new Event('change'))"
    )
    await tab.run(select)
    await tab.until("document.querySelectorAll('article').length === 25")
    assert await tab.run(text_of("#paging span")) == "1 to 25 of 40"
    await tab.run("document.getElementById('next').click()")
    await tab.until("document.querySelectorAll('article').length === 15")
    await tab.run(
        "const i = document.getElementById('search'); i.value = '00017'; i.dispatchEvent(new Event('input'))"
    )
    await tab.until("document.querySelectorAll('article').length === 1")
    assert await tab.run(text_of("article h2")) == "seeded-pipeline-00017"
    assert tab.complaints == []


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_page_fits_its_screen(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab, width: int
) -> None:
    """On a phone nothing is wider than the screen, text is readable, and buttons are large enough."""
    long = {**pipeline, "id": "a-pipeline-with-a-very-long-name-" * 3, "schedule": HOURLY}
    await stocked.post(PIPELINES, long)
    emulator.fail_next_run(long["id"], message="No_such_table_" * 20)
    emulator.fault("GET /platform/v2/workspaces/*/inputs/data-pipelines/*/report", status=503)
    emulator.advance("3d")
    await tab.resize(width, 800)
    await tab.open(emulator.url, READY)
    await tab.run("document.querySelector('summary').click()")
    await tab.until("document.querySelector('table')")
    assert await tab.run(FITS)
    assert await tab.run("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    heights = "Math.min(...[...document.querySelectorAll('button')].filter(b => b.offsetHeight).map(b => b.offsetHeight))"
    assert await tab.run(heights) >= 40


async def test_page_loads_nothing_from_elsewhere(emulator: Emulator, tab: Tab) -> None:
    """Every file comes from the emulator, and the page loads quickly."""
    emulator.seed(pipelines=300, runs=1000)
    await tab.open(emulator.url, READY)
    origins = "[...new Set(performance.getEntriesByType('resource').map(each => new URL(each.name).origin))]"
    assert await tab.run(origins) == [emulator.url]
    assert await tab.run("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 2000


async def test_system_clock_has_no_button(tab: Tab) -> None:
    """With the system clock the page says how to get a virtual one."""
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415 - not the fixture's

    async with Emulator() as emulator:
        await tab.open(emulator.url, READY)
        assert await tab.run("document.getElementById('advance').hidden")
        assert "--clock virtual" in await tab.run(text_of("#system-clock"))
