"""Property-based tests of plan, apply and export against the emulator."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync import (
    AsyncClient,
    BigQueryConfig,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    PipelineSpec,
    RedshiftConfig,
    Schedule,
    SnowflakeConfig,
    SyncMode,
)
from warehouse_sync.declarative import (
    LocalStore,
    Options,
    Plan,
    StateFile,
    apply_plan,
    export_documents,
    load,
    make_plan,
    read_snapshot,
    to_yaml,
    write_files,
)
from warehouse_sync.declarative.files.write import resource_document
from warehouse_sync.emulator import Emulator

WORKSPACES = itertools.count(1)
IDS = st.text("abAB09_-", min_size=1, max_size=6)
# Queries and names are any non-blank text, including text that is difficult in YAML.
WORDS = st.one_of(
    st.sampled_from(
        ["no", "0123", "12:30", "null", "~", "y", "a: b", "- a", "# a", "a\nb", "a\r\nb\n", " a ", "'", '"']
    ),
    st.text(min_size=1, max_size=20),
).filter(lambda text: bool(text.strip()))
# Queries with any text, in a literal that every dialect reads.
QUERIES = WORDS.map(lambda text: "SELECT '" + text.replace("\\", "/").replace("'", "''") + "'")
# Ids of data plans that YAML could take for other types.
PLANS = st.sampled_from(["no", "0123", "null", "y"])
DATES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
SECRET = st.just("canary-secret")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """One emulator for all examples; each example uses its own workspace."""
    with Emulator() as running:
        yield running


def configs() -> st.SearchStrategy[Any]:
    """Generate configs of every provider."""
    snowflake = dict.fromkeys(
        ("account_identifier", "region", "warehouse", "database", "role", "user"), WORDS
    )
    return st.one_of(
        st.builds(SnowflakeConfig, **snowflake, password=SECRET, storage_integration=WORDS),
        st.builds(
            BigQueryConfig,
            region=WORDS,
            project_id=WORDS,
            dataset_id=WORDS,
            service_account_id=WORDS,
            service_account_key=SECRET,
        ),
        st.builds(
            RedshiftConfig,
            database=WORDS,
            host=WORDS,
            port=st.none() | st.just("1234"),
            user=WORDS,
            password=SECRET,
            aws_iam_role_arn=WORDS,
        ),
        st.builds(DatabricksConfig, provider=WORDS, schema=WORDS),
    )


@st.composite
def pipelines(draw: st.DrawFn, connections: list[str], models: list[str]) -> PipelineSpec:
    """Generate a pipeline that refers to given resources."""
    kind = draw(st.sampled_from(["user_attributes", "events"]))
    range_start, range_end = draw(st.tuples(st.none() | DATES, st.none() | DATES))
    if range_start is not None and range_end is not None:
        range_start, range_end = min(range_start, range_end), max(range_start, range_end)
    sync_mode = SyncMode(
        type=draw(st.sampled_from(["incremental", "full"])),
        iterator_field=draw(WORDS),
        iterator_data_type=draw(st.sampled_from(["timestamp", "datetime_tz", "date"])),
        from_=range_start,
        until=range_end,
    )
    schedule = draw(
        st.sampled_from(
            [
                Schedule(type="on_demand"),
                Schedule(type="once", delay="5m"),
                Schedule(type="interval", frequency="daily", start=datetime(2026, 1, 1, tzinfo=UTC)),
            ]
        )
    )
    plan_id = draw(st.none() | PLANS)
    return PipelineSpec(
        id=draw(IDS),
        name=draw(WORDS),
        pipeline_type=kind,
        connection_id=draw(st.sampled_from(connections)),
        data_model_id=draw(st.sampled_from(models)),
        state=draw(st.sampled_from(["new", "active", "paused"])),
        sync_mode=sync_mode,
        schedule=schedule,
        environment="development",
        field_transformation_id=draw(WORDS) if kind == "events" else None,
        partner_feed_id=draw(st.none() | st.integers(0, 9)),
        partner_feed_key=draw(st.none() | st.just("canary-key")),
        data_plan_id=plan_id,
        data_plan_version=None if plan_id is None else 1,
    )


@st.composite
def workspaces(draw: st.DrawFn) -> dict[str, list[Any]]:
    """Generate connections, data models, and pipelines that refer to them."""
    connections = draw(
        st.lists(
            st.builds(ConnectionSpec, id=IDS, name=WORDS, config=configs()),
            max_size=3,
            unique_by=lambda each: each.id,
        )
    )
    models = draw(
        st.lists(
            st.builds(DataModelSpec, id=IDS, name=WORDS, sql_query=QUERIES),
            max_size=3,
            unique_by=lambda each: each.id,
        )
    )
    made: list[PipelineSpec] = []
    if connections and models:
        each = pipelines([one.id for one in connections], [one.id for one in models])
        made = draw(st.lists(each, max_size=3, unique_by=lambda one: one.id))
    return {"connections": connections, "data_models": models, "pipelines": made}


def write(folder: Path, workspace: dict[str, list[Any]]) -> dict[str, str]:
    """Write a workspace as files, and return the environment for its secrets."""
    documents = {section: [resource_document(each) for each in specs] for section, specs in workspace.items()}
    write_files(folder, {"all.yaml": to_yaml(documents)}, force=True)
    texts = to_yaml(documents).split()
    return {word.removeprefix("env:"): "canary-secret" for word in texts if word.startswith("env:")}


def state_file(file: Path) -> StateFile:
    """Return a state file."""
    return StateFile(store=LocalStore(file=file), owner="tests", key_file=file.with_suffix(".key"))


async def plan(
    client: AsyncClient, folder: Path, state: StateFile, environ: dict[str, str], *, prune: bool = True
) -> Plan:
    """Plan a folder."""
    options = Options(prune=prune)
    return make_plan(
        load(folder), await read_snapshot(client), state.read(), environ=environ, options=options
    )


async def run_apply(client: AsyncClient, folder: Path, state: StateFile, environ: dict[str, str]) -> None:
    """Plan and apply a folder."""
    made = await plan(client, folder, state, environ)
    async for outcome in apply_plan(client, made, state, environ):
        assert outcome.error is None


RUNS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RUNS
@given(first=workspaces(), second=workspaces().filter(lambda each: any(each.values())))
def test_plan_apply_plan_is_empty(
    emulator: Emulator, first: dict[str, list[Any]], second: dict[str, list[Any]]
) -> None:
    """After applying any workspace that is not empty over any other, the plan has no changes."""

    async def check(folder: Path) -> None:
        options = {**emulator.client_options(), "workspace_id": next(WORKSPACES)}
        state = state_file(folder / "state")
        for plan_id in ("no", "0123", "null", "y"):
            emulator.add_data_plan(plan_id, workspace_id=options["workspace_id"])
        async with AsyncClient(**options) as client:
            for workspace in (first, second):
                environ = write(folder / "files", workspace)
                await run_apply(client, folder / "files", state, environ)
                again = await plan(client, folder / "files", state, environ)
                assert again.steps == ()
                assert len((await read_snapshot(client)).models) == sum(map(len, workspace.values()))

    with TemporaryDirectory() as name:
        asyncio.run(check(Path(name)))


@RUNS
@given(workspace=workspaces())
def test_export_then_plan_is_empty(emulator: Emulator, workspace: dict[str, list[Any]]) -> None:
    """The plan of exported files has no changes, with and without the state."""

    async def check(folder: Path) -> None:
        options = {**emulator.client_options(), "workspace_id": next(WORKSPACES)}
        state = state_file(folder / "state")
        for plan_id in ("no", "0123", "null", "y"):
            emulator.add_data_plan(plan_id, workspace_id=options["workspace_id"])
        async with AsyncClient(**options) as client:
            environ = write(folder / "files", workspace)
            await run_apply(client, folder / "files", state, environ)
            files, skipped = export_documents(await read_snapshot(client))
            assert skipped == []
            write_files(folder / "export", files, force=False)
            for known in (state, state_file(folder / "none")):
                again = await plan(client, folder / "export", known, {})
                assert again.steps == ()
                assert again.blockers == ()
                assert len(again.changes) == sum(map(len, workspace.values()))

    with TemporaryDirectory() as name:
        asyncio.run(check(Path(name)))
