"""The page about observability: its examples, and the names of metrics there, in the alert rules and in the dashboard."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from tests.test_readme import read_blocks
from warehouse_sync import AsyncClient
from warehouse_sync.emulator import Emulator
from warehouse_sync.observability.exporter import Exporter
from warehouse_sync.observability.prometheus import PrometheusListener

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
PAGE = "docs/observability.md"
BLOCKS = read_blocks(PAGE)
EXPECTED = ['"name": "pipelines.report"', 'operation_duration_seconds_count{operation="pipelines.report"}']


@pytest.mark.parametrize(("block", "expected"), [*zip(BLOCKS, EXPECTED, strict=True)])
def test_example_prints_what_it_records(
    block: str, expected: str, warehouse_sync_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example runs as it stands. In a process of its own, because it instruments all clients."""
    warehouse_sync_emulator.seed(pipelines=1, runs=1)
    for name, value in warehouse_sync_emulator.client_options().items():
        monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-W", "error", "-c", block], capture_output=True, text=True, check=True
    )
    assert expected in done.stdout


async def exported_labels() -> dict[str, set[str]]:
    """Return the labels of each metric of the exporter and of a listener."""
    registry = CollectorRegistry()
    async with Emulator() as emulator:
        options = emulator.client_options()
        async with AsyncClient(**options, listeners=[PrometheusListener(registry)]) as client:
            registry.register(Exporter([client], every=60))
            return {
                metric.name + ("_total" if metric.type == "counter" else ""): {
                    label for sample in metric.samples for label in sample.labels
                }
                for metric in registry.collect()
            }


def names_in(text: str) -> set[str]:
    """Return the metrics that a text names, without the suffixes of histograms."""
    names = re.findall(
        r"warehouse_sync_(?:operation|request|re|tokens|runs?|pipeline|workspace|exporter)[a-z_]*[a-z]", text
    )
    return {re.sub(r"(_seconds)_(count|bucket|sum)$", r"\1", name) for name in names}


def expressions(dashboard: Any) -> list[str]:
    """Return the queries of the panels."""
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


async def test_page_lists_each_metric() -> None:
    """Each metric is in a table of the page, or its name without the prefix it shares with the one before."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    short = {f"warehouse_sync_pipeline_{name}" for name in re.findall(r"`…_([a-z_]+)`", text)}
    assert names_in(text) | short == set(await exported_labels())


@pytest.mark.parametrize("name", ["alerts.yml", "alerts.test.yml", "grafana-dashboard.json"])
async def test_files_use_metrics_that_exist(name: str) -> None:
    """Rules, their tests and the dashboard name no other metric."""
    used = names_in((MONITORING / name).read_text(encoding="utf-8"))
    assert used - set(await exported_labels()) == set()
    assert len(used) > 5


def test_rules_are_tested() -> None:
    """Each alert has a test in which it fires, a severity and a summary."""
    tests = (MONITORING / "alerts.test.yml").read_text(encoding="utf-8")
    [group] = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert f'alertname="{rule["alert"]}"' in tests
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")


def test_dashboard_can_be_imported() -> None:
    """Ids are unique, panels do not overlap, and each query uses the selected data source."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text(encoding="utf-8"))
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for grid in [panel["gridPos"]]
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels:
        assert panel["datasource"] == source
        assert [target["datasource"] for target in panel["targets"]] == [source] * len(panel["targets"])
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {name for text in expressions(dashboard) for name in re.findall(r"\$([a-z]+)", text)}
    assert used <= variables
