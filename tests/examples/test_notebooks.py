"""Every notebook of `examples/notebooks` runs from the first cell to the last, without a display."""

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from warehouse_sync.emulator import Emulator

NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"
# The number of charts, and words that the output of a notebook has.
EXPECTED = {
    "explore_history": (4, ("seeded-pipeline-00002", "The warehouse cancelled the query.")),
    "plan_migration": (
        3,
        ("no equivalent for config.storage_integration", "WS309", "data_model 8"),
    ),
}


@pytest.fixture(autouse=True)
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """An emulator with a history, named by the environment, and the command on the path."""
    for name in ("IPYTHONDIR", "MPLCONFIGDIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with Emulator() as emulator:
        emulator.seed(pipelines=3, runs=100, failed_every=9)
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        yield emulator


def test_each_notebook_is_tested() -> None:
    """A new notebook has its expected output here, and no notebook stores outputs."""
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {*EXPECTED}
    for name in EXPECTED:
        cells = read(name).cells
        assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def read(name: str) -> Any:
    """Return a notebook."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]  # it has no types


@pytest.mark.parametrize("name", EXPECTED)
def test_notebook_runs(name: str, tmp_path: Path) -> None:
    """Each cell runs, and the charts and tables are there."""
    folder = tmp_path / "notebook"
    folder.mkdir()
    book = read(name)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    data = [output.get("data", {}) for cell in book.cells for output in cell.get("outputs", [])]
    charts, words = EXPECTED[name]
    assert sum("image/png" in each for each in data) == charts
    text = " ".join(" ".join(each.get("text/plain", "") for each in data).split())
    assert [each for each in words if each not in text] == []
