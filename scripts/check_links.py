"""Checks the links of the documentation to other hosts; a scheduled workflow runs it, since it needs the network."""

import re
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urldefrag, urlsplit
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/warehouse-sync/warehouse-sync"
# A new host is added here on purpose.
HOSTS = {
    "cloud.google.com",
    "docs.aws.amazon.com",
    "docs.databricks.com",
    "docs.getdbt.com",
    "docs.mparticle.com",
    "docs.snowflake.com",
    "filesystem-spec.readthedocs.io",
    "github.com",
    "keepachangelog.com",
    "modelcontextprotocol.io",
    "pre-commit.com",
    "semver.org",
    "spark.apache.org",
}
_LINK = re.compile(r"\]\(<?(https?:[^\s)>]*)|<(https?:[^\s>]*)>")
_OWN = re.compile(rf"{re.escape(HOME)}/(?:blob|tree)/main/([^#]*)")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# The page exists, but is not shown to programs.
_REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
TIMEOUT = 30  # seconds


def pages(root: Path = ROOT) -> list[Path]:
    """Return the pages of the documentation and the files beside it."""
    return [
        *sorted(root.glob("*.md")),
        *sorted(root.glob("docs/**/*.md")),
        *sorted(root.glob("examples/*.md")),
    ]


def links(files: Iterable[Path]) -> dict[str, Path]:
    """Return the links to other hosts, each with the first page that has it."""
    found: dict[str, Path] = {}
    for file in files:
        for link in _LINK.finditer(_CODE.sub("", file.read_text("utf-8"))):
            found.setdefault(link[1] or link[2], file)
    return found


def form_problems(found: dict[str, Path], root: Path = ROOT) -> Iterator[str]:
    """Yield what is wrong with links without requests: other hosts, plain HTTP, missing files of the repository."""
    for link, file in found.items():
        parts, own = urlsplit(link), _OWN.match(link)
        if parts.hostname in ("127.0.0.1", "localhost"):
            continue
        if parts.scheme != "https" or parts.netloc not in HOSTS:
            yield f"{file.relative_to(root)} links to {link}: use https, and add a new host to HOSTS"
        elif own and not (root / own[1]).exists():
            yield f"{file.relative_to(root)} links to {link}, which is not in the repository"


def request_problem(url: str) -> str | None:
    """Request a page; return why it cannot be read, or `None`."""
    request = Request(url, headers={"User-Agent": "warehouse-sync-link-check"})  # noqa: S310 - a link of our own pages
    try:
        with urlopen(request, timeout=TIMEOUT):  # noqa: S310 - same
            return None
    except HTTPError as error:
        return None if error.code in _REFUSED else f"{url} responds with {error.code}"
    except OSError as error:
        return f"{url} cannot be read: {error}"


def main() -> int:
    """Check the form of every link and request each page once; report every problem."""
    found = links(pages())
    problems = list(form_problems(found))
    remote = {
        urldefrag(link).url for link in found if urlsplit(link).netloc in HOSTS and not _OWN.match(link)
    }
    with ThreadPoolExecutor(8) as pool:
        problems += filter(None, pool.map(request_problem, sorted(remote)))
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stdout.write(f"{len(remote)} pages of other hosts, {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
