"""The GitHub Action: its runner against an emulator and a server that stands for GitHub's API."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from attrs import define, field

from scripts.github_action import COMMANDS
from warehouse_sync.emulator import Emulator

ROOT = Path(__file__).parents[2]
BOT = "github-actions[bot]"
MARKER = "<!-- warehouse-sync plan: infra -->\n"
MODELS = "data_models: [{id: customers, name: Customers, sql_query: SELECT 1}]\n"


@define
class GitHub:
    """A server with the comments of pull request 7, one per page."""

    comments: list[dict[str, Any]] = field(factory=list)
    requests: list[str] = field(factory=list)
    refused: int = 0
    url: str = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that handles its requests."""
        github = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = int((re.findall(r"&page=(\d+)", self.path) or [1])[0])
                following = f'<{github.url}{self.path.partition("&page=")[0]}&page={number + 1}>; rel="next"'
                self.respond(
                    github.comments[number - 1 : number], following if number < len(github.comments) else ""
                )

            def do_POST(self) -> None:
                github.comments.append(
                    {"id": len(github.comments) + 1, "user": {"login": BOT}, **self.body()}
                )
                self.respond(github.comments[-1])

            def do_PATCH(self) -> None:
                number = int(self.path.rpartition("/")[2])
                github.comments[number - 1] |= self.body()
                self.respond(github.comments[number - 1])

            def body(self) -> dict[str, Any]:
                document: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                return document

            def respond(self, document: object, link: str = "") -> None:
                github.requests.append(f"{self.command} {self.path}")
                assert self.headers["Authorization"] == "Bearer secret-token"
                self.send_response(github.refused or 200)
                self.send_header("Link", link)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        return Handler


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A running server."""
    github = GitHub()
    with ThreadingHTTPServer(("127.0.0.1", 0), github.handler()) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield github
        server.shutdown()
        thread.join()


@define
class Action:
    """Runs the action in a folder with `infra`."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, command: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run a command with inputs; the exit code is that of the step."""
        given = {
            f"INPUT_{name.upper()}": value
            for name, value in {"command": command, "folder": "infra", **inputs}.items()
        }
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-W", "error", str(ROOT / "scripts" / "github_action.py")],
            cwd=self.folder,
            env={**self.environment, **given},
            capture_output=True,
            text=True,
            check=False,
        )

    def summary(self) -> str:
        """Return the summary of the job, and start another."""
        path = self.folder / "summary.md"
        text = path.read_text("utf-8")
        path.unlink()
        return text


@pytest.fixture
def action(tmp_path: Path, github: GitHub, warehouse_sync_emulator: Emulator) -> Action:
    """The action in a workflow of pull request 7, with the settings of an emulator."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "all.yaml").write_text(MODELS, "utf-8")
    (tmp_path / "event.json").write_text('{"pull_request": {"number": 7}}', "utf-8")
    settings = {
        f"WAREHOUSE_SYNC_{name.upper()}": str(value)
        for name, value in warehouse_sync_emulator.client_options().items()
    }
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("WAREHOUSE_SYNC_", "XDG_"))
    }
    workflow = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": "shop/data",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output.txt"),
        "INPUT_TOKEN": "secret-token",
        "INPUT_AUTHOR": BOT,
    }
    return Action(tmp_path, {**own, **settings, **workflow})


def test_action_matches_its_schema() -> None:
    """GitHub accepts `action.yml`, and every input reaches the runner."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        "action.yml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert done.returncode == 0, done.stdout
    document = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    passed = {name for step in document["runs"]["steps"] for name in step.get("env", {})}
    assert {f"INPUT_{name.upper()}" for name in document["inputs"]} - passed == {"INPUT_PYTHON-VERSION"}
    assert "${{" not in "".join(step.get("run", "") for step in document["runs"]["steps"])  # no injection
    for name in COMMANDS:
        assert name in document["inputs"]["command"]["description"]


@define
class Runner:
    """Runs the steps of `action.yml` in order, as GitHub's runner does.

    Attributes:
        action: The workflow, its folder and its environment.
        installed: Whether the package is installed: then only the last step runs.
    """

    action: Action
    installed: bool = False

    def __call__(self, **inputs: str) -> tuple["subprocess.CompletedProcess[str]", dict[str, str]]:
        """Run the action with inputs; return its last step and its outputs."""
        document = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        defaults = {name: str(each.get("default", "")) for name, each in document["inputs"].items()}
        contexts = {
            "github.action_path": str(ROOT),
            "github.token": "secret-token",
            "runner.temp": str(self.action.folder),
            "steps.python.outputs.python-path": sys.executable,  # as actions/setup-python sets it
        }
        contexts |= {
            f"inputs.{name}": expand(value, contexts) for name, value in {**defaults, **inputs}.items()
        }
        first, *own = document["runs"]["steps"]
        assert first["uses"].startswith("actions/setup-python@")
        for step in own[-1:] if self.installed else own:
            assert step["shell"] == "bash"
            done = self.run(step, contexts)
        self.installed = True
        return done, {name: expand(each["value"], contexts) for name, each in document["outputs"].items()}

    def run(self, step: dict[str, Any], contexts: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a step and add its outputs to the contexts."""
        output = self.action.folder / "step-output.txt"
        output.write_text("", "utf-8")
        variables = {name: expand(value, contexts) for name, value in step.get("env", {}).items()}
        here = str(Path(sys.executable).parent)
        path = [each for each in os.environ["PATH"].split(os.pathsep) if each != here]
        kept = {name: each for name, each in self.action.environment.items() if not name.startswith("INPUT_")}
        done = subprocess.run(  # noqa: S603 - our own steps
            ["/bin/bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.action.folder,
            env={
                **kept,
                "HOME": os.environ["HOME"],  # which has the settings of pip
                "XDG_CACHE_HOME": str(self.action.folder / "cache"),
                "XDG_STATE_HOME": str(self.action.folder / "state"),
                "PATH": os.pathsep.join(path),
                "GITHUB_OUTPUT": str(output),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        for line in output.read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            contexts[f"steps.{step['id']}.outputs.{name}"] = value
        return done


def expand(text: str, contexts: dict[str, str]) -> str:
    """Replace the expressions of a workflow; one that is not in the contexts is an error."""
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda expression: contexts[expression[1]], text)


def test_steps_run_in_order_as_on_a_runner(action: Action, github: GitHub) -> None:
    """The action installs itself beside the packages of the job, comments, replaces its comment, and annotates."""
    runner = Runner(action)
    done, outputs = runner(command="plan", folder="infra")
    assert (done.returncode, outputs) == (0, {"exit-code": "2"}), done.stdout + done.stderr
    assert action.summary().startswith("### Plan: 1 to create")
    (action.folder / "infra" / "all.yaml").write_text(MODELS.replace("SELECT 1", "DROP TABLE a.b"), "utf-8")
    assert runner(command="plan", folder="infra")[0].returncode == 0
    assert [each.split()[0] for each in github.requests] == ["GET", "POST", "GET", "PATCH"]
    assert len(github.comments) == 1
    assert "DROP TABLE a.b" in github.comments[0]["body"]
    action.summary()
    done, outputs = runner(command="lint", folder="infra")
    assert (done.returncode, outputs) == (10, {"exit-code": "10"})
    assert re.search(r"^::error file=infra/all\.yaml,line=1,", done.stdout, re.MULTILINE)
    assert "| error | WS302 |" in action.summary()
    done, outputs = runner(command="drift", folder="infra")
    assert (done.returncode, outputs) == (2, {"exit-code": "2"})
    assert "::error title=warehouse-sync::The workspace differs" in done.stdout


def test_plan_keeps_one_comment(action: Action, github: GitHub) -> None:
    """The first plan writes a comment, later ones replace it, also behind other comments and pages."""
    quoted = {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER}Looks good."}
    github.comments.append(quoted)
    first = action("plan")
    assert first.returncode == 0, first.stderr
    assert action.summary().startswith("### Plan: 1 to create")
    (action.folder / "infra" / "all.yaml").write_text(MODELS.replace("SELECT 1", "SELECT 2"), "utf-8")
    assert action("plan").returncode == 0
    assert len(github.comments) == 2
    assert github.comments[0] == quoted
    assert github.comments[1]["body"].startswith(f"{MARKER}### Plan: 1 to create")
    assert '+ sql_query: "SELECT 2"' in github.comments[1]["body"]
    assert (action.folder / "output.txt").read_text("utf-8") == "exit-code=2\nexit-code=2\n"
    assert [each.split()[0] for each in github.requests] == ["GET", "POST", "GET", "GET", "PATCH"]


def test_plan_of_another_folder_has_its_own_comment(action: Action, github: GitHub) -> None:
    """Two plans of one pull request do not replace each other."""
    (action.folder / "infra").rename(action.folder / "in--fra")
    assert action("plan", folder="in--fra").returncode == 0
    assert action("plan", folder="in--fra/all.yaml").returncode == 0
    assert [each["body"].splitlines()[0] for each in github.comments] == [
        "<!-- warehouse-sync plan: in__fra -->",
        "<!-- warehouse-sync plan: in__fra/all.yaml -->",
    ]


@pytest.mark.parametrize("status", [403, 404])
def test_plan_of_a_fork_is_in_the_summary(action: Action, github: GitHub, status: int) -> None:
    """A token that cannot write comments is a warning."""
    github.refused = status
    done = action("plan")
    assert done.returncode == 0
    assert f"::warning title=warehouse-sync::The comment could not be written ({status})" in done.stdout
    assert action.summary().startswith("### Plan: 1 to create")
    assert "secret-token" not in done.stdout + done.stderr


def test_plan_outside_of_pull_requests_writes_no_comment(action: Action, github: GitHub) -> None:
    """A push, and `comment: false`, have a summary only."""
    (action.folder / "event.json").write_text('{"ref": "refs/heads/main"}', "utf-8")
    assert action("plan").returncode == 0
    (action.folder / "event.json").write_text('{"pull_request": {"number": 7}}', "utf-8")
    assert action("plan", comment="false").returncode == 0
    assert github.requests == []
    assert action.summary().count("### Plan") == 2


def test_drift_fails_until_the_workspace_matches(action: Action) -> None:
    """A difference fails the step with an annotation; the summary has the plan."""
    done = action("drift")
    assert done.returncode == 2
    assert "::error title=warehouse-sync::The workspace differs from the files" in done.stdout
    assert action.summary().startswith("### Plan: 1 to create")
    command = ["warehouse-sync", "apply", "infra", "--yes"]
    subprocess.run(command, cwd=action.folder, env=action.environment, capture_output=True, check=True)  # noqa: S603 - our own program
    assert action("drift").returncode == 0


def test_lint_annotates_and_lists_every_finding(action: Action) -> None:
    """Each finding is an annotation, and the summary has all of them, of which GitHub would show ten."""
    models = [f"{{id: m{number}, name: M, sql_query: DROP TABLE a.b.c}}" for number in range(12)]
    (action.folder / "infra" / "all.yaml").write_text(f"data_models: [{', '.join(models)}]\n", "utf-8")
    done = action("lint")
    assert done.returncode == 10
    assert len(re.findall(r"^::error file=infra/all\.yaml,line=1,", done.stdout, re.MULTILINE)) == 12
    assert len(re.findall(r"^\| error \| WS302 \|", action.summary(), re.MULTILINE)) == 12
    assert action("lint", arguments="--ignore\nWS3,WS102").returncode == 0


def test_text_of_a_pull_request_is_no_workflow_command(action: Action) -> None:
    """Plans and errors are printed where GitHub ignores commands, until a token that nobody can guess."""
    tokens: set[str] = set()
    for text, shown in ((MODELS, "### Plan: 1 to create"), ("data_models: 1\n", "all.yaml")):
        (action.folder / "infra" / "all.yaml").write_text(text, "utf-8")
        done = action("plan", comment="false")
        printed = re.findall(
            r"^::stop-commands::([0-9a-f]{32})\n(.*?)^::\1::$", done.stdout, re.MULTILINE | re.DOTALL
        )
        assert [each for _, each in printed if shown in each]
        assert shown not in re.sub(r"(?ms)^::stop-commands::(\w+)$.*?^::\1::$", "", done.stdout) + done.stderr
        assert not tokens & {token for token, _ in printed}
        tokens |= {token for token, _ in printed}


def test_failing_command_fails_the_step(action: Action) -> None:
    """An error of the command and a wrong input fail the step with an annotation."""
    (action.folder / "infra" / "all.yaml").write_text("data_models: 1\n", "utf-8")
    done = action("plan")
    assert done.returncode == 1
    assert "::error title=warehouse-sync::warehouse-sync plan failed" in done.stdout
    assert "all.yaml" in done.stdout
    assert "command must be lint, plan, drift, not apply" in action("apply").stdout
