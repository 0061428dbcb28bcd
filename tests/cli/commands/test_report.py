"""`report`, against the emulator."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse_sync import Run, RunStatus
from warehouse_sync.cli.report_html import History, render

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


class Page(HTMLParser):
    """Counts the elements of a page and checks that each is closed."""

    VOID = ("meta", "line", "rect", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is closed at once."""
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element: the innermost one."""
        assert self.open.pop() == tag


@pytest.fixture
def page(cli: "Cli", warehouse_sync_emulator: "Emulator", tmp_path: Path) -> str:
    """The page of a workspace with three pipelines of twenty runs, some of which failed."""
    warehouse_sync_emulator.seed(pipelines=3, runs=20, failed_every=5)
    done = cli("report", "--html", tmp_path / "report.html", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["runs"] == 60
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_page_is_well_formed_and_self_contained(page: str) -> None:
    """The page is well formed and loads no scripts or other files."""
    parsed = Page(page)
    assert parsed.open == []
    assert "script" not in parsed.seen
    assert not re.findall(r"(src|href|url)\s*[=(]", page)
    assert "default-src 'none'" in page


def test_page_shows_the_runs(page: str) -> None:
    """Each run is a bar of the timeline, and each failure a row with its reason."""
    bars = re.findall(r"<title>run \d+, (\w+), ", page)
    assert len(bars) == 60
    failures = page.partition("<h2>Failures</h2>")[2]
    assert failures.count("<tr>") == bars.count("failed") + 1
    assert "seeded-pipeline-00003" in page


def test_markup_is_escaped(cli: "Cli", warehouse_sync_emulator: "Emulator", tmp_path: Path) -> None:
    """An error message with markup is shown as text."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    warehouse_sync_emulator.fail_next_run(pipeline_id, message="<img src=x onerror=alert(1)>")
    assert cli("pipelines", "trigger", pipeline_id, "--wait").exit_code == 3
    assert cli("report", "--html", tmp_path / "report.html").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page


def test_empty_workspace_has_a_page(cli: "Cli", tmp_path: Path) -> None:
    """The page of a workspace without runs says so."""
    assert cli("report", "--html", tmp_path / "report.html").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No records were loaded." in page
    assert Page(page).open == []


def test_page_of_many_runs_stays_small(
    cli: "Cli", warehouse_sync_emulator: "Emulator", tmp_path: Path
) -> None:
    """Overlapping runs share a bar with their count; each failure is drawn on top."""
    warehouse_sync_emulator.seed(pipelines=2, runs=1000, failed_every=97)
    assert cli("report", "--html", tmp_path / "report.html", "--days", "300").exit_code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page) < 60_000  # half of which are the bars per day
    [row, _] = re.findall(r'<svg viewBox.*?aria-label="1,000 runs">.*?</svg>', page)
    bars = re.findall(r"<title>(.*?)</title>", row)
    assert re.match(r"990 runs, success, 20\d\d-\d\d-\d\d \d\d:\d\d to ", bars[0])
    assert [bar.split(", ")[1] for bar in bars[1:]] == ["failed"] * 10


def test_page_shows_unknown_statuses() -> None:
    """An unknown status has a colour and label; a run that never started has no bar."""
    end = datetime(2026, 1, 8, tzinfo=UTC)
    runs = [
        Run(id=1, pipeline_id="p", status=RunStatus("brand_new"), started_on=end - timedelta(days=1)),
        Run(id=2, pipeline_id="p", status=RunStatus("queued")),
    ]
    page = render(History(workspace_id=1, begin=end - timedelta(days=7), end=end, runs={"p": runs}))
    assert '<i style="background:var(--other)"></i>brand_new' in page
    assert page.count("<rect") == 1
    assert Page(page).open == []
