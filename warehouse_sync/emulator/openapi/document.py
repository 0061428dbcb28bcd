"""The OpenAPI document: endpoints, parameters, responses, security."""

from warehouse_sync.emulator.openapi.links import item_links, resource_links, trigger_links
from warehouse_sync.emulator.openapi.schema_types import Schema, array, ref, timestamp
from warehouse_sync.emulator.openapi.schemas import SCHEMAS
from warehouse_sync.emulator.paths import FEED, FEEDS, PIPELINES, TOKEN, V2

_JSON = "application/json"
_BASE = V2.replace("{workspace}", "{workspaceId}")
_PIPELINES = PIPELINES.replace("{workspace}", "{workspaceId}").removeprefix(_BASE)
_DESCRIPTION = """\
Create and manage pipelines that load data from a cloud data warehouse into mParticle.

The authors of the `warehouse-sync` SDK wrote this document from the public reference, because mParticle publishes
none. Where the reference contradicts itself, the description of the field says so.

- The reference mentions "a `patch` or `put` command"; there is no PATCH endpoint.
- The URL of the runs lacks a slash after the base URI in the reference.
- 409 is not documented; here it is the response to an id that is taken, and to the deletion of a resource in use.
- Feeds are in another API of the platform, whose paths start with `/v1`. No response shows the server-to-server key of a feed.
- 505 means that the warehouse rejected the login or could not be reached. Never retry it: repeated logins lock accounts.
"""
_ERRORS = {
    "400": "The request is invalid, or the pipeline is not idle.",
    "401": "The access token is missing or not valid.",
    "404": "The resource, or the data plan that it names, does not exist.",
    "409": "The id is taken, or the resource is in use. [not documented]",
    "429": "Too many requests; `Retry-After` or `RetryAfter` has the seconds to wait.",
    "505": "The warehouse rejected the login or could not be reached. Never retry it.",
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
_FEED_ID = {**_RUN_ID, "name": "id"}
_ACCOUNT = {
    "name": "accountId",
    "in": "query",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
    "description": "The account of the workspace. Without it the response is 401.",
}


def document(
    api_server: str = "https://api.mparticle.com", sso_server: str = "https://sso.auth.mparticle.com"
) -> Schema:
    """Return the OpenAPI document.

    Args:
        api_server: The server of the API.
        sso_server: The server of the token endpoint.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mParticle Warehouse Sync API",
            "version": "2",
            "summary": "Pipelines from a cloud data warehouse into mParticle.",
            "description": _DESCRIPTION,
        },
        "servers": [{"url": api_server}],
        "security": [{"token": []}],
        "tags": [
            {"name": name}
            for name in ("connections", "data models", "pipelines", "data plans", "feeds", "token")
        ],
        "paths": _paths(sso_server),
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"From `POST {TOKEN}` at {sso_server}, valid for 8 hours.",
                }
            },
        },
    }


def _paths(sso_server: str) -> Schema:
    providers = {"type": "string", "enum": ["Snowflake", "BigQuery", "Redshift", "Databricks"]}
    query = [_query("serviceProvider", providers, "Only the connections of one service provider.")]
    return {
        **_resource("/connections", "connections", "Connection", query=query, create_errors=("505",)),
        **_resource("/data-models", "data models", "DataModel"),
        **_resource(_PIPELINES, "pipelines", "Pipeline", create_errors=("404",)),
        f"{_BASE}{_PIPELINES}/trigger": _path(post=_trigger()),
        f"{_BASE}{_PIPELINES}/{{id}}/report": _path(_ID, get=_report()),
        f"{_BASE}{_PIPELINES}/{{id}}/runs": _path(_ID, get=_runs()),
        f"{_BASE}{_PIPELINES}/{{id}}/runs/{{runId}}": _path(_ID, _RUN_ID, get=_run()),
        f"{_BASE}/plans": _path(get=_plans()),
        f"{_BASE}/plans/{{id}}": _path(_ID, get=_plan()),
        **_feeds(),
        TOKEN: {"post": _token(sso_server)},
    }


def _resource(
    path: str, tag: str, name: str, *, query: list[Schema] | None = None, create_errors: tuple[str, ...] = ()
) -> Schema:
    """Return the two paths of a type of resource."""
    more = ("getPipelineReport", "listPipelineRuns") if name == "Pipeline" else ()
    one = {"200": _json(ref(name), f"The {name}.")}
    created = {"200": {**one["200"], "links": resource_links(name, more=more)}}
    listed = _json(array(ref(name)), f"Every {name}, as a bare array.")
    many = {"200": {**listed, "links": item_links(name, more=more)}}
    body = ref(f"{name}Spec")
    listing = _operation(tag, f"list{name}s", f"List the {tag}.", many, "400", parameters=query)
    return {
        f"{_BASE}{path}": _path(
            get=listing,
            post=_operation(
                tag, f"create{name}", f"Create a {name}.", created, "400", "409", *create_errors, body=body
            ),
        ),
        f"{_BASE}{path}/{{id}}": _path(
            _ID,
            get=_operation(tag, f"get{name}", f"Get a {name}.", one, "404"),
            put=_operation(
                tag, f"update{name}", f"Replace a {name}.", one, "400", "404", *create_errors, body=body
            ),
            delete=_operation(
                tag,
                f"delete{name}",
                f"Delete a {name}.",
                {"204": {"description": "The resource is deleted."}},
                "404",
                "409",
            ),
        ),
    }


def _trigger() -> Schema:
    responses = {"200": {**_json(ref("Triggered"), "The run that was requested."), "links": trigger_links()}}
    return _operation(
        "pipelines", "triggerPipeline", "Start a sync now.", responses, "400", "404", body=ref("Trigger")
    )


def _report() -> Schema:
    responses = {"200": _json(ref("PipelineReport"), "The status, and the latest run by logical date.")}
    return _operation("pipelines", "getPipelineReport", "Get the status of a pipeline.", responses, "404")


def _runs() -> Schema:
    count = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
    query = [
        _query("currentPage", count, "Number of the page, from 1."),
        _query("pageSize", count, "Runs on a page."),
        _query("startDate", timestamp(), "The earliest `logical_date`."),
        _query("endDate", timestamp(), "The latest `logical_date`."),
    ]
    responses = {"200": _json(ref("RunPage"), "A page of runs.")}
    return _operation(
        "pipelines",
        "listPipelineRuns",
        "List the runs of a pipeline.",
        responses,
        "400",
        "404",
        parameters=query,
    )


def _run() -> Schema:
    responses = {"200": _json(ref("Run"), "The run.")}
    return _operation("pipelines", "getPipelineRun", "Get a run of a pipeline.", responses, "404")


def _plans() -> Schema:
    responses = {"200": _json(array(ref("DataPlan")), "Every data plan, as a bare array.")}
    return _operation("data plans", "listDataPlans", "List the data plans.", responses)


def _plan() -> Schema:
    responses = {"200": _json(ref("DataPlan"), "The data plan.")}
    return _operation("data plans", "getDataPlan", "Get a data plan.", responses, "404")


def _feeds() -> Schema:
    """Return the paths of feeds, which are in another API of the platform."""
    collection = FEEDS.replace("{workspace}", "{workspaceId}")
    one, body = {"200": _json(ref("FeedEnvelope"), "The Feed.")}, ref("FeedSpec")
    many = {"200": _json(ref("FeedListEnvelope"), "Every Feed, with its id, name and date only.")}
    created = {"201": _json(ref("CreatedFeedEnvelope"), "The id and date of the created Feed.")}
    updated = {"202": _json(ref("CreatedFeedEnvelope"), "The change is accepted.")}
    deleted = {"202": {"description": "The deletion is accepted.", "content": {_JSON: {"schema": {}}}}}
    return {
        collection: _path(
            _ACCOUNT,
            get=_operation("feeds", "listFeeds", "List the feeds.", many),
            post=_operation("feeds", "createFeed", "Create a Feed.", created, "400", body=body),
        ),
        f"{collection}/{{id}}": _path(
            _ACCOUNT,
            _FEED_ID,
            put=_operation("feeds", "updateFeed", "Replace a Feed.", updated, "400", "404", body=body),
            delete=_operation("feeds", "deleteFeed", "Delete a Feed.", deleted, "404"),
        ),
        FEED: {
            "parameters": [_ACCOUNT, _FEED_ID],
            "get": _operation("feeds", "getFeed", "Get a Feed.", one, "404"),
        },
    }


def _token(sso_server: str) -> Schema:
    responses = {
        "200": _json(
            ref("Token"), "A token. Cache it until it expires, because a new one takes 1 to 3 seconds."
        )
    }
    operation = _operation(
        "token", "getToken", "Get an access token.", responses, "400", body=ref("TokenRequest")
    )
    return {**operation, "security": [], "servers": [{"url": sso_server}]}


def _path(*parameters: Schema, **operations: Schema) -> Schema:
    return {"parameters": [_WORKSPACE, *parameters], **operations}


def _operation(  # noqa: PLR0913 - the parts of an operation
    tag: str,
    name: str,
    summary: str,
    responses: Schema,
    *errors: str,
    body: Schema | None = None,
    parameters: list[Schema] | None = None,
) -> Schema:
    error_responses = {status: _json(ref("Error"), _ERRORS[status]) for status in sorted({*errors, *_ALWAYS})}
    return {
        "tags": [tag],
        "operationId": name,
        "summary": summary,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, "content": {_JSON: {"schema": body}}}} if body else {}),
        "responses": {**responses, **error_responses},
    }


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": schema}}}
