"""Data frames of runs have one schema, whatever the runs."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from warehouse_sync import AsyncClient, Client, ErrorMessage, Run, RunStatus, RunType, ValidationError, frames
from warehouse_sync.emulator import Emulator

NOON = datetime(2023, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
FAILED = Run(
    id=2**53 + 1,
    pipeline_id="p",
    type=RunType.MANUAL,
    status=RunStatus.FAILED,
    errors=(ErrorMessage(message="No such table."), ErrorMessage(message="No access.")),
    started_on=NOON,
    successful_records=2**53 + 1,
)
QUEUED = Run(id=2, pipeline_id="p", status=RunStatus("brand_new"))
INPUTS = [(), (QUEUED,), (FAILED,), (FAILED, QUEUED)]


def test_columns_are_the_fields_of_a_run() -> None:
    """A new field of a run must be added to the columns."""
    assert list(frames.COLUMNS) == [field.name for field in Run.__attrs_attrs__]


def test_records_have_plain_values() -> None:
    """Enums are strings, errors one text, and dates stay datetimes."""
    failed, queued = frames.to_records(iter([FAILED, QUEUED]))
    assert list(failed) == list(queued) == list(frames.COLUMNS)
    assert (type(failed["status"]), failed["status"], failed["type"]) == (str, "failed", "manual")
    assert failed["errors"] == "No such table.; No access."
    assert failed["started_on"] == NOON
    assert (queued["status"], queued["type"], queued["errors"]) == ("brand_new", None, None)
    assert frames.to_records([]) == []


@pytest.mark.parametrize("runs", INPUTS)
def test_pandas_frame_has_one_schema(runs: tuple[Run, ...]) -> None:
    """Numbers keep their digits beside missing values."""
    frame = frames.to_pandas(runs)
    kinds = {"integer": "Int64", "text": "string", "time": "datetime64[us, UTC]"}
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        name: kinds[kind] for name, kind in frames.COLUMNS.items()
    }
    assert list(frame["id"]) == [run.id for run in runs]
    assert [None if pd.isna(value) else int(value) for value in frame["successful_records"]] == [
        run.successful_records for run in runs
    ]
    assert [None if pd.isna(value) else value.to_pydatetime() for value in frame["started_on"]] == [
        run.started_on for run in runs
    ]


@pytest.mark.parametrize("runs", INPUTS)
def test_polars_frame_has_one_schema(runs: tuple[Run, ...]) -> None:
    """The columns have the types of the records."""
    frame = frames.to_polars(runs)
    kinds: dict[str, Any] = {"integer": pl.Int64, "text": pl.String, "time": pl.Datetime("us", "UTC")}
    assert dict(frame.schema) == {name: kinds[kind] for name, kind in frames.COLUMNS.items()}
    assert frame["successful_records"].to_list() == [run.successful_records for run in runs]
    assert frame["started_on"].to_list() == [run.started_on for run in runs]


@pytest.mark.parametrize("runs", INPUTS)
def test_arrow_table_has_one_schema(runs: tuple[Run, ...]) -> None:
    """The columns have the types of the records."""
    table = frames.to_arrow(runs)
    kinds = {"integer": pa.int64(), "text": pa.string(), "time": pa.timestamp("us", "UTC")}
    assert {field.name: field.type for field in table.schema} == {
        name: kinds[kind] for name, kind in frames.COLUMNS.items()
    }
    assert table["started_on"].to_pylist() == [run.started_on for run in runs]


async def test_runs_of_both_clients_become_frames() -> None:
    """A blocking pager can be passed as it is; an asynchronous one gets a hint."""
    with Emulator() as emulator:
        [pipeline_id] = emulator.seed(pipelines=1, runs=7)
        with Client(**emulator.client_options()) as client:
            assert len(frames.to_pandas(client.runs.list(pipeline_id))) == 7
        async with AsyncClient(**emulator.client_options()) as connected:
            pager: Any = connected.runs.list(pipeline_id)
            with pytest.raises(ValidationError, match="collect the runs first"):
                frames.to_records(pager)
            assert len(frames.to_polars([run async for run in pager])) == 7


@pytest.mark.parametrize("wrong", [7, None, ["p"], [FAILED, None]])
def test_other_values_are_rejected(wrong: Any) -> None:
    """The error names the item."""
    with pytest.raises(ValidationError, match=r"runs(\[\d\])?: must be"):
        frames.to_pandas(wrong)
