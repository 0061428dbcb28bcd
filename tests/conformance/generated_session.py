"""Uses a client that openapi-python-client has generated, against an emulator.

It runs in the environment of the generator: `python generated_session.py FOLDER URL CLIENT_ID CLIENT_SECRET`, where the
folder contains the package `generated`.
"""

import sys
from importlib import import_module
from typing import Any

WORKSPACE = 5328


def main(folder: str, url: str, client_id: str, client_secret: str) -> None:
    """Create, read, change, run and delete resources."""
    sys.path.insert(0, folder)
    models: Any = import_module("generated.models")
    clients: Any = import_module("generated.client")

    def call(client: Any, name: str, *arguments: object, **options: object) -> Any:
        module: Any = import_module(f"generated.api.{name}")
        response = module.sync_detailed(*arguments, client=client, **options)
        assert response.status_code in {200, 204}, (name, response.status_code, response.content)
        return response.parsed

    credential = {"client_id": client_id, "client_secret": client_secret}
    request = models.TokenRequest.from_dict(
        {**credential, "audience": "https://api.mparticle.com", "grant_type": "client_credentials"}
    )
    token = call(clients.Client(base_url=url), "token.get_token", body=request).access_token
    client = clients.AuthenticatedClient(base_url=url, token=token)

    config = {"provider": "org", "schema": "raw"}
    connection = {
        "id": "c",
        "name": "C",
        "state": "active",
        "service_provider": "Databricks",
        "config": config,
    }
    spec = models.DatabricksConnectionSpec.from_dict(connection)
    created = call(client, "connections.create_connection", WORKSPACE, body=spec)
    assert (created.id, created.config.to_dict()) == ("c", config)
    model = {"id": "m", "name": "M", "state": "active", "type": "sql"}
    query = {"config": {"sql_query": "SELECT email, t FROM a.b.c"}}
    call(
        client,
        "data_models.create_data_model",
        WORKSPACE,
        body=models.DataModelSpec.from_dict({**model, **query}),
    )
    pipeline = {
        "id": "p",
        "name": "P",
        "pipeline_type": "user_attributes",
        "connection_id": "c",
        "data_model_id": "m",
        "state": "active",
        "sync_mode": {"type": "incremental", "iterator_field": "t", "iterator_data_type": "timestamp"},
        "schedule": {"type": "on_demand"},
        "environment": "development",
    }
    call(client, "pipelines.create_pipeline", WORKSPACE, body=models.PipelineSpec.from_dict(pipeline))
    changed = models.PipelineSpec.from_dict({**pipeline, "name": "New"})
    assert call(client, "pipelines.update_pipeline", WORKSPACE, "p", body=changed).name == "New"
    assert [each.id for each in call(client, "connections.list_connections", WORKSPACE)] == ["c"]
    triggered = call(client, "pipelines.trigger_pipeline", WORKSPACE, body=models.Trigger(pipeline_id="p"))
    page = call(client, "pipelines.list_pipeline_runs", WORKSPACE, "p", page_size=10)
    assert [run.id for run in page.items] == [triggered.pipeline_run_id]
    run = call(client, "pipelines.get_pipeline_run", WORKSPACE, "p", triggered.pipeline_run_id)
    assert run.pipeline_id == "p"
    report = call(client, "pipelines.get_pipeline_report", WORKSPACE, "p")
    assert report.latest_pipeline_run.id == run.id
    assert call(client, "data_plans.list_data_plans", WORKSPACE) == []
    call(client, "pipelines.delete_pipeline", WORKSPACE, "p")
    call(client, "data_models.delete_data_model", WORKSPACE, "m")
    call(client, "connections.delete_connection", WORKSPACE, "c")
    assert call(client, "pipelines.list_pipelines", WORKSPACE) == []


if __name__ == "__main__":
    main(*sys.argv[1:])
