"""`warehouse-sync preview`: how mParticle uses each column of a query."""

from pathlib import Path
from typing import Any, TextIO

import click

from warehouse_sync.cli.field_transformations import read_field_transformations
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.warehouses import SERVICE_PROVIDERS


@click.command()
@click.argument("sql", required=False)
@click.option(
    "--file",
    "file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Read the query from a file, or from stdin if FILE is `-`.",
)
@click.option(
    "--warehouse",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="DuckDB file, or folder of CSV and Parquet files, to query.",
)
@click.option(
    "--dialect",
    default="snowflake",
    type=click.Choice(list(SERVICE_PROVIDERS), case_sensitive=False),
    help="SQL dialect of the query.",
)
@click.option("--iterator", metavar="COLUMN", help="Iterator field of the pipeline.")
@click.option(
    "--field-transformation",
    "transformation_file",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="File or folder that declares the field transformation of an event pipeline.",
)
@output_options
def preview(  # noqa: PLR0913 - one argument per option
    *,
    sql: str | None,
    file: TextIO | None,
    warehouse: Path,
    dialect: str,
    iterator: str | None,
    transformation_file: Path | None,
    output: Output,
) -> None:
    """Show how mParticle uses each column of a query.

    A column becomes an identity, an attribute or nothing; with --field-transformation, also a field of an event. The query
    runs on local data; nothing is sent.

    Example: warehouse-sync preview --warehouse shop.duckdb "SELECT email, plan FROM shop.public.customers"
    """
    from warehouse_sync.emulator.warehouse.engine import Warehouse  # noqa: PLC0415 - slow to import
    from warehouse_sync.emulator.warehouse.errors import QueryError, WarehouseUnavailableError  # noqa: PLC0415 - slow to import
    from warehouse_sync.emulator.warehouse.preview import advice  # noqa: PLC0415 - slow to import
    from warehouse_sync.emulator.warehouse.preview import preview as preview_columns  # noqa: PLC0415 - slow to import
    from warehouse_sync.emulator.warehouse.transformation import FieldTransformation  # noqa: PLC0415 - slow to import

    text = file.read() if file and sql is None else sql
    if text is None or (file and sql is not None):
        raise click.UsageError("Pass the query either as an argument or with --file.")
    provider = SERVICE_PROVIDERS[dialect]
    mappings = None if transformation_file is None else FieldTransformation.read(_read(transformation_file))
    engine = Warehouse(warehouse)
    try:
        columns = preview_columns(engine, text, provider, iterator, mappings)
    except (QueryError, WarehouseUnavailableError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.close()  # its threads must end before the interpreter does
    rows = [
        {"column": each.column, "becomes": each.becomes, "type": each.type, "sample": each.sample}
        for each in columns
    ]
    output.rows(rows, ("column", "becomes", "type", "sample"))
    for line in advice(text, provider, columns, iterator, mappings):
        output.note(f"note: {line}")


def _read(path: Path) -> dict[str, Any]:
    """Return the only field transformation of a file or a folder."""
    found = read_field_transformations(path)
    if len(found) != 1:
        raise click.UsageError(f"{path} declares {len(found)} field transformations: pass a file with one.")
    return found[0]
