"""Write the figures of `results/` into the documentation's page about speed. `make figures` runs it after `make bench`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "speed.md"
START = "<!-- Figures: `make figures` writes the text up to the next comment. -->"
END = "<!-- End of the figures. -->"

# What is measured and what with, the scenario, and its claim.
FASTER = (
    (
        "reports, 64 in flight",
        "aiohttp and `json.loads`, written by hand",
        "report-poll",
        "times aiohttp + json.loads",
    ),
    ("the same on uvloop", "the same", "report-poll-uvloop", "times aiohttp + json.loads"),
    ("the same over TLS", "the same", "report-poll-tls", "times aiohttp + json.loads"),
    ("reports, 64 in flight", "a client of openapi-generator", "report-poll", "times openapi-generator"),
    (
        "reports, 64 in flight",
        "httpx and pydantic, in their fastest setting",
        "report-poll",
        "times httpx + pydantic",
    ),
    ("reports, 64 in flight", "`requests` with 64 threads", "report-poll", "times requests, 64 threads"),
    (
        "pages of 50 runs, 64 in flight",
        "aiohttp and `json.loads`, written by hand",
        "run-page",
        "times aiohttp + json.loads",
    ),
    ("one call after the other with `Client`", "`requests` with a session", "sync-get", "times requests"),
)
OTHER = (
    ("CPU time of a report over that of a raw protocol with the same decoder", "report-poll", "CPU over that of the raw protocol"),
    ("the same on uvloop", "report-poll-uvloop", "CPU over that of the raw protocol"),
    ("CPU time of a page of 50 runs over that of a raw protocol with the same decoder", "run-page", "CPU over that of the raw protocol"),
    ("rate of `reports()` of 100,000 pipelines over that of separate `report()` calls", "bulk-poll", "rate of reports() over that of report()"),
    ("memory that `reports()` of 100,000 pipelines adds", "bulk-poll", "peak memory of 100,000"),
    ("requests of `wait_many()` for 50,000 runs of 5,000 pipelines", "waiters", "requests for 50,000 runs"),
    ("memory that it adds", "waiters", "peak memory of 50,000 runs"),
    ("100,000 runs listed from a server 50 ms away", "paging", "seconds with prefetch=64"),
    ("memory of a run that is kept", "held-runs", "resident bytes per run"),
    ("rate of the emulator over that of a bare aiohttp handler", "emulator-report", "rate over that of a bare handler"),
    ("start of `warehouse-sync status` for 50 pipelines over `import aiohttp`", "starts", "status of 50 pipelines over import aiohttp"),
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` return 1 if it differs from the results."""
    page = PAGE.read_text(encoding="utf-8")
    written = with_figures(page, RESULTS)
    if "--check" in arguments:
        if written != page:
            print(f"{PAGE.name} differs from the results: run make figures", file=sys.stderr)
        return int(written != page)
    PAGE.write_text(written, encoding="utf-8")
    return 0


def with_figures(page: str, results: Path) -> str:
    """Return the page with the figures of the results."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{figures(results)}\n\n{END}{after}"


def figures(results: Path) -> str:
    """Return both tables. They have no row for what was not measured."""
    faster = [(*row[:2], _figure(results, *row[2:])) for row in FASTER]
    other = [(row[0], _figure(results, *row[1:])) for row in OTHER]
    return "\n".join(
        [
            *_conditions(results),
            *_table(("measured", "compared with", "times faster"), faster),
            "",
            *_table(("measured", "figure"), other),
        ]
    )


def _conditions(results: Path) -> list[str]:
    """Return a sentence about the run that measured reports."""
    machine = _read(results, "report-poll").get("machine", {})
    if "commit" not in machine:
        return []
    versions = f"Python {machine['python']} and aiohttp {machine['libraries']['aiohttp']}"
    measured = f"Measured on {machine['date']} at commit `{machine['commit']}`"
    return [f"{measured}, with {versions} on {machine['cores']} cores.", ""]


def _table(heads: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> list[str]:
    lines = (heads, ("---",) * len(heads), *(row for row in rows if row[-1] is not None))
    return [f"| {' | '.join(map(str, line))} |" for line in lines]


def _figure(results: Path, scenario: str, claim: str) -> str | None:
    """Return the median of a claim as text, or `None` if it was not measured."""
    for each in _read(results, scenario).get("claims", ()):
        if each["text"] == claim:
            unit = "" if each["unit"] == "x" else each["unit"]
            return _text(each["spread"]["median"]) + unit
    return None


def _text(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004 - three digits are enough


def _read(results: Path, scenario: str) -> dict[str, Any]:
    path = results / f"{scenario}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return document


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
