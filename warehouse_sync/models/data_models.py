"""Data models: which rows and columns are loaded.

Source: the reference's "Data Models", "Create a data model".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from warehouse_sync.models.common import (
    ErrorMessage,
    Problem,
    check_choice,
    check_extra,
    check_id,
    check_text,
    to_resource_state,
    to_spec,
)
from warehouse_sync.models.enums import DataModelStatus, ResourceState


@attrs.frozen(kw_only=True)
class DataModelSpec:
    """A data model as it is sent.

    Attributes:
        id: ASCII letters, digits, `_` and `-`.
        name: For people.
        state: `new`, `active` or `inactive`.
        sql_query: The query, with fully qualified table names, in the warehouse's dialect.
        extra: Fields this release does not know, sent as they are; unknown fields of the wire's `config` under `"config"`.
    """

    id: str
    name: str
    state: ResourceState = attrs.field(default=ResourceState.ACTIVE, converter=to_resource_state)
    sql_query: str
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[Problem]:
        """Yield every `(field, message)` that is wrong."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        yield from check_choice("state", self.state, ResourceState)
        yield from check_text("sql_query", self.sql_query)
        yield from check_extra(self.extra)


@attrs.frozen(kw_only=True)
class DataModel:
    """A data model as the API answers.

    Attributes:
        id: Its slug.
        name: For people.
        state: What the user wants: `new`, `active` or `inactive`.
        sql_query: The query.
        status: `valid` or `invalid`; `None` where the API sends none.
        errors: What is wrong when invalid, in the server's order.
        created_on: When it was created, in UTC.
        created_by: Who created it.
        last_modified_on: When it was last changed, in UTC; `None` if never.
        last_modified_by: Who last changed it.
        extra: Fields this release does not know, kept by `to_spec()`.
    """

    id: str
    name: str
    state: ResourceState
    sql_query: str
    status: DataModelStatus | None = None
    errors: tuple[ErrorMessage, ...] = ()
    created_on: datetime | None = None
    created_by: str | None = None
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def to_spec(self) -> DataModelSpec:
        """Return what to edit and send back."""
        return to_spec(self, DataModelSpec)
