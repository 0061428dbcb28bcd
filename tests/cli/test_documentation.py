"""Every command, lint rule and exit code is documented."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.command_calls import ALL
from warehouse_sync.cli.exit_codes import MEANINGS
from warehouse_sync.cli.main import COMMANDS
from warehouse_sync.declarative import RULES

DOCS = Path(__file__).parents[2] / "docs"
HEAVY = ("aiohttp", "sqlglot", "duckdb", "rich", "yaml")
# Their modules import what they need.
SERVING = ("emulator", "demo", "mcp")


@pytest.mark.parametrize(
    ("words", "command"), ALL, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_command_is_documented(words: tuple[str, ...], command: click.Command) -> None:
    """The help has a summary and an example, and each option has a help text."""
    help_text = inspect.cleandoc(command.help or "")
    assert f"Example: warehouse-sync {' '.join(words)}" in help_text
    assert re.fullmatch(r"[A-Z][a-z]+,? .{,60}\.", help_text.splitlines()[0])
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not re.match(r"[A-Za-z].+\.", each.help or "")] == []


@pytest.mark.parametrize(
    ("words", "command"), ALL, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_help_shows_choices_and_defaults(words: tuple[str, ...], command: click.Command) -> None:
    """Each choice and each default of an option is in its help."""
    context = click.Context(command, info_name=words[-1], show_default=True)
    for option in command.params:
        record = option.get_help_record(context)
        if record is None or not isinstance(option, click.Option):
            continue
        shown = " ".join(record)
        if isinstance(option.type, click.Choice):
            assert [each for each in option.type.choices if each.lower() not in shown.lower()] == []
            assert option.required or "default: " in shown, option.name
        if isinstance(option.get_default(context), int | float | str) and not option.is_flag:
            assert "default: " in shown, option.name


def test_summaries_are_those_of_the_commands() -> None:
    """The help lists each command with the first line of its own help."""
    first_lines = {
        words[0]: (command.help or "").splitlines()[0] for words, command in ALL if len(words) == 1
    }
    assert first_lines == COMMANDS


@pytest.mark.parametrize("words", [words for words, _ in ALL if words[0] not in SERVING], ids=" ".join)
def test_options_of_examples_exist(words: tuple[str, ...]) -> None:
    """The options of each example exist."""
    command = dict(ALL)[words]
    example = (command.help or "").rpartition("Example: ")[2]
    known = {
        name
        for _, each in ALL
        if each is command or isinstance(command, click.Group)
        for p in each.params
        for name in p.opts
    }
    assert {word for word in example.split() if word.startswith("--")} <= known


def test_every_exit_code_is_documented() -> None:
    """The page of exit codes has each code with its meaning."""
    page = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    assert [code for code, meaning in MEANINGS.items() if f"| {int(code)} | {meaning} |" not in page] == []


def test_every_lint_rule_is_documented() -> None:
    """The page of lint rules has each rule with its severity."""
    page = (DOCS / "lint.md").read_text(encoding="utf-8")
    assert [
        rule.code
        for rule in RULES.values()
        if f"| [{rule.code}](lint/{rule.code}.md) | {rule.severity} | {rule.title} |" not in page
    ] == []


def test_relative_links_exist() -> None:
    """Each relative link of a page is a file."""
    for page in DOCS.rglob("*.md"):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []


def _imported_after(arguments: list[str], environment: str = "") -> list[str]:
    code = f"""
import json, os, sys
{environment}
sys.argv = ["warehouse-sync", *{arguments!r}]
from warehouse_sync.cli import main
try:
    main()
finally:
    print("\\n" + json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in SERVING])
def test_help_imports_little(name: str) -> None:
    """The help of a command imports neither the client nor sqlglot nor rich."""
    assert _imported_after([name, "--help"]) == []


@pytest.mark.parametrize("typed", ["warehouse-sync ", "warehouse-sync runs ", "warehouse-sync plan --"])
def test_completion_imports_little(typed: str) -> None:
    """Completing commands and options imports nothing heavy."""
    count = len(typed.split()) - (0 if typed.endswith(" ") else 1)
    environment = (
        'os.environ["_WAREHOUSE_SYNC_COMPLETE"] = "bash_complete"\n'
        f'os.environ["COMP_WORDS"] = {typed!r}\nos.environ["COMP_CWORD"] = "{count}"'
    )
    assert _imported_after([], environment) == []
