"""The navigation of the documentation site."""

import ast
import re
from pathlib import Path

import yaml

from scripts.build_site import CONFIG, DOCS, navigation_problems, pages_in_navigation

MODULES = (
    "warehouse_sync",
    "warehouse_sync.emulator",
    "warehouse_sync.integrations.airflow",
    "warehouse_sync.integrations.dagster",
    "warehouse_sync.integrations.prefect",
)


def test_every_page_is_in_the_navigation() -> None:
    """Each page of `docs/` has one entry under `nav` of `mkdocs.yml`."""
    assert navigation_problems() == []


def test_missing_and_double_entries_are_reported(tmp_path: Path) -> None:
    """A page without an entry, an entry without a page, and a double entry are problems."""
    docs = tmp_path / "docs"
    (docs / "lint").mkdir(parents=True)
    (docs / "index.md").touch()
    (docs / "lint" / "new.md").touch()
    config = tmp_path / "mkdocs.yml"
    config.write_text("nav: [{Start: [index.md, {Again: index.md}, gone.md]}]", "utf-8")
    assert navigation_problems(docs, config) == [
        "docs/lint/new.md has no entry in `nav` of mkdocs.yml",
        "mkdocs.yml names gone.md, which does not exist",
        "mkdocs.yml names index.md twice",
    ]


def test_llms_txt_follows_the_navigation() -> None:
    """`llms.txt` is made from the same lists as the navigation."""
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    [sections] = [each["llmstxt"]["sections"] for each in config["plugins"] if "llmstxt" in each]
    assert [{title: pages} for title, pages in sections.items()] == config["nav"]
    assert pages_in_navigation(config["nav"])[0] == "index.md"


def names_of(module: str) -> list[str]:
    """Return the names in `__all__` of a module, without importing it."""
    path = DOCS.parent / module.replace(".", "/") / "__init__.py"
    [names] = re.findall(r"^__all__ = (\[[^\]]*\])", path.read_text("utf-8"), flags=re.MULTILINE)
    return [f"{module}.{name}" for name in ast.literal_eval(names) if name != "__version__"]


def test_every_public_name_is_in_the_reference() -> None:
    """Each name of `__all__` has one entry, such as `::: warehouse_sync.Run`, in a page of `docs/reference`."""
    pages = "\n".join(path.read_text("utf-8") for path in sorted((DOCS / "reference").glob("*.md")))
    entries = re.findall(r"^::: ([\w.]+)$", pages, flags=re.MULTILINE)
    expected = [name for module in MODULES for name in names_of(module)]
    modules = {
        "warehouse_sync.errors",
        "warehouse_sync.events",
        "warehouse_sync.frames",
        "warehouse_sync.testing",
    }
    listed = [each for each in entries if each.rpartition(".")[0] in MODULES and each not in modules]
    assert sorted(listed) == sorted(expected)
