"""What users write, on both sides, with the types that checkers must see. Checked by mypy and pyright, never run."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from warehouse_sync import (
    APIError,
    AsyncClient,
    Client,
    Connection,
    ConnectionSpec,
    DataModel,
    DataModelSpec,
    Feed,
    FeedSetting,
    FeedSpec,
    OutcomeUnknownError,
    Page,
    Pipeline,
    PipelineReport,
    PipelineSpec,
    PolledReport,
    Progress,
    RetryPolicy,
    Run,
    RunFailedError,
    Schedule,
    Secret,
    SnowflakeConfig,
    StatusChange,
    SyncMode,
    Timeout,
    TokenCache,
    TransportError,
    TriggeredEntry,
    TriggeredRun,
    ValidationError,
    WaitedRun,
    WaitTimeoutError,
    WarehouseSyncError,
)

CONNECTION = ConnectionSpec(
    id="c",
    name="C",
    state="active",
    config=SnowflakeConfig(password="s", user="u"),
)
FEED = FeedSpec(module_name="M", name="F", settings=[FeedSetting(name="k", value="v")])
MODEL = DataModelSpec(id="m", name="M", sql_query="SELECT 1")
PIPELINE = PipelineSpec(
    id="p",
    name="P",
    pipeline_type="user_attributes",
    connection_id="c",
    data_model_id="m",
    sync_mode=SyncMode(type="full", from_=datetime(2023, 1, 1, tzinfo=UTC)),
    schedule=Schedule(type="interval", frequency="hourly", delay=timedelta(minutes=5)),
    environment="development",
)


def calls(progress: Progress) -> None:
    """Show progress."""
    assert_type(progress.total, int | None)


async def asynchronous() -> None:
    """Use every name of the asynchronous side."""
    async with AsyncClient(
        workspace_id=5328,
        client_id="id",
        client_secret=Secret("secret"),
        timeout=30,
        retry=RetryPolicy(attempts=3),
        max_connections=100,
        token_cache=None,
        session=None,
    ) as client:
        assert_type(client, AsyncClient)
        assert_type(client.workspace(7), AsyncClient)
        assert_type(client.with_options(timeout=Timeout(total=None)), AsyncClient)
        assert_type(await client.connections.list(), list[Connection])
        assert_type(await client.connections.list(service_provider="Snowflake"), list[Connection])
        assert_type(await client.connections.get("c"), Connection)
        assert_type(await client.connections.create(CONNECTION), Connection)
        assert_type(await client.connections.update(CONNECTION), Connection)
        await client.connections.delete("c")
        assert_type(await client.data_models.list(), list[DataModel])
        assert_type(await client.data_models.create(MODEL), DataModel)
        assert_type((await client.data_models.get("m")).to_spec(), DataModelSpec)
        assert_type(await client.pipelines.list(), list[Pipeline])
        assert_type(await client.pipelines.update(PIPELINE), Pipeline)
        assert_type(await client.pipelines.trigger("p"), TriggeredRun)
        assert_type(await client.pipelines.trigger_and_wait("p", timeout=60), Run)
        assert_type(await client.pipelines.report("p"), PipelineReport)
        pipeline = await client.pipelines.pause((await client.pipelines.list())[0])
        assert_type(await client.pipelines.resume(pipeline), Pipeline)
        assert_type(await client.pipelines.report(pipeline), PipelineReport)
        assert_type(client.pipelines.trigger_many([pipeline, "p"]), AsyncGenerator[TriggeredEntry, None])
        assert_type(await client.runs.list(pipeline, status="failed", limit=5).first(), Run | None)
        assert_type(
            client.pipelines.reports(["p"], concurrency=64, on_progress=calls),
            AsyncGenerator[PolledReport, None],
        )
        async for run in client.runs.list("p", start=None, end=None, page_size=50, prefetch=8):
            assert_type(run, Run)
        async for page in client.runs.list("p").pages():
            assert_type(page, Page)
        assert_type(await client.runs.get("p", 7), Run)
        assert_type(await client.runs.wait("p", 7, timeout=60), Run)
        triggered = await client.pipelines.trigger(pipeline)
        assert_type(await client.runs.wait(triggered, poll_interval=5), Run)
        assert_type(client.runs.wait_many([triggered]), AsyncGenerator[WaitedRun, None])
        assert_type(client.runs.wait_many([("p", 7)], timeout=60), AsyncGenerator[WaitedRun, None])
        assert_type(await client.runs.resume("handle", timeout=60), Run)
        assert_type(client.watch(["p"], every=30), AsyncGenerator[StatusChange, None])
        [feed] = await client.feeds.list()
        assert_type(await client.feeds.get(feed), Feed)
        assert_type(await client.feeds.create(FEED), Feed)
        assert_type(await client.feeds.update(feed.id, feed.to_spec()), Feed)
        await client.feeds.delete("7")
        assert_type(await client.ingest_v1.models.get("m"), dict[str, Any])
        assert_type(await client.ingest_v1.pipelines.list(), list[dict[str, Any]])
        assert_type(await client.ingest_v1.pipelines.status("p"), dict[str, Any])


def blocking() -> None:
    """Use every name of the blocking side."""
    with Client(
        workspace_id="5328", account_id="7", client_id="id", client_secret="secret", token_cache="tokens"
    ) as client:
        assert_type(client, Client)
        assert_type(client.workspace("7"), Client)
        assert_type(client.with_options(retry=RetryPolicy()), Client)
        assert_type(client.connections.list(), list[Connection])
        assert_type(client.connections.list(service_provider="Snowflake"), list[Connection])
        assert_type(client.connections.get("c"), Connection)
        assert_type(client.connections.create(CONNECTION), Connection)
        assert_type(client.connections.update(CONNECTION), Connection)
        client.connections.delete("c")
        assert_type(client.data_models.list(), list[DataModel])
        assert_type(client.data_models.create(MODEL), DataModel)
        assert_type(client.data_models.get("m").to_spec(), DataModelSpec)
        assert_type(client.pipelines.list(), list[Pipeline])
        assert_type(client.pipelines.update(PIPELINE), Pipeline)
        assert_type(client.pipelines.trigger("p"), TriggeredRun)
        assert_type(client.pipelines.trigger_and_wait("p", timeout=60), Run)
        assert_type(client.pipelines.report("p"), PipelineReport)
        pipeline = client.pipelines.pause(client.pipelines.list()[0])
        assert_type(client.pipelines.resume(pipeline), Pipeline)
        assert_type(client.pipelines.trigger_many([pipeline]), Generator[TriggeredEntry, None, None])
        assert_type(client.runs.list(pipeline, status="failed", limit=5).first(), Run | None)
        assert_type(
            client.pipelines.reports(["p"], concurrency=64, on_progress=calls),
            Generator[PolledReport, None, None],
        )
        for run in client.runs.list("p", start=None, end=None, page_size=50, prefetch=8):
            assert_type(run, Run)
        for page in client.runs.list("p").pages():
            assert_type(page, Page)
        assert_type(client.runs.get("p", 7), Run)
        assert_type(client.runs.wait("p", 7, timeout=60), Run)
        assert_type(client.runs.wait_many([("p", 7)], timeout=60), Generator[WaitedRun, None, None])
        assert_type(client.runs.resume("handle", timeout=60), Run)
        assert_type(client.watch(["p"], every=timedelta(seconds=30)), Generator[StatusChange, None, None])
        assert_type(client.feeds.list(), list[Feed])
        assert_type(client.feeds.create(FEED), Feed)
        assert_type(client.feeds.update(7, FEED), Feed)
        assert_type(client.ingest_v1.models.get("m"), dict[str, Any])
        assert_type(client.ingest_v1.pipelines.list(), list[dict[str, Any]])
        assert_type(client.ingest_v1.pipelines.status("p"), dict[str, Any])


def errors(client: Client, cache: TokenCache) -> None:
    """Look into the errors."""
    assert_type(cache, TokenCache)
    try:
        client.pipelines.trigger_and_wait("p")
    except ValidationError as error:
        assert_type(error.problems, tuple[tuple[str, str], ...])
    except TransportError as error:
        assert_type(str(error.sent), str)
    except APIError as error:
        assert_type(error.messages, tuple[str, ...])
        assert_type(error.retry_after, float | None)
    except OutcomeUnknownError as error:
        assert_type(error.candidates, tuple[int, ...])
    except RunFailedError as error:
        assert_type(error.run, Run)
    except WaitTimeoutError as error:
        assert_type(error.handle, str)
    except WarehouseSyncError:
        raise


def values(polled: PolledReport, waited: WaitedRun, triggered: TriggeredRun, connection: Connection) -> None:
    """Look into the values."""
    assert_type(polled.report, PipelineReport | None)
    assert_type(polled.error, WarehouseSyncError | None)
    assert_type(polled.result(), PipelineReport)
    assert_type(waited.result(), Run)
    assert_type(connection.to_dict(), dict[str, Any])
    assert_type(Connection.from_dict({}), Connection)
    assert_type(connection.to_spec().with_secrets(password="x").with_config(role="r"), ConnectionSpec)
    assert_type(waited.run, Run | None)
    assert_type(triggered.handle(), str)
    assert_type(triggered.inferred, bool)
    if isinstance(connection.config, SnowflakeConfig):
        assert_type(connection.config.password, Secret | None)
    assert_type(connection.created_on, datetime | None)
