"""Where a task instance keeps its run from one try to the next."""

from types import SimpleNamespace
from typing import Any

import pytest

from warehouse_sync.integrations.airflow import handle_store
from warehouse_sync.integrations.airflow.handle_store import KEY, HandleStore


class State:
    """Airflow's task state store: keys and values that outlive a try."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.get = self.values.get
        self.set = self.values.__setitem__

    def delete(self, key: str) -> None:
        """Forget a value."""
        self.values.pop(key, None)


class Variables:
    """Airflow's variables: texts that every task sees."""

    values: dict[str, str]

    @classmethod
    def get(cls, key: str, default: str) -> str:
        """Return a variable."""
        return cls.values.get(key, default)

    @classmethod
    def set(cls, key: str, value: str, description: str) -> None:
        """Keep a variable."""
        cls.values[key] = value

    @classmethod
    def delete(cls, key: str) -> None:
        """Forget a variable, which must exist."""
        del cls.values[key]


def context(state: State | None = None, **changes: Any) -> dict[str, Any]:
    """What Airflow hands to a task."""
    identity = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": -1, **changes}
    return {"ti": SimpleNamespace(**identity)} | ({"task_state_store": state} if state else {})


def test_document_is_in_the_task_state_store() -> None:
    """Airflow 3.3 keeps it with the task instance."""
    state = State()
    HandleStore.of(context(state)).write({"handle": "h"})
    assert state.values == {KEY: {"handle": "h"}}
    assert HandleStore.of(context(state)).read() == {"handle": "h"}
    HandleStore.of(context(state)).clear()
    assert state.values == {}
    assert HandleStore.of(context(state)).read() == {}


def test_document_is_a_variable_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier releases clear XComs before a retry: a variable of the task instance's own survives it."""
    monkeypatch.setattr(handle_store, "_variables", lambda: Variables)
    monkeypatch.setattr(Variables, "values", {}, raising=False)
    HandleStore.of(context()).write({"handle": "h"})
    assert HandleStore.of(context()).read() == {"handle": "h"}
    for other in ({"dag_id": "e"}, {"run_id": "s"}, {"task_id": "u"}, {"map_index": 0}):
        assert HandleStore.of(context(**other)).read() == {}
    HandleStore.of(context()).clear()
    HandleStore.of(context()).clear()
    assert Variables.values == {}
