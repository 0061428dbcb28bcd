"""Writes the pages in `docs/commands` from the help of the commands.

Text below the `NOTES` line of a page is written by hand and kept.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from warehouse_sync.cli.main import COMMANDS, SECTIONS, root

DOCS = Path(__file__).parents[2] / "docs" / "commands"
NOTES = "<!-- Notes: the text below this line is written by hand. -->"
# Options of most commands, which the index describes once.
SHARED_OPTIONS = {
    "workspace": {"profile", "postman_env", "workspace", "api_url", "token_url", "timeout"},
    "output": {"output", "as_json", "quiet"},
}


def generate() -> dict[str, str]:
    """Return every generated page by file name, without its notes."""
    top = click.Context(root, info_name="warehouse-sync", **root.context_settings)
    commands = [_child(top, root.get_command(top, name)) for name in COMMANDS]
    return {"README.md": _index(commands), **{f"{each.info_name}.md": _page(each) for each in commands}}


def _child(parent: click.Context, command: click.Command | None) -> click.Context:
    """Return a command's context, which inherits the settings of its parent."""
    if command is None:
        raise LookupError(f"{parent.command_path} lacks a command")
    return click.Context(command, info_name=command.name, parent=parent)


def _index(commands: list[click.Context]) -> str:
    lines = ["# Commands", ""]
    for title, summaries in SECTIONS.items():
        lines += [f"## {title}", "", "| command | |", "|---|---|"]
        lines += [f"| [{name}]({name}.md) | {summary} |" for name, summary in summaries.items()]
        lines.append("")
    for title, names in SHARED_OPTIONS.items():
        context = next(each for each in commands if _names(each) >= names)
        lines += [f"## {title} options".capitalize(), "", *_options(context, names), ""]
    return "\n".join(lines)


def _page(context: click.Context) -> str:
    lines = _describe(context, "#")
    if isinstance(context.command, click.Group):
        for command in context.command.commands.values():
            lines += _describe(_child(context, command), "##")
    return "\n".join(lines)


def _describe(context: click.Context, heading: str) -> list[str]:
    """Return the lines about one command."""
    text, _, example = inspect.cleandoc(context.command.help or "").rpartition("Example: ")
    usage = [context.command_path, *context.command.collect_usage_pieces(context)]
    lines = [f"{heading} {context.command_path}", "", text.strip(), ""]
    lines += ["```text", " ".join(usage), "```", "", "Example:", ""]
    lines += ["```bash", " ".join(example.split()), "```", ""]
    shared = [title for title, names in SHARED_OPTIONS.items() if _names(context) >= names]
    options = _options(context, _names(context).difference(*(SHARED_OPTIONS[title] for title in shared)))
    lines += [*options, ""] if options else []
    links = " and the ".join(f"[{title} options](README.md#{title}-options)" for title in shared)
    return [*lines, f"Also takes the {links}.", ""] if links else lines


def _names(context: click.Context) -> set[str]:
    """Return the names of a command's options."""
    options = (each for each in context.command.params if isinstance(each, click.Option))
    return {each.name for each in options if each.name}


def _options(context: click.Context, names: set[str]) -> list[str]:
    """Return a table of a command's options, or nothing if it has none of them."""
    rows = list(_option_rows(context, names))
    return ["| option | meaning |", "|---|---|", *rows] if rows else []


def _option_rows(context: click.Context, names: set[str]) -> Iterator[str]:
    for option in context.command.params:
        record = option.get_help_record(context)
        if record is not None and option.name in names:
            usage, meaning = (" ".join(text.split()).replace("|", "\\|") for text in record)
            yield f"| `{usage}` | {meaning.replace('] [', '; ')} |"  # `[a] [b]` is a link in Markdown


def _with_notes(generated: str, existing: str) -> str:
    """Return a generated page with the notes of the existing page."""
    _, marker, notes = existing.partition(NOTES)
    return f"{generated}\n{marker}{notes}" if marker else generated


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` report pages that differ."""
    pages = generate()
    stale = [path for path in sorted(DOCS.glob("*.md")) if path.name not in pages]
    for name, generated in pages.items():
        path = DOCS / name
        existing = path.read_text(encoding="utf-8") if path.exists() else ""
        page = _with_notes(generated, existing)
        if page != existing:
            stale.append(path)
            if "--check" not in arguments:
                path.write_text(page, encoding="utf-8")
    if "--check" not in arguments:
        return 0
    for path in stale:
        sys.stderr.write(f"docs/commands/{path.name} is not up to date: run `make generate`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
