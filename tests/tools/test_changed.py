"""What `make quick` runs: the tests that mirror the files that changed."""

from pathlib import Path

import pytest

from tests.support.changed import ROOT, select_tests


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a few tests."""
    for name in (
        "transport/test_retry.py",
        "transport/test_retry_budget.py",
        "transport/test_pool.py",
        "cli/commands/test_plan.py",
        "test_errors.py",
    ):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "warehouse_sync/transport/retry.py",
            ["tests/transport/test_retry.py", "tests/transport/test_retry_budget.py"],
        ),
        ("warehouse_sync/transport/unknown.py", ["tests/transport"]),
        ("warehouse_sync/transport/deeper/module.py", ["tests/transport"]),
        ("warehouse_sync/cli/commands/plan.py", ["tests/cli/commands/test_plan.py"]),
        ("warehouse_sync/errors.py", ["tests/test_errors.py"]),
        ("warehouse_sync/py.typed", []),
        ("tests/transport/test_pool.py", ["tests/transport/test_pool.py"]),
        ("tests/transport/test_deleted.py", []),
        ("tests/transport/conftest.py", ["tests/transport"]),
        ("README.md", ["tests/test_readme.py"]),
        ("docs/guide.md", ["tests/test_readme.py"]),
        ("LICENSE", []),
    ],
)
def test_changed_file_selects_its_tests(root: Path, file: str, expected: list[str]) -> None:
    """A module selects the files named after it, or else its folder; other files select the tests that read them."""
    (root / "tests/transport/conftest.py").touch()
    assert select_tests([file], root) == sorted([*expected, "tests/structure"])


def test_selected_folder_includes_its_files(root: Path) -> None:
    """A file is not listed beside the folder that it is in: pytest would run it once, but list it twice."""
    files = ["warehouse_sync/transport/retry.py", "warehouse_sync/transport/unknown.py"]
    assert select_tests(files, root) == ["tests/structure", "tests/transport"]


@pytest.mark.parametrize(
    "file", ["README.md", "docs/x.md", "examples/x.py", "benchmarks/run.py", ".github/x.yml"]
)
def test_selected_tests_exist(file: str) -> None:
    """What is selected for files outside the package is there."""
    assert [path for path in select_tests([file]) if not (ROOT / path).exists()] == []
