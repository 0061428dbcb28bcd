"""Models as JSON documents: `to_dict`, `to_json`, `from_dict`, and their short forms."""

import inspect
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from warehouse_sync import errors, models
from warehouse_sync.base_model import MAX_ROWS, BaseModel, SentModel, Table
from warehouse_sync.errors import DecodeError, NotFoundError, RunFailedError, ValidationError
from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionSpec,
    DatabricksConfig,
    DataModel,
    DataModelSpec,
    ErrorMessage,
    Feed,
    FeedSetting,
    FeedSpec,
    FieldMapping,
    FieldTransformation,
    Page,
    Pipeline,
    PipelineReport,
    PipelineSpec,
    PolledReport,
    Progress,
    RedshiftConfig,
    Run,
    RunHandle,
    RunStatus,
    RunType,
    Schedule,
    SnowflakeConfig,
    StatusChange,
    SyncMode,
    TriggeredEntry,
    TriggeredRun,
    UnknownConfig,
    WaitedRun,
)
from warehouse_sync.secret import MASK

NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)
REASON = ErrorMessage(message="No such table.")
RUN = Run(
    id=7,
    pipeline_id="p",
    type=RunType.MANUAL,
    status=RunStatus("brand_new"),
    errors=(REASON,),
    logical_date=NOON,
    successful_records=0,
)
SNOWFLAKE = SnowflakeConfig(user="u", password="hunter2", extra={"private_key": ["hunter3"], "ttl": {"s": 1}})
CONNECTION = ConnectionSpec(id="c", name="C", config=SNOWFLAKE, extra={"team": "data"})
MODEL = DataModelSpec(id="m", name="M", sql_query="SELECT 1", extra={"config": {"dialect": "x"}})
SYNC_MODE = SyncMode(type="full", from_=NOON, extra={"window": 1})
SCHEDULE = Schedule(type="interval", frequency="daily", delay=timedelta(hours=1), start=NOON)
PIPELINE = PipelineSpec(
    id="p",
    name="P",
    pipeline_type="user_attributes",
    connection_id="c",
    data_model_id="m",
    sync_mode=SYNC_MODE,
    schedule=SCHEDULE,
    environment="production",
    partner_feed_key="hunter4",
)
TRANSFORMATION = FieldTransformation(
    id="t",
    name="T",
    mappings=[
        FieldMapping(mapping_type="column", source="eventId", destination="event_id"),
        FieldMapping(mapping_type="static", destination="event_type", value="screen_view"),
        FieldMapping(mapping_type="ignore", source="note"),
    ],
)
FEED_SETTING = FeedSetting(name="apiKey", value="hunter5", extra={"type": "text"})
FEED = FeedSpec(module_name="MailChimp", name="F", settings=[FEED_SETTING], extra={"act_as": "iOS"})
TRIGGERED = TriggeredRun(pipeline_id="p", run_id=7, workspace_id=1, inferred=True)
REPORT = PipelineReport(
    pipeline_id="p",
    status=models.PipelineStatus.FAULTED,
    errors=(REASON,),
    connection_status=models.ConnectionStatus.HEALTHY,
    latest_pipeline_run=RUN,
)


def read(cls: Any, spec: Any, **fields: Any) -> Any:
    """Return the model that the API returns for a spec."""
    return cls(
        **{field.name: getattr(spec, field.name) for field in attrs.fields(type(spec))},
        errors=(REASON,),
        created_on=NOON,
        **fields,
    )


MODELS: list[BaseModel] = [
    REASON,
    SNOWFLAKE,
    BigQueryConfig(project_id="x", service_account_key="hunter2"),
    RedshiftConfig(port=5439, password="hunter2"),
    DatabricksConfig(provider="p", schema="s"),
    UnknownConfig(service_provider="Oracle", extra={"wallet": "hunter2"}),
    CONNECTION,
    ConnectionSpec(id="c", name="C", config=UnknownConfig(service_provider="Oracle", extra={"k": "hunter2"})),
    read(Connection, CONNECTION, status=models.ConnectionStatus.FAULTED),
    MODEL,
    read(DataModel, MODEL),
    SYNC_MODE,
    SCHEDULE,
    PIPELINE,
    read(Pipeline, PIPELINE),
    TRANSFORMATION,
    TRANSFORMATION.mappings[0],
    FEED_SETTING,
    FEED,
    Feed(id=1, name="F", module_name="M", settings=(FeedSetting(name="apiKey"),), created_on=NOON),
    REPORT,
    RUN,
    Page(items=(RUN,), has_next_page=True),
    TRIGGERED,
    RunHandle(workspace_id=1, pipeline_id="p", run_id=7),
    PolledReport(pipeline_id="p", report=REPORT),
    TriggeredEntry(pipeline_id="p", triggered=TRIGGERED),
    WaitedRun(pipeline_id="p", run_id=7, run=RUN),
    StatusChange(pipeline_id="p", report=REPORT, previous=REPORT, observed_on=NOON),
    Progress(done=1, failed=0),
]
IDS = [type(model).__name__ for model in MODELS]


def document_of(model: BaseModel) -> dict[str, Any]:
    """Return the document of a model with its secrets, as it would arrive from another program."""
    document = model.to_dict(reveal_secrets=True) if isinstance(model, SentModel) else model.to_dict()
    return json.loads(json.dumps(document))  # type: ignore[no-any-return] # JSON is anything


def test_every_model_is_tested() -> None:
    """The list above has each class of the package."""
    classes: set[type] = {cls for cls in vars(models).values() if inspect.isclass(cls) and attrs.has(cls)}
    assert classes == {type(model) for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_document_is_read_back(model: BaseModel) -> None:
    """`from_dict` of a document returns an equal model, except for secrets of what was read."""
    restored = type(model).from_dict(document_of(model))
    if isinstance(model, Connection | Pipeline):
        assert restored.to_dict() == model.to_dict()
    else:
        assert restored == model
    assert json.loads(model.to_json(indent=2)) == model.to_dict()


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_document_and_short_forms_show_no_secret(model: BaseModel) -> None:
    """Unless asked to, no form of a model shows a secret."""
    shown = f"{model.to_json()} {model!r} {model._repr_html_()} {Table([model])._repr_html_()}"
    assert "hunter" not in shown


def test_masked_spec_is_refused() -> None:
    """A document without secrets can be read, but its spec is invalid."""
    for spec, fields in (
        (CONNECTION, {"config.password", "config.extra.private_key[0]"}),
        (PIPELINE, {"partner_feed_key"}),
        (FEED, {"settings[0].value"}),
    ):
        problems = dict(type(spec).from_dict(spec.to_dict()).problems())
        assert fields <= set(problems)
        assert all("mask" in problems[field] for field in fields)


def test_document_of_a_run_has_all_names() -> None:
    """What is read has the API's names, also for empty fields."""
    assert RUN.to_dict() == {
        "id": 7,
        "pipeline_id": "p",
        "type": "manual",
        "status": "brand_new",
        "errors": [{"message": "No such table."}],
        "logical_date": "2023-03-01T12:00:00Z",
        "started_on": None,
        "ended_on": None,
        "range_start": None,
        "range_end": None,
        "successful_records": 0,
        "failed_records": None,
    }
    assert type(RUN.to_dict()["status"]) is str
    assert TRIGGERED.to_dict()["pipeline_run_id"] == 7
    assert SYNC_MODE.to_dict() == {"type": "full", "from": "2023-03-01T12:00:00Z", "window": 1}


@pytest.mark.parametrize("entry", [PolledReport, WaitedRun, TriggeredEntry])
def test_error_of_an_entry_is_restored(entry: Any) -> None:
    """An error keeps its class, its text and its attributes."""
    for error in (
        NotFoundError(status=404, messages=["gone"], method="GET", path="/x", request_id="r"),
        RunFailedError(RUN),
        ValidationError("the request", [("id", "is required")]),
    ):
        run_id = {"run_id": 7} if entry is WaitedRun else {}
        before = entry(pipeline_id="p", error=error, **run_id)
        after = entry.from_dict(json.loads(before.to_json())).error
        assert (type(after), str(after)) == (type(error), str(error))
        assert after.to_dict() if isinstance(after, BaseModel) else vars(after).keys() == vars(error).keys()
        assert getattr(after, "run", None) == getattr(error, "run", None)
        assert getattr(after, "messages", None) == getattr(error, "messages", None)


@pytest.mark.parametrize("name", ["restore", "SystemExit", "TYPE_CHECKING", "Sequence"])
def test_other_classes_are_not_restored_as_errors(name: str) -> None:
    """Only classes of the SDK's errors are restored."""
    with pytest.raises(DecodeError, match=r"not an error of the SDK @ document\.error"):
        PolledReport.from_dict({"pipeline_id": "p", "error": {"type": name, "message": "x"}})
    assert not hasattr(errors, "SystemExit")


@pytest.mark.parametrize(
    ("cls", "document", "message"),
    [
        (Run, [1], "the document is not a valid Run: expected a dict, not a list"),
        (Run, {"id": "x", "pipeline_id": "p", "status": "failed"}, "expected a whole number, .*document.id"),
        (ConnectionSpec, attrs.asdict(CONNECTION), "attrs.asdict returns. Use .*to_dict"),
        (DataModelSpec, attrs.asdict(MODEL), "attrs.asdict returns. Use .*to_dict"),
        (PipelineSpec, attrs.asdict(PIPELINE), "attrs.asdict returns. Use .*to_dict"),
        (UnknownConfig, {}, "document.service_provider"),
    ],
)
def test_wrong_document_is_rejected(cls: type[BaseModel], document: Any, message: str) -> None:
    """The error names the field and the way to a valid document, and shows no value."""
    with pytest.raises(DecodeError, match=message) as caught:
        cls.from_dict(document)
    assert "hunter" not in str(caught.value)


def test_spec_from_asdict_is_refused_with_a_hint() -> None:
    """A spec whose config is a dict is not sent, and the error says how to build it."""
    fields = {**attrs.asdict(CONNECTION), "config": {"user": "u"}}
    problems = dict(ConnectionSpec(**fields).problems())
    assert "from_dict" in problems["config"]


def test_result_returns_the_value_or_raises() -> None:
    """`result()` of a bulk entry returns its value, or raises its error."""
    assert PolledReport(pipeline_id="p", report=REPORT).result() is REPORT
    assert TriggeredEntry(pipeline_id="p", triggered=TRIGGERED).result() is TRIGGERED
    assert WaitedRun(pipeline_id="p", run_id=7, run=RUN).result() is RUN
    with pytest.raises(RunFailedError) as caught:
        WaitedRun(pipeline_id="p", run_id=7, run=RUN, error=RunFailedError(RUN)).result()
    assert caught.value.run is RUN


def test_repr_fits_a_screen() -> None:
    """Long text and long lists are shortened, and empty fields are left out."""
    page = Page(items=(attrs.evolve(RUN, errors=()),) * 50, has_next_page=True)
    assert repr(attrs.evolve(RUN, errors=())) == (
        "Run(id=7, pipeline_id='p', type='manual', status='brand_new', logical_date=2023-03-01T12:00:00Z, "
        "successful_records=0)"
    )
    assert len(repr(page)) < 800
    assert "… 50 items" in repr(page)
    assert "… 50 items" in page._repr_html_()
    assert len(repr(DataModelSpec(id="m", name="M", sql_query="x" * 9_999))) < 200
    failed = PolledReport(pipeline_id="p", error=NotFoundError(status=404, messages=["x" * 9_999]))
    assert repr(failed).startswith("PolledReport(pipeline_id='p', error=NotFoundError('")
    assert len(repr(failed)) < 200


def test_table_has_a_row_for_each_model() -> None:
    """Cells are escaped, models may have different fields, and long lists are cut."""
    other = Run(id=8, pipeline_id="<p>", status=RunStatus.FAILED)
    html = Table([RUN, other])._repr_html_()
    assert html.count("<tr>") == 3
    assert "<td>&lt;p&gt;</td>" in html
    assert "No such table." in html
    assert "<caption>" not in html
    many = Table([other] * (MAX_ROWS + 1))._repr_html_()
    assert f"<caption>{MAX_ROWS + 1} rows</caption>" in many
    assert many.count("<tr>") == MAX_ROWS + 1
    assert MASK not in html
