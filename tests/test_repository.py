"""The files that GitHub and other tools read: each matches its schema, and what they repeat agrees with the project."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.conftest import RUN_ORDERS

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HOME = "https://github.com/warehouse-sync/warehouse-sync"
SCHEMAS = {
    "github-workflows": sorted(GITHUB.glob("workflows/*.yml")),
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "github-issue-forms": [
        path for path in sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) if path.stem != "config"
    ],
}


def check_schema(schema: str, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Check files against a schema that check-jsonschema brings along."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        *map(str, files),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own files


@pytest.mark.parametrize("schema", SCHEMAS)
def test_file_matches_its_schema(schema: str) -> None:
    """GitHub accepts the workflows, the issue forms and the settings of dependabot."""
    assert SCHEMAS[schema]
    done = check_schema(schema, *SCHEMAS[schema])
    assert done.returncode == 0, done.stdout + done.stderr


def test_wrong_workflow_is_found(tmp_path: Path) -> None:
    """The check reports a workflow with a key that does not exist."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((GITHUB / "workflows" / "test.yml").read_text("utf-8").replace("runs-on:", "runs_on:"))
    assert check_schema("github-workflows", wrong).returncode != 0


def test_workflow_tests_each_supported_python() -> None:
    """The matrix has the versions that the classifiers name, and runs `make test` and `make package`."""
    job = yaml.safe_load((GITHUB / "workflows" / "test.yml").read_text("utf-8"))["jobs"]["test"]
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert job["strategy"]["matrix"]["python"] == classified
    assert {"make test", "make package"} <= {step.get("run") for step in job["steps"]}


def test_workflow_runs_each_order_of_runs() -> None:
    """The tests of the SDK run with the order of `make test` and, in parallel, with each other one."""
    jobs = yaml.safe_load((GITHUB / "workflows" / "test.yml").read_text("utf-8"))["jobs"]
    assert ["newest", *jobs["orders"]["strategy"]["matrix"]["order"]] == list(RUN_ORDERS)
    assert "make orders ORDER=${{ matrix.order }}" in [step.get("run") for step in jobs["orders"]["steps"]]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [paths] = re.findall(r"^EMULATOR_TESTS := (.*)$", makefile, re.MULTILINE)
    assert [path for path in paths.split() if not (ROOT / path).exists()] == []


def test_release_stores_no_token() -> None:
    """The upload uses trusted publishing: an identity token in one job, and no secret anywhere."""
    text = (GITHUB / "workflows" / "release.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job.get("permissions", {})] == ["publish"]
    assert "secrets." not in text
    assert {"make test", "make package"} <= {step.get("run") for step in jobs["build"]["steps"]}


def test_release_lists_its_components() -> None:
    """A list of the installed components is built from the wheel, and attached by the one job that may write."""
    jobs = yaml.safe_load((GITHUB / "workflows" / "release.yml").read_text("utf-8"))["jobs"]
    commands = "\n".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert "dist/*.whl)[all]" in commands
    assert "cyclonedx-py environment" in commands
    assert "twine check --strict" in commands
    assert [name for name, job in jobs.items() if "contents" in job.get("permissions", {})] == ["attach"]
    assert "sbom.cdx.json" in jobs["attach"]["steps"][-1]["run"]


def test_site_is_published_where_its_pages_say() -> None:
    """The workflow publishes what `make docs` builds; its address is that of the package index."""
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    steps = yaml.safe_load((GITHUB / "workflows" / "docs.yml").read_text("utf-8"))["jobs"]["build"]["steps"]
    assert "make docs" in [step.get("run") for step in steps]
    assert steps[-1]["with"]["path"] == config["site_dir"]
    assert PROJECT["urls"]["Documentation"] == config["site_url"]


def test_hooks_run_commands_that_exist() -> None:
    """Each pre-commit hook runs a program of the development environment."""
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    programs = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert {Path(program).parent for program in programs} == {Path(".venv/bin")}
    assert [name for name in programs if not (Path(sys.executable).parent / Path(name).name).exists()] == []


def test_project_has_one_home() -> None:
    """Every address of the repository is the one in `pyproject.toml`."""
    assert PROJECT["urls"]["Source"] == HOME
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *GITHUB.rglob("*.*")]
    found = {
        url
        for page in pages
        for url in re.findall(r"https://github\.com/warehouse-sync/[\w.-]+", page.read_text("utf-8"))
    }
    assert found == {HOME}


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_named_files_exist(page: str) -> None:
    """Each file and folder that a page for contributors names is there."""
    text = (ROOT / page).read_text("utf-8")
    names = set(re.findall(r"`((?:\w+/)*(?:\w+/|\w+\.(?:py|md|toml)))`", text))
    folders = [
        ROOT,
        ROOT / "warehouse_sync",
        *(path for path in (ROOT / "warehouse_sync").rglob("*") if path.is_dir()),
        *ROOT.glob("tests/*/"),
    ]
    found = {name for name in names for folder in folders if (folder / name).exists()}
    assert len(names) > 10
    assert {name for name in names - found if "NAME" not in name} == set()


def test_named_targets_exist() -> None:
    """Each `make` target that a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"setup", "quick", "test", "demo"} <= named
    assert named - targets == set()
