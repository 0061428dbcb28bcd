"""Storage for the runs of a flow run's pipelines, kept when its process is killed."""

import json
from collections.abc import Mapping
from uuid import UUID

import attrs
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from warehouse_sync.integrations.task_runs import RunStore

PREFIX = "warehouse_sync"


@attrs.define
class MemoryStore:
    """A store for a trigger outside of any flow run: nothing survives it."""

    document: Mapping[str, str] = attrs.field(factory=dict)

    def read(self) -> Mapping[str, str]:
        """Return the document."""
        return self.document

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        self.document = document

    def clear(self) -> None:
        """Empty the document."""
        self.document = {}


@attrs.define
class LabelStore:
    """A label of a flow run, which outlives its processes.

    Attributes:
        flow_run_id: The flow run.
        label: The label's name.
    """

    flow_run_id: UUID
    label: str

    def read(self) -> Mapping[str, str]:
        """Return the document; empty where there is none."""
        with get_client(sync_client=True) as client:
            text = client.read_flow_run(self.flow_run_id).labels.get(self.label)
        return dict(json.loads(text)) if isinstance(text, str) and text else {}

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(self.flow_run_id, {self.label: json.dumps(dict(document))})

    def clear(self) -> None:
        """Empty the document: labels cannot be removed."""
        self.write({})


def store_of(pipeline_id: str) -> RunStore:
    """Return the store of the flow run of the caller, for a pipeline."""
    run_id = flow_run.id
    return LabelStore(UUID(str(run_id)), f"{PREFIX}.{pipeline_id}") if run_id else MemoryStore()
