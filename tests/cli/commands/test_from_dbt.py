"""`from-dbt` declares pipelines from the models of a dbt project."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from warehouse_sync.declarative import lint_files

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SETTINGS: dict[str, Any] = {
    "connection_id": "warehouse",
    "environment": "development",
    "sync_mode": {"type": "full"},
    "schedule": {"type": "on_demand"},
}


class Project:
    """The files that dbt writes for a project with the model `customers`."""

    def __init__(self, folder: Path) -> None:
        self.manifest, self.catalog = folder / "manifest.json", folder / "catalog.json"
        self.out = folder / "infra"
        self.metadata = {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "adapter_type": "snowflake",
            "project_name": "shop",
        }
        self.node: dict[str, Any] = {
            "name": "customers",
            "resource_type": "model",
            "package_name": "shop",
            "relation_name": "PROD.crm.customers",
            "columns": {"email": {"name": "email", "data_type": None, "quote": None}},
            "meta": {"warehouse_sync": SETTINGS},
            "config": {"meta": {}},
        }
        self.columns: dict[str, str] | None = {"CUSTOMER_ID": "NUMBER", "EMAIL": "TEXT"}
        self.nodes = {"model.shop.customers": self.node}

    def write(self) -> Path:
        """Write the manifest and the catalog, and return the manifest."""
        self.manifest.write_text(json.dumps({"metadata": self.metadata, "nodes": self.nodes}))
        self.catalog.unlink(missing_ok=True)
        if self.columns is not None:
            columns = {
                name: {"name": name, "type": type_, "index": index}
                for index, (name, type_) in enumerate(self.columns.items())
            }
            self.catalog.write_text(json.dumps({"nodes": {"model.shop.customers": {"columns": columns}}}))
        return self.manifest

    def settings(self, **changes: Any) -> None:
        """Change the settings of the model."""
        self.node["meta"] = {"warehouse_sync": {**SETTINGS, **changes}}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that is not written yet."""
    return Project(tmp_path)


def convert(cli: "Cli", project: Project, *options: object) -> Any:
    """Write the project, and run the command."""
    return cli("from-dbt", project.write(), "-o", project.out, *options)


def query(project: Project, name: str = "customers") -> str:
    """Return the query of a data model."""
    return (project.out / "data_models" / f"{name}.sql").read_text()


def test_model_becomes_a_data_model_and_a_pipeline(offline: "Cli", project: Project) -> None:
    """The files declare the columns of the catalog, and the settings of the model."""
    assert convert(offline, project).exit_code == 0
    assert query(project) == "SELECT\n  CUSTOMER_ID,\n  EMAIL\nFROM PROD.crm.customers\n"
    pipeline = yaml.safe_load((project.out / "pipelines" / "customers.yaml").read_text())
    assert pipeline == {
        "kind": "pipeline",
        "id": "customers",
        "name": "Customers",
        "pipeline_type": "user_attributes",
        "data_model_id": "customers",
        **SETTINGS,
    }
    found = lint_files(project.out, now=datetime(2026, 6, 1, tzinfo=UTC))
    assert [each.rule.code for each in found] == ["WS101"]  # the connection is declared elsewhere


@pytest.mark.parametrize(
    ("adapter", "columns", "expected"),
    [
        (
            "snowflake",
            {"EMAIL": "TEXT", "mixedCase": "TEXT", "ORDER": "TEXT", "a b": "TEXT"},
            'EMAIL, "mixedCase", "ORDER", "a b"',
        ),
        ("redshift", {"email": "text", "Upper": "text"}, 'email, "Upper"'),
        (
            "bigquery",
            {"email": "STRING", "mixedCase": "STRING", "order": "STRING"},
            "email, mixedCase, `order`",
        ),
        ("databricks", {"email": "string", "a-b": "string"}, "email, `a-b`"),
        ("unknown", {"email": "string", "a-b": "string"}, 'email, "a-b"'),
    ],
)
def test_names_are_quoted_where_the_warehouse_needs_it(
    adapter: str, columns: dict[str, str], expected: str, offline: "Cli", project: Project
) -> None:
    """Reserved words, other characters, and the case that the warehouse would change are quoted."""
    project.metadata["adapter_type"] = adapter
    project.columns = columns
    assert convert(offline, project).exit_code == 0
    assert ", ".join(line.strip(" ,") for line in query(project).splitlines()[1:-1]) == expected


def test_columns_come_from_the_project_without_a_catalog(offline: "Cli", project: Project) -> None:
    """Without a catalog, the documented columns are loaded; a list in the settings chooses columns."""
    project.columns = None
    project.node["columns"]["Odd"] = {"name": "Odd", "quote": True}
    assert convert(offline, project).exit_code == 0
    assert query(project) == 'SELECT\n  email,\n  "Odd"\nFROM PROD.crm.customers\n'
    project.settings(columns=["email", "undocumented"])
    assert convert(offline, project).exit_code == 0
    assert query(project) == "SELECT\n  email,\n  undocumented\nFROM PROD.crm.customers\n"


@pytest.mark.parametrize(("adapter", "name"), [("databricks", "`order`"), ("snowflake", "order")])
def test_reserved_words_without_a_catalog(adapter: str, name: str, offline: "Cli", project: Project) -> None:
    """Without a catalog, a reserved word is quoted if quotes do not fix the case of the name."""
    project.metadata["adapter_type"] = adapter
    project.columns = None
    project.settings(columns=["order"])
    assert convert(offline, project).exit_code == 0
    assert query(project).splitlines()[1] == f"  {name}"


def test_several_pipelines_of_one_model(offline: "Cli", project: Project) -> None:
    """A list declares several pipelines; `config.meta` is used before `meta`."""
    project.node["config"]["meta"] = {
        "warehouse_sync": [
            {**SETTINGS, "id": "one"},
            {**SETTINGS, "id": "two", "name": "Second", "columns": ["email"]},
        ]
    }
    assert convert(offline, project).exit_code == 0
    assert query(project, "one").count(",") == 1
    assert query(project, "two") == "SELECT\n  EMAIL\nFROM PROD.crm.customers\n"
    assert "name: Second" in (project.out / "pipelines" / "two.yaml").read_text()


def test_exposures_name_the_models(offline: "Cli", project: Project, tmp_path: Path) -> None:
    """An exposure refers to its model, also of another package and with a version; a foreign file is kept."""
    file = tmp_path / "models" / "mparticle.yml"
    project.node |= {"package_name": "crm", "version": 2}
    project.settings(owner={"email": "data@example.com"})
    assert convert(offline, project, "--exposures", file).exit_code == 0
    [exposure] = yaml.safe_load(file.read_text())["exposures"]
    assert exposure["depends_on"] == ["ref('crm', 'customers', v=2)"]
    assert exposure["owner"] == {"email": "data@example.com"}
    assert convert(offline, project, "--exposures", file).exit_code == 0
    file.write_text("version: 2\n")
    refused = convert(offline, project, "--exposures", file)
    assert f"{file} exists: use --force" in refused.stderr
    assert file.read_text() == "version: 2\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": {"type": "never"}}, "meta.warehouse_sync.schedule.type: must be one of"),
        (
            {"conection_id": "x"},
            "meta.warehouse_sync.conection_id: is not a known field; did you mean connection_id?",
        ),
        ({"environment": None}, "meta.warehouse_sync.environment: is required"),
        (
            {"columns": ["email", "phone"]},
            "meta.warehouse_sync.columns: phone is not a column of PROD.crm.customers",
        ),
        ({"columns": "email"}, "meta.warehouse_sync.columns: must be a list of names"),
        ({"owner": "me"}, "meta.warehouse_sync.owner: must have a name"),
        ({"id": "a b"}, "meta.warehouse_sync.id: "),
        ({"id": 7}, "meta.warehouse_sync.id: must be a string"),
    ],
)
def test_invalid_settings_are_reported(
    change: dict[str, Any], message: str, offline: "Cli", project: Project
) -> None:
    """Each problem names the model and the field; nothing is written."""
    project.settings(**change)
    done = convert(offline, project)
    assert done.exit_code == 10
    assert f"manifest.json:1:1: model.shop.customers: {message}" in done.stderr
    assert not project.out.exists()


def test_nodes_without_settings_are_ignored(offline: "Cli", project: Project) -> None:
    """Settings may be null in any node, and nodes of other types have none."""
    project.node["config"] = {"meta": None}
    project.nodes["test.shop.unique"] = {"resource_type": "test", "config": {"meta": None}, "meta": SETTINGS}
    project.nodes["operation.shop.hook"] = {"resource_type": "operation", "config": None, "meta": None}
    project.nodes["model.shop.orders"] = {**project.node, "name": "orders", "config": None, "meta": None}
    assert convert(offline, project).exit_code == 0
    assert [file.stem for file in (project.out / "pipelines").iterdir()] == ["customers"]


def test_models_that_cannot_be_loaded_are_reported(offline: "Cli", project: Project) -> None:
    """An ephemeral model, one without columns, settings of another type, and two equal ids are problems."""
    project.nodes["model.shop.other"] = {**project.node, "name": "other", "relation_name": None}
    project.nodes["model.shop.list"] = {**project.node, "meta": {"warehouse_sync": ["x"]}}
    project.nodes["model.shop.broken"] = {"meta": {"warehouse_sync": SETTINGS}}
    done = convert(offline, project)
    assert done.exit_code == 10
    assert "model.shop.other: has meta.warehouse_sync but no relation" in done.stderr
    assert "model.shop.list: meta.warehouse_sync must be a mapping" in done.stderr
    assert "model.shop.broken: is not what dbt writes" in done.stderr
    project.nodes = {
        "model.shop.customers": project.node,
        "model.crm.customers": {**project.node, "columns": {}},
    }
    done = convert(offline, project)
    assert "model.crm.customers: has no columns: run dbt docs generate" in done.stderr
    project.nodes["model.crm.customers"] = dict(project.node)
    assert "has the id customers of model.crm.customers: set another id" in convert(offline, project).stderr


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": []}', "[" * 100_000])
def test_other_file_is_refused(text: str, offline: "Cli", project: Project) -> None:
    """A file that is no manifest is one error."""
    project.manifest.write_text(text)
    done = offline("from-dbt", project.manifest, "-o", project.out)
    assert done.exit_code == 10
    assert "manifest.json:1:1: " in done.stderr


def test_other_version_is_tried_with_a_warning(offline: "Cli", project: Project) -> None:
    """A manifest of another version is used, and the warning names the version; without models that is noted."""
    project.metadata["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v13.json"
    project.node["meta"] = {}
    done = convert(offline, project)
    assert done.exit_code == 0
    assert "has version v13, not v12" in done.stderr
    assert "has no model with meta.warehouse_sync" in done.stderr


def test_foreign_file_is_kept(offline: "Cli", project: Project) -> None:
    """Only files that the command wrote are overwritten without `--force`; nothing is written otherwise."""
    (project.out / "pipelines").mkdir(parents=True)
    mine = project.out / "pipelines" / "customers.yaml"
    mine.write_text("mine")
    assert f"{mine} exists: use --force" in convert(offline, project).stderr
    assert mine.read_text() == "mine"
    assert not (project.out / "data_models").exists()
    assert convert(offline, project, "--force").exit_code == 0
    project.settings(environment="production")
    assert convert(offline, project).exit_code == 0
    assert "environment: production" in mine.read_text()


def test_file_of_a_model_that_is_gone_is_named(offline: "Cli", project: Project) -> None:
    """Its files are kept and named each time, until they are removed."""
    assert convert(offline, project).exit_code == 0
    project.settings(id="people")
    for _ in range(2):
        assert (
            "customers.sql was written from a model that is gone. Remove it."
            in convert(offline, project).stderr
        )
    for file in project.out.rglob("customers.*"):
        file.unlink()
    assert "gone" not in convert(offline, project).stderr


def test_check_reports_columns_and_settings_that_changed(offline: "Cli", project: Project) -> None:
    """`--check` writes nothing, and exits with 10 for what breaks a pipeline; a new column is a note."""
    assert convert(offline, project, "--check").exit_code == 10
    assert not project.out.exists()
    assert convert(offline, project).exit_code == 0
    assert convert(offline, project, "--check").stdout == ""
    project.columns = {"EMAIL": "text", "customer_id": "NUMBER", "PLAN": "TEXT"}
    done = convert(offline, project, "--check")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "customers: new columns: PLAN" in done.stderr
    project.columns = {"CUSTOMER_ID": "TEXT"}
    done = convert(offline, project, "--check")
    assert done.exit_code == 10
    assert done.stdout.splitlines() == [
        "customers: the column CUSTOMER_ID of PROD.crm.customers has the type TEXT, not NUMBER",
        "customers: the column EMAIL of PROD.crm.customers is gone",
    ]
    project.columns = {"CUSTOMER_ID": "NUMBER", "EMAIL": "TEXT"}
    project.settings(environment="production")
    assert (
        convert(offline, project, "--check").stdout
        == f"{project.out}/pipelines/customers.yaml is not up to date: run from-dbt\n"
    )
    project.settings(id="people")
    assert "customers: the dbt model is gone" in convert(offline, project, "--check").stdout


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"files": [1], "columns": {}}', '{"files": [], "columns": {"a": 1}}']
)
def test_damaged_lock_file_is_reported(text: str, offline: "Cli", project: Project) -> None:
    """A damaged lock file is an error that says what to do."""
    project.out.mkdir()
    (project.out / "dbt-columns.lock").write_text(text)
    done = convert(offline, project)
    assert done.exit_code == 10
    assert "dbt-columns.lock:1:1: is damaged: restore it" in done.stderr


def test_results_are_json(offline: "Cli", project: Project) -> None:
    """With `--json` the result is one document."""
    written = json.loads(convert(offline, project, "--json").stdout)
    assert written["files"][-1] == str(project.out / "dbt-columns.lock")
    project.columns = {"EMAIL": "TEXT", "PLAN": "TEXT"}
    compared = json.loads(convert(offline, project, "--check", "--json").stdout)
    assert [len(compared["problems"]), len(compared["notes"])] == [1, 1]
