"""OpenLineage for tasks.

The inputs are the tables of the pipeline's query, the output is the mParticle workspace.
"""

from typing import Any

from warehouse_sync.integrations.airflow.hooks import WarehouseSyncHook
from warehouse_sync.integrations.lineage import Lineage, read_lineage

OUTPUT_NAMESPACE = "mparticle"


class LineageMixin:
    """Reports lineage when a task has succeeded.

    The pipeline, its data model and its connection are read from the API then, and only if Airflow has the OpenLineage provider
    installed and enabled.
    """

    def lineage_pipeline_id(self) -> str:
        """Return the pipeline whose tables are the task's inputs."""
        raise NotImplementedError

    def _hook(self) -> WarehouseSyncHook:
        raise NotImplementedError

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ANN401, ARG002 - the provider's signature
        """Return the task's lineage: the OpenLineage provider calls this."""
        with self._hook().get_conn() as client:
            return operator_lineage(read_lineage(client, self.lineage_pipeline_id()))


def operator_lineage(lineage: Lineage) -> Any:  # noqa: ANN401 - a class of the OpenLineage provider
    """Return a pipeline's lineage in the OpenLineage provider's terms."""
    from airflow.providers.common.compat.openlineage.facet import Dataset, SQLJobFacet  # noqa: PLC0415 - optional
    from airflow.providers.openlineage.extractors import OperatorLineage  # noqa: PLC0415 - optional

    workspace = f"workspaces/{lineage.workspace_id}"
    return OperatorLineage(
        inputs=[Dataset(namespace=table.namespace, name=table.name) for table in lineage.tables],
        outputs=[Dataset(namespace=OUTPUT_NAMESPACE, name=workspace)],
        job_facets={"sql": SQLJobFacet(query=lineage.sql)},
    )
