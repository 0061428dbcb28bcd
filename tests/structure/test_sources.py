"""Sources: each statement about the platform in `docs/` has a link to the document that says so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = DOCS / "reference" / "sources.md"
# Pages of measured or executed examples, whose sources are in each row.
OTHER_TESTS = {DOCS / "emulator-sql.md"}
PAGES = sorted(set(DOCS.rglob("*.md")) - OTHER_TESTS - {SOURCES})
_SUBJECT = r"(?:mParticle|[Tt]he (?:platform|API|(?:SQL )?reference|tutorial|overview))"
_VERB = r"(?:(?:itself|also|never|only) )?(?:can|does|has|[a-z]{3,}s)"
STATEMENT = re.compile(
    rf"\b{_SUBJECT} (?!is\b|access\b)(?:{_VERB})\b|\bas (?:on )?the platform\b|\bSnowflake ends\b|\b(?:is|are) documented\b"
)
# What the SDK does with any response, and the title of a lint rule, whose page has the source.
HANDLING = re.compile(
    r"\b(?:[Tt]he API (?:usually sends|returns|accepts|throttles|documents|limits the rate|needs compiled|could not|did not)|(?:how|what) mParticle (?:uses|loads)|gives mParticle access|keyword that the reference)\b"
)
LINK = re.compile(r"\]\(((?:\.\./)*(?:reference/)?sources\.md)#([a-z0-9-]+)\)")


def blocks(text: str) -> Iterator[str]:
    """Yield the paragraphs, list items and table rows of a page, without code and headings."""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        found: list[str] = []
        for line in paragraph.splitlines():
            if found and re.match(r"\s*(?:[-*]|\||\d+\.)\s?", line):
                yield " ".join(found)
                found = []
            found.append(line.strip())
        if found and not found[0].startswith("#"):
            yield " ".join(found)


def without_source(text: str, *, per_page: bool = False) -> list[str]:
    """Return the statements that have no source beside them, or on their page."""
    if per_page and LINK.search(text):
        return []
    stated = (block for block in blocks(text) if STATEMENT.search(HANDLING.sub("", block)))
    return [block for block in stated if not LINK.search(block)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_statement_about_the_platform_has_a_source(page: Path) -> None:
    """A sentence with the platform as its subject has a link to `sources.md` in its paragraph, row or item.

    On the pages of commands, which are made from their help, one link on the page is enough.
    """
    is_command = page.parent.name == "commands"
    if is_command and page.name == "README.md":  # repeats the first lines of the pages
        return
    found = without_source(page.read_text("utf-8"), per_page=is_command)
    assert found == [], "link the entry of docs/reference/sources.md that says so beside each statement"


def test_every_source_exists_and_is_used() -> None:
    """Each link leads to an entry with an address or a date, and each entry is linked."""
    entries = {
        title.lower().replace(" ", "-"): text
        for title, text in re.findall(
            r"^## (.+)\n\n((?:(?!^## )[\s\S])+)", SOURCES.read_text("utf-8"), re.MULTILINE
        )
    }
    links = [(page, *found) for page in PAGES for found in LINK.findall(page.read_text("utf-8"))]
    assert {anchor for _, _, anchor in links} == entries.keys()
    assert [page for page, path, _ in links if (page.parent / path).resolve() != SOURCES] == []
    assert [name for name, text in entries.items() if not re.search(r"\b20\d\d\b", text)] == []
    assert [name for name, text in entries.items() if "<https://" not in text] == ["v1-draft"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The API masks secrets.", 1),
        ("The API masks secrets ([reference](reference/sources.md#reference)).", 0),
        ("- mParticle routes requests.\n- It is fast ([x](sources.md#y)).", 1),
        ("A 404, as on the platform.", 1),
        ("| a | The API has no rename |\n| b | nothing |", 1),
        ("```\nThe API masks secrets.\n```", 0),
        ("# The API masks secrets", 0),
        ("A spec is what the API returns.", 0),
    ],
)
def test_statement_is_found(text: str, found: int) -> None:
    """The check itself finds a statement without a source, and only that."""
    assert len(without_source(text)) == found
