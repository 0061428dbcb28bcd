"""``warehouse-sync init``: a first folder of files."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.exits import Exit
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.planning import ask
from warehouse_sync.cli.writing import show_written

_PROVIDERS = {
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "redshift": "Redshift",
    "databricks": "Databricks",
}
_FREQUENCIES = ("once", "on_demand", "hourly", "daily", "weekly", "monthly")
# The choices of the tutorial's "load_timestamp_field_type".
_TYPES = (
    "timestamp_ltz",
    "timestamp_ntz",
    "timestamp_tz",
    "datetime",
    "date",
    "timestamp",
    "timestamp_unixtime_ms",
    "timestamp_unixtime_s",
)
_QUERY = "SELECT customer_id, email, {iterator}\nFROM {table}"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with a few answers.

    Attributes:
        option: The option that answers it.
        text: The question.
        choices: The answers.
        default: The usual one, if there is one.
    """

    option: str
    text: str
    choices: Sequence[str]
    default: str | None = None


_WAREHOUSE = Question(option="warehouse", text="Where is the data?", choices=list(_PROVIDERS))
_ITERATOR_TYPE = Question(
    option="iterator-type", text="What is its type?", choices=_TYPES, default="timestamp"
)
_FREQUENCY = Question(option="frequency", text="When does it run?", choices=_FREQUENCIES, default="once")
_ENVIRONMENT = Question(
    option="environment",
    text="Where does the data go?",
    choices=("development", "production"),
    default="development",
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--warehouse", type=click.Choice(list(_PROVIDERS)), help="Where the data is.")
@click.option(
    "--set", "given", multiple=True, metavar="FIELD=VALUE", help="A field of the connection; repeatable."
)
@click.option("--id", "pipeline_id", metavar="ID", help="What to call the pipeline, such as customers.")
@click.option("--table", metavar="NAME", help="The table, fully qualified: database.schema.table.")
@click.option(
    "--sql",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The query, in place of --table.",
)
@click.option("--iterator", metavar="COLUMN", help="The column that tells what changed.")
@click.option("--iterator-type", type=click.Choice(_TYPES), help="That column's type.")
@click.option("--frequency", type=click.Choice(_FREQUENCIES), help="When it runs.")
@click.option("--environment", type=click.Choice(["development", "production"]), help="Where the data goes.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@output_options
def init(*, folder: Path, given: tuple[str, ...], force: bool, output: Output, **answers: object) -> None:
    """Write a first folder of files: a connection, a data model, a pipeline. Nothing is sent.

    What the options leave open is asked on a terminal. Secrets are not asked: the files refer to them.

    Example: warehouse-sync init infra/ --warehouse databricks --id customers
    """
    asked = Asked()
    warehouse = asked.choice(_WAREHOUSE, answers["warehouse"])
    asked.check()  # what else is asked depends on it
    provider = _PROVIDERS[warehouse]
    iterator = asked.text(
        "iterator", answers["iterator"], "Which column tells what changed?", default="updated_at"
    )
    made = declarative.Answers(
        provider=provider,
        config=_config(asked, provider, given),
        pipeline_id=asked.text(
            "id", answers["pipeline_id"], "What is the pipeline called?", default="customers"
        ),
        iterator_field=iterator,
        iterator_data_type=asked.choice(_ITERATOR_TYPE, answers["iterator_type"]),
        frequency=asked.choice(_FREQUENCY, answers["frequency"]),
        environment=asked.choice(_ENVIRONMENT, answers["environment"]),
        sql_query=_query(asked, answers, iterator),
        start=(datetime.now(UTC) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0),
    )
    asked.check()
    with failures.told():
        files = declarative.starting_files(made)
        files["warehouse-sync.schema.json"] = json.dumps(declarative.json_schema(), indent=2) + "\n"
        written = declarative.write_files(folder, files, force=force)
    show_written(output, written, files)
    output.note(f"Next: warehouse-sync lint {folder}, then warehouse-sync plan {folder}.")


class Asked:
    """Asks for what the options leave open; without a terminal, collects it."""

    def __init__(self) -> None:
        self._missing: list[str] = []

    def text(self, option: str, given: object, question: str, *, default: str | None = None) -> str:
        """Return what was given, or what is answered."""
        if given is not None:
            return str(given)
        if is_terminal(sys.stdin):
            return ask(lambda: str(click.prompt(question, default=default, err=True)))
        return self._default(option, default)

    def choice(self, question: Question, given: object) -> str:
        """Return what was given, or which of a few words is answered."""
        if given is not None:
            return str(given)
        if is_terminal(sys.stdin):
            kind = click.Choice(question.choices)
            return ask(
                lambda: str(click.prompt(question.text, default=question.default, type=kind, err=True))
            )
        return self._default(question.option, question.default)

    def _default(self, option: str, default: str | None) -> str:
        if default is None:
            self._missing.append(f"--{option}")
        return default or ""

    def check(self) -> None:
        """Refuse to go on while something is open.

        Raises:
            Failure: Something is; the message names every option that is missing.
        """
        if self._missing:
            raise failures.Failure(
                f"there is no terminal to ask on; give {', '.join(self._missing)}.", Exit.USAGE
            )


def _config(asked: Asked, provider: str, given: tuple[str, ...]) -> dict[str, str]:
    questions = declarative.config_questions(provider)
    parts = [each.partition("=") for each in given]
    values = {name: value for name, _, value in parts}
    unknown = sorted(values.keys() - set(questions))
    if unknown:
        raise click.UsageError(
            f"--set takes FIELD=VALUE, with FIELD one of {', '.join(questions)}; not {', '.join(unknown)}"
        )
    return {name: asked.text(f"set {name}=…", values.get(name), f"{provider}: {name}?") for name in questions}


def _query(asked: Asked, answers: dict[str, object], iterator: str) -> str:
    source = answers["sql"]
    if isinstance(source, Path):
        return source.read_text(encoding="utf-8").strip()
    table = asked.text("table", answers["table"], "Which table, as database.schema.table?")
    return _QUERY.format(iterator=iterator, table=table)
