"""DuckDB in its sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from warehouse_sync.emulator.warehouse import engine
from warehouse_sync.emulator.warehouse.dialect import Query
from warehouse_sync.emulator.warehouse.engine import Warehouse, sql_literal
from warehouse_sync.emulator.warehouse.errors import QueryError, WarehouseUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_sync.emulator.warehouse.engine import WarehouseSession

# Attempts to reach beyond the warehouse; SECRET stands for a file outside of it.
ATTEMPTS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('SECRET')",
    "SELECT * FROM read_blob('SECRET')",
    "SELECT * FROM read_json('SECRET')",
    "SELECT * FROM read_parquet('SECRET')",
    "SELECT * FROM sniff_csv('SECRET')",
    "SELECT * FROM 'SECRET'",
    'SELECT * FROM "SECRET"',
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM query('SELECT * FROM read_text(''SECRET'')')",
    "SELECT * FROM query_table('SECRET')",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT getenv('HOME')",
    "SELECT * FROM VARIABLE",
    "COPY (SELECT 1) TO 'SECRET.out'",
    "COPY customers FROM 'SECRET'",
    "EXPORT DATABASE 'SECRET.out'",
    "ATTACH 'SECRET.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA enable_external_access = true",
    "RESET enable_external_access",
]
VARIABLE = [{"a": 1}]


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside the warehouse."""
    path = tmp_path_factory.mktemp("outside") / "secret.csv"
    path.write_text("word\nhush\n", "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one CSV file."""
    path = tmp_path / "folder"
    path.mkdir()
    (path / "customers.csv").write_text(
        "id,updated_on\n1,2023-02-01 10:00:00\n2,2023-02-02T10:00:00Z\n", "utf-8"
    )
    return path


def error_of(session: WarehouseSession, sql: str) -> str:
    """Execute a statement that must fail, and return the error."""
    with pytest.raises(QueryError) as caught:
        list(session.rows(sql))
    return str(caught.value)


@pytest.mark.parametrize("kind", ["warehouse", "folder"])
def test_nothing_outside_the_warehouse_can_be_reached(
    request: pytest.FixtureRequest, kind: str, secret: Path
) -> None:
    """No statement reads, writes, attaches or loads anything beyond the warehouse, even sent to DuckDB directly."""
    path: Path = request.getfixturevalue(kind)
    before = sorted(secret.parent.iterdir())
    with Warehouse(path).open() as session:
        errors = [error_of(session, attempt.replace("SECRET", str(secret))) for attempt in ATTEMPTS]
    assert "hush" not in "".join(errors)
    assert sorted(secret.parent.iterdir()) == before


@pytest.mark.parametrize("provider", ["Snowflake", "BigQuery", "Redshift", "Databricks"])
def test_attempts_fail_as_queries_too(warehouse: Path, provider: str, secret: Path) -> None:
    """What DuckDB rejects is also rejected as a data model's query, in any dialect."""

    def rows(session: WarehouseSession, sql: str) -> object:
        return list(session.rows(Query.read(sql, provider, session.catalog).rows(None)))

    with Warehouse(warehouse).open() as session:
        for attempt in ATTEMPTS:
            with pytest.raises(QueryError):
                rows(session, attempt.replace("SECRET", str(secret)))


def test_directory_for_temporary_files_cannot_be_read(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Queries cannot read `.tmp`, DuckDB's usual directory for temporary files."""
    monkeypatch.chdir(tmp_path)
    temporary = tmp_path / ".tmp"
    temporary.mkdir()
    (temporary / "secret.csv").write_text("word\nhush\n", "utf-8")
    with Warehouse(warehouse).open() as session, pytest.raises(QueryError, match="Permission"):
        list(session.rows(f"SELECT * FROM read_csv('{temporary}/secret.csv')"))  # noqa: S608 - the attempt


def test_secrets_of_the_user_are_not_visible(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secrets of the user's other DuckDB databases are neither listed nor read."""
    monkeypatch.setenv("HOME", str(tmp_path))
    stored = tmp_path / ".duckdb" / "stored_secrets"
    stored.mkdir(parents=True)
    (stored / "hush.duckdb_secret").write_bytes(b"hush")
    with Warehouse(warehouse).open() as session:
        assert list(session.rows("SELECT * FROM duckdb_secrets()")) == []


def test_links_out_of_a_folder_are_not_followed(folder: Path, secret: Path) -> None:
    """A symbolic link to a file outside of the folder is no table."""
    (folder / "secret.csv").symlink_to(secret)
    with Warehouse(folder).open() as session:
        assert [table.name for table in session.catalog.tables] == ["customers"]


def test_warehouse_cannot_be_written(warehouse: Path) -> None:
    """The warehouse itself is opened read-only."""
    with Warehouse(warehouse).open() as session, pytest.raises(QueryError, match="read-only"):
        list(session.rows("DELETE FROM demo_service.customers"))


def test_file_can_be_written_between_uses(warehouse: Path) -> None:
    """Between two uses other programs can write to the file, and the second use sees it."""
    kept = Warehouse(warehouse)
    count = "SELECT COUNT(*) FROM demo_service.customers"
    for expected in (4, 0):
        with kept.open() as session:
            assert session.number(count) == expected
        with duckdb.connect(warehouse) as connection:
            connection.execute("DELETE FROM demo_service.customers")


def test_folder_is_read_again_when_it_changed(folder: Path) -> None:
    """Files of a folder are tables, schemas and databases; new ones are seen at the next use."""
    kept = Warehouse(folder)
    with kept.open() as session:
        assert session.number("SELECT COUNT(*) FROM customers") == 2
    path = folder / "mp" / "demo_service"
    path.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS id) TO {sql_literal(path / 'Tickets.parquet')}")
    (folder / "demo_service").mkdir()
    (folder / "demo_service" / "users.tsv").write_text("id\tname\n1\tAnn\n", "utf-8")
    with kept.open() as session:
        for sql in ("SELECT id FROM MP.demo_service.tickets", "SELECT id FROM any_db.demo_service.users"):
            query = Query.read(sql, "Snowflake", session.catalog)
            assert session.number(query.count(None)) == 1
    kept.close()


def test_folder_keeps_its_tables_while_nothing_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that has not changed is not read again."""
    kept = Warehouse(folder)
    with kept.open():
        pass
    monkeypatch.setattr("warehouse_sync.emulator.warehouse.engine.load", lambda *_: pytest.fail("read again"))
    with kept.open() as session:
        assert session.number("SELECT COUNT(*) FROM customers") == 2
    kept.close()


@pytest.mark.parametrize("content", [None, b"not a database"])
def test_file_that_is_no_warehouse_cannot_be_opened(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, or not a DuckDB file, is an error that says so."""
    path = tmp_path / "x.duckdb"
    if content is not None:
        path.write_bytes(content)
    kept = Warehouse(path)
    assert kept.problem()
    with pytest.raises(WarehouseUnavailableError), kept.open():
        pass


def test_folder_with_a_broken_file_cannot_be_opened(folder: Path) -> None:
    """A folder with an unreadable file cannot be opened."""
    (folder / "broken.parquet").write_bytes(b"nothing")
    assert "broken.parquet" in (Warehouse(folder).problem() or "")


def test_query_that_takes_too_long_is_interrupted(warehouse: Path) -> None:
    """A query that would never end fails after its time limit."""
    endless = "SELECT COUNT(*) FROM range(1000000000000) a WHERE hash(a) = 7"
    with (
        Warehouse(warehouse, seconds=0.05).open() as session,
        pytest.raises(QueryError, match=r"longer than 0\.05 seconds"),
    ):
        session.number(endless)


def test_large_rows_are_read_few_at_a_time(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row is read once and in order, whatever its size; chunks of large rows shrink to one row."""
    monkeypatch.setattr(engine, "_CHUNK_BYTES", 100)
    sql = (
        "SELECT range, repeat('x', CASE WHEN range BETWEEN 100 AND 199 THEN 200 ELSE 0 END) FROM range(5000)"
    )
    sizes = []
    with Warehouse(warehouse).open() as session:
        measure = engine._size

        def size(rows: list[tuple[object, ...]]) -> int:
            sizes.append(len(rows))
            return measure(rows)

        monkeypatch.setattr(engine, "_size", size)
        assert [row[0] for row in session.rows(sql)] == list(range(5000))
    assert 1 in sizes[7:]
    assert max(sizes) == 1000


def test_size_of_rows_includes_nested_values() -> None:
    """Strings and bytes count, in lists and structs too, and numbers do not."""
    assert engine._size([("abc", 5, None), (b"de", ["f", ("g",)], {"key": ["value"]})]) == 3 + 2 + 2 + 3 + 5
