"""An Airflow connection as the settings of a client."""

from types import SimpleNamespace
from typing import Any

import pytest

from warehouse_sync import Client, ConfigurationError, Secret
from warehouse_sync.integrations.airflow.connections import read_settings

HANDLE = "wsr1:7:customers:12"


def connection(**changes: Any) -> Any:
    """An Airflow connection."""
    fields = {
        "conn_id": "mp",
        "login": "id",
        "password": "s3cret",
        "host": None,
        "port": None,
        "schema": None,
    }
    return SimpleNamespace(**{**fields, "extra_dejson": {"workspace_id": 5328}, **changes})


def test_connection_is_what_a_client_takes() -> None:
    """Login, password, host and extra fields become a client's arguments."""
    extra = {"workspace_id": "5328", "token_url": "http://127.0.0.1:9/t"}
    settings = read_settings(connection(host="http://127.0.0.1:9", extra_dejson=extra))
    with Client(**settings.client_options()) as client:
        assert client.workspace_id == 5328
    assert settings.client_secret == Secret("s3cret")
    assert (settings.api_url, settings.token_url) == ("http://127.0.0.1:9", "http://127.0.0.1:9/t")


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, None),
        ({"host": ""}, None),
        ({"host": "api.example.com"}, "https://api.example.com"),
        ({"host": "localhost", "port": 8080, "schema": "http"}, "http://localhost:8080"),
        ({"host": "https://api.example.com/", "port": 1}, "https://api.example.com/"),
    ],
)
def test_host_may_be_an_address_or_its_parts(changes: dict[str, Any], url: str | None) -> None:
    """Forms of Airflow's UI hold an address, connection URIs its parts."""
    assert read_settings(connection(**changes)).api_url == url


def test_everything_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is complete by itself: the environment never fills in a half."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CLIENT_ID", "other")
    monkeypatch.setenv("WAREHOUSE_SYNC_WORKSPACE_ID", "1")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(connection(login=None, password="", extra_dejson={}))
    for part in ("'mp'", "login", "password", "workspace_id"):
        assert part in str(caught.value)


def test_workspace_that_is_no_number_is_refused() -> None:
    """A template that rendered to nonsense is named."""
    with pytest.raises(ConfigurationError, match="'None' for connection 'mp' is not a number"):
        read_settings(connection(), "None")


def test_operator_may_name_another_workspace() -> None:
    """The workspace of an argument, and that of a run's handle, come before the connection's."""
    settings = read_settings(connection(), 6)
    assert settings.workspace_id == 6
    assert settings.for_run(HANDLE).workspace_id == 7


def test_secret_is_never_shown() -> None:
    """Airflow logs what operators hold."""
    assert "s3cret" not in repr(read_settings(connection()))


def test_link_leads_to_the_run_where_the_dashboard_can() -> None:
    """The dashboard's address may name the run; text in braces of any other kind is left as it is."""
    extra = {"workspace_id": 1, "dashboard_url": "https://x/{workspace_id}/{pipeline_id}/{run_id}?{q}"}
    assert read_settings(connection(extra_dejson=extra)).run_url(HANDLE) == "https://x/7/customers/12?{q}"
    assert read_settings(connection()).run_url(HANDLE) == "https://app.mparticle.com"
