"""The documentation site: builds without warnings, complete, and readable in a browser without a network."""

import ast
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import warehouse_sync
from scripts.build_site import CONFIG, link_problems, pages_in_navigation
from tests.support.browser import Tab
from warehouse_sync import emulator, events, frames

pytestmark = pytest.mark.xdist_group("site")

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
DIALOG = "[...document.querySelectorAll('div')].find(each => each.shadowRoot)?.shadowRoot"


def test_llms_txt_lists_every_page_in_order(site: Path) -> None:
    """`llms.txt` links to the Markdown of each page, in the order of the navigation, and the files exist."""
    links = re.findall(r"\(<https://[^/]+/warehouse-sync/([^>]+)>\)", (site / "llms.txt").read_text("utf-8"))
    pages = pages_in_navigation(yaml.safe_load(CONFIG.read_text("utf-8"))["nav"])
    assert links == [page.replace("README.md", "index.md") for page in pages]
    assert [link for link in links if not (site / link).exists()] == []


def names_of(module: ModuleType) -> set[str]:
    """Return the public names of a module: those of `__all__`, or else the classes and functions it defines."""
    if hasattr(module, "__all__"):
        return {f"{module.__name__}.{name}" for name in module.__all__ if not name.startswith("__")}
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    found = (each.name for each in tree.body if isinstance(each, ast.ClassDef | ast.FunctionDef))
    return {f"{module.__name__}.{name}" for name in found if not name.startswith("_")}


@pytest.mark.parametrize("module", [warehouse_sync, events, frames, emulator], ids=lambda each: each.__name__)
def test_reference_has_every_public_name(site: Path, module: ModuleType) -> None:
    """Each public name has an entry with its own link."""
    pages = "".join(path.read_text("utf-8") for path in sorted((site / "reference").rglob("*.html")))
    anchors = set(re.findall(r'id="(warehouse_sync[\w.]*)"', pages))
    assert sorted(name for name in names_of(module) if name not in anchors) == []


def test_search_finds_methods_and_commands(site: Path) -> None:
    """The search index has the methods of the reference, the commands and the lint rules."""
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    text = {f"{item['title']} {item['text']}" for item in items}
    for words in ("trigger_and_wait", "warehouse-sync drift", "WS306", "OutcomeUnknownError"):
        assert [each for each in text if words in each], words


def test_broken_links_are_reported(tmp_path: Path) -> None:
    """Links to missing pages and headings, and files of other hosts, are problems."""
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there"></a><a href="b.html#gone"></a><a href="c.html"></a>'
        '<a href="https://example.com/"></a><script src="https://example.com/x.js"></script>',
        "utf-8",
    )
    (tmp_path / "b.html").write_text('<h2 id="there"></h2>', "utf-8")
    assert link_problems(tmp_path) == [
        "a.html links to b.html#gone, a heading that does not exist",
        "a.html links to c.html, which does not exist",
        "a.html loads https://example.com/x.js from another host",
    ]


async def test_search_works_in_pages_of_a_folder(site: Path, tab: Tab) -> None:
    """The search of a page that is opened from a folder, without a server, finds a method."""
    await tab.open((site / "index.html").as_uri())
    await tab.run("document.querySelector('.md-search__button').click()")
    await tab.until(f"{DIALOG}?.querySelector('input') === {DIALOG}.activeElement")
    await tab.send("Input.insertText", text="trigger_and_wait")
    await tab.until(f"{DIALOG}.querySelector('a[href*=\"reference/resources.html\"]')")
    assert tab.complaints == []


@pytest.mark.parametrize(
    "page", ["index.html", "start/tutorial.html", "reference/resources.html", "emulator.html"]
)
async def test_page_fits_a_phone(site: Path, tab: Tab, page: str) -> None:
    """A page is as wide as the screen of a phone; wide tables and code scroll inside it."""
    await tab.resize(390, 844)
    await tab.open((site / page).as_uri())
    assert await tab.run(FITS)
    assert tab.complaints == []


async def test_page_follows_the_dark_theme(site: Path, tab: Tab) -> None:
    """A reader whose system is dark gets a dark page."""
    await tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    await tab.open((site / "index.html").as_uri())
    color = await tab.run("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", color)[:3])) < 150
    assert tab.complaints == []
