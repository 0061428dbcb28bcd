"""`warehouse-sync init`: create the files of a first pipeline."""

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
from warehouse_sync.cli.output import Output, force_option, is_terminal, output_options
from warehouse_sync.cli.planning import prompt
from warehouse_sync.cli.postman import FEED_KEY, config_values, secret_notes
from warehouse_sync.cli.profiles import read_postman_values
from warehouse_sync.cli.warehouses import SERVICE_PROVIDERS

_FREQUENCIES = ("once", "on_demand", "hourly", "daily", "weekly", "monthly")
# The values of `load_timestamp_field_type` in the tutorial.
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
_ENVIRONMENTS = ("development", "production")
_QUERY = "SELECT customer_id, email, {iterator}\nFROM {table}"


def read_id(text: str) -> str:
    """Return an id that was passed as an option or typed at a prompt.

    Raises:
        BadParameter: The text is not a valid id.
    """
    problem = declarative.check_id(text)
    if problem:
        raise click.BadParameter(problem)
    return text


def read_text(text: str) -> str:
    """Return a text that is not empty.

    Raises:
        BadParameter: The text is empty.
    """
    if not text.strip():
        raise click.BadParameter("must not be empty")
    return text


_ID_TEXT, _TEXT = FuncParamType(read_id), FuncParamType(read_text)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A prompt for a value that no option provides.

    Attributes:
        option: The option that provides the value.
        text: The prompt.
        help: What the value is, in one line.
        example: An example value.
        type: Validates the value.
        default: The default value, if there is one.
    """

    option: str
    text: str
    help: str
    example: str
    type: "click.ParamType[Any, Any]" = _TEXT
    default: str | None = None


_WAREHOUSE = Question(
    option="--warehouse",
    text="Which warehouse do you use?",
    help="The kind of warehouse that holds the data.",
    example="snowflake",
    type=click.Choice(list(SERVICE_PROVIDERS)),
)
_TABLE = Question(
    option="--table",
    text="Which table do you want to load?",
    help="The table or view to load, as database.schema.table.",
    example="shop.public.customers",
)
_ID = Question(
    option="--id",
    text="Which id should the pipeline have?",
    help="An id of letters, digits, _ and -. It cannot be changed later.",
    example="customers",
    type=_ID_TEXT,
    default="customers",
)
_ITERATOR = Question(
    option="--iterator",
    text="Which column shows when a row changed?",
    help="A column that increases with each change: each run loads the rows with newer values.",
    example="updated_at",
    default="updated_at",
)
_ITERATOR_TYPE = Question(
    option="--iterator-type",
    text="Which type does this column have?",
    help="The type of the column in the warehouse.",
    example="timestamp_ntz",
    type=click.Choice(_TYPES),
    default="timestamp",
)
_FREQUENCY = Question(
    option="--frequency",
    text="When should the pipeline run?",
    help="How often data is loaded: once, when you trigger it, or on a schedule.",
    example="daily",
    type=click.Choice(_FREQUENCIES),
    default="once",
)
_ENVIRONMENT = Question(
    option="--environment",
    text="Which environment should receive the data?",
    help="The mParticle environment; start with development.",
    example="development",
    type=click.Choice(_ENVIRONMENTS),
    default="development",
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--warehouse",
    type=click.Choice(list(SERVICE_PROVIDERS)),
    show_default="prompt",
    help="Warehouse that holds the data.",
)
@click.option(
    "--set", "given", multiple=True, metavar="FIELD=VALUE", help="Set a field of the connection; repeatable."
)
@click.option("--table", metavar="NAME", help="Table to load, as database.schema.table.")
@click.option(
    "--sql",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File with a SQL query to use instead of --table.",
)
@click.option(
    "--id",
    "pipeline_id",
    metavar="ID",
    type=_ID_TEXT,
    help=f"Id of the pipeline: letters, digits, `_` and `-`.  [default: {_ID.default}]",
)
@click.option(
    "--iterator",
    metavar="COLUMN",
    help=f"Column that shows when a row changed.  [default: {_ITERATOR.default}]",
)
@click.option(
    "--iterator-type",
    type=click.Choice(_TYPES),
    help=f"Type of the --iterator column.  [default: {_ITERATOR_TYPE.default}]",
)
@click.option(
    "--frequency",
    type=click.Choice(_FREQUENCIES),
    help=f"When the pipeline runs.  [default: {_FREQUENCY.default}]",
)
@click.option(
    "--environment",
    type=click.Choice(_ENVIRONMENTS),
    help=f"mParticle environment that receives the data.  [default: {_ENVIRONMENT.default}]",
)
@click.option(
    "--postman-env",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take fields of the connection from an exported Postman environment.",
)
@force_option
@output_options
def init(
    *,
    folder: Path,
    given: tuple[str, ...],
    postman_env: Path | None,
    force: bool,
    output: Output,
    **answers: object,
) -> None:
    """Create the files of a first pipeline.

    Writes a connection, a data model and a pipeline to FOLDER, without calling the API. On a terminal, it asks for the
    values that no option provides. It does not ask for secrets: the files refer to environment variables.

    Example: warehouse-sync init infra/ --warehouse databricks --id customers
    """
    prompts = Prompts(output)
    warehouse = prompts.answer(_WAREHOUSE, answers["warehouse"])
    prompts.check()  # the other prompts depend on the warehouse
    provider = SERVICE_PROVIDERS[warehouse]
    exported = read_postman_values(postman_env) if postman_env else {}
    config = _config(prompts, provider, given, config_values(provider, exported))
    table = "" if answers["sql"] else prompts.answer(_TABLE, answers["table"])
    pipeline_id = prompts.answer(_ID, answers["pipeline_id"])
    iterator = prompts.answer(_ITERATOR, answers["iterator"])
    scaffold = declarative.ScaffoldOptions(
        provider=provider,
        config=config,
        pipeline_id=pipeline_id,
        iterator_field=iterator,
        iterator_data_type=prompts.answer(_ITERATOR_TYPE, answers["iterator_type"]),
        frequency=prompts.answer(_FREQUENCY, answers["frequency"]),
        environment=prompts.answer(_ENVIRONMENT, answers["environment"]),
        sql_query=_query(answers["sql"], table, iterator),
        start=(datetime.now(UTC) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0),
        has_feed_key=FEED_KEY in exported,
    )
    prompts.check()
    with errors.exit_on_error():
        files = declarative.scaffold_files(scaffold)
        files["warehouse-sync.schema.json"] = json.dumps(declarative.json_schema(), indent=2) + "\n"
        written = declarative.write_files(folder, files, force=force)
    output.written_files(written, files)
    ids = {
        "partner_feed_key": pipeline_id,
        **dict.fromkeys(("password", "service_account_key"), provider.lower()),
    }
    for line in secret_notes(provider, ids, exported):
        output.note(line)
    for line in declarative.SETUPS[warehouse].warnings:
        output.note(f"warning: {line} `warehouse-sync setup {warehouse}` has the statement of a key pair.")
    output.note(f"Next: warehouse-sync lint {folder}, then warehouse-sync plan {folder}")


class Prompts:
    """Prompts for missing values; without a terminal, collects missing options.

    Args:
        output: Where to print the help of each prompt.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._missing: list[str] = []

    def answer(self, question: Question, given: object) -> str:
        """Return the given value, the typed value or the default.

        Raises:
            BadParameter: The given value is invalid.
        """
        if given is not None:
            return _read(question, str(given))
        if is_terminal(sys.stdin):
            self._output.note("")
            self._output.note(f"{question.help} Example: {question.example}")
            return prompt(
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
        """Check that no value is missing.

        Raises:
            CliError: A value is missing; the message names every missing option.
        """
        if self._missing:
            raise errors.CliError(
                f"there is no terminal to prompt on: pass {', '.join(self._missing)}.", ExitCode.USAGE
            )


def _read(question: Question, given: str) -> str:
    try:
        return str(question.type.convert(given, None, None))
    except click.BadParameter as error:
        error.param_hint = question.option
        raise


def _config(
    prompts: Prompts, provider: str, given: tuple[str, ...], exported: dict[str, str]
) -> dict[str, str]:
    questions = declarative.config_questions(provider)
    values = {name: value for name, _, value in (each.partition("=") for each in given)}
    known = [each.name for each in questions]
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise click.UsageError(
            f"unknown field in --set: {', '.join(unknown)}. Fields of this connection: {', '.join(known)}"
        )
    values = {**exported, **values}
    answers = {
        each.name: prompts.answer(
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
    return {**exported, **answers}


def _query(file: object, table: str, iterator: str) -> str:
    if isinstance(file, Path):
        return file.read_text(encoding="utf-8").strip()
    return _QUERY.format(iterator=iterator, table=table)
