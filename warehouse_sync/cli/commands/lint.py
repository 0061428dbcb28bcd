"""``warehouse-sync lint``: what would fail an hour later."""

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from warehouse_sync import __version__, declarative
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import QUIET, Output
from warehouse_sync.cli.planning import FILES

FORMATS = ("text", "json", "sarif", "github")


@click.command()
@FILES
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--strict", is_flag=True, help="Fail for warnings, too.")
@click.option(
    "--max-active-pipelines",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Your account's limit.",
)
@click.option(
    "--max-columns", type=click.IntRange(1), default=100, show_default=True, help="Your account's limit."
)
@QUIET
def lint(  # noqa: PLR0913 - the options
    *,
    files: Path,
    form: str,
    as_json: bool,
    strict: bool,
    max_active_pipelines: int,
    max_columns: int,
    quiet: bool,
) -> None:
    """Look for what would fail an hour later. Needs no account; nothing is sent.

    ExitCode code 10 when there are errors. A rule is silenced in a resource with `lint: {ignore: [WS306]}`, in a query with
    `-- lint: ignore WS306`.

    Example: warehouse-sync lint infra/ --format github
    """
    # What sqlglot does not understand is told as a finding, not by its logger.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    limits = declarative.Limits(active_pipelines=max_active_pipelines, columns=max_columns)
    findings = declarative.lint_files(files, now=datetime.now(UTC), limits=limits)
    if not findings and not declarative.load(files).resources:
        Output(quiet=quiet).note(f"{files} declares nothing: is it the right folder?")
    match "json" if as_json else form:
        case "json":
            click.echo(declarative.to_json(findings))
        case "sarif":
            click.echo(declarative.to_sarif(findings, version=__version__))
        case "github":
            click.echo(declarative.to_github(findings), nl=bool(findings))
        case _:
            click.echo(declarative.to_text(findings))
    sys.exit(ExitCode.FILES_WRONG if declarative.has_errors(findings, strict=strict) else ExitCode.OK)
