"""`warehouse-sync lint`: check files without calling the API."""

import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from warehouse_sync import __version__, declarative
from warehouse_sync.cli.documents import escape_json
from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, quiet_option
from warehouse_sync.cli.planning import note_nothing_declared
from warehouse_sync.cli.project import select_environments
from warehouse_sync.cli.streams import printable_lines

if TYPE_CHECKING:
    from warehouse_sync.declarative import Finding, LintLimits, LintSettings, Project, ProjectEnvironment

FORMATS = ("text", "json", "sarif", "github", "markdown")
_STDIN = Path("-")
_MAX_FIXES = 5  # a fix can make another one possible, such as the columns of a subquery
DIALECTS = ("standard", "snowflake", "bigquery", "redshift", "databricks")


def read_codes(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split codes of rules at commas and check them."""
    codes = tuple(code.strip() for value in values for code in value.split(","))
    try:
        if parameter.name == "select":
            declarative.LintSettings(select=codes)
        else:
            declarative.LintSettings(ignore=codes)
    except ValueError as error:
        raise click.BadParameter(str(error).partition(": ")[2]) from error
    return codes


def _given(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - values of options
    """Return the options that the command has, by the names of their parameters."""
    source = click.get_current_context().get_parameter_source
    return {name: value for name, value in options.items() if source(name) is not ParameterSource.DEFAULT}


def _lint_settings(project: "Project | None", given: dict[str, Any]) -> "LintSettings":
    """Return the settings of the project, replaced by options of the command."""
    stored: dict[str, Any] = {} if project is None else {**project.lint}
    given = {**given, "dialect": given["dialect"].replace("standard", "")} if "dialect" in given else given
    try:
        return declarative.LintSettings(**{**stored, **given})
    except (TypeError, ValueError, AttributeError) as error:
        raise _invalid(
            project, f"lint cannot be used: {error}", "select, ignore, severity and dialect"
        ) from error


def _limits(project: "Project | None", given: dict[str, int]) -> "LintLimits":
    """Return the limits of the project, replaced by options of the command."""
    stored: dict[str, Any] = {} if project is None else {**project.limits}
    if unknown := sorted(stored.keys() - {"active_pipelines", "columns"}):
        raise _invalid(
            project, f"limits has unknown keys: {', '.join(unknown)}", "active_pipelines and columns"
        )
    return declarative.LintLimits(
        **{**stored, **{name.removeprefix("max_"): each for name, each in given.items()}}
    )


def _invalid(project: "Project | None", problem: str, keys: str) -> CliError:
    file = "the project" if project is None else project.file
    return CliError(f"{file}: {problem}.", ExitCode.FILES_WRONG, f"Its keys are {keys}.")


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
    metavar="PATH...",
)
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), default="text", help="Output format.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    callback=read_codes,
    help="Report only these rules, such as WS306 or WS3; repeatable, or separated by commas.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE",
    callback=read_codes,
    help="Do not report these rules, such as WS306 or WS3; repeatable, or separated by commas.",
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    default="standard",
    help="Dialect of queries whose connections are not in these files.",
)
@click.option("--strict", is_flag=True, help="Exit with 10 for warnings as well.")
@click.option(
    "--max-active-pipelines",
    type=click.IntRange(1),
    default=5,
    help="Active pipelines that your account allows.",
)
@click.option(
    "--max-columns", type=click.IntRange(1), default=100, help="Columns per query that your account allows."
)
@click.option("--env", metavar="NAME", help="Check this environment of the project instead of all.")
@click.option(
    "--fix", is_flag=True, help="Correct .sql files: trailing semicolons, table names, lists of columns."
)
@quiet_option
def lint(  # noqa: PLR0913 - one argument per option
    *,
    paths: tuple[Path, ...],
    form: str,
    as_json: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    dialect: str,
    strict: bool,
    max_active_pipelines: int,
    max_columns: int,
    env: str | None,
    fix: bool,
    quiet: bool,
) -> None:
    """Check files for errors without calling the API.

    Finds mistakes that would otherwise fail when a pipeline runs. Needs no account. Exits with 10 if there are errors.

    PATH is a folder or a file. A `.sql` file is checked as a query of its own, and so is each in a folder without YAML
    and JSON files, such as `target/compiled`. `-` reads a query from standard input.

    A project file sets the rules in `[lint]` and the limits in `[limits]`; options replace its values.

    To ignore a rule, write `lint: {ignore: [WS306]}` in a resource, `-- lint: ignore WS306` in a query, or
    `-- noqa: WS306` at the end of a line.

    Example: warehouse-sync lint infra/ --format github
    """
    # SQL that sqlglot cannot parse becomes a finding, so its log line would be a duplicate.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    if fix and _STDIN in paths:
        raise click.UsageError("--fix cannot change standard input: name the file.")
    request = _Request(
        groups=_by_project(paths, env),
        query=sys.stdin.read() if _STDIN in paths else "",
        limits=_given(max_active_pipelines=max_active_pipelines, max_columns=max_columns),
        settings=_given(select=select, ignore=ignore, dialect=dialect),
        now=datetime.now(UTC),
    )
    output = Output(quiet=quiet)
    findings = _lint(request, output)
    if fix:
        findings = _fix(request, findings, output)
    findings = list(dict.fromkeys(findings))
    _print("json" if as_json else form, findings)
    sys.exit(ExitCode.FILES_WRONG if declarative.has_errors(findings, strict=strict) else ExitCode.OK)


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What to check.

    Attributes:
        groups: The paths of each project, with the environments to check them in.
        query: The query of standard input.
        limits: The limits that options give.
        settings: The settings that options give.
        now: The current time.
    """

    groups: "list[tuple[list[ProjectEnvironment | None], list[Path]]]"
    query: str
    limits: dict[str, int]
    settings: dict[str, Any]
    now: datetime


def _by_project(
    paths: tuple[Path, ...], env: str | None
) -> "list[tuple[list[ProjectEnvironment | None], list[Path]]]":
    """Return the paths of each project, with its environments."""
    groups: dict[Path | None, tuple[list[ProjectEnvironment | None], list[Path]]] = {}
    for path in dict.fromkeys(paths):
        environments = select_environments(Path() if path == _STDIN else path, env)
        root = None if environments[0] is None else environments[0].project.root
        groups.setdefault(root, (environments, []))[1].append(path)
    return [*groups.values()]


def _lint(request: _Request, output: Output) -> "list[Finding]":
    """Return the findings of all environments, also if they are equal."""
    findings: list[Finding] = []
    for environments, paths in request.groups:
        project = None if environments[0] is None else environments[0].project
        limits, settings = _limits(project, request.limits), _lint_settings(project, request.settings)
        files = [path for path in paths if path != _STDIN]
        sources = [declarative.read_source(files, each) for each in environments] if files else []
        if all(source.is_empty for source in sources):
            for path in files:
                note_nothing_declared(path, output)
        if len(files) < len(paths):
            sources.append(declarative.query_source(request.query, "stdin.sql"))
        for source in sources:
            findings += declarative.lint_source(source, now=request.now, limits=limits, settings=settings)
    return findings


def _fix(request: _Request, findings: "list[Finding]", output: Output) -> "list[Finding]":
    """Fix files, and return the findings that are left."""
    for _ in range(_MAX_FIXES):
        fixed = declarative.fix_files(findings)
        if not fixed:
            break
        for finding in fixed:
            output.note(f"{finding.location}: fixed {finding.rule.code}")
        findings = _lint(request, Output(quiet=True))
    return findings


def _print(form: str, findings: "list[Finding]") -> None:
    match form:
        case "json":
            click.echo(escape_json(declarative.to_json(findings)))
        case "sarif":
            click.echo(escape_json(declarative.to_sarif(findings, version=__version__)))
        case "markdown":
            click.echo(printable_lines(declarative.to_markdown(findings)))
        case "github":
            click.echo(printable_lines(declarative.to_github(findings)), nl=bool(findings))
        case _:
            click.echo(printable_lines(declarative.to_text(findings)))
