"""The rules, each with its code; a code never changes its meaning."""

from collections.abc import Mapping

import attrs

from warehouse_sync.declarative.errors import Location

ERROR, WARNING, NOTE = "error", "warning", "note"


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    Attributes:
        code: Its name in `lint: {ignore: […]}` and `-- lint: ignore …`.
        severity: `error` for what fails or does harm, `warning` for what may, `note` for what is only undocumented.
        title: What it looks for.
    """

    code: str
    severity: str
    title: str


@attrs.frozen(kw_only=True)
class Finding:
    """A rule that speaks.

    Attributes:
        rule: The rule.
        location: Where.
        message: What was found, and what to do about it.
        path: The field, such as `pipeline orders.schedule.start`.
    """

    rule: Rule
    location: Location
    message: str
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.location}: {self.rule.severity} {self.rule.code}: {where}{self.message}"


def _rules(*listed: tuple[str, str, str]) -> Mapping[str, Rule]:
    return {code: Rule(code=code, severity=severity, title=title) for code, severity, title in listed}


RULES = _rules(
    ("WS001", ERROR, "A file cannot be used as it is."),
    ("WS002", WARNING, "A rule that is ignored does not exist."),
    ("WS101", WARNING, "A pipeline refers to what is not in these files."),
    ("WS102", NOTE, "Nothing uses a connection or a data model."),
    ("WS201", WARNING, "The first sync comes one interval later than it seems."),
    ("WS202", ERROR, "A range ends before it begins."),
    ("WS203", WARNING, "The past that a new pipeline makes up for is limited."),
    ("WS204", WARNING, "A field has no effect on a schedule of this type."),
    ("WS205", WARNING, "More pipelines are active than a workspace may have."),
    ("WS301", ERROR, "The query cannot be parsed."),
    ("WS302", ERROR, "The query changes data, or is more than one statement."),
    ("WS303", WARNING, "The query uses what the reference lists as not supported."),
    ("WS304", NOTE, "The query uses what the reference does not list."),
    ("WS305", WARNING, "A table's name is not fully qualified."),
    ("WS306", WARNING, "The query selects every column."),
    ("WS307", ERROR, "The query has more columns than a pipeline loads."),
    ("WS308", ERROR, "The iterator field is not among the columns."),
    ("WS309", WARNING, "No column identifies a user or a device."),
    ("WS310", ERROR, "Two columns have the same name."),
    ("WS311", WARNING, "Two columns differ in upper and lower case only."),
    ("WS312", ERROR, "The query does not survive being wrapped in another."),
)


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of the overview's "Limits", read in 2023. Advisory: an account may have others.

    Attributes:
        active_pipelines: How many pipelines may be active.
        columns: How many columns a query may have.
        catch_up_days: How much of the past a new pipeline loads, by frequency.
    """

    active_pipelines: int = 5
    columns: int = 100
    catch_up_days: Mapping[str, int] = {"hourly": 7, "daily": 183, "weekly": 3 * 365, "monthly": 5 * 365}
