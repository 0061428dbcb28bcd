"""Data frames of runs for pandas, polars and pyarrow.

The columns and their types are the same for any runs, also for none.
pandas, polars and pyarrow are imported at first use; install the one that you use.

Example:
    ```python
    from warehouse_sync import Client
    from warehouse_sync.frames import to_pandas

    with Client() as client:
        print(to_pandas(client.runs.list("customers", limit=100)))
    ```
"""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from warehouse_sync import Run, ValidationError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["COLUMNS", "to_arrow", "to_pandas", "to_polars", "to_records"]

# The columns and their kinds. Times are in UTC, in microseconds; every column may have missing values.
COLUMNS = {
    "id": "integer",
    "pipeline_id": "text",
    "type": "text",
    "status": "text",
    "errors": "text",
    "logical_date": "time",
    "started_on": "time",
    "ended_on": "time",
    "range_start": "time",
    "range_end": "time",
    "successful_records": "integer",
    "failed_records": "integer",
}
_PANDAS = {"integer": "Int64", "text": "string", "time": "datetime64[us, UTC]"}


def to_records(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return a dict per run with the keys of `COLUMNS`.

    Enums are plain strings, and several errors are one text.

    Args:
        runs: The runs, such as a list or the `RunPager` of a `Client`. Collect those of an `AsyncClient` first:
            `[run async for run in client.runs.list("customers")]`.

    Raises:
        ValidationError: The value is no iterable of runs.
    """
    given: object = runs
    if not isinstance(given, Iterable):
        message = f"must be an iterable of runs, not {type(given).__name__}"
        hint = (
            ": collect the runs first, with [run async for run in …]" if hasattr(given, "__aiter__") else ""
        )
        raise ValidationError("the data frame", [("runs", message + hint)])
    return [_record(run, index) for index, run in enumerate(runs)]


def to_pandas(runs: Iterable[Run]) -> "pd.DataFrame":
    """Return the runs as a pandas data frame.

    Args:
        runs: The runs, as for `to_records`.

    Raises:
        ValidationError: The value is no iterable of runs.
    """
    records, pandas = to_records(runs), import_module("pandas")
    columns = {
        name: pandas.Series([record[name] for record in records], dtype=_PANDAS[kind])
        for name, kind in COLUMNS.items()
    }
    return pandas.DataFrame(columns)


def to_polars(runs: Iterable[Run]) -> "pl.DataFrame":
    """Return the runs as a polars data frame.

    Args:
        runs: The runs, as for `to_records`.

    Raises:
        ValidationError: The value is no iterable of runs.
    """
    records, polars = to_records(runs), import_module("polars")
    kinds = {"integer": polars.Int64, "text": polars.String, "time": polars.Datetime("us", "UTC")}
    frame: pl.DataFrame = polars.DataFrame(
        records, schema={name: kinds[kind] for name, kind in COLUMNS.items()}
    )
    return frame


def to_arrow(runs: Iterable[Run]) -> "pa.Table":
    """Return the runs as a pyarrow table.

    Args:
        runs: The runs, as for `to_records`.

    Raises:
        ValidationError: The value is no iterable of runs.
    """
    records, pyarrow = to_records(runs), import_module("pyarrow")
    kinds = {"integer": pyarrow.int64(), "text": pyarrow.string(), "time": pyarrow.timestamp("us", "UTC")}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    return pyarrow.Table.from_pylist(records, schema=schema)


def _record(run: Run, index: int) -> dict[str, Any]:
    if not isinstance(run, Run):
        raise ValidationError(
            "the data frame", [(f"runs[{index}]", f"must be a Run, not {type(run).__name__}")]
        )
    values = {name: getattr(run, name) for name in COLUMNS}
    return values | {
        "type": None if run.type is None else run.type.value,
        "status": run.status.value,
        "errors": "; ".join(error.message for error in run.errors) or None,
    }
