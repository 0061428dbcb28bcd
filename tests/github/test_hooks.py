"""The pre-commit hooks, as another repository uses them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WRONG = "SELECT email, updated_at FROM shop.public.customers;\n"
FILES = """
data_models:
- {id: customers, name: Customers, sql_file: customers.sql}   # of the shop
- {id: other, name: Other, sql_query: DROP TABLE a.b.c}
"""
FORMATTED = """\
data_models:
  - {id: customers, name: Customers, sql_file: customers.sql}  # of the shop
  - {id: other, name: Other, sql_query: DROP TABLE a.b.c}
"""
PROJECT = 'name = "shop"\nignore = ["other.yaml"]\n[environments.dev]\nworkspace_id = 1\n'
OTHER = "kind:   ConfigMap\n"


def run(folder: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder."""
    return subprocess.run(  # noqa: S603 - our own programs
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a query that ends with a semicolon, which no subquery may have."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "all.yaml").write_text(FILES, "utf-8")
    (folder / "other.yaml").write_text(OTHER, "utf-8")
    (folder / "warehouse-sync.toml").write_text(PROJECT, "utf-8")
    (folder / "customers.sql").write_text(WRONG, "utf-8")
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", "--all")
    return folder


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs hooks from a git repository")
def test_hooks_check_and_correct_files(repository: Path, tmp_path: Path) -> None:
    """`pre-commit try-repo` installs the hooks: one formats, one corrects the query, and one reports the rest."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == [
        "warehouse-sync-lint",
        "warehouse-sync-fmt",
        "warehouse-sync-fix",
    ]

    command = (sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "--all-files", "--verbose")
    done = run(repository, *command, PRE_COMMIT_HOME=str(tmp_path / "hooks"), PIP_QUIET="1")
    assert done.returncode == 1, done.stdout + done.stderr
    # In alphabetical order.
    corrected, formatted, checked = re.split("hook id: warehouse-sync-(?:fmt|lint)", done.stdout)
    assert "files were modified by this hook" in corrected
    assert "files were modified by this hook" in formatted
    assert "all.yaml:3:" in checked
    assert "WS302" in checked
    assert (repository / "all.yaml").read_text("utf-8") == FORMATTED
    assert (repository / "other.yaml").read_text("utf-8") == OTHER
    assert (repository / "customers.sql").read_text("utf-8") == WRONG.replace(";", "")
