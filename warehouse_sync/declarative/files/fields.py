"""What the core's classes say of themselves: the names of their fields in files, the types, and which are secret."""

from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from warehouse_sync import (
    BigQueryConfig,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    PipelineSpec,
    RedshiftConfig,
    Secret,
    SnowflakeConfig,
)

Spec = ConnectionSpec | DataModelSpec | PipelineSpec
Config = SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig
CONFIGS: dict[str, type[Config]] = {
    str(config.service_provider): config
    for config in (SnowflakeConfig, BigQueryConfig, RedshiftConfig, DatabricksConfig)
}


@attrs.frozen(kw_only=True)
class Kind:
    """One of the three kinds of resources.

    Attributes:
        name: As a document's `kind` says it.
        section: As a file's section is called.
        noun: For messages.
        spec: The class that is sent.
    """

    name: str
    section: str
    noun: str
    spec: type[Spec]


CONNECTION = Kind(name="connection", section="connections", noun="connection", spec=ConnectionSpec)
DATA_MODEL = Kind(name="data_model", section="data_models", noun="data model", spec=DataModelSpec)
PIPELINE = Kind(name="pipeline", section="pipelines", noun="pipeline", spec=PipelineSpec)
# In the order of their dependencies: a pipeline names a connection and a data model.
KINDS = (CONNECTION, DATA_MODEL, PIPELINE)


@attrs.frozen(kw_only=True)
class FieldInfo:
    """One field of a class.

    Attributes:
        name: Its name in files and on the wire.
        attribute: Its name in Python.
        type: Its type; of an optional field, what it is when given.
        required: Whether the class cannot be made without it.
        secret: Whether its value is never shown and never stands in a file.
    """

    name: str
    attribute: str
    type: Any
    required: bool
    secret: bool


def fields_of(cls: type) -> tuple[FieldInfo, ...]:
    """Return the fields of a class, in its order."""
    return _cached_fields_of(cls)


@cache
def _cached_fields_of(cls: type) -> tuple[FieldInfo, ...]:
    hints = get_type_hints(cls)
    return tuple(
        _field_info(attribute, hints[attribute.name], cls)
        for attribute in attrs.fields(cls)
        if attribute.name != "extra"
    )


def _field_info(attribute: "attrs.Attribute[Any]", hint: object, cls: type) -> FieldInfo:
    optional_names = getattr(cls, "optional", None)
    given = without_none(hint)
    return FieldInfo(
        name=attribute.name.rstrip("_"),
        attribute=attribute.name,
        type=given,
        required=(
            attribute.default is attrs.NOTHING
            if optional_names is None
            else attribute.name not in optional_names
        ),
        secret=given is Secret or not attribute.repr,
    )


def without_none(hint: Any) -> Any:  # noqa: ANN401 - a type
    """Return an optional type without its `None`."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    given = tuple(part for part in get_args(hint) if part is not NoneType)
    return given[0] if len(given) == 1 else hint
