"""Run all lint rules on a folder."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path

from warehouse_sync import DataModelSpec
from warehouse_sync.declarative.files.declarations import Declarations
from warehouse_sync.declarative.lint.pipelines import lint_pipelines, report
from warehouse_sync.declarative.lint.rules import ERROR, RULES, WARNING, Finding, LintLimits
from warehouse_sync.declarative.lint.settings import LintSettings
from warehouse_sync.declarative.lint.source import Source, read_source
from warehouse_sync.declarative.project import ProjectEnvironment


def lint_files(
    paths: Path | Sequence[Path],
    *,
    now: datetime,
    limits: LintLimits | None = None,
    environment: ProjectEnvironment | None = None,
    settings: LintSettings | None = None,
) -> list[Finding]:
    """Run all rules on files and folders.

    Args:
        paths: Files and folders, which may refer to each other's resources. A `.sql` file is a query of its own, and so
            is each in a folder without YAML and JSON files, such as `target/compiled`.
        now: The current time, from which catch-up limits are counted.
        limits: The limits of the account; the documented ones if `None`.
        environment: The environment of the project.
        settings: The rules to report, their severities, and the dialect; all rules if `None`.

    Returns:
        The findings, ordered by file and line.
    """
    source = read_source([paths] if isinstance(paths, Path) else paths, environment)
    return lint_source(source, now=now, limits=limits, settings=settings)


def lint_source(
    source: Source, *, now: datetime, limits: LintLimits | None = None, settings: LintSettings | None = None
) -> list[Finding]:
    """Run all rules; `lint_files` describes the arguments and the result."""
    limits, settings = limits or LintLimits(), settings or LintSettings()
    declarations = source.declarations
    findings = [
        Finding(rule=RULES["WS001"], location=each.location, message=each.message, path=each.path)
        for each in source.problems
    ]
    findings += [
        Finding(rule=RULES["WS003"], location=each.location, message=each.message)
        for each in declarations.skipped
    ]
    findings += [*_unknown_codes(declarations), *lint_pipelines(declarations, limits, now)]
    if source.queries or any(isinstance(each.spec, DataModelSpec) for each in declarations.resources):
        # Imported late: importing sqlglot takes longer than all other rules.
        queries = import_module("warehouse_sync.declarative.lint.queries")
        findings += queries.lint_queries(declarations, limits, settings.dialect)
        findings += queries.lint_single_queries(source.queries, limits, settings.dialect)
    findings = settings.apply(findings)
    return sorted(findings, key=lambda finding: (finding.location, finding.rule.code, finding.message))


def has_errors(findings: list[Finding], *, strict: bool = False) -> bool:
    """Return whether there are errors or, if `strict`, errors or warnings."""
    severities = {finding.rule.severity for finding in findings}
    return ERROR in severities or (strict and WARNING in severities)


def _unknown_codes(declarations: Declarations) -> Iterator[Finding]:
    for declared in (*declarations.resources, *declarations.field_transformations):
        for code in sorted(declared.ignored_rules - RULES.keys()):
            yield from report(
                "WS002", declared, "lint", f"ignores the unknown rule {code[:20]!r}: fix or remove the code"
            )
