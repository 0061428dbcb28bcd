"""Render plans as text for review."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from warehouse_sync.declarative.planning.diff import Difference
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, UPDATE, Change, Plan

_SIGNS = {CREATE: "+", UPDATE: "~", DELETE: "-", NO_CHANGE: " "}


def render_plan(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan: changes with their fields, notes, blockers, summary."""
    for change in plan.changes:
        if change.action != NO_CHANGE or change.notes:
            yield from _change_lines(change)
    for note in plan.notes:
        yield f"Note: {note}"
    for blocker in plan.blockers:
        yield f"Cannot be applied: {blocker}."
    yield render_summary(plan)


def render_summary(plan: Plan) -> str:
    """Return the number of changes per action, and whether the plan can be applied."""
    counts = (f"{plan.count(action)} to {action}" for action in (CREATE, UPDATE, DELETE))
    changes = f"Plan: {', '.join(counts)}, {plan.count(NO_CHANGE)} unchanged."
    if plan.blockers:
        return f"{changes} It cannot be applied: {len(plan.blockers)} blocker(s)."
    if not plan.steps:
        return f"No changes: {plan.count(NO_CHANGE)} resource(s) match the files."
    return changes


def render_change(change: Change) -> str:
    """Return the line of a change without its fields."""
    return f"{_SIGNS[change.action]} {change.action} {change.kind.noun} {change.id}"


def _change_lines(change: Change) -> Iterator[str]:
    yield render_change(change)
    for difference in change.differences:
        yield from _difference_lines(change, difference)
    for note in change.notes:
        yield f"    note: {note}"


def _difference_lines(change: Change, difference: Difference) -> Iterator[str]:
    path, before, after = difference.path, difference.before, difference.after
    if change.action == CREATE:
        yield from _value_lines(path, after)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield f"    {path}:"
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
        yield from (f"      {printable_line(line)}" for line in list(lines)[2:])
    elif difference.before == difference.after:
        yield f"    {path}: {before}, sent again"
    else:
        yield f"    {path}: {value_text(before)} → {value_text(after)}"


def _value_lines(path: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any field's value
    if isinstance(value, str) and "\n" in value:
        yield f"    {path}:"
        yield from (f"      {printable_line(line)}" for line in value.splitlines())
    else:
        yield f"    {path}: {value_text(value)}"


def printable_line(line: str) -> str:
    """Return a line of a query with control characters replaced."""
    return "".join(char if char.isprintable() or char == "\t" else "·" for char in line)


def value_text(value: Any) -> str:  # noqa: ANN401 - any field's value
    """Return a value as JSON; a masked secret and no value as words."""
    if value is None:
        return "(not set)"
    return value if value == "(secret)" else json.dumps(value, ensure_ascii=False)
