"""The figures of the documentation are those of the last benchmark."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

UNKNOWN_CLAIMS = """
import figures
import run

claims = {(scenario.name, claim.text) for scenario in run.SCENARIOS for claim in scenario.claims}
print([row[-2:] for row in (*figures.FASTER, *figures.OTHER) if row[-2:] not in claims])
"""

FIGURES_OF_FOLDER = """
import sys
from pathlib import Path
import figures

print(figures.figures(Path(sys.argv[1])))
"""


def python(*arguments: str) -> str:
    """Return the output of the interpreter in the benchmarks' folder."""
    done = subprocess.run(  # noqa: S603 - the benchmarks of this repository
        [sys.executable, *arguments],
        cwd=BENCHMARKS,
        env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_speed_page_has_the_figures_of_the_results() -> None:
    """The page is what `make figures` writes."""
    python("figures.py", "--check")


def test_every_figure_is_a_claim_of_a_scenario() -> None:
    """A renamed scenario or claim must not remove its row from the page."""
    assert python("-c", UNKNOWN_CLAIMS) == "[]\n"


def test_figures_are_the_medians_of_the_claims(tmp_path: Path) -> None:
    """A claim that was measured has a row with its median and unit, and the page says when and on what."""
    machine = {"date": "2026-01-02", "commit": "abc", "python": "3.11", "cores": 2, "libraries": {"aiohttp": "3.14.5"}}  # fmt: skip
    claims = [
        {"text": "times aiohttp + json.loads", "spread": {"median": 4.3456}, "unit": "x"},
        {"text": "CPU over that of the raw protocol", "spread": {"median": 2.1}, "unit": "x"},
    ]
    (tmp_path / "report-poll.json").write_text(json.dumps({"machine": machine, "claims": claims}))
    claims = [{"text": "requests for 50,000 runs", "spread": {"median": 15000.0}, "unit": ""}]
    (tmp_path / "waiters.json").write_text(json.dumps({"machine": machine, "claims": claims}))

    assert python("-c", FIGURES_OF_FOLDER, str(tmp_path)).splitlines() == [
        "Measured on 2026-01-02 at commit `abc`, with Python 3.11 and aiohttp 3.14.5 on 2 cores.",
        "",
        "| measured | compared with | times faster |",
        "| --- | --- | --- |",
        "| reports, 64 in flight | aiohttp and `json.loads`, written by hand | 4.35 |",
        "",
        "| measured | figure |",
        "| --- | --- |",
        "| CPU time of a report over that of a raw protocol with the same decoder | 2.10 |",
        "| requests of `wait_many()` for 50,000 runs of 5,000 pipelines | 15,000 |",
    ]
