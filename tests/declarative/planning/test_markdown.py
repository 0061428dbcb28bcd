"""Plans as Markdown, for the comments of pull requests."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.declarative.files.fields import KINDS
from warehouse_sync.declarative.planning.diff import Difference
from warehouse_sync.declarative.planning.markdown import render_markdown
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, UPDATE, Change, Plan

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

LIMIT = 3000
WORKSPACE = "5328 at https://api.mparticle.com"
# What a comment has outside of its code blocks.
FRAME = re.compile(
    r"### (Plan: .*|No changes: .*)|Workspace `5328 at https://api\.mparticle\.com`|"
    r"<details><summary><code>[-+~] \w+ (connection|data model|feed|pipeline)( [^<>`*@]*)?</code></summary>|</details>|"
    r"- <code>[-+~] \w+ (connection|data model|feed|pipeline)( [^<>`*@]*)?</code>|\d+ more change\(s\) do not fit here: .*|"
)

TEXT = st.text(st.sampled_from("`~<>/ab \n\r\t\u202e\x1b*_#|é"), max_size=80) | st.sampled_from(
    ["```", "a\n```\n<script>", "b\n```\n<script>", "````\n</details>", "<script>", "@everyone"]
)
DIFFERENCES = st.builds(
    Difference, path=st.just("sql_query"), before=TEXT | st.none(), after=TEXT | st.none() | st.integers()
)
CHANGES = st.builds(
    Change,
    action=st.sampled_from([CREATE, UPDATE, DELETE]),
    kind=st.sampled_from(KINDS),
    id=st.text("abc-_", min_size=1, max_size=60) | TEXT,  # the name of a feed can be any text
    differences=st.lists(DIFFERENCES, max_size=4).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)
PLANS = st.builds(
    Plan,
    changes=st.lists(CHANGES, max_size=60).map(tuple),
    notes=st.lists(TEXT, max_size=30).map(tuple),
    blockers=st.lists(TEXT, max_size=30).map(tuple),
)


def outside_code(text: str) -> list[str]:
    """Return the lines outside of fenced code, as GitHub reads fences."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = re.match(r" {0,3}(`{3,})", line)
        if not fence and mark:
            fence = mark[1]
        elif fence and re.fullmatch(rf" {{0,3}}`{{{len(fence)},}}\s*", line):
            fence = ""
        elif not fence:
            lines.append(line)
    assert not fence
    return lines


@given(PLANS)
def test_markdown_fits_and_nothing_leaves_its_code_block(plan: Plan) -> None:
    """Whatever the values are, a comment is within its limit, and all of them are inside of code blocks."""
    text = render_markdown(plan, workspace=WORKSPACE, limit=LIMIT)
    assert len(text.encode()) <= LIMIT
    lines = outside_code(text)
    assert [line for line in lines if not FRAME.fullmatch(line)] == []
    assert sum("<details>" in line for line in lines) == lines.count("</details>")


def test_changes_that_do_not_fit_are_counted() -> None:
    """A long plan lists every change first, then fields; deletes come first, and what is left out is counted."""
    long = Difference(path="sql_query", before=None, after="x" * 800)
    changes = tuple(
        Change(action=CREATE, kind=KINDS[1], id=f"model-{number:03}", differences=(long,))
        for number in range(300)
    )
    plan = Plan(changes=(*changes, Change(action=DELETE, kind=KINDS[0], id="old")))
    text = render_markdown(plan, workspace=WORKSPACE, limit=20_000)
    assert text.index("- delete connection old") < text.index("model-000")
    assert 1 < text.count("<details>") < 300
    short = render_markdown(plan, workspace=WORKSPACE, limit=5000)
    [left_out] = re.findall(r"(\d+) more change\(s\) do not fit", short)
    assert int(left_out) + short.count("<code>") == 301
    assert "do not fit" not in text


def test_remarks_count_towards_the_limit() -> None:
    """Many remarks and many changes together are within the limit."""
    changes = tuple(
        Change(action=DELETE, kind=KINDS[0], id=f"connection-{number:03}") for number in range(300)
    )
    plan = Plan(changes=changes, blockers=tuple(f"reason {number}" for number in range(300)))
    text = render_markdown(plan, workspace=WORKSPACE, limit=LIMIT)
    assert LIMIT - 100 < len(text.encode()) <= LIMIT
    assert "…" in text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that declares a connection with a password, and a data model."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "all.yaml").write_text(
        """
connections:
  - id: redshift
    name: R
    service_provider: Redshift
    config: {database: d, host: h, user: u, password: "env:PASSWORD", aws_iam_role_arn: r}
data_models:
  - {id: customers, name: Customers, sql_query: SELECT 1}
""",
        "utf-8",
    )
    return tmp_path / "infra"


def test_plan_prints_markdown_without_secrets(
    cli: "Cli", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`plan --format markdown` collapses each change; a secret is not shown, also when it changes."""
    monkeypatch.setenv("PASSWORD", "hunter-2-hunter-2")
    created = cli("plan", folder, "--format", "markdown", "--exit-code")
    assert created.exit_code == 2
    assert created.stdout.startswith("### Plan: 2 to create")
    assert "<details><summary><code>+ create connection redshift</code></summary>" in created.stdout
    assert cli("apply", folder, "--yes").exit_code == 0
    monkeypatch.setenv("PASSWORD", "correct-horse")
    changed = cli("drift", folder, "--format", "markdown")
    assert changed.exit_code == 2
    assert "! config.password: (secret), sent again" in changed.stdout
    assert "hunter" not in created.stdout + changed.stdout
    assert "horse" not in changed.stdout


def test_drift_lists_unmanaged_resources(
    cli: "Cli", folder: Path, seeded: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> None:
    """`drift --format markdown` lists what no files declare or manage; `plan` does not."""
    monkeypatch.setenv("PASSWORD", "correct-horse")
    assert seeded.port
    line = "Unmanaged: pipeline seeded-pipeline-00001\n"
    assert line in cli("drift", folder, "--format", "markdown").stdout
    assert line not in cli("plan", folder, "--format", "markdown").stdout


def test_markdown_excludes_other_formats(cli: "Cli", folder: Path) -> None:
    """`--format markdown --json` is a usage error."""
    assert "exclude each other" in cli("plan", folder, "--format", "markdown", "--json").stderr
