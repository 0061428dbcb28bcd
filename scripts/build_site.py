"""Builds the documentation site, and fails for warnings, missing pages, broken links and resources of other hosts.

Run by `make docs`; the site is in `build/site`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "mkdocs.yml"
DOCS = ROOT / "docs"
SITE = ROOT / "build" / "site"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
# Attributes that load another file, unlike `href` of a link.
_LOADING = {"src", "srcset", "data", "poster"}


def pages_in_navigation(entries: object) -> list[str]:
    """Return the pages of a navigation in its order."""
    if isinstance(entries, str):
        return [entries]
    if isinstance(entries, dict):
        entries = list(entries.values())
    return (
        [page for entry in entries for page in pages_in_navigation(entry)]
        if isinstance(entries, list)
        else []
    )


def navigation_problems(docs: Path = DOCS, config: Path = CONFIG) -> list[str]:
    """Return what is wrong with the navigation: pages without an entry, twice, or without a file."""
    named = pages_in_navigation(yaml.safe_load(config.read_text("utf-8"))["nav"])
    existing = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    return [
        *(f"docs/{page} has no entry in `nav` of {config.name}" for page in sorted(existing - {*named})),
        *(f"{config.name} names {page}, which does not exist" for page in sorted({*named} - existing)),
        *(
            f"{config.name} names {page} twice"
            for page in sorted({page for page in named if named.count(page) > 1})
        ),
    ]


def build() -> list[str]:
    """Build the site and return the warnings."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", str(CONFIG)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    output = _STYLE.sub("", done.stdout + done.stderr).partition("Traceback (most recent call last)")[0]
    if done.returncode or re.search(r"warning|error", output, re.IGNORECASE):
        return [output.strip() or f"zensical ended with {done.returncode}"]
    return []


class _Page(HTMLParser):
    """The ids, links and loaded files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name in _LOADING or (tag == "link" and name == "href" and ("rel", "canonical") not in attrs):
                self.loaded.append(value)


def link_problems(site: Path = SITE) -> list[str]:
    """Return links to missing pages or headings, and files that are loaded from other hosts."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    return [
        problem
        for path, page in pages.items()
        if path.name != "404.html"
        for problem in _problems(site, path, pages)
    ]


def _problems(site: Path, path: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    name = path.relative_to(site)
    for link in [*pages[path].links, *pages[path].loaded]:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if link in pages[path].loaded and parts.scheme != "data":
                yield f"{name} loads {link} from another host"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"{name} links to {link}, which does not exist"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{name} links to {link}, a heading that does not exist"


def main() -> int:
    """Build the site; report every problem."""
    problems = navigation_problems() or build() or link_problems()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        return 1
    sys.stdout.write(
        f"{len(list(SITE.rglob('*.html')))} pages in {SITE.relative_to(ROOT)}: open index.html\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
