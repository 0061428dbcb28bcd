"""`warehouse-sync lint`: check files without calling the API."""

import logging
import sys
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
from warehouse_sync.cli.planning import files_argument, note_nothing_declared
from warehouse_sync.cli.project import select_environments
from warehouse_sync.cli.streams import printable_lines

if TYPE_CHECKING:
    from warehouse_sync.declarative import Limits, LintSettings, Project

FORMATS = ("text", "json", "sarif", "github")
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


def _limits(project: "Project | None", given: dict[str, int]) -> "Limits":
    """Return the limits of the project, replaced by options of the command."""
    stored: dict[str, Any] = {} if project is None else {**project.limits}
    if unknown := sorted(stored.keys() - {"active_pipelines", "columns"}):
        raise _invalid(
            project, f"limits has unknown keys: {', '.join(unknown)}", "active_pipelines and columns"
        )
    return declarative.Limits(
        **{**stored, **{name.removeprefix("max_"): each for name, each in given.items()}}
    )


def _invalid(project: "Project | None", problem: str, keys: str) -> CliError:
    file = "the project" if project is None else project.file
    return CliError(f"{file}: {problem}.", ExitCode.FILES_WRONG, f"Its keys are {keys}.")


@click.command()
@files_argument
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
@quiet_option
def lint(  # noqa: PLR0913 - one argument per option
    *,
    files: Path,
    form: str,
    as_json: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    dialect: str,
    strict: bool,
    max_active_pipelines: int,
    max_columns: int,
    env: str | None,
    quiet: bool,
) -> None:
    """Check files for errors without calling the API.

    Finds mistakes that would otherwise fail when a pipeline runs. Needs no account. Exits with 10 if there are errors.

    A project file sets the rules in `[lint]` and the limits in `[limits]`; options replace its values.

    To ignore a rule, write `lint: {ignore: [WS306]}` in a resource or `-- lint: ignore WS306` in a query.

    Example: warehouse-sync lint infra/ --format github
    """
    # SQL that sqlglot cannot parse becomes a finding, so its log line would be a duplicate.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    environments, now = select_environments(files, env), datetime.now(UTC)
    project = None if environments[0] is None else environments[0].project
    limits = _limits(project, _given(max_active_pipelines=max_active_pipelines, max_columns=max_columns))
    settings = _lint_settings(project, _given(select=select, ignore=ignore, dialect=dialect))
    per_environment = (
        declarative.lint_files(files, now=now, limits=limits, environment=each, settings=settings)
        for each in environments
    )
    findings = list(dict.fromkeys(finding for each in per_environment for finding in each))
    if not findings and not declarative.load(files, environment=environments[0]).resources:
        note_nothing_declared(files, Output(quiet=quiet))
    match "json" if as_json else form:
        case "json":
            click.echo(escape_json(declarative.to_json(findings)))
        case "sarif":
            click.echo(escape_json(declarative.to_sarif(findings, version=__version__)))
        case "github":
            click.echo(printable_lines(declarative.to_github(findings)), nl=bool(findings))
        case _:
            click.echo(printable_lines(declarative.to_text(findings)))
    sys.exit(ExitCode.FILES_WRONG if declarative.has_errors(findings, strict=strict) else ExitCode.OK)
