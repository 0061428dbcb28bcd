"""All rules over a folder."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path

from warehouse_sync import DataModelSpec
from warehouse_sync.declarative.files.declarations import Declarations
from warehouse_sync.declarative.files.load import read
from warehouse_sync.declarative.lint.pipelines import found, lint_pipelines
from warehouse_sync.declarative.lint.rules import ERROR, RULES, Finding, Limits


def lint_files(path: Path, *, now: datetime, limits: Limits | None = None) -> list[Finding]:
    """Look at what a file or a folder declares.

    Args:
        path: The file or folder.
        now: The moment that catch-up limits are counted from.
        limits: The account's limits, where they are not the documented ones.

    Returns:
        What the rules say, by file and line.
    """
    declarations, problems = read(path)
    limits = limits or Limits()
    findings = [
        Finding(rule=RULES["WS001"], location=each.location, message=each.message, path=each.path)
        for each in problems
    ]
    findings += [*_unknown_codes(declarations), *lint_pipelines(declarations, limits, now)]
    if any(isinstance(each.spec, DataModelSpec) for each in declarations.resources):
        # Only now: sqlglot takes longer to import than the rest takes to run.
        queries = import_module("warehouse_sync.declarative.lint.queries")
        findings += queries.lint_queries(declarations, limits)
    return sorted(findings, key=lambda finding: (finding.location, finding.rule.code, finding.message))


def has_errors(findings: list[Finding], *, strict: bool = False) -> bool:
    """Tell whether findings are more than advice; with `strict`, whether there are any but notes."""
    severities = {finding.rule.severity for finding in findings}
    return ERROR in severities or (strict and "warning" in severities)


def _unknown_codes(declarations: Declarations) -> Iterator[Finding]:
    for declared in declarations.resources:
        for code in sorted(declared.ignored_rules - RULES.keys()):
            yield from found("WS002", declared, "lint", f"there is no rule {code[:20]!r}")
