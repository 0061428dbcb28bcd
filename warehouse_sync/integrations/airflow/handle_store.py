"""Storage for the handle of a task's run, from one task attempt to the next.

Imports Airflow only where it has no task state store.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs

KEY = "warehouse_sync_run"


@attrs.define
class HandleStore:
    """A small document that survives the retries of a task, and its worker.

    It is kept in the task state store of Airflow 3.3 and later. Earlier releases have none, and clear a task's XComs before a
    retry: there it is an Airflow variable, deleted when the run has ended.

    Attributes:
        state: The task state store, or `None` where there is none.
        variable: The name of the variable.
    """

    state: Any
    variable: str

    @classmethod
    def of(cls, context: Any) -> "HandleStore":  # noqa: ANN401 - a mapping of Airflow's
        """Return the store of the task instance that a context belongs to."""
        ti = context["ti"]
        identity = json.dumps([ti.dag_id, ti.run_id, ti.task_id, ti.map_index])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]  # names are at most 250 characters
        return cls(context.get("task_state_store"), f"{KEY}_{digest}")

    def read(self) -> dict[str, str]:
        """Return the document; empty where there is none."""
        if self.state is not None:
            return dict(self.state.get(KEY) or {})
        return dict(json.loads(_variables().get(self.variable, default="{}")))

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        if self.state is not None:
            self.state.set(KEY, dict(document))
        else:
            _variables().set(
                self.variable, json.dumps(dict(document)), description="The run of a task that has not ended."
            )

    def clear(self) -> None:
        """Delete the document. A task that is cleared later then triggers another run."""
        if self.state is not None:
            self.state.delete(KEY)
        elif self.read():
            _variables().delete(self.variable)


def _variables() -> Any:  # noqa: ANN401 - a class of Airflow's
    from airflow.sdk import Variable  # noqa: PLC0415 - for releases without a task state store

    return Variable
