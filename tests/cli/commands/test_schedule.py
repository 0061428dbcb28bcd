"""`schedule preview`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


def test_preview_shows_local_time(offline: "Cli", tmp_path: Path) -> None:
    """A preview shows UTC and the time of a zone, across a daylight saving change."""
    (tmp_path / "p.yaml").write_text(
        "kind: pipeline\nid: p\nname: P\npipeline_type: user_attributes\nconnection_id: c\ndata_model_id: m\n"
        "state: paused\nsync_mode: {type: full}\nenvironment: development\n"
        "schedule: {type: interval, frequency: daily, start: 2026-01-01T00:30:00Z}\n"
    )
    arguments = ["schedule", "preview", "p", "--files", tmp_path, "--zone", "Europe/Berlin"]
    done = offline(*arguments, "--after", "2026-03-28", "--count", "2", "--json")
    rows = json.loads(done.stdout)
    assert [row["due_utc"] for row in rows] == ["2026-03-28T00:30:00Z", "2026-03-29T00:30:00Z"]
    assert [row["due_local"] for row in rows] == ["2026-03-28T01:30+01:00", "2026-03-29T01:30+01:00"]
    assert "The pipeline is paused" in done.stderr
    assert offline(*arguments, "--zone", "Nowhere").exit_code == 2
    assert offline("schedule", "preview", "q", "--files", tmp_path).exit_code == 6


def test_preview_reads_the_workspace(cli: "Cli", warehouse_sync_emulator: object) -> None:
    """Without files the pipeline is read from the workspace."""
    warehouse_sync_emulator.seed(pipelines=1, runs=0)  # type: ignore[attr-defined]  # the fixture's emulator
    [row] = json.loads(cli("schedule", "preview", "seeded-pipeline-00001", "--json").stdout)
    assert row["due_utc"] == "when triggered"
