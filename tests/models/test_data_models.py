"""Data models before they are sent."""

import pytest

from warehouse_sync.models import DataModel, DataModelSpec, DataModelStatus, ResourceState

SQL = "SELECT email FROM db.schema.users"


def test_complete_data_model_is_accepted() -> None:
    """A data model needs an id, a name and a query, and is active unless said otherwise."""
    spec = DataModelSpec(id="m", name="M", sql_query=SQL)
    assert not list(spec.problems())
    assert spec.state is ResourceState.ACTIVE


def test_everything_wrong_is_named_at_once() -> None:
    """Every wrong field is named, in the order of the fields."""
    spec = DataModelSpec(id="", name=None, state="old", sql_query=" ", extra={b"k": 1})  # type: ignore[arg-type, dict-item]  # wrong on purpose
    assert list(spec.problems()) == [
        ("id", "'' is not an id: use ASCII letters, digits, '_' and '-' only, at least one"),
        ("name", "is required"),
        ("state", "must be one of new, active, inactive, not 'old'"),
        ("sql_query", "must not be empty"),
        ("extra", "keys must be strings, not bytes"),
    ]


@pytest.mark.parametrize("extra", [{}, {"tags": ["a"], "config": {"dialect": "x"}}])
def test_data_model_becomes_its_spec(extra: dict[str, object]) -> None:
    """What is read becomes what is sent, without what the server sets."""
    model = DataModel(
        id="m",
        name="M",
        state=ResourceState.INACTIVE,
        sql_query=SQL,
        status=DataModelStatus.VALID,
        extra=extra,
    )
    assert model.to_spec() == DataModelSpec(id="m", name="M", state="inactive", sql_query=SQL, extra=extra)
