"""Data models: the SQL queries that select what is loaded.

Source: reference, "Data Models", "Create a data model".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from warehouse_sync.base_model import BaseModel, SentModel
from warehouse_sync.keywords import keywords_suggested
from warehouse_sync.models.common import (
    ErrorMessage,
    FieldProblem,
    check_choice,
    check_extra,
    check_id,
    check_text,
    to_resource_state,
    to_spec,
)
from warehouse_sync.models.enums import DataModelStatus, ResourceState


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class DataModelSpec(SentModel):
    """The fields of a data model to create or update.

    Attributes:
        id: The id, unique within the workspace: ASCII letters, digits, `_` and `-`.
        name: The display name.
        state: `new`, `active` or `inactive`.
        sql_query: The query, in the SQL dialect of the warehouse, with fully qualified table names.
        extra: Fields that this release does not know, sent unchanged; unknown fields of the JSON `config` under `"config"`.
    """

    id: str
    name: str
    state: ResourceState = attrs.field(default=ResourceState.ACTIVE, converter=to_resource_state)
    sql_query: str
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        yield from check_choice("state", self.state, ResourceState)
        yield from check_text("sql_query", self.sql_query)
        yield from check_extra(self.extra)


@attrs.frozen(kw_only=True, repr=False)
class DataModel(BaseModel):
    """A data model returned by the API.

    Attributes:
        id: The id, unique within the workspace.
        name: The display name.
        state: The state that the user set: `new`, `active` or `inactive`.
        sql_query: The query.
        status: `valid` or `invalid`; `None` if the API does not send it.
        errors: The reasons if it is invalid, in the API's order.
        created_on: When it was created, in UTC.
        created_by: The user who created it.
        last_modified_on: When it was last changed, in UTC; `None` if never.
        last_modified_by: The user who last changed it.
        extra: Fields that this release does not know; `to_spec()` keeps them.
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
        """Return the spec with the same fields, to pass to `data_models.update`."""
        return to_spec(self, DataModelSpec)
