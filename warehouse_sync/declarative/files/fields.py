"""Kinds of resources and the fields of their classes, derived from the models."""

from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from warehouse_sync import (
    BigQueryConfig,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    FeedSpec,
    FieldTransformation,
    PipelineSpec,
    RedshiftConfig,
    Secret,
    SnowflakeConfig,
)

Spec = ConnectionSpec | DataModelSpec | PipelineSpec | FeedSpec | FieldTransformation
Config = SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig
CONFIGS: dict[str, type[Config]] = {
    str(config.service_provider): config
    for config in (SnowflakeConfig, BigQueryConfig, RedshiftConfig, DatabricksConfig)
}


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of resource.

    Attributes:
        name: The value of a document's `kind`.
        section: The name of the section in a file.
        noun: The name in messages.
        spec: The class of its spec.
        identifier: The field that identifies a resource in the files.
    """

    name: str
    section: str
    noun: str
    spec: type[Spec]
    identifier: str = "id"

    def id_of(self, resource: object) -> str:
        """Return what identifies a spec or a model in the files."""
        return str(getattr(resource, self.identifier))


CONNECTION = Kind(name="connection", section="connections", noun="connection", spec=ConnectionSpec)
DATA_MODEL = Kind(name="data_model", section="data_models", noun="data model", spec=DataModelSpec)
PIPELINE = Kind(name="pipeline", section="pipelines", noun="pipeline", spec=PipelineSpec)
FIELD_TRANSFORMATION = Kind(
    name="field_transformation",
    section="field_transformations",
    noun="field transformation",
    spec=FieldTransformation,
)
# The API assigns the ids of feeds, so that files cannot know them.
FEED = Kind(name="feed", section="feeds", noun="feed", spec=FeedSpec, identifier="name")
# Ordered by dependency: a pipeline refers to a connection, a data model and a feed.
KINDS = (CONNECTION, DATA_MODEL, FEED, PIPELINE)
# Field transformations are declared, but not sent: mParticle documents no routes for them.
FILE_KINDS = (*KINDS, FIELD_TRANSFORMATION)


@attrs.frozen(kw_only=True)
class FieldInfo:
    """A field of a model class.

    Attributes:
        name: The name in files and in the API.
        attribute: The name in Python.
        type: The type, without `None` for an optional field.
        required: Whether a value is required.
        secret: Whether the value is never shown and never stored in a file.
    """

    name: str
    attribute: str
    type: Any
    required: bool
    secret: bool


def fields_of(cls: type) -> tuple[FieldInfo, ...]:
    """Return the fields of a class in order of definition."""
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


def item_class(hint: Any) -> type | None:  # noqa: ANN401 - a type
    """Return the class of the items of a tuple, or `None` for another type."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def without_none(hint: Any) -> Any:  # noqa: ANN401 - a type
    """Return an optional type without its `None`."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    given = tuple(part for part in get_args(hint) if part is not NoneType)
    return given[0] if len(given) == 1 else hint
