"""The `list` and `get` commands of `connections`, `models` and `pipelines`."""

import csv
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


PIPELINE = "seeded-pipeline-00001"


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        ("connections", ["seeded-connection"]),
        ("models", ["seeded-data-model"]),
        ("pipelines", [PIPELINE, "seeded-pipeline-00002"]),
    ],
)
def test_list_prints_every_format(command: str, ids: list[str], cli: "Cli", seeded: "Emulator") -> None:
    """Each list prints the same ids as plain text, JSON, YAML and CSV."""
    plain = cli(command, "list")
    assert (plain.exit_code, plain.stderr) == (0, "")
    assert [line.split()[0] for line in plain.stdout.splitlines()] == ["ID", *ids]
    assert [each["id"] for each in json.loads(cli(command, "list", "--json").stdout)] == ids
    assert [row["id"] for row in csv.DictReader(cli(command, "list", "-o", "csv").stdout.splitlines())] == ids
    assert [
        line for line in cli(command, "list", "-o", "yaml").stdout.splitlines() if line.startswith("- ")
    ] == [f"- id: {each}" for each in ids]


def test_list_of_connections_is_filtered(cli: "Cli", seeded: "Emulator") -> None:
    """`--provider` lists only connections of that provider."""
    assert json.loads(cli("connections", "list", "--provider", "Snowflake", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("connections", "get", "seeded-connection"),
            {"config": {"provider": "seeded-organization", "schema": "seeded_schema"}},
        ),
        (("models", "get", "seeded-data-model"), {"id": "seeded-data-model"}),
        (("pipelines", "get", PIPELINE), {"schedule": {"type": "on_demand"}}),
    ],
)
def test_get_prints_the_whole_resource(
    arguments: tuple[str, ...], expected: dict[str, object], cli: "Cli", seeded: "Emulator"
) -> None:
    """`get` prints every field, as a document or as a list of fields."""
    shown = json.loads(cli(*arguments, "--json").stdout)
    assert {name: shown[name] for name in expected} == expected
    fields = dict(line.split(None, 1) for line in cli(*arguments).stdout.splitlines() if " " in line)
    assert fields["id"].strip() == arguments[2]


def test_get_of_an_unknown_id_exits_with_6(cli: "Cli", seeded: "Emulator") -> None:
    """An unknown id exits with 6, one line on stderr and nothing on stdout."""
    done = cli("pipelines", "get", "nowhere")
    assert (done.exit_code, done.stdout) == (6, "")
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr
    assert "Check the id" in done.stderr
