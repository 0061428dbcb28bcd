"""A Postman collection of the tutorial's steps and of each call of the reference, with assertions.

Its variables are those of the tutorial's Postman environment. The bodies are the examples of the reference.
"""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"
PROVIDERS = ("snowflake", "bigquery", "redshift", "databricks")
BASE = "{{API_URL}}/platform/v2/workspaces/{{WORKSPACE_ID}}"
PIPELINES = "/inputs/data-pipelines"
MASKED = "pm.expect(Object.values(body.config)).to.include('************');"
Item = dict[str, Any]


def example(name: str) -> Any:
    """Return an example of the reference."""
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def item(name: str, method: str, path: str, *script: str, status: int = 200, body: object = None) -> Item:
    """Return a request of the collection.

    Args:
        name: Its name.
        method: The method.
        path: The path below the base URI, or a whole URL.
        script: Assertions in JavaScript about `body`, the JSON of the response.
        status: The expected status.
        body: The body to send.
    """
    read = [] if status == 204 else ["const body = pm.response.json();"]
    errors = ["pm.expect(body.errors[0].message).to.be.a('string').and.not.empty;"] if status >= 400 else []
    lines = [f"pm.response.to.have.status({status});", *read, *errors, *script]
    test = [f"pm.test({json.dumps(name)}, function () {{", *lines, "});"]
    request: Item = {"method": method, "url": path if "{{OAUTH" in path else BASE + path, "header": []}
    if body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": json.dumps(body)}
    return {"name": name, "request": request, "event": [{"listen": "test", "script": {"exec": test}}]}


def token() -> list[Item]:
    """Return the request for a token, which the other requests send."""
    body = {
        "client_id": "{{PLATFORM_API_CLIENT_ID}}",
        "client_secret": "{{PLATFORM_API_CLIENT_SECRET}}",
        "audience": "{{OAUTH_AUDIENCE}}",
        "grant_type": "client_credentials",
    }
    script = (
        "pm.expect(body.token_type).to.eql('Bearer'); pm.environment.set('ACCESS_TOKEN', body.access_token);"
    )
    return [item("Get a token", "POST", "{{OAUTH_URL}}", script, body=body)]


def connections() -> list[Item]:
    """Return the requests for connections of each provider."""
    found: list[Item] = []
    for provider in PROVIDERS:
        body = example(f"connections/create-{provider}.request")
        same = f"pm.expect(body).to.include({json.dumps({'id': body['id'], 'service_provider': body['service_provider']})});"
        masked = [] if provider == "databricks" else [MASKED]
        path = f"/connections/{body['id']}"
        renamed = (
            "pm.expect(body.name).to.eql('Renamed'); pm.expect(body.last_modified_on).to.be.a('string');"
        )
        only = f"pm.expect(body.map(each => each.id)).to.eql([{json.dumps(body['id'])}]);"
        found += [
            item(f"Create a {provider} connection", "POST", "/connections", same, *masked, body=body),
            item(
                f"Get the {provider} connection",
                "GET",
                path,
                same,
                *masked,
                "pm.expect(body.errors).to.eql([]);",
            ),
            item(f"Update the {provider} connection", "PUT", path, renamed, body={**body, "name": "Renamed"}),
            item(
                f"List the {provider} connections",
                "GET",
                f"/connections?serviceProvider={body['service_provider']}",
                only,
            ),
        ]
    snowflake = example("connections/create-snowflake.request")
    return [
        *found,
        item(
            "List all connections", "GET", "/connections", f"pm.expect(body.length).to.eql({len(PROVIDERS)});"
        ),
        item("Get an unknown connection", "GET", "/connections/unknown", status=404),
        item("Create a connection twice", "POST", "/connections", status=409, body=snowflake),
        item(
            "Create an invalid connection",
            "POST",
            "/connections",
            status=400,
            body={**snowflake, "config": {}},
        ),
    ]


def data_models() -> list[Item]:
    """Return the requests for data models."""
    body = example("data-models/create.request")
    path = f"/data-models/{body['id']}"
    valid = "pm.expect(body.status).to.eql('valid'); pm.expect(body.config.sql_query).to.be.a('string');"
    invalid = {**body, "id": "invalid", "config": {"sql_query": "DELETE FROM a.b.c"}}
    return [
        item("Create a data model", "POST", "/data-models", valid, body=body),
        item("Get the data model", "GET", path, valid),
        item("List the data models", "GET", "/data-models", "pm.expect(body.length).to.eql(1);"),
        item("Update the data model", "PUT", path, valid, body=body),
        item("Create a data model that changes data", "POST", "/data-models", status=400, body=invalid),
        item("Get an unknown data model", "GET", "/data-models/unknown", status=404),
    ]


def pipelines() -> list[Item]:
    """Return the requests for pipelines."""
    shown = example("pipelines/create-events.request")
    ids = {"connection_id": "example-snowflake-connection", "data_model_id": "example-data-model"}
    events = {**shown, **ids, "id": "events", "schedule": {"type": "on_demand"}}
    users = {**events, "id": "users", "pipeline_type": "user_attributes"}
    del users["field_transformation_id"]
    idle = "pm.expect(body.status).to.eql('idle'); pm.expect(body.sync_mode.type).to.eql('incremental');"
    both = "pm.expect(body.map(each => each.id)).to.have.members(['users', 'events']);"
    renamed = "pm.expect(body.name).to.eql('Renamed');"
    return [
        item("Create a pipeline", "POST", PIPELINES, idle, body=users),
        item("Create an event pipeline", "POST", PIPELINES, idle, body=events),
        item(
            "Create a pipeline without its connection",
            "POST",
            PIPELINES,
            status=400,
            body={**users, "id": "x", "connection_id": "x"},
        ),
        item(
            "Create a pipeline without its plan",
            "POST",
            PIPELINES,
            status=404,
            body={**users, "id": "x", "data_plan_id": "x"},
        ),
        item("Get the pipeline", "GET", f"{PIPELINES}/users", idle),
        item("List the pipelines", "GET", PIPELINES, both),
        item("Update the pipeline", "PUT", f"{PIPELINES}/users", renamed, body={**users, "name": "Renamed"}),
    ]


def runs() -> list[Item]:
    """Return the requests for runs."""
    triggered = "pm.expect(body.status).to.be.a('string'); pm.environment.set('RUN', body.pipeline_run_id);"
    run = "String(pm.environment.get('RUN'))"
    latest = f"pm.expect(String(body.latest_pipeline_run.id)).to.eql({run}); pm.expect(body.status).to.eql('running');"
    page = "pm.expect(body.items.length).to.eql(1); pm.expect(body.has_next_page).to.eql(false);"
    path = f"{PIPELINES}/users"
    return [
        item(
            "Trigger the pipeline", "POST", f"{PIPELINES}/trigger", triggered, body={"pipeline_id": "users"}
        ),
        item(
            "Trigger it while it runs",
            "POST",
            f"{PIPELINES}/trigger",
            status=400,
            body={"pipeline_id": "users"},
        ),
        item("Get its report", "GET", f"{path}/report", latest),
        item("List its runs", "GET", f"{path}/runs", page),
        item(
            "List a page of its runs",
            "GET",
            f"{path}/runs?currentPage=1&pageSize=10",
            page,
            "pm.expect(body.page_size).to.eql(10);",
        ),
        item(
            "List its runs of a year",
            "GET",
            f"{path}/runs?startDate=2020-01-01T00:00:00Z&endDate=2020-12-31T00:00:00Z",
            "pm.expect(body.items).to.eql([]);",
        ),
        item("Get the run", "GET", f"{path}/runs/{{{{RUN}}}}", f"pm.expect(String(body.id)).to.eql({run});"),
        item("Get an unknown run", "GET", f"{path}/runs/999999", status=404),
    ]


def deletions() -> list[Item]:
    """Return the requests that delete everything in order of dependency."""
    connection = "/connections/example-snowflake-connection"
    return [
        item("Delete a connection in use", "DELETE", connection, status=409),
        item("Delete the pipeline", "DELETE", f"{PIPELINES}/users", status=204),
        item("Delete the event pipeline", "DELETE", f"{PIPELINES}/events", status=204),
        item("Delete the data model", "DELETE", "/data-models/example-data-model", status=204),
        item("Delete the connection", "DELETE", connection, status=204),
        item("Get the deleted connection", "GET", connection, status=404),
        item("List what is left", "GET", "/data-models", "pm.expect(body).to.eql([]);"),
    ]


def collection() -> Item:
    """Return the collection, in folders."""
    folders = {
        "Token": token(),
        "1) Connections": connections(),
        "2) Data models": data_models(),
        "3) Pipelines": pipelines(),
        "4) Runs": runs(),
        "5) Deletions": deletions(),
    }
    return {
        "info": {
            "name": "Warehouse Sync",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{ACCESS_TOKEN}}"}]},
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }
