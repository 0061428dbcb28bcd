"""JSON, YAML and other output whose strings can do nothing to a terminal."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.cli.documents import to_json, to_yaml

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

# An escape sequence, C1 controls, direction marks and a line separator.
HOSTILE = "a\x1b[2J\x7f\x9b31m\u202e\u2066\u200f\u2028\x85z"
TEXTS = st.text(max_size=12) | st.sampled_from(
    [HOSTILE, "SELECT 1\nFROM a", "é → 🙂", "\ud800", "- a: b", ""]
)
DOCUMENTS = st.recursive(
    TEXTS | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(DOCUMENTS)
def test_json_is_printable_and_the_same_document(document: object) -> None:
    """JSON text consists of printable characters and line ends, and reads back."""
    text = to_json(document, indent=2)
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == document


@given(DOCUMENTS)
def test_yaml_is_printable_and_the_same_document(document: object) -> None:
    """YAML text consists of printable characters and line ends, and reads back."""
    text = to_yaml(document)
    assert text.replace("\n", "").isprintable()
    assert yaml.safe_load(text) == document


@pytest.mark.parametrize("form", ["json", "yaml", "csv", "table"])
def test_server_text_is_harmless(form: str, cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """No format of a result contains a control character or direction mark from the server."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    warehouse_sync_emulator.fail_next_run(pipeline_id, message=HOSTILE)
    assert cli("pipelines", "trigger", pipeline_id, "--wait").exit_code == 3
    done = cli("runs", "list", pipeline_id, "-o", form)
    assert done.exit_code == 0
    assert "31m" in done.stdout
    assert done.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
def test_lint_of_hostile_file_names_is_harmless(form: str, offline: "Cli", tmp_path: Path) -> None:
    """No format of `lint` contains a control character or direction mark of a file name."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "a\x1b[2J\u202e.yaml").write_text("nonsense: 1\n", "utf-8")
    done = offline("lint", folder, "--format", form)
    assert done.exit_code == 10, done.output
    assert done.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("command", ["plan", "lint"])
def test_error_about_a_hostile_path_is_harmless(command: str, cli: "Cli", tmp_path: Path) -> None:
    """An error message about a path with control characters contains none of them."""
    folder = tmp_path / "in\x1b[2Jfra"
    folder.mkdir()
    (folder / "all.yaml").write_text("connections: 1\n", "utf-8")
    done = cli(command, folder)
    assert done.exit_code == 10
    assert done.output.replace("\n", "").isprintable()
