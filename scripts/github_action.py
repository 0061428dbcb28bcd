"""Runs a command in a GitHub workflow: annotations, the summary of the job, and one comment in a pull request.

Run by `action.yml`. It uses the standard library only, besides the command itself.
"""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

COMMANDS = ("lint", "plan", "drift")
DIFFERENT = 2
# GitHub ends longer summaries with an error.
MAX_SUMMARY = 1_000_000
_NEXT_PAGE = re.compile(r'<([^>]+)>; rel="next"')
TIMEOUT = 30  # seconds of a request to GitHub


def setting(name: str) -> str:
    """Return an input of the action, or a variable of the workflow."""
    return os.environ.get(name, "").strip()


def main() -> int:
    """Run the command; return the exit code of the step."""
    command = setting("INPUT_COMMAND")
    if command not in COMMANDS:
        annotate("error", f"command must be {', '.join(COMMANDS)}, not {command or 'empty'}.")
        return 1
    code = run_lint() if command == "lint" else run_plan(command)
    append("GITHUB_OUTPUT", f"exit-code={code}\n")
    return 0 if command == "plan" and code == DIFFERENT else code


def arguments() -> list[str]:
    """Return the arguments of the command."""
    environment = setting("INPUT_ENVIRONMENT")
    more = [line.strip() for line in setting("INPUT_ARGUMENTS").splitlines() if line.strip()]
    return [*(["--env", environment] if environment else []), *more, "--", setting("INPUT_FOLDER") or "."]


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line; its notes and errors appear in the log."""
    command = ["warehouse-sync", *words, *arguments()]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603 - no shell
    log(done.stderr)
    return done


def run_lint() -> int:
    """Write each finding as an annotation, of which GitHub shows ten, and all of them into the summary."""
    annotated = run("lint", "--format", "github")
    sys.stdout.write(annotated.stdout)
    sys.stdout.flush()
    summarize(run("lint", "--quiet", "--format", "markdown").stdout)
    return annotated.returncode


def run_plan(command: str) -> int:
    """Write the plan into the summary and, for `plan` in a pull request, into its comment."""
    options = ["--exit-code"] if command == "plan" else []
    done = run(command, "--format", "markdown", *options)
    if done.returncode not in (0, DIFFERENT):
        annotate("error", f"warehouse-sync {command} failed: see the log of this step.")
        return done.returncode
    summarize(done.stdout)
    log(done.stdout)
    if command == "drift" and done.returncode:
        annotate("error", "The workspace differs from the files: see the summary of this job.")
    if command == "plan" and setting("INPUT_COMMENT") != "false":
        comment(done.stdout)
    return done.returncode


def log(text: str) -> None:
    """Write text of the pull request, in which GitHub must not find workflow commands."""
    if text:
        token = secrets.token_hex(16)
        sys.stdout.write(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n")


def annotate(level: str, text: str) -> None:
    """Write an annotation of the job."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stdout.write(f"::{level} title=warehouse-sync::{text}\n")


def summarize(text: str) -> None:
    """Append to the summary of the job."""
    append("GITHUB_STEP_SUMMARY", text.encode()[:MAX_SUMMARY].decode(errors="ignore"))


def append(variable: str, text: str) -> None:
    """Append to a file that GitHub reads, where there is one."""
    if path := setting(variable):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def comment(text: str) -> None:
    """Write the comment of the pull request, or replace the one of an earlier run.

    A pull request from a fork has a token that cannot write: the plan is then in the summary alone.
    """
    number = pull_request()
    if number is None:
        return
    name = f"{setting('INPUT_FOLDER') or '.'} {setting('INPUT_ENVIRONMENT')}".strip()
    marker = f"<!-- warehouse-sync plan: {re.sub(r'[^A-Za-z0-9_./ -]', '_', name).replace('--', '__')} -->"
    body = {"body": f"{marker}\n{text}"}
    issue = f"/repos/{setting('GITHUB_REPOSITORY')}/issues"
    try:
        for earlier in pages(f"{issue}/{number}/comments?per_page=100"):
            if earlier["user"]["login"] == setting("INPUT_AUTHOR") and earlier["body"].startswith(marker):
                request("PATCH", f"{issue}/comments/{earlier['id']}", body)
                return
        request("POST", f"{issue}/{number}/comments", body)
    except HTTPError as error:
        if error.code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        annotate("warning", f"The comment could not be written ({error.code}): the plan is in the summary.")
    except URLError as error:
        annotate("warning", f"The comment could not be written ({error.reason}): the plan is in the summary.")


def pull_request() -> int | None:
    """Return the number of the pull request, or `None` for another event."""
    path = setting("GITHUB_EVENT_PATH")
    event = json.loads(Path(path).read_text("utf-8")) if path else {}
    number = (event.get("pull_request") or {}).get("number")
    return number if isinstance(number, int) else None


def pages(path: str) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages of a list."""
    url: str | None = path
    while url:
        items, links = request("GET", url)
        yield from items
        following = _NEXT_PAGE.search(links)
        url = following[1] if following else None


def request(method: str, path: str, body: dict[str, Any] | None = None) -> tuple[Any, str]:
    """Send a request to GitHub; return its response and the links to other pages."""
    base = setting("GITHUB_API_URL") or "https://api.github.com"
    url = path if path.startswith(f"{base}/") else f"{base}{path}"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {setting('INPUT_TOKEN')}",
        "Content-Type": "application/json",
    }
    content = None if body is None else json.dumps(body).encode()
    sent = Request(url, data=content, headers=headers, method=method)  # noqa: S310 - the address of the workflow's GitHub
    with urlopen(sent, timeout=TIMEOUT) as response:  # noqa: S310 - same
        return json.loads(response.read()), response.headers.get("Link", "")


if __name__ == "__main__":
    sys.exit(main())
