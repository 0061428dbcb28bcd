"""Fixtures that run the command line in this process."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from warehouse_sync.cli.main import root

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_sync.emulator import Emulator

Cli = Callable[..., Result]


@pytest.fixture
def home(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> "Path":
    """An empty home directory with empty config, state and cache folders, and no settings in the environment."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    monkeypatch.setenv("HOME", str(folder))
    for name in (
        "WORKSPACE_ID",
        "ACCOUNT_ID",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "API_URL",
        "TOKEN_URL",
        "CA_FILE",
        "PROFILE",
        "CONFIG",
    ):
        monkeypatch.delenv(f"WAREHOUSE_SYNC_{name}", raising=False)
    return folder


@pytest.fixture
def offline(home: "Path") -> Cli:
    """Run the command line without any settings."""

    def invoke(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(
            root, [str(each) for each in arguments], input=stdin, prog_name="warehouse-sync"
        )

    return invoke


@pytest.fixture
def cli(offline: Cli, warehouse_sync_emulator: "Emulator", monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run the command line with the settings of an emulator in the environment."""
    for name, value in warehouse_sync_emulator.client_options().items():
        monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
    return offline


@pytest.fixture
def seeded(warehouse_sync_emulator: "Emulator") -> "Emulator":
    """An emulator with two pipelines of five runs each, of which the second newest failed."""
    warehouse_sync_emulator.seed(pipelines=2, runs=5, failed_every=2)
    return warehouse_sync_emulator
