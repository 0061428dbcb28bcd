"""The HTML report of a run history: one page without fonts or links."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape as escape_html
from itertools import groupby
from typing import TYPE_CHECKING

from warehouse_sync.cli.streams import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_sync import Run

_WIDTH, _ROW, _CHART = 1000, 20, 70  # units of the SVG view boxes
_MIN_BAR = 3.0  # units
_STATUSES = ("success", "failed", "stopped", "running", "queued")
_MAX_BARS = 5000  # with a text for each; a page with more has one shape per pipeline and status
_DENSE_GAP = 10.0  # units between bars that such a shape joins
_MAX_FAILURES = 500  # rows
_FAILURES = ("failed", "stopped")  # drawn on top and taller, because some readers cannot see colours
_STYLE = """
:root{color-scheme:light dark;--page:#fff;--text:#1c2430;--muted:#5a6675;--line:#d5dbe3;
--success:#2e7d32;--failed:#c62828;--stopped:#d95f00;--running:#1565c0;--queued:#8296a0;--other:#6a1b9a}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--text:#dfe5ec;--muted:#9eabba;--line:#333c48;
--success:#4caf50;--failed:#ff5f57;--stopped:#ffa04d;--running:#64a8f0;--queued:#90a4ae;--other:#c58ae0}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1060px;padding:0 1rem;color:var(--text);background:var(--page)}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}.sub{color:var(--muted);margin:.2rem 0 1.5rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem}
.card{border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem}
.card b{display:block;font-size:1.3rem;font-variant-numeric:tabular-nums}.card span,.axis,th{color:var(--muted)}
.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.3em}
.row{display:grid;grid-template-columns:14rem 1fr;gap:.8rem;align-items:center;font-size:.85rem}
.row span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
svg{display:block;width:100%;height:20px}svg.chart{height:80px}line{stroke:var(--line)}
.axis{display:flex;justify-content:space-between;font-size:.8rem;gap:.5rem}.timeline .axis{margin-left:14.8rem}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}td.why{white-space:normal;overflow-wrap:anywhere;min-width:16rem}
@media(max-width:640px){.row{grid-template-columns:1fr;gap:0;margin-bottom:.5rem}.timeline .axis{margin-left:0}.axis .between{display:none}
td,th{padding:.35rem .4rem;font-size:.8rem}td.name{overflow-wrap:anywhere}td.name,td.when{white-space:normal}
.failures tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}.failures thead{display:none}
.failures td{display:inline;border:0;padding:0 .5rem 0 0}.failures td.why{display:block;padding:.1rem 0 0;min-width:0}}
input{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:8px;padding:.4rem .8rem;width:100%;box-sizing:border-box}
[hidden]{display:none!important}
"""
_SEARCH = (
    '<p role="search"><input type="search" aria-label="Search pipelines and errors" autocomplete="off" '
    'placeholder="Search pipelines and errors"></p>'
)
_SCRIPT = """
const box=document.querySelector("input");
const rows=[...document.querySelectorAll("tbody tr")].map(row=>[row,row.textContent.toLowerCase()]);
for(const row of document.querySelectorAll(".row"))rows.push([row,row.firstElementChild.textContent.toLowerCase()]);
const search=()=>{const text=box.value.trim().toLowerCase();for(const [row,words] of rows)row.hidden=!words.includes(text)};
box.addEventListener("input",search);search();
"""
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}'"


@dataclass(frozen=True, kw_only=True)
class History:
    """The data of the report.

    Attributes:
        workspace_id: The workspace.
        begin: The start of the timeline.
        end: The end of the timeline.
        runs: The runs of each pipeline.
    """

    workspace_id: int
    begin: datetime
    end: datetime
    runs: "Mapping[str, Sequence[Run]]"

    def failing_first(self) -> "list[tuple[str, Sequence[Run]]]":
        """Return the pipelines with their runs, those with the most failed runs first."""
        return sorted(self.runs.items(), key=lambda item: (-count_failed(item[1]), item[0]))

    def all_runs(self) -> "list[Run]":
        """Return the runs of all pipelines."""
        return [run for runs in self.runs.values() for run in runs]


def count_failed(runs: "Sequence[Run]") -> int:
    """Return the number of failed runs."""
    return sum(1 for run in runs if run.status == "failed")


def escape(text: str) -> str:
    """Return a text as HTML, without control characters and direction marks."""
    return escape_html(printable(text))


@dataclass(kw_only=True)
class Bar:
    """A bar of the timeline: a run, or several overlapping runs of the same status.

    Attributes:
        status: The status of the runs.
        left: The left edge.
        right: The right edge.
        runs: The runs, ordered by start.
    """

    status: str
    left: float
    right: float
    runs: "list[Run]"

    def __str__(self) -> str:
        first, last = self.runs[0], self.runs[-1]
        records = f"{sum(run.successful_records or 0 for run in self.runs):,} records"
        if first is last:
            return f"run {first.id}, {self.status}, {first.started_on:%Y-%m-%d %H:%M:%S}, {records}"
        span = f"{first.started_on:%Y-%m-%d %H:%M} to {last.started_on:%Y-%m-%d %H:%M}"
        return f"{len(self.runs):,} runs, {self.status}, {span}, {records}"


def render(history: History) -> str:
    """Return the HTML page."""
    title = f"Warehouse Sync, workspace {history.workspace_id}"
    span = f"{history.begin:%Y-%m-%d %H:%M} to {history.end:%Y-%m-%d %H:%M} UTC"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="sub">{span}</p>',
        *_cards(history),
        _SEARCH,
        "<h2>Failures</h2>",
        *_failures(history),
        "<h2>Pipelines</h2>",
        *_pipelines(history),
        "<h2>Timeline</h2>",
        *_key(history),
        *_timeline(history),
        "<h2>Records per day</h2>",
        *_records(history),
        f"<script>{_SCRIPT}</script></body></html>",
    ]
    return "".join(parts) + "\n"


def _cards(history: History) -> Iterator[str]:
    runs = history.all_runs()
    counts = Counter(str(run.status) for run in runs)
    ended = counts["success"] + counts["failed"] + counts["stopped"]
    rate = f"{counts['success'] / ended:.1%}" if ended else "-"
    loaded = sum(run.successful_records or 0 for run in runs)
    lost = sum(run.failed_records or 0 for run in runs)
    cards = {
        "pipelines": f"{len(history.runs):,}",
        "runs": f"{len(runs):,}",
        "succeeded": rate,
        "failed": f"{counts['failed']:,}",
        "records loaded": f"{loaded:,}",
        "records refused": f"{lost:,}",
    }
    yield '<div class="cards">'
    yield from (f'<div class="card"><b>{value}</b><span>{name}</span></div>' for name, value in cards.items())
    yield "</div>"


def _key(history: History) -> Iterator[str]:
    found = {str(run.status) for run in history.all_runs()}
    words = [*(word for word in _STATUSES if word in found), *sorted(found - set(_STATUSES))]
    yield '<p class="key">'
    yield from (f'<span><i style="background:{_colour(word)}"></i>{escape(word)}</span>' for word in words)
    yield "</p>"


def _colour(status: str) -> str:
    return f"var(--{status if status in _STATUSES else 'other'})"


def _timeline(history: History) -> Iterator[str]:
    yield '<div class="timeline">'
    all_bars = {name: timeline_bars(runs, history) for name, runs in history.failing_first()}
    dense = sum(map(len, all_bars.values())) > _MAX_BARS
    for pipeline_id, bars in all_bars.items():
        name, count = escape(pipeline_id), len(history.runs[pipeline_id])
        yield f'<div class="row"><span title="{name}">{name}</span>'
        yield f'<svg viewBox="0 0 {_WIDTH} {_ROW}" preserveAspectRatio="none" role="img" aria-label="{count:,} runs">'
        yield f'<line x1="0" x2="{_WIDTH}" y1="{_ROW / 2:g}" y2="{_ROW / 2:g}"/>'
        ordered = sorted(bars, key=lambda bar: (bar.status in _FAILURES, bar.status))
        yield from _shapes(ordered) if dense else map(_bar, ordered)
        yield "</svg></div>"
    yield from _axis(history)
    yield "</div>"


def timeline_bars(runs: "Sequence[Run]", history: History) -> list[Bar]:
    """Return the bars of a pipeline; overlapping runs of one status share a bar."""
    drawn: dict[str, list[Bar]] = {}
    started = [run for run in runs if run.started_on is not None]
    for run in sorted(started, key=lambda run: run.started_on or history.begin):
        left = _x(run.started_on or history.begin, history)
        right = max(left + _MIN_BAR, _x(run.ended_on or history.end, history))
        bars = drawn.setdefault(str(run.status), [])
        if bars and left < bars[-1].right:
            bars[-1].right = max(right, bars[-1].right)
            bars[-1].runs.append(run)
        else:
            bars.append(Bar(status=str(run.status), left=left, right=right, runs=[run]))
    return [bar for each in drawn.values() for bar in each]


def _bar(bar: Bar) -> str:
    top = 1 if bar.status in _FAILURES else 4
    return (
        f'<rect x="{bar.left:.1f}" y="{top}" width="{bar.right - bar.left:.1f}" height="{_ROW - 2 * top}" '
        f'fill="{_colour(bar.status)}"><title>{escape(str(bar))}</title></rect>'
    )


def _shapes(bars: "Sequence[Bar]") -> Iterator[str]:
    """Yield one shape for all bars of a status, which joins bars with small gaps."""
    for status, each in groupby(bars, key=lambda bar: bar.status):
        top = 1 if status in _FAILURES else 4
        spans: list[list[float]] = []
        count = 0
        for bar in each:
            count += len(bar.runs)
            if spans and bar.left < spans[-1][1] + _DENSE_GAP:
                spans[-1][1] = max(bar.right, spans[-1][1])
            else:
                spans.append([bar.left, bar.right])
        tall = _ROW - 2 * top
        path = "".join(f"M{left:.0f} {top}H{right:.0f}v{tall}H{left:.0f}z" for left, right in spans)
        yield f'<path d="{path}" fill="{_colour(status)}"><title>{count:,} runs, {escape(status)}</title></path>'


def _axis(history: History) -> Iterator[str]:
    yield '<div class="axis">'
    for part in range(5):
        moment = history.begin + (history.end - history.begin) * part / 4
        kind = "between" if part in (1, 3) else "always"
        yield f'<span class="{kind}">{moment:%b %d %H:%M}</span>'
    yield "</div>"


def _x(moment: datetime, history: History) -> float:
    whole = max((history.end - history.begin) / timedelta(seconds=1), 1.0)
    part = (moment - history.begin) / timedelta(seconds=1) / whole
    return _WIDTH * min(max(part, 0.0), 1.0)


def _records(history: History) -> Iterator[str]:
    loaded: Counter[str] = Counter()
    for run in history.all_runs():
        if run.ended_on is not None:
            loaded[f"{run.ended_on:%Y-%m-%d}"] += run.successful_records or 0
    if not any(loaded.values()):
        yield "<p>No records were loaded.</p>"
        return
    length = (history.end.date() - history.begin.date()).days + 1
    days = [f"{history.begin + timedelta(days=number):%Y-%m-%d}" for number in range(length)]
    most, step = max(loaded.values()), _WIDTH / length
    yield f'<svg class="chart" viewBox="0 0 {_WIDTH} {_CHART}" preserveAspectRatio="none" role="img" aria-label="Records loaded per day">'
    for number, day in enumerate(days):
        tall = _CHART * loaded[day] / most
        yield (
            f'<rect x="{number * step:.2f}" y="{_CHART - tall:.1f}" width="{step * 0.94:.2f}" height="{tall:.1f}" '
            f'fill="var(--running)"><title>{day}: {loaded[day]:,} records</title></rect>'
        )
    yield f'</svg><div class="axis"><span>{days[0]}</span><span>at most {most:,} a day</span><span>{days[-1]}</span></div>'


def _pipelines(history: History) -> Iterator[str]:
    yield '<div class="table"><table><thead><tr><th>Pipeline</th><th class="n">Runs</th><th class="n">Failed</th>'
    yield '<th class="n">Records</th><th>Latest run</th></tr></thead><tbody>'
    for pipeline_id, runs in history.failing_first():
        failed = count_failed(runs)
        loaded = sum(run.successful_records or 0 for run in runs)
        latest = max((run.started_on for run in runs if run.started_on), default=None)
        yield (
            f'<tr><td class="name">{escape(pipeline_id)}</td><td class="n">{len(runs):,}</td><td class="n">{failed:,}</td>'
            f'<td class="n">{loaded:,}</td><td class="when">{f"{latest:%Y-%m-%d %H:%M}" if latest else "none"}</td></tr>'
        )
    yield "</tbody></table></div>"


def _failures(history: History) -> Iterator[str]:
    failed = [run for run in history.all_runs() if run.status in _FAILURES]
    if not failed:
        yield "<p>None.</p>"
        return
    failed.sort(key=lambda run: run.started_on or history.begin, reverse=True)
    if len(failed) > _MAX_FAILURES:
        yield f"<p>The latest {_MAX_FAILURES} of {len(failed):,}.</p>"
    yield '<div class="table failures"><table><thead><tr><th>Started</th><th>Pipeline</th><th>Run</th><th>Status</th>'
    yield "<th>Why</th></tr></thead><tbody>"
    for run in failed[:_MAX_FAILURES]:
        why = "; ".join(error.message for error in run.errors) or "no reason given"
        started = f"{run.started_on:%Y-%m-%d %H:%M}" if run.started_on else "-"
        cells = (started, run.pipeline_id, str(run.id), str(run.status))
        yield "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells)
        yield f'<td class="why">{escape(why)}</td></tr>'
    yield "</tbody></table></div>"
