"""`report`, against the emulator."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse_sync import Run, RunStatus
from warehouse_sync.cli.report_html import History, render
from warehouse_sync.cli.run_history import current_time
from warehouse_sync.emulator import Emulator, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.cli.conftest import Cli


class ParsedPage(HTMLParser):
    """Counts the elements of a page and checks that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.seen.append(tag)
        if tag not in ("meta", "input"):
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
    """The page is well formed, loads nothing, and its policy allows the script of the search alone."""
    parsed = ParsedPage(page)
    assert parsed.open == []
    assert parsed.seen.count("script") == 1
    assert not re.findall(r"(src|href|url)\s*[=(]", page)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'\"" in page
    assert not re.findall(r"\son\w+=", page)


def test_page_shows_the_runs(page: str) -> None:
    """Each run is a bar of the timeline, and each failure a row with its reason."""
    bars = re.findall(r"<title>run \d+, (\w+), ", page)
    assert len(bars) == 60
    failures = page.partition("<h2>Failures</h2>")[2].partition("<h2>")[0]
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
    assert ParsedPage(page).open == []


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
    assert ParsedPage(page).open == []


END = datetime(2026, 1, 8, tzinfo=UTC)


def hourly_runs(pipeline_id: str, failed: "Sequence[int]") -> list[Run]:
    """Return a week of hourly runs, of which those with the given numbers failed."""
    return [
        Run(
            id=hour,
            pipeline_id=pipeline_id,
            status=RunStatus("failed" if hour in failed else "success"),
            started_on=END - timedelta(hours=hour, minutes=2),
            ended_on=END - timedelta(hours=hour),
        )
        for hour in range(168)
    ]


def week(runs: dict[str, list[Run]]) -> str:
    """Return the page of a week."""
    return render(History(workspace_id=1, begin=END - timedelta(days=7), end=END, runs=runs))


def test_failures_are_first() -> None:
    """The failures come before the rest, and the pipelines that failed most before the others."""
    page = week({"a": hourly_runs("a", ()), "b": hourly_runs("b", (1,)), "c": hourly_runs("c", (1, 2))})
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == ["Failures", "Pipelines", "Timeline", "Records per day"]
    assert re.findall(r'<td class="name">(.*?)</td>', page) == ["c", "b", "a"]
    assert re.findall(r'<div class="row"><span title="(.*?)"', page) == ["c", "b", "a"]


def test_page_of_many_pipelines_stays_small() -> None:
    """With many pipelines a row has one shape per status, which joins neighbouring runs."""
    names = [f"pipeline-{number:04d}" for number in range(300)]
    page = week({name: hourly_runs(name, (20, 100, 101)) for name in names})
    assert len(page) / len(names) < 1000
    assert ParsedPage(page).open == []
    assert "<p>The latest 500 of 900.</p>" in page
    row = page.partition('<div class="row">')[2].partition("</div>")[0]
    assert re.findall(r"<title>(.*?)</title>", row) == ["165 runs, success", "3 runs, failed"]
    failed = row.partition("165 runs, success")[2]
    assert failed.count("M") == 2  # the neighbours are one


def test_report_uses_the_clock_of_the_emulator(
    offline: "Cli", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a virtual clock the report ends at its time."""
    start = datetime(2024, 1, 31, 12, tzinfo=UTC)
    with Emulator(clock=VirtualClock(start)) as emulator:
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        emulator.seed(pipelines=1, runs=24)
        done = offline("report", "--html", tmp_path / "report.html", "--days", "2", "--json")
        assert current_time(emulator.client_options()["api_url"]) == start
    assert json.loads(done.stdout)["runs"] == 24
    assert "2024-01-29 12:00 to 2024-01-31 12:00 UTC" in (tmp_path / "report.html").read_text("utf-8")
    assert abs(current_time("http://127.0.0.1:9") - datetime.now(UTC)) < timedelta(minutes=1)


def test_dash_is_stdout(cli: "Cli", seeded: "Emulator") -> None:
    """`--html -` writes the page to stdout and nothing else; with `--json` it is refused."""
    done = cli("report", "--html", "-")
    assert done.exit_code == 0
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.endswith("</html>\n")
    assert cli("report", "--html", "-", "--json").exit_code == 2


def test_report_notes_that_runs_are_missing(cli: "Cli", seeded: "Emulator", tmp_path: Path) -> None:
    """A note on stderr says that pipelines have more runs than `--most`."""
    done = cli("report", "--html", tmp_path / "report.html", "--most", "3")
    assert "Pipelines with 3 runs or more: 2. Pass a higher --most" in done.stderr
