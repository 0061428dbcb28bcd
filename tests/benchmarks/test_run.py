"""The benchmarks, run as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PEER = "aiohttp + json.loads"

ONE_SCENARIO = """
import sys
import run
from harness.scenario import Scenario, Subject

run.SCENARIOS = (Scenario("one", "One", "report_poll", (Subject("peer", "stand_in", size=1, warm_up=1),), ()),)
sys.exit(run.main(["--output", sys.argv[1]]))
"""

WRONG_PEER = """
from contextlib import asynccontextmanager

class Client:
    async def report(self, pipeline_id):
        return pipeline_id, 0

@asynccontextmanager
async def connect(base_url):
    yield Client()
"""


def python(*arguments: str, path: Path = BENCHMARKS, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the interpreter in the benchmarks' folder, with another folder of peers or other settings."""
    return subprocess.run(  # noqa: S603 - the benchmarks of this repository
        [sys.executable, *arguments],
        cwd=BENCHMARKS,
        env={**os.environ, "PYTHONPATH": str(path), **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_run_measures_one_round_of_a_peer(tmp_path: Path) -> None:
    """One round of one scenario checks the responses, prints a table and writes figures and a chart."""
    chosen = ("--only", "report-poll", "--subject", PEER)
    done = python("run.py", *chosen, "--rounds", "1", "--quick", "--output", str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "limit of the server" in done.stdout
    written = json.loads((tmp_path / "report-poll.json").read_text())
    assert {"date", "commit"} <= written["machine"].keys()
    (figures,) = written["rounds"][PEER]
    assert figures["cpu_us"] > 0
    assert figures["requests"] == 1600, "eight slices of 200 requests, as counted by the server"
    chart = (tmp_path / "report-poll.svg").read_text()
    assert PEER in "".join(ET.fromstring(chart).itertext())  # noqa: S314 - written by the code under test


def test_waits_of_every_kind_are_counted(tmp_path: Path) -> None:
    """Each kind of trigger waits for its run; sessions of their own open a connection per trigger or per poll."""
    chosen = ("--only", "orchestrator-waits", "--rounds", "1", "--quick", "--output", str(tmp_path))
    done = python("run.py", *chosen, RUN_SECONDS="1", POLL_INTERVAL="0.1")

    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "orchestrator-waits.json").read_text())
    figures = {name: rounds[0] for name, rounds in written["rounds"].items()}
    shared, per_trigger, per_poll, sleep = figures.values()
    assert list(figures) == [
        "warehouse-sync, shared client",
        "aiohttp, session per trigger",
        "aiohttp, session per poll",
        "asyncio.sleep",
    ]
    assert all(each["wall_s"] >= 1 for each in figures.values())
    assert (sleep["requests"], sleep["connections"]) == (0, 0)
    assert (per_trigger["connections"], per_trigger["most_connections"]) == (50, 50)
    assert per_poll["connections"] == per_poll["requests"] >= 50
    assert shared["requests"] >= 50
    assert shared["connections"] <= 51, "one for the token"


def test_run_fails_on_a_wrong_response(tmp_path: Path) -> None:
    """A client that returns something other than the response ends the run with exit status 1 and no figures."""
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "stand_in.py").write_text(WRONG_PEER)

    done = python("-c", ONE_SCENARIO, str(tmp_path / "results"), path=tmp_path)

    assert done.returncode == 1
    assert "WrongResponseError: expected ('customer-events-000000', 49), got" in done.stderr
    assert not (tmp_path / "results").exists()


def test_run_fails_when_a_client_cannot_start(tmp_path: Path) -> None:
    """A missing peer is an error with exit status 1, never a row that is silently skipped."""
    done = python("-c", ONE_SCENARIO, str(tmp_path / "results"))

    assert done.returncode == 1
    assert "No module named 'peers.stand_in'" in done.stderr
    assert "benchmark failed: the client 'peer' ended early" in done.stderr


def test_list_names_every_scenario_file() -> None:
    """Each module of scenarios/ is listed with the name that --only accepts, followed by its variants."""
    listed = [line.split()[0].replace("-", "_") for line in python("run.py", "--list").stdout.splitlines()]
    modules = {path.stem for path in (BENCHMARKS / "scenarios").glob("*.py")}

    assert modules <= set(listed)
    assert len(set(listed)) == len(listed)
    assert all(name.startswith(tuple(modules)) for name in listed)
