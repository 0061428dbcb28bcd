"""Render plans as Markdown for the comments of pull requests."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from warehouse_sync.declarative.planning.diff import Difference
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, UPDATE, Change, Plan
from warehouse_sync.declarative.planning.render import (
    printable_line,
    render_change,
    render_summary,
    value_text,
)

# GitHub refuses longer comments. A caller can add a line of its own.
MAX_COMMENT = 65_000
_ORDER = {DELETE: 0, UPDATE: 1, CREATE: 2, NO_CHANGE: 3}


def render_markdown(
    plan: Plan, *, workspace: str, listing_unmanaged: bool = False, limit: int = MAX_COMMENT
) -> str:
    """Return a plan as Markdown, with each change collapsed, deletes first.

    Changes that do not fit lose their fields first, and are then only counted.

    Args:
        plan: The plan.
        workspace: The workspace and its address.
        listing_unmanaged: Whether to list the resources that no files declare or manage.
        limit: The maximum number of bytes in UTF-8, at least 2,000.
    """
    head = [f"### {render_summary(plan)}", "", f"Workspace {_code(workspace)}", ""]
    remarks = [
        *(f"Cannot be applied: {each}." for each in plan.blockers),
        *(f"Note: {each}" for each in plan.notes),
        *(
            f"Unmanaged: {kind.replace('_', ' ')} {name}"
            for kind, name in plan.unmanaged
            if listing_unmanaged
        ),
    ]
    changes = sorted(
        (each for each in plan.changes if each.action != NO_CHANGE or each.notes),
        key=lambda each: _ORDER[each.action],
    )
    budget = _Budget(limit - sum(map(_size, head)) - _size(_left_out(len(changes))))
    blocks = [_cut(_fenced(remarks, "text"), limit // 4)] if remarks else []
    budget.take(sum(map(_size, blocks)))
    # The line of each change comes before the fields of any.
    lines = [(change, _block(change, ())) for change in changes]
    shown = [(change, line) for change, line in lines if budget.take(_size(line))]
    for change, line in shown:
        whole = _block(change, _fenced(_fields(change), "diff"))
        blocks.append(whole if budget.take(_size(whole) - _size(line)) else line)
    tail = [_left_out(len(changes) - len(shown))] if len(shown) < len(changes) else []
    return "\n".join([*head, *blocks, *tail]).rstrip() + "\n"


def _left_out(count: int) -> str:
    return f"{count} more change(s) do not fit here: run `plan` to see them."


class _Budget:
    """The number of bytes that are left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, size: int) -> bool:
        """Use bytes; return whether there are as many."""
        if size > self.left:
            return False
        self.left -= size
        return True


def _size(text: str) -> int:
    return len(text.encode()) + 1  # the line break


def _code(text: str) -> str:
    """Return text as code, whatever it contains."""
    text = printable_line(text)
    mark = "`" * (_longest_run(text) + 1)
    return f"{mark} {text} {mark}" if "`" in text else f"`{text}`"


def _html(text: str) -> str:
    """Return text as HTML without Markdown: the name of a feed can contain anything."""
    plain = printable_line(text)
    return "".join(c if c.isalnum() or c in " +-~_" else f"&#{ord(c)};" for c in plain)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _fenced(lines: Iterable[str], language: str) -> list[str]:
    """Return lines as a code block that none of them can end; nothing for no lines."""
    lines = [printable_line(part) for line in lines for part in line.splitlines() or [""]]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [fence + language, *lines, fence, ""] if lines else []


def _cut(lines: list[str], limit: int) -> str:
    """Return a code block, without its last lines if it has more bytes than a limit."""
    first, *inner, last, end = lines
    size, kept = sum(map(_size, (first, "…", last, end))), []
    for line in inner:
        size += _size(line)
        if size > limit:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join([first, *kept, last, end])


def _block(change: Change, fields: Iterable[str]) -> str:
    """Return a change as one line, collapsed if it has fields."""
    title = f"<code>{_html(render_change(change).strip())}</code>"
    fields = list(fields)
    if not fields:
        return f"- {title}\n"
    return "\n".join([f"<details><summary>{title}</summary>", "", *fields, "</details>", ""])


def _fields(change: Change) -> Iterator[str]:
    """Yield the lines of a change, as a diff."""
    for difference in change.differences:
        yield from _difference(change, difference)
    for note in change.notes:
        yield f"! {note}"


def _difference(change: Change, difference: Difference) -> Iterator[str]:
    path, before, after = difference.path, difference.before, difference.after
    if change.action == CREATE:
        yield from _value("+", path, after)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield f"  {path}:"
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
        yield from list(lines)[2:]
    elif before == after:
        yield f"! {path}: {before}, sent again"
    else:
        yield from _value("-", path, before)
        yield from _value("+", path, after)


def _value(sign: str, path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any field's value
    if isinstance(value, str) and "\n" in value:
        yield f"{sign} {path}:"
        yield from (f"{sign}   {line}" for line in value.splitlines())
    else:
        yield f"{sign} {path}: {value_text(value)}"
