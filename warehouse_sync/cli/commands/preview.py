"""``warehouse-sync preview``: what the columns of a query become at mParticle, before anything is created."""

from pathlib import Path
from typing import TextIO

import click

from warehouse_sync.cli.output import Output, output_options

# The providers whose SQL can be read. The emulator, which knows them too, is imported when a query is run.
_PROVIDERS = {
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "redshift": "Redshift",
    "databricks": "Databricks",
}


@click.command()
@click.argument("sql", required=False)
@click.option(
    "--file",
    "file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Read the query from a file; - is stdin.",
)
@click.option(
    "--warehouse",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A DuckDB file, or a folder of CSV and Parquet files.",
)
@click.option(
    "--dialect",
    default="snowflake",
    show_default=True,
    type=click.Choice(list(_PROVIDERS), case_sensitive=False),
    help="The SQL the query is written in.",
)
@click.option("--iterator", metavar="COLUMN", help="The iterator field, which is not sent.")
@output_options
def preview(  # noqa: PLR0913  # the options
    *,
    sql: str | None,
    file: TextIO | None,
    warehouse: Path,
    dialect: str,
    iterator: str | None,
    output: Output,
) -> None:
    """Show what the columns of a query become: identities, attributes, or nothing.

    The query is executed on the warehouse. Nothing is created, and nothing is sent.

    Example: warehouse-sync preview --warehouse shop.duckdb "SELECT email, plan FROM shop.public.customers"
    """
    from warehouse_sync.emulator.warehouse.engine import Warehouse  # noqa: PLC0415 - heavy
    from warehouse_sync.emulator.warehouse.errors import QueryError, WarehouseUnavailableError  # noqa: PLC0415 - heavy
    from warehouse_sync.emulator.warehouse.preview import advice  # noqa: PLC0415 - heavy
    from warehouse_sync.emulator.warehouse.preview import preview as preview_columns  # noqa: PLC0415 - heavy

    text = file.read() if file and sql is None else sql
    if text is None or (file and sql is not None):
        raise click.UsageError("Give the query either as an argument or with --file.")
    provider = _PROVIDERS[dialect]
    engine = Warehouse(warehouse)
    try:
        columns = preview_columns(engine, text, provider, iterator)
    except (QueryError, WarehouseUnavailableError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.close()  # its threads must not outlive the interpreter
    rows = [
        {"column": each.column, "becomes": each.becomes, "type": each.type, "sample": each.sample}
        for each in columns
    ]
    output.rows(rows, ("column", "becomes", "type", "sample"))
    for line in advice(text, provider, columns, iterator):
        output.note(f"note: {line}")
