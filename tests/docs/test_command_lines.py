"""The shell and data examples of the pages: commands and options exist, and documents can be parsed."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from scripts.build_site import DOCS
from warehouse_sync.cli.main import root

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").glob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))


def read_blocks(page: Path, *languages: str) -> list[str]:
    """Return the code blocks of languages."""
    pattern = rf"^( *)```(?:{'|'.join(languages)})\n(.*?)^\1```"
    return [
        block for _, block in re.findall(pattern, page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    ]


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the calls of the command in the shell blocks of a page, as words."""
    for block in read_blocks(page, "bash", "console", "sh", "shell"):
        text = re.sub(r"<<'(\w+)'.*?^\1$", "", block, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ")
        for line in text.splitlines():
            found = re.search(r"(?:^|\$ |&& |\| |run: |= |\()warehouse-sync (.*)$", line)
            if found:
                words = shlex.split(found[1], comments=True)
                end = next(
                    (
                        number
                        for number, word in enumerate(words)
                        if word in ("|", "||", "&&", ">", "2>", "&")
                    ),
                    None,
                )
                yield words[:end]


def inline_calls(page: Path) -> Iterator[list[str]]:
    """Yield the calls of the command in the text of a page, as words; `…` stands for anything."""
    for found in re.findall(r"(?<!`)`warehouse-sync ([^`]+)`(?!`)", page.read_text("utf-8")):
        yield [word for word in shlex.split(found) if not word.endswith("…")]


def problem(words: list[str]) -> str:
    """Return what is wrong with a call: its command, or an option."""
    context = click.Context(root, info_name="warehouse-sync")
    command: click.Command = root
    words = list(words)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        following = command.get_command(context, name)
        if following is None:
            return f"no command {name}"
        command = following
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {
        "--help",
        "-h",
        "--version",
    }
    wrong = [word for word in words if re.match(r"--?[A-Za-z]", word) and word.partition("=")[0] not in known]
    return f"no option {', '.join(wrong)}" if wrong else ""


def test_commands_of_pages_exist() -> None:
    """Each command and option in a shell block is one of the command line."""
    calls = [
        (page.relative_to(ROOT), words)
        for page in PAGES
        for words in (*command_lines(page), *inline_calls(page))
    ]
    assert len(calls) > 100
    assert [(str(page), " ".join(words), problem(words)) for page, words in calls if problem(words)] == []


def test_wrong_commands_are_found() -> None:
    """The check finds a command and an option that do not exist."""
    assert problem(["plan", "infra", "--outt", "x"]) == "no option --outt"
    assert problem(["runs", "lst"]) == "no command lst"
    assert problem(["runs", "list", "customers"]) == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_documents_of_pages_can_be_parsed(page: Path) -> None:
    """Each YAML, TOML and JSON block is a document of its language."""
    for block in read_blocks(page, "yaml"):
        assert [*yaml.safe_load_all(block)]
    for block in read_blocks(page, "toml"):
        assert tomllib.loads(block)
    for block in read_blocks(page, "json"):
        assert json.loads(block) is not None
