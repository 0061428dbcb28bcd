"""Tests of the lazily imported names."""

import subprocess
import sys

import pytest

from warehouse_sync import declarative


def test_documents_and_errors_load_no_yaml() -> None:
    """Names that every command uses load neither YAML nor the planning modules."""
    code = (
        "import sys; from warehouse_sync import declarative as d\n"
        "d.format_date, d.to_document, d.InvalidFilesError\n"
        "print({'yaml', 'warehouse_sync.declarative.planning.plan'} & {*sys.modules})\n"
        "d.load; print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - this Python
    assert done.stdout.splitlines() == ["set()", "True"]


@pytest.mark.parametrize("name", ["nonsense", "attrs", "_object", "import_module_"])
def test_other_name_is_not_an_attribute(name: str) -> None:
    """Names that are not listed are not attributes, also if a module imports them."""
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(declarative, name)
