"""The copy that is mutated, and the selection of mutants."""

from pathlib import Path

import pytest

from tests.mutation.plugin import mirrors
from tests.mutation.run import NEEDED, copy, pattern


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("wire", "warehouse_sync.wire.*"),
        ("transport/token_source", "warehouse_sync.transport.token_source.*"),
        ("warehouse_sync/transport/token_source.py", "warehouse_sync.transport.token_source.*"),
    ],
)
def test_pattern_names_a_module_or_a_folder(module: str, expected: str) -> None:
    """A path, short or complete, selects mutants by name."""
    assert pattern(module) == expected


def test_copy_does_not_change_the_original(tmp_path: Path) -> None:
    """The copy contains what is needed, is new each time, and has no caches."""
    root, target = tmp_path / "root", tmp_path / "copy"
    for name in NEEDED[:2]:
        (root / name / "__pycache__").mkdir(parents=True)
        (root / name / "code.py").write_text("original", encoding="utf-8")
    (root / NEEDED[2]).write_text("[tool]", encoding="utf-8")
    for _ in range(2):
        copy(root, target)
        files = sorted(path.relative_to(target).as_posix() for path in target.rglob("*"))
        assert files == [
            "pyproject.toml",
            "tests",
            "tests/code.py",
            "warehouse_sync",
            "warehouse_sync/code.py",
        ]
        (target / "tests" / "code.py").write_text("mutated", encoding="utf-8")
        (target / "tests" / "left.py").touch()
    assert (root / "tests" / "code.py").read_text(encoding="utf-8") == "original"


@pytest.mark.parametrize(
    ("test", "mirrored"),
    [
        ("tests/transport/test_token_source.py::test_x[1]", True),
        ("tests/transport/test_token_source_sharing.py::test_x", True),
        ("tests/wire/test_token_source.py::test_x", False),
        ("tests/transport/test_sender.py::test_x", False),
    ],
)
def test_mirror_of_a_module_is_its_test_file(test: str, *, mirrored: bool) -> None:
    """A mutant's own tests run first."""
    assert mirrors(test, "warehouse_sync.transport.token_source.x_f__mutmut_1") is mirrored
    assert not mirrors(test, "")
