"""Settings of lint: rules to report, severities, and the dialect of queries."""

from collections.abc import Iterable, Mapping

import attrs

from warehouse_sync.declarative.lint.rules import ERROR, NOTE, RULES, WARNING, Finding

DIALECTS = ("snowflake", "bigquery", "redshift", "databricks")
_ALWAYS = "WS001"  # an invalid file cannot be used, so its problems are always reported


def _check_codes(_: object, attribute: "attrs.Attribute[tuple[str, ...]]", value: tuple[str, ...]) -> None:
    for code in value:
        if not code or not any(known.startswith(code) for known in RULES):
            raise ValueError(f"{attribute.name}: there is no rule {code!r}: use a code such as WS306 or WS3")
    if attribute.name == "ignore" and _ALWAYS in value:
        raise ValueError(f"ignore: {_ALWAYS} cannot be ignored, because an invalid file cannot be used")


def _check_severity(_: object, __: object, value: Mapping[str, str]) -> None:
    for code, severity in value.items():
        if code not in RULES or code == _ALWAYS:
            raise ValueError(f"severity: the severity of {code!r} cannot be set: use a code such as WS306")
        if severity not in {ERROR, WARNING, NOTE}:
            raise ValueError(f"severity: {code} must be error, warning or note, not {severity!r}")


def _check_dialect(_: object, __: object, value: str) -> None:
    if value and value not in DIALECTS:
        raise ValueError(f"dialect: must be one of {', '.join(DIALECTS)}, not {value!r}")


@attrs.frozen(kw_only=True)
class LintSettings:
    """Settings of lint.

    Attributes:
        select: Codes of the rules to report, or their beginnings, such as `WS3`; all if empty.
        ignore: Codes of rules not to report, or their beginnings.
        severity: Other severities, by code.
        dialect: The dialect of queries whose connections are not in the files; standard SQL if empty.

    Raises:
        ValueError: A code, a severity or the dialect does not exist.
    """

    select: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...], validator=_check_codes)
    ignore: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...], validator=_check_codes)
    severity: Mapping[str, str] = attrs.field(factory=dict, validator=_check_severity)
    dialect: str = attrs.field(default="", validator=_check_dialect)

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings to report, with their severities."""
        return [self._with_severity(each) for each in findings if self._is_reported(each.rule.code)]

    def _is_reported(self, code: str) -> bool:
        is_selected = not self.select or code.startswith(self.select)
        return code == _ALWAYS or (is_selected and not code.startswith(self.ignore))

    def _with_severity(self, finding: Finding) -> Finding:
        severity = self.severity.get(finding.rule.code)
        if severity is None:
            return finding
        return attrs.evolve(finding, rule=attrs.evolve(finding.rule, severity=severity))
