"""The examples of the page about pull requests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from warehouse_sync.emulator import Emulator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "pull-requests.md").read_text("utf-8")
SCHEMAS = {
    ".github/workflows/warehouse-sync.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}


def read_blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", SCHEMAS)
def test_workflow_matches_its_schema(tmp_path: Path, name: str) -> None:
    """GitHub and GitLab accept the workflows."""
    [block] = [each for each in read_blocks("yaml") if each.startswith(f"# {name}\n")]
    path = tmp_path / "workflow.yml"
    path.write_text(block, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert done.returncode == 0, done.stdout


def test_workflow_uses_inputs_and_hooks_that_exist() -> None:
    """The steps name commands and inputs of `action.yml`, and the hooks are those of the repository."""
    blocks = {each.splitlines()[0][2:]: yaml.safe_load(each) for each in read_blocks("yaml")}
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    jobs = blocks[".github/workflows/warehouse-sync.yml"]["jobs"].values()
    used = [
        step["with"] for job in jobs for step in job["steps"] if "warehouse-sync/" in step.get("uses", "")
    ]
    assert [each["command"] for each in used] == ["lint", "plan", "drift"]
    assert {name for each in used for name in each} <= {*inputs}
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    [repository] = blocks[".pre-commit-config.yaml"]["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == hooks


def test_shell_script_runs(tmp_path: Path, warehouse_sync_environment: Emulator) -> None:
    """The script prints the plan while there are changes, and ends with the code of an error."""
    assert warehouse_sync_environment.port
    [script] = read_blocks("bash")
    (tmp_path / "infra").mkdir()
    file = tmp_path / "infra" / "all.yaml"
    variables = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def run(text: str) -> "subprocess.CompletedProcess[str]":
        command = ["/bin/bash", "-e", "-c", text]
        return subprocess.run(  # noqa: S603 - our own page
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )

    file.write_text("data_models: [{id: a, name: A, sql_query: SELECT email FROM a.b.c}]\n", "utf-8")
    assert "### Plan: 1 to create" in run(script).stdout
    run("warehouse-sync apply infra --yes")
    assert "nothing to change" in run(script).stdout
    file.write_text("data_models: 1\n", "utf-8")
    assert run(script).returncode == 10
