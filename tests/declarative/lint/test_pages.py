"""Pages of the rules, whose examples are linted."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse_sync.declarative import RULES, Finding, lint_files

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = re.compile(r"^## (Bad|Good)\n\n```(sql|yaml|text)\n(.*?)```$", re.MULTILINE | re.DOTALL)


def lint(language: str, text: str, folder: Path) -> list[Finding]:
    """Lint an example: a query, a document, or a folder of empty files."""
    folder.mkdir()
    if language == "text":
        for name in text.split()[1:]:
            (folder / name).write_text("connections: []\n")
    else:
        (folder / f"example.{language}").write_text(text)
    return lint_files(folder, now=NOW)


def test_every_rule_has_a_page() -> None:
    """There is one page per rule."""
    assert sorted(page.stem for page in (DOCS / "lint").glob("*.md")) == sorted(RULES)


@pytest.mark.parametrize("code", RULES)
def test_page_has_the_rule_and_its_examples(code: str, tmp_path: Path) -> None:
    """The bad example reports the rule; the good one has neither errors nor warnings."""
    page = (DOCS / "lint" / f"{code}.md").read_text()
    rule = RULES[code]
    assert page.startswith(f"# {code}: {rule.title.rstrip('.')}\n\nSeverity: {rule.severity}\n")
    assert "\n## Ignore\n" in page
    examples = {name: (language, text) for name, language, text in EXAMPLES.findall(page)}
    assert code in {each.rule.code for each in lint(*examples["Bad"], tmp_path / "bad")}
    good = lint(*examples["Good"], tmp_path / "good")
    assert [each for each in good if each.rule.code == code or each.rule.severity != "note"] == []


@pytest.mark.parametrize(
    "code", [code for code in RULES if code.startswith("WS3") and code not in {"WS308", "WS316"}]
)
def test_way_to_ignore_the_rule_works(code: str, tmp_path: Path) -> None:
    """The comment of the page ignores the rule for the line of the finding."""
    page = (DOCS / "lint" / f"{code}.md").read_text()
    bad = next(text for name, _, text in EXAMPLES.findall(page) if name == "Bad").rstrip("\n")
    found = [each for each in lint("sql", bad, tmp_path / "bad") if each.rule.code == code]
    lines = bad.split("\n")
    for finding in found:
        lines[finding.location.line - 1] += f" -- noqa: {code}"
    left = lint("sql", "\n".join(lines), tmp_path / "ignored")
    assert [each for each in left if each.rule.code == code] == []
