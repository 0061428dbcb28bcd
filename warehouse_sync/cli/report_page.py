"""A workspace's run history as one page that needs nothing else: no script, no font, no address."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_sync import Run

_WIDTH, _ROW, _LABEL, _CHART = 1000, 22, 220, 90
_COLOURS = {
    "success": "#2e7d32",
    "failed": "#c62828",
    "stopped": "#ef6c00",
    "running": "#1565c0",
    "queued": "#90a4ae",
}
_OTHER = "#6a1b9a"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1060px;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.sub{color:#5a6675;margin:.2rem 0 1.5rem}
.cards{display:flex;gap:1rem;flex-wrap:wrap}.card{border:1px solid #d5dbe3;border-radius:8px;padding:.7rem 1.1rem;min-width:8rem}
.card b{display:block;font-size:1.4rem}.card span{color:#5a6675}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #e4e8ee;vertical-align:top;overflow-wrap:anywhere}
th{color:#5a6675;font-weight:600}th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}
.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.3em}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#dfe5ec}.card,th,td{border-color:#333c48}svg text{fill:#dfe5ec}}
"""


@dataclass(frozen=True, kw_only=True)
class History:
    """What the page shows.

    Attributes:
        workspace_id: The workspace.
        begin: The left end of the timeline.
        end: The right end, and when the page was made.
        runs: The runs of each pipeline.
    """

    workspace_id: int
    begin: datetime
    end: datetime
    runs: "Mapping[str, Sequence[Run]]"

    def every_run(self) -> "list[Run]":
        """Return the runs of all pipelines."""
        return [run for runs in self.runs.values() for run in runs]


def render(history: History) -> str:
    """Return the page."""
    title = f"Warehouse Sync, workspace {history.workspace_id}"
    span = f"{history.begin:%Y-%m-%d %H:%M} to {history.end:%Y-%m-%d %H:%M} UTC"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="sub">{span}</p>',
        *_cards(history),
        "<h2>Timeline</h2>",
        *_key(),
        *_timeline(history),
        "<h2>Records per day</h2>",
        *_records(history),
        "<h2>Pipelines</h2>",
        *_pipelines(history),
        "<h2>Failures</h2>",
        *_failures(history),
        "</body></html>",
    ]
    return "".join(parts) + "\n"


def _cards(history: History) -> Iterator[str]:
    runs = history.every_run()
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


def _key() -> Iterator[str]:
    yield '<p class="key">'
    yield from (
        f'<span><i style="background:{colour}"></i>{word}</span>' for word, colour in _COLOURS.items()
    )
    yield "</p>"


def _timeline(history: History) -> Iterator[str]:
    height = _ROW * (len(history.runs) + 1)
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="Timeline of runs" font-size="12">'
    for number, (pipeline_id, runs) in enumerate(history.runs.items()):
        top = number * _ROW
        yield f'<text x="0" y="{top + 15}">{escape(_short(pipeline_id))}</text>'
        yield f'<line x1="{_LABEL}" x2="{_WIDTH}" y1="{top + 11}" y2="{top + 11}" stroke="#8895a5" stroke-opacity=".3"/>'
        yield from (_bar(run, history, top) for run in runs if run.started_on is not None)
    yield from _axis(history, height)
    yield "</svg>"


def _bar(run: "Run", history: History, top: int) -> str:
    begin = run.started_on or history.begin
    left, right = _x(begin, history), _x(run.ended_on or history.end, history)
    colour = _COLOURS.get(str(run.status), _OTHER)
    told = f"run {run.id}, {run.status}, {begin:%Y-%m-%d %H:%M:%S}, {run.successful_records or 0:,} records"
    width = max(2.0, right - left)
    return (
        f'<rect x="{left:.1f}" y="{top + 4}" width="{width:.1f}" height="14" rx="2" fill="{colour}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _axis(history: History, height: int) -> Iterator[str]:
    for part in range(5):
        moment = history.begin + (history.end - history.begin) * part / 4
        x, anchor = _x(moment, history), {0: "start", 4: "end"}.get(part, "middle")
        yield f'<text x="{x:.1f}" y="{height - 6}" text-anchor="{anchor}" fill-opacity=".7">{moment:%b %d %H:%M}</text>'


def _x(moment: datetime, history: History) -> float:
    whole = max((history.end - history.begin) / timedelta(seconds=1), 1.0)
    part = (moment - history.begin) / timedelta(seconds=1) / whole
    return _LABEL + (_WIDTH - _LABEL) * min(max(part, 0.0), 1.0)


def _records(history: History) -> Iterator[str]:
    days: Counter[str] = Counter()
    for run in history.every_run():
        if run.ended_on is not None:
            days[f"{run.ended_on:%Y-%m-%d}"] += run.successful_records or 0
    if not any(days.values()):
        yield "<p>No records were loaded.</p>"
        return
    most, step = max(days.values()), _WIDTH / len(days)
    yield f'<svg viewBox="0 0 {_WIDTH} {_CHART}" role="img" aria-label="Records loaded per day" font-size="12">'
    for number, (day, count) in enumerate(sorted(days.items())):
        tall = (_CHART - 20) * count / most
        yield (
            f'<rect x="{number * step + 1:.1f}" y="{_CHART - 20 - tall:.1f}" width="{max(step - 2, 1):.1f}" '
            f'height="{tall:.1f}" fill="#1565c0"><title>{day}: {count:,} records</title></rect>'
        )
    yield f'<text x="0" y="{_CHART - 4}">{min(days)}</text>'
    yield f'<text x="{_WIDTH}" y="{_CHART - 4}" text-anchor="end">{max(days)}, at most {most:,} a day</text></svg>'


def _pipelines(history: History) -> Iterator[str]:
    yield '<table><tr><th>Pipeline</th><th class="n">Runs</th><th class="n">Failed</th><th class="n">Records</th><th>Latest run</th></tr>'
    for pipeline_id, runs in history.runs.items():
        failed = sum(1 for run in runs if run.status == "failed")
        loaded = sum(run.successful_records or 0 for run in runs)
        latest = max((run.started_on for run in runs if run.started_on), default=None)
        yield (
            f'<tr><td>{escape(pipeline_id)}</td><td class="n">{len(runs):,}</td><td class="n">{failed:,}</td>'
            f'<td class="n">{loaded:,}</td><td>{f"{latest:%Y-%m-%d %H:%M}" if latest else "none"}</td></tr>'
        )
    yield "</table>"


def _failures(history: History) -> Iterator[str]:
    failed = [run for run in history.every_run() if run.status in ("failed", "stopped")]
    if not failed:
        yield "<p>None.</p>"
        return
    yield "<table><tr><th>Started</th><th>Pipeline</th><th>Run</th><th>Status</th><th>Why</th></tr>"
    for run in sorted(failed, key=lambda run: run.started_on or history.begin, reverse=True):
        why = "; ".join(error.message for error in run.errors) or "no reason is given"
        started = f"{run.started_on:%Y-%m-%d %H:%M}" if run.started_on else "-"
        cells = (started, run.pipeline_id, str(run.id), str(run.status), why)
        yield "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>"
    yield "</table>"


def _short(text: str, longest: int = 30) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
