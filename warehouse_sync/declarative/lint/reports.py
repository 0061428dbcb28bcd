"""Format findings as text, Markdown, JSON, SARIF and GitHub annotations."""

import json
import re
from collections.abc import Iterable
from typing import Any

from warehouse_sync.declarative.lint.rules import ERROR, NOTE, RULES, WARNING, Finding

_GITHUB = {ERROR: "error", WARNING: "warning", NOTE: "notice"}
# Punctuation that Markdown or HTML gives a meaning to.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|@~&-])")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_text(findings: list[Finding]) -> str:
    """Return one line per finding and a line with the totals."""
    return "\n".join([*map(str, findings), f"{_totals(findings)}."])


def _totals(findings: list[Finding]) -> str:
    """Return the number of findings of each severity."""
    counts = {
        severity: sum(1 for each in findings if each.rule.severity == severity)
        for severity in (ERROR, WARNING, NOTE)
    }
    return ", ".join(f"{count} {severity}(s)" for severity, count in counts.items())


def to_markdown(findings: list[Finding]) -> str:
    """Return the totals and a table of the findings, for the summary of a job."""
    rows = [
        f"| {each.rule.severity} | {each.rule.code} | {_cell(f'{each.location.file}:{each.location.line}')} "
        f"| {_cell(f'{each.path}: {each.message}' if each.path else each.message)} |"
        for each in findings
    ]
    table = ["", "| severity | rule | location | finding |", "|---|---|---|---|", *rows] if rows else []
    return "\n".join([f"### Lint: {_totals(findings)}", *table])


def _cell(text: str) -> str:
    """Return text as plain text in a cell of a table."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def to_json(findings: list[Finding]) -> str:
    """Return the findings as a JSON array."""
    return json.dumps([_plain(finding) for finding in findings], indent=2, ensure_ascii=False)


def to_github(findings: list[Finding]) -> str:
    """Return the findings as GitHub workflow commands, which become annotations."""
    return "\n".join(_annotation(finding) for finding in findings)


def to_sarif(findings: list[Finding], *, version: str) -> str:
    """Return the findings as SARIF 2.1.0, for code scanning."""
    driver = {
        "name": "warehouse-sync lint",
        "version": version,
        "rules": [
            {
                "id": rule.code,
                "shortDescription": {"text": rule.title},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in RULES.values()
        ],
    }
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    return json.dumps(
        {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False
    )


def _plain(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "code": finding.rule.code,
        "severity": finding.rule.severity,
        "message": finding.message,
        "path": finding.path,
        "file": location.file,
        "line": location.line,
        "column": location.column,
    }


def _annotation(finding: Finding) -> str:
    location = finding.location
    command = _GITHUB[finding.rule.severity]
    fields = {
        "file": location.file,
        "line": location.line,
        "col": location.column,
        "title": finding.rule.code,
    }
    listed = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in fields.items())
    text = f"{finding.path}: {finding.message}" if finding.path else finding.message
    return f"::{command} {listed}::{_escaped(text)}"


def _escaped(text: str, more: Iterable[str] = "") -> str:
    for char in ("%", "\r", "\n", *more):
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def _result(finding: Finding) -> dict[str, Any]:
    location = finding.location
    physical_location = {
        "artifactLocation": {"uri": location.file.replace("\\", "/")},
        "region": {"startLine": location.line, "startColumn": location.column},
    }
    return {
        "ruleId": finding.rule.code,
        "level": finding.rule.severity,
        "message": {"text": f"{finding.path}: {finding.message}" if finding.path else finding.message},
        "locations": [{"physicalLocation": physical_location}],
    }
