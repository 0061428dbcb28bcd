"""The page at `/`, in a real browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from tests.support.browser import Tab
    from warehouse_sync.emulator import Emulator

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
NOW = "document.getElementById('now').textContent"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
COUNT = "document.querySelectorAll('.pipeline').length"
FOCUSED = "document.activeElement.textContent"


def text_of(selector: str) -> str:
    """Return a script that returns the text of the elements of a selector."""
    return f"[...document.querySelectorAll({selector!r})].map(each => each.textContent).join('|')"


def click(selector: str) -> str:
    """Return a script that clicks on an element."""
    return f"document.querySelector({selector!r}).click()"


def enter(selector: str, text: str) -> str:
    """Return a script that enters text into a field."""
    return (
        f"{{ const field = document.querySelector({selector!r}); field.value = {text!r}; "
        "field.dispatchEvent(new Event('input', {bubbles: true})); "
        "field.dispatchEvent(new Event('change', {bubbles: true})) }"
    )


async def show(tab: Tab, emulator: Emulator) -> None:
    """Open the page and wait until it shows its data."""
    await tab.open(emulator.url)
    await tab.until(f"{NOW} && document.querySelector('#statuses button')")


async def press(tab: Tab, key: str) -> None:
    """Press a key in the page, as a user does."""
    codes = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9, "/": 191}
    text = {"Enter": "\r", "/": "/"}.get(key, "")
    for kind in ("keyDown", "keyUp"):
        await tab.send(
            "Input.dispatchKeyEvent",
            type=kind,
            key=key,
            windowsVirtualKeyCode=codes[key],
            text=text if kind == "keyDown" else "",
        )


async def test_button_advances_the_clock_and_shows_runs(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """A click advances the clock by a week; the due runs are drawn and listed."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    await show(tab, emulator)
    assert await tab.run(NOW) == "2023-02-03 23:53:08 UTC"
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.details')")
    assert "No runs yet." in await tab.run(text_of(".details"))
    await tab.run(click('[data-advance="7d"]'))
    await tab.until(f"{NOW} === '2023-02-10 23:53:08 UTC' && document.querySelector('.timeline')")
    assert emulator.now().isoformat() == "2023-02-10T23:53:08.413000+00:00"
    assert await tab.run("document.querySelectorAll('.timeline g').length") == 60
    assert await tab.run("document.querySelectorAll('.recent rect').length") == 24
    assert await tab.run(text_of(".pipeline td:last-child")) == "168"
    first = await tab.run(text_of(".details tbody tr:first-child td"))
    assert first.startswith("168|success|2023-02-10 22:00:00|")
    await tab.run(enter("[name=by]", "1d12h"))
    await tab.run("document.getElementById('advance').requestSubmit()")
    await tab.until(f"{NOW} === '2023-02-12 11:53:08 UTC'")
    assert tab.complaints == []


async def test_details_show_sql_and_connection(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """The details of a pipeline show its SQL, its connection without secrets, and its settings."""
    await stocked.post(PIPELINES, pipeline)
    await show(tab, emulator)
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.details')")
    model = (await stocked.get("/data-models/example-data-model")).document
    assert await tab.run(text_of(".details pre")) == model["config"]["sql_query"]
    details = await tab.run(text_of(".details dt, .details dd"))
    assert "connection_id|example-databricks-connection" in details
    connection = (await stocked.get("/connections/example-databricks-connection")).document
    assert all(f"config.{name}|{value}" in details for name, value in connection["config"].items())


async def test_pipeline_is_triggered(stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab) -> None:
    """A click triggers a pipeline; a second one while it runs shows the error of the API."""
    await stocked.post(PIPELINES, pipeline)
    await show(tab, emulator)
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.actions')")
    await tab.run(click(".actions button"))
    await tab.until(f"({text_of('.pipeline .status')}) === 'running'")
    assert await tab.run(text_of("#announcement")) == "Triggered example-pipeline."
    await tab.run(click(".actions button"))
    await tab.until("!document.getElementById('error').hidden")
    assert "already in progress" in await tab.run(text_of("#error"))
    emulator.advance("1m")
    await tab.run(click(".actions button:last-child"))
    await tab.until("document.getElementById('announcement').textContent.includes('will fail')")
    await tab.until("document.getElementById('error').hidden")


async def test_faults_are_added_and_cleared(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """The form adds a fault; active faults are listed and can be cleared; a faulted pipeline shows its error."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    emulator.fail_next_run("example-pipeline", message="<b>No such table.</b>")
    emulator.advance("2h")
    await show(tab, emulator)
    await tab.run("document.getElementById('faults').open = true")
    await tab.run(enter("#fault [name=count]", "2"))
    await tab.run("document.getElementById('fault').requestSubmit()")
    await tab.until("document.querySelector('#fault-list li')")
    assert await tab.run(text_of("#fault-list li")) == "GET */report: status 503, next 2 requests"
    await tab.run(enter("#fault [name=effect]", "drop"))
    await tab.run(enter("#fault [name=count]", ""))
    assert await tab.run("document.querySelector('#fault [name=value]').disabled")
    await tab.run("document.getElementById('fault').requestSubmit()")
    await tab.until("document.querySelectorAll('#fault-list li').length === 2")
    assert await tab.run(text_of("#fault-list li:last-child")) == "GET */report: drop, every request"
    await tab.run(enter("#fault [name=route]", "no route"))
    await tab.run("document.getElementById('fault').requestSubmit()")
    await tab.until("!document.getElementById('error').hidden")
    assert await tab.run(text_of(".pipeline .status")) == "faulted"
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.details')")
    assert await tab.run(text_of(".details > p.failed")) == "<b>No such table.</b>"
    await tab.run(click("#clear"))
    await tab.until("document.getElementById('clear').hidden")
    assert (await stocked.get("/_emulator/faults")).document == []


async def test_workspace_search_and_paging(emulator: Emulator, tab: Tab) -> None:
    """Another workspace can be selected, pipelines searched for, and many paged through."""
    emulator.seed(pipelines=1, runs=1)
    emulator.seed(pipelines=140, runs=2, workspace_id=9)
    await show(tab, emulator)
    await tab.until("document.getElementById('workspace').options.length === 2")
    await tab.run(enter("#workspace", "9"))
    await tab.until(f"{COUNT} === 100")
    assert await tab.run(text_of("#paging span")) == "1 to 100 of 140"
    await tab.run(click("#next"))
    await tab.until(f"{COUNT} === 40")
    await tab.run(enter("#search", "00017"))
    await tab.until(f"{COUNT} === 1")
    assert await tab.run(text_of(".pipeline button")) == "seeded-pipeline-00017"
    await tab.run(enter("#search", "nothing"))
    await tab.until(f"{COUNT} === 0")
    assert await tab.run(text_of("#empty")) == "No pipeline matches."
    assert tab.complaints == []


async def seconds_of_refresh(tab: Tab) -> float:
    """Return the CPU seconds that the page and the emulator need for an update."""
    begun = time.process_time() + await cpu_seconds(tab)
    await tab.run("refresh()")
    return time.process_time() + await cpu_seconds(tab) - begun


async def cpu_seconds(tab: Tab) -> float:
    """Return the CPU seconds of the page's tasks so far."""
    metrics = (await tab.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


async def test_two_thousand_pipelines_are_filtered_and_sorted(
    stocked: Api, emulator: Emulator, pipeline: Document, tab: Tab
) -> None:
    """Among 2,000 pipelines those of a status are shown by a click, a column sorts, and a page has 100 lines."""
    emulator.seed(pipelines=2000, runs=100)
    await stocked.post(PIPELINES, {**pipeline, "state": "paused"})
    emulator.fail_next_run("seeded-pipeline-01234")
    await stocked.post(f"{PIPELINES}/trigger", {"pipeline_id": "seeded-pipeline-01234"})
    emulator.advance("1m")
    await tab.resize(1280, 800)
    await show(tab, emulator)
    await tab.until(f"{COUNT} === 100")
    assert await tab.run(text_of("#statuses button")) == "all 2,001|faulted 1|running 0|idle 1,999|stopped 1"
    height = "Math.max(...[...document.querySelectorAll('.pipeline')].map(each => each.offsetHeight))"
    assert await tab.run(height) <= 36
    await tab.run(click('[value="faulted"]'))
    await tab.until(f"{COUNT} === 1")
    assert await tab.run(text_of(".pipeline button")) == "seeded-pipeline-01234"
    await tab.run(click('#statuses [value=""]'))
    await tab.until(f"{COUNT} === 100")
    await tab.run(click('thead [value="runs"]'))
    await tab.until(f"({text_of('.pipeline button')}).startsWith('example-pipeline|')")
    await tab.run(click('thead [value="runs"]'))
    await tab.until(f"({text_of('.pipeline button')}).startsWith('seeded-pipeline-01234|')")
    assert await tab.run("document.querySelector('[aria-sort]').ariaSort") == "descending"
    await tab.send("Performance.enable", timeDomain="threadTicks")
    assert min([await seconds_of_refresh(tab) for _ in range(5)]) < 0.5
    assert tab.complaints == []


async def test_page_is_used_with_the_keyboard(emulator: Emulator, tab: Tab) -> None:
    """Keys search, move between pipelines, open details and close them; an update keeps the focus."""
    emulator.seed(pipelines=3, runs=5)
    await show(tab, emulator)
    await tab.until(f"{COUNT} === 3")
    await press(tab, "/")
    assert await tab.run("document.activeElement.id") == "search"
    await tab.run("document.activeElement.blur()")
    for key, focused in (("ArrowDown", "1"), ("ArrowDown", "2"), ("ArrowUp", "1"), ("ArrowUp", "1")):
        await press(tab, key)
        assert await tab.run(FOCUSED) == f"seeded-pipeline-0000{focused}"
    await press(tab, "Enter")
    await tab.until("document.querySelector('.details')")
    assert await tab.run(FOCUSED) == "seeded-pipeline-00001"
    assert await tab.run("document.activeElement.ariaExpanded") == "true"
    await press(tab, "Tab")
    assert await tab.run(FOCUSED) == "Trigger a run"
    await press(tab, "Enter")
    await tab.until(f"({text_of('.pipeline .status')}).startsWith('running|')")
    assert await tab.run(FOCUSED) == "Trigger a run"
    await press(tab, "Escape")
    await tab.until("!document.querySelector('.details')")
    assert await tab.run(FOCUSED) == "seeded-pipeline-00001"
    assert tab.complaints == []


async def test_page_has_landmarks_and_names(emulator: Emulator, tab: Tab) -> None:
    """The page has one `main` and a link to its list, and each control and image has a name."""
    emulator.seed(pipelines=2, runs=5)
    await show(tab, emulator)
    await tab.until(f"{COUNT} === 2")
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.details')")
    assert await tab.run("document.querySelectorAll('main, header, footer').length") == 3
    assert await tab.run("document.querySelector('a.skip').hash") == "#pipelines"
    for domain in ("Accessibility", "DOM"):
        await tab.send(f"{domain}.enable")
    nodes = (await tab.send("Accessibility.getFullAXTree"))["nodes"]
    controls = {"button", "textbox", "searchbox", "combobox", "spinbutton", "link", "image", "region"}
    shown = [node for node in nodes if not node["ignored"] and node["role"]["value"] in controls]
    assert len(shown) > 20
    assert [node for node in shown if not node["name"]["value"]] == []


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
    await show(tab, emulator)
    await tab.run("document.getElementById('faults').open = true")
    await tab.until(f"{COUNT} === 1")
    await tab.run(click(".pipeline button"))
    await tab.until("document.querySelector('.details table')")
    assert await tab.run(FITS)
    assert await tab.run("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    heights = "Math.min(...[...document.querySelectorAll('button')].filter(b => b.offsetHeight).map(b => b.offsetHeight))"
    assert await tab.run(heights) >= (40 if width < 720 else 24)


async def test_page_loads_nothing_from_elsewhere(emulator: Emulator, tab: Tab) -> None:
    """Every file comes from the emulator, and the page loads quickly."""
    emulator.seed(pipelines=300, runs=1000)
    await show(tab, emulator)
    origins = "[...new Set(performance.getEntriesByType('resource').map(each => new URL(each.name).origin))]"
    assert await tab.run(origins) == [emulator.url]
    assert await tab.run("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd") < 2000


async def test_system_clock_has_no_button(tab: Tab) -> None:
    """With the system clock the page says how to get a virtual one."""
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415 - not the fixture's

    async with Emulator() as emulator:
        await show(tab, emulator)
        assert await tab.run("document.getElementById('advance').hidden")
        assert "--clock virtual" in await tab.run(text_of("#system-clock"))
