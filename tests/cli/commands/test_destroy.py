"""`destroy` for resources that the files declare but do not manage."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MODEL = "data_models: [{id: orders, name: Orders, sql_query: SELECT 1}]\n"


@pytest.fixture
def folder(cli: "Cli", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that was applied with another home, as in a CI job."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "model.yaml").write_text(MODEL)
    assert cli("apply", tmp_path / "infra", "--yes").exit_code == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "fresh"))
    return tmp_path / "infra"


def models(cli: "Cli") -> list[str]:
    """Return the ids of the data models."""
    return [each["id"] for each in json.loads(cli("models", "list", "--json").stdout)]


def test_unmanaged_resource_is_kept(cli: "Cli", folder: Path) -> None:
    """From a fresh home, `destroy` deletes nothing and names what it keeps."""
    done = cli("destroy", folder, "--confirm", "5328")
    assert done.exit_code == 0
    assert "so not deleted: data model orders. --unmanaged deletes them." in done.stdout
    assert "No changes" in done.stdout
    assert models(cli) == ["orders"]


def test_unmanaged_option_deletes_declared_resources(cli: "Cli", folder: Path) -> None:
    """With `--unmanaged`, declared resources are deleted after the confirmation."""
    assert cli("destroy", folder, "--unmanaged").exit_code == 16
    assert models(cli) == ["orders"]
    assert cli("destroy", folder, "--unmanaged", "--confirm", "5328").exit_code == 0
    assert models(cli) == []
