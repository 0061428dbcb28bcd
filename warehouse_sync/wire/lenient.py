"""Bytes to models, accepting every variation that the API's documents show.

The slower decoder: `fast` runs first where it can, and both return the same models. A document that does not fit raises
a `DecodeError` with the path and never the value, because a value may be a secret.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from operator import eq
from typing import Any, TypeVar

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override

from warehouse_sync import errors
from warehouse_sync.base_model import ReadText
from warehouse_sync.errors import DecodeError, WarehouseSyncError
from warehouse_sync.models import (
    Connection,
    ConnectionSpec,
    DataModel,
    DataModelSpec,
    ErrorMessage,
    Feed,
    FeedSetting,
    FeedSpec,
    FieldMapping,
    FieldTransformation,
    OpenEnum,
    Page,
    Pipeline,
    PipelineReport,
    PipelineSpec,
    PolledReport,
    Progress,
    Run,
    RunHandle,
    Schedule,
    Secret,
    ServiceProvider,
    StatusChange,
    SyncMode,
    TriggeredEntry,
    TriggeredRun,
    UnknownConfig,
    WaitedRun,
)
from warehouse_sync.models.common import FieldProblem, check_column_type, check_delay
from warehouse_sync.models.connections import CONFIGS, ConnectionConfig
from warehouse_sync.wire import json_codec
from warehouse_sync.wire.dates import parse_date
from warehouse_sync.wire.json_codec import kind_of_json
from warehouse_sync.wire.names import json_names

T = TypeVar("T")


def decode(body: bytes, cls: type[T]) -> T:
    """Decode a model.

    Raises:
        DecodeError: The body is not JSON, or does not fit the model.
    """
    return structure(json_codec.decode(body), cls)


def decode_list(body: bytes, cls: type[T]) -> list[T]:
    """Decode a JSON array of models.

    Raises:
        DecodeError: The body is not a JSON array, or an item does not fit the model.
    """
    items = json_codec.decode_list(body)
    return [structure(item, cls, f"response[{index}]") for index, item in enumerate(items)]


def structure(document: Any, cls: type[T], path: str = "response") -> T:  # noqa: ANN401 - JSON is anything
    """Build a model from a JSON document.

    Raises:
        DecodeError: The document does not fit the model. The message names every path that is wrong.
    """
    try:
        return _converter.structure(document, cls)
    except Exception as error:  # noqa: BLE001 - cattrs groups every error of its hooks; each means "does not fit"
        problem = "; ".join(transform_error(error, path=path, format_exception=_describe))
    # Raised outside the handler, because cattrs exceptions hold values and would stay in the chain.
    root = path.partition("[")[0]
    raise DecodeError(f"the {root} is not a valid {cls.__name__}: {problem}")


def _describe(error: BaseException, _: type | None) -> str:
    match error:
        case KeyError():
            return "a required field is missing"
        case _MismatchError():
            return str(error)
        case _:
            return "does not fit the documented type"


class _MismatchError(ValueError):
    """A value that a hook does not accept. Its message holds no value and is safe to show."""


def _datetime(value: Any, _: Any) -> datetime:  # noqa: ANN401 - a structure hook
    if not isinstance(value, str):
        raise _MismatchError(f"expected a date as a string, not {kind_of_json(value)}")
    try:
        return parse_date(value)
    except ValueError as error:
        raise _MismatchError(f"not a date: {error}") from None


def _int(value: Any, _: Any) -> int:  # noqa: ANN401 - a structure hook
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    digits = value.strip() if isinstance(value, str) else ""
    if digits.removeprefix("-").isdecimal() and digits.isascii() and len(digits) < 40:  # noqa: PLR2004 - far above any id
        return int(digits)
    raise _MismatchError(f"expected a whole number, not {kind_of_json(value)}")


def _str(value: Any, _: Any) -> str:  # noqa: ANN401 - a structure hook
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a Redshift port or an id that is sent as a number
    raise _MismatchError(f"expected a string, not {kind_of_json(value)}")


def _bool(value: Any, _: Any) -> bool:  # noqa: ANN401 - a structure hook
    if isinstance(value, bool):
        return value
    raise _MismatchError(f"expected true or false, not {kind_of_json(value)}")


def _checked_text(check: Callable[[str, str], Iterator[FieldProblem]], value: Any, cls: Any) -> str:  # noqa: ANN401 - a structure hook
    """Mark a text that `check` refuses as read, so that it can be sent back."""
    text = _str(value, cls)
    return ReadText(text) if any(check("", text)) else text


def _secret(value: Any, cls: Any) -> Secret:  # noqa: ANN401 - a structure hook
    return Secret(_str(value, cls))


def _enum(value: Any, cls: type[OpenEnum]) -> OpenEnum:  # noqa: ANN401 - a structure hook
    return cls.from_api(_str(value, str))


def _message(value: Any, _: Any) -> ErrorMessage:  # noqa: ANN401 - a structure hook
    """Accept `{"message": …}`, and the bare string that other APIs of the platform send."""
    if isinstance(value, Mapping):
        text = value.get("message")
        return ErrorMessage(message=text if isinstance(text, str) else "")
    return ErrorMessage(message=_str(value, str))


def _error(value: Any, _: Any) -> WarehouseSyncError:  # noqa: ANN401 - a structure hook
    """Restore an error of the SDK by the name of its class."""
    state = dict(_object(value))
    name, message = _str(state.pop("type", None), str), _str(state.pop("message", None), str)
    cls = getattr(errors, name, None)
    if not (isinstance(cls, type) and issubclass(cls, WarehouseSyncError)):
        raise _MismatchError("not an error of the SDK")
    if isinstance(state.get("run"), Mapping):
        state["run"] = _field("run", _converter.structure, state["run"], Run)
    state = {key: tuple(item) if isinstance(item, list) else item for key, item in state.items()}
    return errors.restore(cls, (message,), state)


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON is anything
    if isinstance(value, Mapping):
        return value
    raise _MismatchError(f"expected an object, not {kind_of_json(value)}")


def _field(name: str, read: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - the arguments of `read`
    """Call `read` for one field of an object, and report its errors under the field's name."""
    try:
        return read(*arguments)
    except (_MismatchError, ClassValidationError) as error:
        # The note and the group are what cattrs itself adds to the errors of a field.
        error.add_note(AttributeValidationNote("", name, object))
        group = ClassValidationError("", [error], object)  # pyright: ignore[reportCallIssue] - typeshed hides cattrs' third argument
        raise group from None


def _items(as_list: Any, value: Any, _: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a structure hook
    """Accept a list only; cattrs alone would also iterate over a string or an object."""
    if isinstance(value, list):
        return tuple(_converter.structure(value, as_list))
    raise _MismatchError(f"expected a list, not {kind_of_json(value)}")


_converter = Converter()
for _type, _hook in (
    (datetime, _datetime),
    (int, _int),
    (str, _str),
    (bool, _bool),
    (Secret, _secret),
    (ErrorMessage, _message),
    (WarehouseSyncError, _error),
    (OpenEnum, _enum),  # and its subclasses, which would use the hook of `str` otherwise
):
    _converter.register_structure_hook(_type, _hook)
for _sequence, _as_list in (
    (tuple[ErrorMessage, ...], list[ErrorMessage]),
    (tuple[Run, ...], list[Run]),
    (tuple[FieldMapping, ...], list[FieldMapping]),
    (tuple[FeedSetting, ...], list[FeedSetting]),
):
    _converter.register_structure_hook_func(partial(eq, _sequence), partial(_items, _as_list))


def _model_hook(cls: type[Any]) -> Callable[[Any, Any], Any]:
    """Build a model's hook: unknown fields go to `extra` if the model has it, and null is a missing field."""
    names = json_names(cls)
    keeps_extra = "extra" in attrs.fields_dict(cls)
    known: frozenset[object] = frozenset(names.values())

    @cache  # built with the first document, because it takes a millisecond per model
    def reader() -> Callable[[Any, Any], Any]:
        overrides: dict[str, Any] = {
            name: override(rename=json) for name, json in names.items() if name != json
        }
        if keeps_extra:
            overrides["extra"] = override(omit=True)
        overrides |= _CHECKED_TEXTS.get(cls, {})
        return make_dict_structure_fn(cls, _converter, **overrides)

    def hook(value: Any, _: Any) -> Any:  # noqa: ANN401 - a structure hook
        document = _object(value)
        model = reader()(
            {key: item for key, item in document.items() if item is not None and key in known}, cls
        )
        unknown = {key: item for key, item in document.items() if key not in known}
        return attrs.evolve(model, extra=unknown) if keeps_extra and unknown else model

    return hook


_CHECKED_TEXTS: Mapping[type, Mapping[str, Any]] = {
    SyncMode: {"iterator_data_type": override(struct_hook=partial(_checked_text, check_column_type))},
    Schedule: {"delay": override(struct_hook=partial(_checked_text, check_delay))},
}
_converter.register_structure_hook_func(lambda cls: cls is object, lambda value, _: value)

_converter.register_structure_hook_func(lambda cls: cls == ConnectionConfig, lambda value, _: _config(*value))
_converter.register_structure_hook(SyncMode, _model_hook(SyncMode))
_READ = (Pipeline, PipelineSpec, Run, PipelineReport, Page, TriggeredRun, RunHandle)
_ENTRIES = (PolledReport, TriggeredEntry, WaitedRun, StatusChange, Progress)
_PARTS = (FeedSpec, FeedSetting, FieldMapping, FieldTransformation)
for _cls in (*CONFIGS.values(), Schedule, *_READ, *_ENTRIES, *_PARTS):
    _converter.register_structure_hook(_cls, _model_hook(_cls))
_READ_CONNECTION = {cls: _model_hook(cls) for cls in (Connection, ConnectionSpec)}
_read_feed = _model_hook(Feed)
_READ_DATA_MODEL = {cls: _model_hook(cls) for cls in (DataModel, DataModelSpec)}


def _connection(value: Any, cls: Any) -> Connection | ConnectionSpec:  # noqa: ANN401 - a structure hook
    """Pass the provider to `config`, because it selects the class."""
    document = dict(_object(value))
    provider = _field("service_provider", _str, document.pop("service_provider", None), str)
    document["config"] = (provider, document.get("config"))
    return _READ_CONNECTION[cls](document, cls)  # type: ignore[no-any-return] # the hook is untyped


def _config(provider: str, value: Any) -> ConnectionConfig:  # noqa: ANN401 - JSON is anything
    document = dict(_object(value if value is not None else {}))
    if provider not in CONFIGS:
        return UnknownConfig(service_provider=provider, extra=document)
    if provider == "Snowflake" and "source_account_id" in document:  # one PUT response of the reference
        account = document.pop("source_account_id")
        if document.get("account_identifier") is None:
            document["account_identifier"] = account
    return _converter.structure(document, CONFIGS[provider])


def _data_model(value: Any, cls: Any) -> DataModel | DataModelSpec:  # noqa: ANN401 - a structure hook
    """Move `config.sql_query` up. The rest of `config`, and a `type` other than sql, are kept in `extra`."""
    document = dict(_object(value))
    config = dict(_field("config", _object, document.pop("config", None)))
    document["sql_query"] = _field("config", _field, "sql_query", _str, config.pop("sql_query", None), str)
    if document.get("type") in (None, "sql"):
        document.pop("type", None)
    if config:
        document["config"] = config
    return _READ_DATA_MODEL[cls](document, cls)  # type: ignore[no-any-return] # the hook is untyped


def _feed(value: Any, cls: Any) -> Feed:  # noqa: ANN401 - a structure hook
    """Ignore `data_type`, which is the same for all feeds but for its spelling."""
    document = dict(_object(value))
    document.pop("data_type", None)
    return _read_feed(document, cls)  # type: ignore[no-any-return] # the hook is untyped


def _unknown_config(value: Any, _: Any) -> UnknownConfig:  # noqa: ANN401 - a structure hook
    document = dict(_object(value))
    provider = _field("service_provider", _str, document.pop("service_provider", None), str)
    return UnknownConfig(service_provider=ServiceProvider(provider), extra=document)


_converter.register_structure_hook_func(_READ_CONNECTION.__contains__, _connection)
_converter.register_structure_hook_func(_READ_DATA_MODEL.__contains__, _data_model)
_converter.register_structure_hook(Feed, _feed)
_converter.register_structure_hook(UnknownConfig, _unknown_config)
