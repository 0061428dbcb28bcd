"""The lint rules. The meaning of a code never changes.

The checks are in other modules: WS1 and WS2 in `pipelines.py`, WS3 in `queries.py`, WS0 where files and queries are read
(`runner.py`, `query.py`).
"""

from collections.abc import Mapping

import attrs

from warehouse_sync.declarative.errors import Location

ERROR, WARNING, NOTE = "error", "warning", "note"


@attrs.frozen(kw_only=True)
class Rule:
    """A lint rule.

    Attributes:
        code: The code, as used in `lint: {ignore: […]}`, `-- lint: ignore …` and `-- noqa: …`.
        severity: `error` for failures, `warning` for likely failures, `note` for undocumented use.
        title: What the rule reports, in one sentence.
    """

    code: str
    severity: str
    title: str


@attrs.frozen
class Edit:
    """A replacement in the text of a query.

    Attributes:
        start: The offset of the first character to replace.
        end: The offset after the last one; `start` to insert.
        text: The new text.
    """

    start: int
    end: int
    text: str


@attrs.frozen(kw_only=True)
class Fix:
    """Edits that correct a query without a change of what it returns.

    Attributes:
        sql: The query to which the edits apply.
        edits: The edits.
    """

    sql: str
    edits: tuple[Edit, ...]


@attrs.frozen(kw_only=True)
class Finding:
    """A problem that a rule reports.

    Attributes:
        rule: The rule.
        location: Where it is.
        message: What is wrong and how to fix it.
        path: The field, such as `pipeline orders.schedule.start`.
        fix: How `--fix` corrects it; `None` if it cannot.
    """

    rule: Rule
    location: Location
    message: str
    path: str = ""
    fix: Fix | None = attrs.field(default=None, eq=False, repr=False)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.location}: {self.rule.severity} {self.rule.code}: {where}{self.message}"


def _rules(*listed: tuple[str, str, str]) -> Mapping[str, Rule]:
    return {code: Rule(code=code, severity=severity, title=title) for code, severity, title in listed}


RULES = _rules(
    ("WS001", ERROR, "A file is invalid."),
    ("WS002", WARNING, "An ignored rule does not exist."),
    ("WS003", WARNING, "A file or a folder is skipped."),
    ("WS101", WARNING, "A pipeline refers to a resource that is not in these files."),
    ("WS102", NOTE, "A connection, a data model or a field transformation is unused."),
    ("WS201", WARNING, "The first sync runs one interval later than expected."),
    ("WS202", ERROR, "A range ends before it starts."),
    ("WS203", WARNING, "The start is further back than a new pipeline catches up."),
    ("WS204", WARNING, "A field has no effect on a schedule of this type."),
    ("WS205", WARNING, "More pipelines are active than the limit of a workspace."),
    ("WS301", ERROR, "The query cannot be parsed."),
    ("WS302", ERROR, "The query changes data, or is more than one statement."),
    ("WS303", WARNING, "The query uses a keyword that the reference lists as not supported."),
    ("WS304", NOTE, "The query uses a keyword that the reference does not list."),
    ("WS305", WARNING, "A table name is not fully qualified."),
    ("WS306", WARNING, "The query selects all columns."),
    ("WS307", ERROR, "The query has more columns than a pipeline loads."),
    ("WS308", ERROR, "The iterator field is not a column of the query."),
    ("WS309", WARNING, "No column identifies a user or a device."),
    ("WS310", ERROR, "Two columns have the same name."),
    ("WS311", WARNING, "Two columns differ only in case."),
    ("WS312", ERROR, "The query cannot be used as a subquery."),
    ("WS313", WARNING, "The query has no FROM."),
    ("WS314", ERROR, "A set operation combines different numbers of columns."),
    ("WS315", ERROR, "The query has a template or a placeholder."),
    ("WS316", ERROR, "A mapping of a field transformation uses a column that the query does not have."),
)


@attrs.frozen(kw_only=True)
class LintLimits:
    """LintLimits of an account.

    Defaults: the overview, "Limits", as read in 2026. These limits are the same as in 2023; only limits of records per
    run have changed since, which files cannot exceed.

    Attributes:
        active_pipelines: The maximum number of active pipelines.
        columns: The maximum number of columns of a query.
        catch_up_days: How many days back a new pipeline loads, by frequency.
    """

    active_pipelines: int = 5
    columns: int = 100
    catch_up_days: Mapping[str, int] = {"hourly": 7, "daily": 183, "weekly": 3 * 365, "monthly": 5 * 365}
