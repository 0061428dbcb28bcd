"""``warehouse-sync init``: a first folder of files."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from click.types import FuncParamType

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.planning import ask

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


def read_id(text: str) -> str:
    """Return an id, as it is typed for an option or in answer to a question.

    Raises:
        BadParameter: It cannot be one.
    """
    problem = declarative.check_id(text)
    if problem:
        raise click.BadParameter(problem)
    return text


def read_text(text: str) -> str:
    """Return a text that is not empty.

    Raises:
        BadParameter: It is.
    """
    if not text.strip():
        raise click.BadParameter("must not be empty")
    return text


_ID_TEXT, _TEXT = FuncParamType(read_id), FuncParamType(read_text)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question.

    Attributes:
        option: The option that answers it.
        text: The question.
        help: What is asked for, in one line.
        example: An answer.
        type: Checks an answer.
        default: The usual answer, if there is one.
    """

    option: str
    text: str
    help: str
    example: str
    type: "click.ParamType[Any, Any]" = _TEXT
    default: str | None = None


_WAREHOUSE = Question(
    option="--warehouse",
    text="Which warehouse is it?",
    help="The kind of warehouse that holds the data.",
    example="snowflake",
    type=click.Choice(list(_PROVIDERS)),
)
_TABLE = Question(
    option="--table",
    text="Which table is it?",
    help="The table or view to load, as database.schema.table.",
    example="shop.public.customers",
)
_ID = Question(
    option="--id",
    text="What is the pipeline called?",
    help="Its id, which never changes: letters, digits, _ and -.",
    example="customers",
    type=_ID_TEXT,
    default="customers",
)
_ITERATOR = Question(
    option="--iterator",
    text="Which column tells what changed?",
    help="A column that grows with each change: only rows with a newer value are loaded again.",
    example="updated_at",
    default="updated_at",
)
_ITERATOR_TYPE = Question(
    option="--iterator-type",
    text="What is its type?",
    help="The type of that column in the warehouse.",
    example="timestamp_ntz",
    type=click.Choice(_TYPES),
    default="timestamp",
)
_FREQUENCY = Question(
    option="--frequency",
    text="When does it run?",
    help="How often data is loaded: just once, when you trigger it, or by a schedule.",
    example="daily",
    type=click.Choice(_FREQUENCIES),
    default="once",
)
_ENVIRONMENT = Question(
    option="--environment",
    text="Where does the data go?",
    help="The environment of mParticle that receives it; begin with development.",
    example="development",
    type=click.Choice(["development", "production"]),
    default="development",
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--warehouse", type=click.Choice(list(_PROVIDERS)), help="Where the data is.")
@click.option(
    "--set", "given", multiple=True, metavar="FIELD=VALUE", help="A field of the connection; repeatable."
)
@click.option("--table", metavar="NAME", help="The table, fully qualified: database.schema.table.")
@click.option(
    "--sql",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The query, in place of --table.",
)
@click.option(
    "--id", "pipeline_id", metavar="ID", type=_ID_TEXT, help="What to call the pipeline, such as customers."
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
    asked = Asked(output)
    warehouse = asked.answer(_WAREHOUSE, answers["warehouse"])
    asked.check()  # what else is asked depends on it
    provider = _PROVIDERS[warehouse]
    config = _config(asked, provider, given)
    table = "" if answers["sql"] else asked.answer(_TABLE, answers["table"])
    pipeline_id = asked.answer(_ID, answers["pipeline_id"])
    iterator = asked.answer(_ITERATOR, answers["iterator"])
    made = declarative.ScaffoldOptions(
        provider=provider,
        config=config,
        pipeline_id=pipeline_id,
        iterator_field=iterator,
        iterator_data_type=asked.answer(_ITERATOR_TYPE, answers["iterator_type"]),
        frequency=asked.answer(_FREQUENCY, answers["frequency"]),
        environment=asked.answer(_ENVIRONMENT, answers["environment"]),
        sql_query=_query(answers["sql"], table, iterator),
        start=(datetime.now(UTC) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0),
    )
    asked.check()
    with errors.exit_on_error():
        files = declarative.scaffold_files(made)
        files["warehouse-sync.schema.json"] = json.dumps(declarative.json_schema(), indent=2) + "\n"
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files)
    output.note(f"Next: warehouse-sync lint {folder}, then warehouse-sync plan {folder}.")


class Asked:
    """Asks for what the options leave open; without a terminal, collects it.

    Args:
        output: Where the lines of help are shown.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._missing: list[str] = []

    def answer(self, question: Question, given: object) -> str:
        """Return what was given, what is answered, or the usual answer.

        Raises:
            BadParameter: What was given is no answer.
        """
        if given is not None:
            return _read(question, str(given))
        if is_terminal(sys.stdin):
            self._output.note("")
            self._output.note(f"{question.help} Example: {question.example}")
            return ask(
                lambda: str(
                    click.prompt(
                        question.text,
                        default=question.default,
                        type=question.type,
                        prompt_suffix=" ",
                        err=True,
                    )
                )
            )
        if question.default is None:
            self._missing.append(question.option)
        return question.default or ""

    def check(self) -> None:
        """Refuse to go on while something is open.

        Raises:
            CliError: Something is; the message names every option that is missing.
        """
        if self._missing:
            raise errors.CliError(
                f"there is no terminal to ask on; give {', '.join(self._missing)}.", ExitCode.USAGE
            )


def _read(question: Question, given: str) -> str:
    try:
        return str(question.type.convert(given, None, None))
    except click.BadParameter as error:
        error.param_hint = question.option
        raise


def _config(asked: Asked, provider: str, given: tuple[str, ...]) -> dict[str, str]:
    questions = declarative.config_questions(provider)
    values = {name: value for name, _, value in (each.partition("=") for each in given)}
    known = [each.name for each in questions]
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise click.UsageError(
            f"--set takes FIELD=VALUE, with FIELD one of {', '.join(known)}; not {', '.join(unknown)}"
        )
    return {
        each.name: asked.answer(
            Question(
                option=f"--set {each.name}=…",
                text=f"{provider}: {each.name}?",
                help=each.help,
                example=each.example,
            ),
            values.get(each.name),
        )
        for each in questions
    }


def _query(file: object, table: str, iterator: str) -> str:
    if isinstance(file, Path):
        return file.read_text(encoding="utf-8").strip()
    return _QUERY.format(iterator=iterator, table=table)
