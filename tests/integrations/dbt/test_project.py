"""A dbt project as the page shows it: dbt builds it, and the emulator runs its queries on the same DuckDB file."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

if importlib.util.find_spec("dbt") is None:
    pytest.skip("dbt is not installed here: run `make integrations`", allow_module_level=True)

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "dbt.md").read_text(encoding="utf-8")
SCHEMA = re.findall(r"^```yaml\n# models/schema.yml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[0]
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[0].splitlines()
CUSTOMERS = """
select * from (values
  ('1', 'ada@example.com', 'pro', timestamp '2025-12-31 10:00:00'),
  ('2', 'bob@example.com', 'free', timestamp '2025-12-31 11:00:00')
) as t (customer_id, email, plan, updated_at)
"""
PROFILE = "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n"
CONNECTION = """
kind: connection
id: warehouse
name: Warehouse
service_provider: Redshift
config: {database: shop, host: localhost, port: "5439", user: loader, password: env:PASSWORD, aws_iam_role_arn: arn}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A dbt project with the model of the page, and a connection."""
    texts = {
        "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\nmodels: {shop: {+materialized: table}}\n",
        "profiles.yml": PROFILE,
        "models/customers.sql": CUSTOMERS,
        "models/schema.yml": SCHEMA,
        "infra/warehouse.yaml": CONNECTION,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(command: str, folder: Path, *, code: int = 0, settings: dict[str, str] | None = None) -> str:
    """Run a command line of the page, and return what it prints."""
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DO_NOT_TRACK": "1",
        "HOME": str(folder),
        "PASSWORD": "secret",
        **(settings or {}),
    }
    done = subprocess.run(  # noqa: S603 - the commands of the page
        command.split(), cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_page_from_dbt_to_the_records(project: Path) -> None:
    """The commands of the page write files that lint accepts, and the emulator loads every row of the dbt model."""
    for command in COMMANDS:
        found = run(command, project)
    assert found.strip() == "0 error(s), 0 warning(s), 0 note(s)."
    assert (
        json.loads(run("dbt --quiet ls --resource-type exposure --output json", project))["name"]
        == "mparticle_customers"
    )
    with Emulator(warehouse=project / "shop.duckdb") as emulator:
        settings = {
            f"WAREHOUSE_SYNC_{name.upper()}": str(value) for name, value in emulator.client_options().items()
        }
        run("warehouse-sync apply infra --yes", project, settings=settings)
        with Client(**emulator.client_options()) as client:
            result = client.runs.wait(client.pipelines.trigger("customers"))
            records = [run.successful_records or 0 for run in client.runs.list("customers")]
    assert result.status == "success", result.errors
    # The first scheduled run loaded what the model has; later ones found nothing newer.
    assert (max(records), sum(records)) == (2, 2)
    preview = "warehouse-sync preview --warehouse shop.duckdb --file infra/dbt/data_models/customers.sql --dialect redshift --json"
    assert "ada@example.com" in run(preview, project)


def test_check_finds_a_column_that_is_gone(project: Path) -> None:
    """After a column changed its type and another is gone, `--check` fails and names them."""
    for command in COMMANDS:
        run(command, project)
    check = "warehouse-sync from-dbt target/manifest.json -o infra/dbt --check"
    run(check, project)
    (project / "models" / "schema.yml").write_text(re.sub(r" +columns: .*\n", "", SCHEMA), encoding="utf-8")
    (project / "models" / "customers.sql").write_text(
        "select 1 as customer_id, 'ada@example.com' as email, now()::timestamp as updated_at",
        encoding="utf-8",
    )
    run("dbt --quiet build", project)
    run("dbt --quiet docs generate", project)
    found = run(check, project, code=10)
    assert "customers: the column customer_id" in found
    assert "has the type INTEGER, not VARCHAR" in found
    assert 'the column plan of "shop"."main"."customers" is gone' in found
