"""Create a connection, a data model and a pipeline, run the pipeline, and list its runs.

A second run of the program ends with a `ConflictError`: the ids exist.
"""

import os
from datetime import UTC, datetime

from warehouse_sync import (
    Client,
    ConnectionSpec,
    DataModelSpec,
    PipelineSpec,
    Schedule,
    SnowflakeConfig,
    SyncMode,
)

CONNECTION = ConnectionSpec(
    id="snowflake",
    name="Snowflake",
    config=SnowflakeConfig(
        account_identifier="gd12345",
        region="us-central1.gcp",
        warehouse="compute_wh",
        database="shop",
        role="mparticle_role",
        user="mparticle_user",
        password=os.environ.get("SNOWFLAKE_PASSWORD", "example"),
        storage_integration="mp_us1_123_123_s3",
    ),
)
DATA_MODEL = DataModelSpec(
    id="customers",
    name="Customers",
    sql_query="SELECT email, plan, updated_at FROM shop.public.customers",
)
PIPELINE = PipelineSpec(
    id="customers",
    name="Customers",
    pipeline_type="user_attributes",
    connection_id=CONNECTION.id,
    data_model_id=DATA_MODEL.id,
    sync_mode=SyncMode(
        type="incremental",
        iterator_field="updated_at",
        iterator_data_type="timestamp",
        from_=datetime(2025, 1, 1, tzinfo=UTC),
    ),
    schedule=Schedule(type="on_demand"),
    environment="development",
)


def main() -> None:
    """Create the three resources in order, then run the pipeline once."""
    with Client() as client:
        client.connections.create(CONNECTION)
        client.data_models.create(DATA_MODEL)
        client.pipelines.create(PIPELINE)
        run = client.pipelines.trigger_and_wait(PIPELINE.id, timeout=3600)
        print(f"run {run.id}: {run.status}, {run.successful_records} records")
        for run in client.runs.list(PIPELINE.id):
            print(run.id, run.status, run.logical_date)


if __name__ == "__main__":
    main()
