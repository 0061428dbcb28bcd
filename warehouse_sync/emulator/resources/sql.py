"""Checks of the SQL of data models.

A query is checked when it is created, and again by the dialect of each connection that uses it.
"""

from warehouse_sync.emulator.state.resource import ResourceError
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

# Parsing a longer query in four dialects would block the emulator for seconds; a run still parses it.
_MAX_CHECKED_CHARACTERS = 50_000


def sql_error(sql: str, provider: str | None = None, *, lenient: bool) -> str | None:
    """Return why a query is not supported, or `None` if it is.

    Without a service provider, any of the dialects will do.
    """
    if len(sql) > _MAX_CHECKED_CHARACTERS:
        return None
    try:
        from warehouse_sync.emulator.warehouse.dialect import check_sql  # noqa: PLC0415 - slow to import
        from warehouse_sync.emulator.warehouse.errors import QueryError  # noqa: PLC0415 - with the former
    except ModuleNotFoundError as error:
        raise ImportError(
            "Data models need a package that is not installed: pip install 'warehouse-sync[emulator]'",
            name=error.name,
        ) from error

    try:
        if provider is None:
            check_sql(sql, lenient=lenient)
        else:
            check_sql(sql, [provider], lenient=lenient)
    except QueryError as error:
        return str(error)
    return None


def check_model_dialect(store: Store, workspace: Workspace, model_id: str, connection_ids: list[str]) -> None:
    """Set whether a data model is valid in the dialect of a connection."""
    model = workspace.data_models.get(model_id)
    sql = model.document["config"]["sql_query"]
    connections = (workspace.connections.get(each) for each in dict.fromkeys(connection_ids))
    providers = dict.fromkeys(each.document["service_provider"] for each in connections)
    errors = (sql_error(sql, provider, lenient=store.lenient_sql) for provider in providers)
    error = next((each for each in errors if each), None)
    if error:
        model.problem = ResourceError(error, store.clock.now())
    elif store.executor is None:  # with a warehouse, problems come from runs as well
        model.problem = None
    store.mark_changed(workspace, workspace.data_models.key, model_id)


def check_models_of_connection(store: Store, workspace: Workspace, connection_id: str) -> None:
    """Check every data model that pipelines use with a connection."""
    used = [each.document for each in workspace.pipelines if each.document["connection_id"] == connection_id]
    for model_id in dict.fromkeys(document["data_model_id"] for document in used):
        check_model_dialect(store, workspace, model_id, connections_of_model(workspace, model_id))


def connections_of_model(workspace: Workspace, model_id: str) -> list[str]:
    """Return the ids of the connections that pipelines use with a data model."""
    documents = (each.document for each in workspace.pipelines)
    return [each["connection_id"] for each in documents if each["data_model_id"] == model_id]
