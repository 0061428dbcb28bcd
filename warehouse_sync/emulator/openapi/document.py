"""The document: endpoints, parameters, answers, security."""

from functools import cache

from warehouse_sync.emulator.openapi.schemas import SCHEMAS, Schema, array, moment, ref

_JSON = "application/json"
_PIPELINES = "/inputs/data-pipelines"
_BASE = "/platform/v2/workspaces/{workspaceId}"
_DESCRIPTION = """\
Create and manage pipelines that load data from a cloud data warehouse into mParticle.

This document was written from the public reference, by the makers of the `warehouse-sync` SDK: mParticle publishes
none. Where the reference contradicts itself, the description of the field says how.

- The reference mentions "a `patch` or `put` command"; there is no PATCH endpoint.
- The URL of the runs lacks a slash after the base URI in the reference.
- 409 is not documented; it is what an id that is taken, or a resource in use, is answered with here.
- 505 means that the warehouse refused the login or could not be reached. Never retry it: repeated logins lock accounts.
"""
_REFUSALS = {
    "400": "The request is wrong, or the pipeline is not idle.",
    "401": "There is no access token, or it is not in force.",
    "404": "There is no such resource.",
    "409": "The id is taken, or the resource is in use. [not documented]",
    "429": "Too many requests; `Retry-After` or `RetryAfter` says for how long to wait.",
    "505": "The warehouse refused the login or could not be reached. Never retry it.",
}
_ALWAYS = ("401", "429")
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
}
_RUN_ID = {
    "name": "runId",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
}
_WORKSPACE = {
    "name": "workspaceId",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
}


@cache
def document() -> Schema:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mParticle Warehouse Sync API",
            "version": "2",
            "summary": "Pipelines from a cloud data warehouse into mParticle.",
            "description": _DESCRIPTION,
        },
        "servers": [{"url": "https://api.mparticle.com"}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in ("connections", "data models", "pipelines", "token")],
        "paths": _paths(),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `POST /oauth/token` at https://sso.auth.mparticle.com, good for 8 hours.",
                }
            },
        },
    }


def _paths() -> Schema:
    providers = {"type": "string", "enum": ["Snowflake", "BigQuery", "Redshift", "Databricks"]}
    query = [_query("serviceProvider", providers, "Only the connections of one service provider.")]
    return {
        **_resource("/connections", "connections", "Connection", query=query, logs_in=True),
        **_resource("/data-models", "data models", "DataModel"),
        **_resource(_PIPELINES, "pipelines", "Pipeline"),
        f"{_BASE}{_PIPELINES}/trigger": _path(post=_trigger()),
        f"{_BASE}{_PIPELINES}/{{id}}/report": _path(_ID, get=_report()),
        f"{_BASE}{_PIPELINES}/{{id}}/runs": _path(_ID, get=_runs()),
        f"{_BASE}{_PIPELINES}/{{id}}/runs/{{runId}}": _path(_ID, _RUN_ID, get=_run()),
        "/oauth/token": {"post": _token()},
    }


def _resource(
    path: str, tag: str, name: str, *, query: list[Schema] | None = None, logs_in: bool = False
) -> Schema:
    """Return the two paths that every kind of resource has."""
    login = ("505",) if logs_in else ()
    one = {"200": _json(ref(name), f"The {name}.")}
    every = {"200": _json(array(ref(name)), f"Every {name}, as a bare array.")}
    body = ref(f"{name}Spec")
    listing = _operation(tag, f"list{name}s", f"List the {tag}.", every, "400", parameters=query)
    return {
        f"{_BASE}{path}": _path(
            get=listing,
            post=_operation(tag, f"create{name}", f"Create a {name}.", one, "400", "409", *login, body=body),
        ),
        f"{_BASE}{path}/{{id}}": _path(
            _ID,
            get=_operation(tag, f"get{name}", f"Get a {name}.", one, "404"),
            put=_operation(tag, f"update{name}", f"Replace a {name}.", one, "400", "404", *login, body=body),
            delete=_operation(
                tag, f"delete{name}", f"Delete a {name}.", {"204": {"description": "Gone."}}, "404", "409"
            ),
        ),
    }


def _trigger() -> Schema:
    answers = {"200": _json(ref("Triggered"), "The run that was requested.")}
    return _operation(
        "pipelines", "triggerPipeline", "Start a sync now.", answers, "400", "404", body=ref("Trigger")
    )


def _report() -> Schema:
    answers = {"200": _json(ref("PipelineReport"), "The status, and the latest run by logical date.")}
    return _operation("pipelines", "getPipelineReport", "Get the status of a pipeline.", answers, "404")


def _runs() -> Schema:
    count = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    query = [
        _query("currentPage", count, "Number of the page, from 1."),
        _query("pageSize", count, "Runs on a page."),
        _query("startDate", moment(), "The earliest `logical_date`."),
        _query("endDate", moment(), "The latest `logical_date`."),
    ]
    answers = {"200": _json(ref("RunPage"), "A page of runs.")}
    return _operation(
        "pipelines",
        "listPipelineRuns",
        "List the runs of a pipeline.",
        answers,
        "400",
        "404",
        parameters=query,
    )


def _run() -> Schema:
    answers = {"200": _json(ref("Run"), "The run.")}
    return _operation("pipelines", "getPipelineRun", "Get a run of a pipeline.", answers, "404")


def _token() -> Schema:
    answers = {
        "200": _json(ref("Token"), "A token; keep it until it expires, it takes 1 to 3 seconds to get.")
    }
    operation = _operation(
        "token", "getToken", "Get an access token.", answers, "400", body=ref("TokenRequest")
    )
    servers = [{"url": "https://sso.auth.mparticle.com"}]
    return {**operation, "security": [], "servers": servers}


def _path(*parameters: Schema, **operations: Schema) -> Schema:
    return {"parameters": [_WORKSPACE, *parameters], **operations}


def _operation(  # noqa: PLR0913  # the parts of an operation
    tag: str,
    name: str,
    summary: str,
    answers: Schema,
    *refusals: str,
    body: Schema | None = None,
    parameters: list[Schema] | None = None,
) -> Schema:
    refused = {status: _json(ref("Error"), _REFUSALS[status]) for status in sorted({*refusals, *_ALWAYS})}
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, "content": {_JSON: {"schema": body}}}} if body else {}),
        "responses": {**answers, **refused},
    }


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema}}}
