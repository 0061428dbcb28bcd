"""`export`: one file per resource, filters, and files that always plan empty."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from warehouse_sync import AsyncClient, ConnectionSpec, DatabricksConfig, DataModelSpec

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


def create(emulator: "Emulator", *specs: Any) -> None:
    """Create data models and connections."""

    async def run() -> None:
        async with AsyncClient(**emulator.client_options()) as client:
            for spec in specs:
                resource = client.data_models if isinstance(spec, DataModelSpec) else client.connections
                await resource.create(spec)

    asyncio.run(run())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder to write to."""
    return tmp_path / "infra"


def files_of(folder: Path) -> list[str]:
    """Return the written files."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_export_writes_a_file_per_resource(cli: "Cli", seeded: "Emulator", folder: Path) -> None:
    """Each resource has a file with the schema line, and each query a `.sql` file."""
    assert cli("export", folder).exit_code == 0
    names = files_of(folder)
    assert [name for name in names if name.startswith("pipelines/")] == [
        "pipelines/seeded-pipeline-00001.yaml",
        "pipelines/seeded-pipeline-00002.yaml",
    ]
    assert "warehouse-sync.schema.json" in names
    [model] = [name for name in names if name.startswith("data_models/") and name.endswith(".yaml")]
    text = (folder / model).read_text()
    assert text.startswith(
        "# yaml-language-server: $schema=../warehouse-sync.schema.json\nkind: data_model\n"
    )
    assert f"sql_file: {Path(model).stem}.sql" in text
    assert "No changes" in cli("plan", folder).stdout


def test_export_can_be_filtered(cli: "Cli", seeded: "Emulator", folder: Path) -> None:
    """`--kind` and `--id` choose resources."""
    assert cli("export", folder, "--kind", "pipeline", "--id", "seeded-pipeline-00002").exit_code == 0
    assert [name for name in files_of(folder) if name.endswith((".yaml", ".sql"))] == [
        "pipelines/seeded-pipeline-00002.yaml"
    ]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1\n",
        "SELECT 1\n\n",
        "SELECT 1\r\nFROM t",
        "SELECT '\r' AS a",
        "SELECT '${var.x}', '$${var.x}'",
        "  SELECT 1\t",
        "SELECT 'é → 🙂'",
    ],
)
def test_any_query_plans_empty(
    query: str, cli: "Cli", warehouse_sync_emulator: "Emulator", folder: Path
) -> None:
    """A query is the same after export, whatever its line ends, blanks and characters are."""
    create(warehouse_sync_emulator, DataModelSpec(id="m", name="M ${var.y}", sql_query=query))
    assert cli("export", folder).exit_code == 0
    done = cli("plan", folder)
    assert "No changes" in done.stdout, done.output


def test_ids_that_differ_in_case_have_their_own_files(
    cli: "Cli", warehouse_sync_emulator: "Emulator", folder: Path
) -> None:
    """On a file system that ignores case, no file replaces another."""
    create(
        warehouse_sync_emulator,
        *(DataModelSpec(id=each, name="M", sql_query="SELECT 1") for each in ("m", "M")),
    )
    assert cli("export", folder).exit_code == 0
    assert len({name.lower() for name in files_of(folder)}) == 5
    assert "No changes: 2" in cli("plan", folder).stdout


def test_value_like_a_reference_is_skipped_and_said(
    cli: "Cli", warehouse_sync_emulator: "Emulator", folder: Path
) -> None:
    """A field that is not a secret and has the text `env:NAME` cannot be declared; the export says so."""
    config = DatabricksConfig(provider="env:NAME", schema="s")
    create(warehouse_sync_emulator, ConnectionSpec(id="c", name="C", config=config))
    done = cli("export", folder)
    assert done.exit_code == 0
    assert "connection c: skipped, because config.provider has the form of a reference" in done.stderr
    assert files_of(folder) == []
