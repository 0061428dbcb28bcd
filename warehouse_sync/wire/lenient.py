"""Bytes to models, reading every oddity the documents show.

The slow and forgiving path: `fast` answers first where it can, and both give the same answers. Whatever is wrong
becomes a `DecodeError` that says where, never with a value: a value may be a secret.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from operator import eq
from typing import Any, TypeVar

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import (
    Connection,
    DataModel,
    ErrorMessage,
    OpenEnum,
    Page,
    Pipeline,
    PipelineReport,
    Run,
    Schedule,
    Secret,
    SyncMode,
    TriggeredRun,
    UnknownConfig,
)
from warehouse_sync.models.connections import CONFIGS, ConnectionConfig
from warehouse_sync.wire import json_codec
from warehouse_sync.wire.dates import parse_date

T = TypeVar("T")
JSONObject = dict[str, Any]


def read(body: bytes, cls: type[T]) -> T:
    """Read a model.

    Raises:
        DecodeError: The body is not JSON, or does not fit.
    """
    return structure(json_codec.decode(body), cls)


def read_list(body: bytes, cls: type[T]) -> list[T]:
    """Read a bare list of models.

    Raises:
        DecodeError: The body is not JSON, or does not fit.
    """
    document = json_codec.decode(body)
    if not isinstance(document, list):
        raise DecodeError(f"not the list of {cls.__name__} the API documents: {_kind(document)} came back")
    return [structure(item, cls, f"answer[{index}]") for index, item in enumerate(document)]


def structure(document: Any, cls: type[T], path: str = "answer") -> T:  # noqa: ANN401 - JSON is anything
    """Turn parsed JSON into a model.

    Raises:
        DecodeError: The document does not fit, with every path that is wrong.
    """
    try:
        return _converter.structure(document, cls)
    except Exception as error:  # noqa: BLE001 - cattrs groups whatever its hooks raise; all of it means "does not fit"
        problem = "; ".join(transform_error(error, path=path, format_exception=_describe))
    # Raised out here so that no cattrs exception, which holds values, stays in the chain.
    raise DecodeError(f"not the {cls.__name__} the API documents: {problem}")


def _describe(error: BaseException, _: type | None) -> str:
    match error:
        case KeyError():
            return "a required field is missing"
        case _MismatchError():
            return str(error)
        case _:
            return "does not fit the documented type"


class _MismatchError(ValueError):
    """A hook's refusal, whose text is safe to show."""


def _date(value: Any, _: Any) -> datetime:  # noqa: ANN401 - a structure hook
    if not isinstance(value, str):
        raise _MismatchError(f"expected a date as a string, not {_kind(value)}")
    try:
        return parse_date(value)
    except ValueError as error:
        raise _MismatchError(f"not a date: {error}") from None


def _whole(value: Any, _: Any) -> int:  # noqa: ANN401 - a structure hook
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    digits = value.strip() if isinstance(value, str) else ""
    if digits.removeprefix("-").isdecimal() and digits.isascii() and len(digits) < 40:  # noqa: PLR2004 - far above any id
        return int(digits)
    raise _MismatchError(f"expected a whole number, not {_kind(value)}")


def _text(value: Any, _: Any) -> str:  # noqa: ANN401 - a structure hook
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a Redshift port, or an id, sent as a number
    raise _MismatchError(f"expected a string, not {_kind(value)}")


def _flag(value: Any, _: Any) -> bool:  # noqa: ANN401 - a structure hook
    if isinstance(value, bool):
        return value
    raise _MismatchError(f"expected true or false, not {_kind(value)}")


def _secret(value: Any, cls: Any) -> Secret:  # noqa: ANN401 - a structure hook
    return Secret(_text(value, cls))


def _word(value: Any, cls: type[OpenEnum]) -> OpenEnum:  # noqa: ANN401 - a structure hook
    return cls(_text(value, str))


def _message(value: Any, _: Any) -> ErrorMessage:  # noqa: ANN401 - a structure hook
    """Read `{"message": …}`, and the bare string that other APIs of the platform send."""
    if isinstance(value, Mapping):
        text = value.get("message")
        return ErrorMessage(message=text if isinstance(text, str) else "")
    return ErrorMessage(message=_text(value, str))


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON is anything
    if isinstance(value, Mapping):
        return value
    raise _MismatchError(f"expected an object, not {_kind(value)}")


def _within(name: str, read: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401 - whatever `read` takes
    """Read a part of an object; what is wrong with it is reported under the part's name."""
    try:
        return read(*arguments)
    except (_MismatchError, ClassValidationError) as error:
        # Marked as cattrs marks what it reads itself.
        error.add_note(AttributeValidationNote("", name, object))
        group = ClassValidationError("", [error], object)  # pyright: ignore[reportCallIssue] - typeshed hides cattrs' third argument
        raise group from None


def _items(as_list: Any, value: Any, _: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a structure hook
    """Read a list; cattrs alone would take a string or an object for the list of its parts."""
    if isinstance(value, list):
        return tuple(_converter.structure(value, as_list))
    raise _MismatchError(f"expected a list, not {_kind(value)}")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a decimal number",
        str: "that string",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "that")


_converter = Converter()
for _type, _hook in (
    (datetime, _date),
    (int, _whole),
    (str, _text),
    (bool, _flag),
    (Secret, _secret),
    (ErrorMessage, _message),
    (OpenEnum, _word),  # and its subclasses, which the hook of `str` would claim otherwise
):
    _converter.register_structure_hook(_type, _hook)
for _sequence, _as_list in ((tuple[ErrorMessage, ...], list[ErrorMessage]), (tuple[Run, ...], list[Run])):
    _converter.register_structure_hook_func(partial(eq, _sequence), partial(_items, _as_list))


def _model_hook(cls: type[Any], renames: Mapping[str, str] | None = None) -> Callable[[Any, Any], Any]:
    """Build the hook of one model: unknown fields into `extra` where it has one, and null as a missing field."""
    names = {field.name: (renames or {}).get(field.name, field.name) for field in attrs.fields(cls)}
    keeps_extra = names.pop("extra", None) is not None
    overrides: dict[str, Any] = {name: override(rename=wire) for name, wire in names.items() if name != wire}
    if keeps_extra:
        overrides["extra"] = override(omit=True)
    read: Callable[[Any, Any], Any] = make_dict_structure_fn(cls, _converter, **overrides)
    known: frozenset[object] = frozenset(names.values())

    def hook(value: Any, _: Any) -> Any:  # noqa: ANN401 - a structure hook
        document = _object(value)
        model = read({key: item for key, item in document.items() if item is not None and key in known}, cls)
        unknown = {key: item for key, item in document.items() if key not in known}
        return attrs.evolve(model, extra=unknown) if keeps_extra and unknown else model

    return hook


_converter.register_structure_hook_func(lambda cls: cls is object, lambda value, _: value)
# In the order of their nesting: a hook finds those of its fields when it is built.
_converter.register_structure_hook_func(lambda cls: cls == ConnectionConfig, lambda value, _: _config(*value))
_converter.register_structure_hook(SyncMode, _model_hook(SyncMode, {"from_": "from"}))
_converter.register_structure_hook(TriggeredRun, _model_hook(TriggeredRun, {"run_id": "pipeline_run_id"}))
for _cls in (*CONFIGS.values(), Schedule, Pipeline, Run, PipelineReport, Page):
    _converter.register_structure_hook(_cls, _model_hook(_cls))
_read_connection = _model_hook(Connection)
_read_data_model = _model_hook(DataModel)


def _connection(value: Any, cls: Any) -> Connection:  # noqa: ANN401 - a structure hook
    """Hand the provider to the configuration, whose class it decides; the model does not repeat it."""
    document = dict(_object(value))
    provider = _within("service_provider", _text, document.pop("service_provider", None), str)
    document["config"] = (provider, document.get("config"))
    return _read_connection(document, cls)  # type: ignore[no-any-return]


def _config(provider: str, value: Any) -> ConnectionConfig:  # noqa: ANN401 - JSON is anything
    document = dict(_object(value if value is not None else {}))
    if provider not in CONFIGS:
        return UnknownConfig(service_provider=provider, extra=document)
    if provider == "Snowflake" and "source_account_id" in document:  # one PUT answer of the reference
        account = document.pop("source_account_id")
        if document.get("account_identifier") is None:
            document["account_identifier"] = account
    return _converter.structure(document, CONFIGS[provider])


def _data_model(value: Any, cls: Any) -> DataModel:  # noqa: ANN401 - a structure hook
    """Lift `config.sql_query`; the rest of `config`, and a `type` other than sql, are kept in `extra`."""
    document = dict(_object(value))
    config = dict(_within("config", _object, document.pop("config", None)))
    document["sql_query"] = _within("config", _within, "sql_query", _text, config.pop("sql_query", None), str)
    if document.get("type") in (None, "sql"):
        document.pop("type", None)
    if config:
        document["config"] = config
    return _read_data_model(document, cls)  # type: ignore[no-any-return]


_converter.register_structure_hook(Connection, _connection)
_converter.register_structure_hook(DataModel, _data_model)
