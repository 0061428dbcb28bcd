"""The generated pages of the commands."""

from pathlib import Path

import pytest

from warehouse_sync.cli.main import COMMANDS
from warehouse_sync.tools import generate_command_pages


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with freshly generated pages."""
    monkeypatch.setattr(generate_command_pages, "DOCS", tmp_path)
    assert generate_command_pages.main([]) == 0
    return tmp_path


def test_pages_are_up_to_date() -> None:
    """The pages in the repository are those that the generator writes."""
    assert generate_command_pages.main(["--check"]) == 0


def test_every_command_has_a_page(docs: Path) -> None:
    """There is one page per command and an index."""
    assert {page.stem for page in docs.iterdir()} == {*COMMANDS, "README"}


def test_page_has_usage_options_and_example(docs: Path) -> None:
    """A page has the usage, the options with choices and defaults, and an example."""
    page = (docs / "lint.md").read_text("utf-8")
    assert "warehouse-sync lint [OPTIONS] PATH...\n" in page
    assert (
        r"| `-f, --format [text\|json\|sarif\|github\|markdown]` | Output format. [default: text] |" in page
    )
    assert "```bash\nwarehouse-sync lint infra/ --format github\n```" in page


def test_notes_are_kept(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text below the marker is kept; other changes are reported and overwritten."""
    page = docs / "plan.md"
    generated = page.read_text("utf-8")
    notes = f"{generate_command_pages.NOTES}\n\nA note.\n"
    page.write_text(f"Old text.\n\n{notes}", "utf-8")
    assert generate_command_pages.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/commands/plan.md is not up to date: run `make generate`\n"
    assert generate_command_pages.main([]) == 0
    assert page.read_text("utf-8") == f"{generated}\n{notes}"
    assert generate_command_pages.main(["--check"]) == 0


def test_page_without_a_command_is_reported(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of a command that no longer exists is reported."""
    (docs / "gone.md").write_text("# warehouse-sync gone\n", "utf-8")
    assert generate_command_pages.main(["--check"]) == 1
    assert "docs/commands/gone.md" in capsys.readouterr().err
