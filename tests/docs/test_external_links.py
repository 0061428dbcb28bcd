"""Links to other hosts: their form is checked here, and the pages themselves by a scheduled workflow."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from scripts.check_links import HOSTS, ROOT, form_problems, links, pages, request_problem


def test_links_have_the_right_form() -> None:
    """Every link uses HTTPS and a known host, and links to this repository name files that exist."""
    found = links(pages())
    assert len(found) > 500
    assert list(form_problems(found)) == []
    hosts = {link.split("/")[2] for link in found}
    assert hosts >= HOSTS  # a host that no page uses is removed from the list


def test_wrong_links_are_reported(tmp_path: Path) -> None:
    """Plain HTTP, an unknown host and a missing file are problems; addresses of this machine and code are not."""
    home = "https://github.com/warehouse-sync/warehouse-sync/blob/main"
    page = tmp_path / "README.md"
    page.write_text(
        "[a](http://github.com/a) [b](https://example.com/b#c) <https://github.com.example.org> "
        f"[c]({home}/README.md#a) [d]({home}/gone.md) [e](http://127.0.0.1:8080) [f](https://github.com/x)\n"
        "```\n[g](http://example.org)\n```\n",
        "utf-8",
    )
    problems = list(form_problems(links(pages(tmp_path)), tmp_path))
    assert [each.split()[3].rstrip(":,") for each in problems] == [
        "http://github.com/a",
        "https://example.com/b#c",
        "https://github.com.example.org",
        f"{home}/gone.md",
    ]


class _Handler(BaseHTTPRequestHandler):
    """Responds with the status that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server."""
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_missing_page_is_a_problem(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is gone or cannot be reached is reported; one that programs may not read is not."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert [request_problem(f"{server}/{status}") for status in (200, 403, 429)] == [None, None, None]
    assert request_problem(f"{server}/404") == f"{server}/404 responds with 404"
    assert "cannot be read" in str(request_problem("http://127.0.0.1:1/"))


def test_workflow_checks_the_pages() -> None:
    """The scheduled workflow runs the program, which needs no packages."""
    text = (ROOT / ".github" / "workflows" / "links.yml").read_text("utf-8")
    [job] = yaml.safe_load(text)["jobs"].values()
    assert job["steps"][-1] == {"run": "python scripts/check_links.py"}
    assert "schedule:" in text
