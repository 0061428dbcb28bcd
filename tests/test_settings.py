"""Settings: completed from the environment, and validated before a request is sent."""

import asyncio
import os
import pickle
import random
import time
import traceback
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import warehouse_sync.settings
from warehouse_sync import AsyncClient, Client
from warehouse_sync.errors import ConfigurationError
from warehouse_sync.models import Secret
from warehouse_sync.settings import (
    API_URL,
    TOKEN_URL,
    Clock,
    RetryPolicy,
    Settings,
    Timeout,
    check_url,
    check_workspace_id,
    resolve,
    resolve_account_id,
    resolve_ca_file,
    resolve_trust_env,
)

CREDENTIAL: dict[str, Any] = {"client_id": "me", "client_secret": "canary-0451"}
SECRET_BYTES = b"canary-0451"
ENVIRON = {
    "WAREHOUSE_SYNC_WORKSPACE_ID": "5328",
    "WAREHOUSE_SYNC_CLIENT_ID": "env-id",
    "WAREHOUSE_SYNC_CLIENT_SECRET": "canary-env",
    "WAREHOUSE_SYNC_API_URL": "https://api.eu1.mparticle.com/",
    "WAREHOUSE_SYNC_TOKEN_URL": "http://127.0.0.1:8080/oauth/token",
}


def refused(environ: dict[str, str] | None = None, **given_settings: Any) -> str:
    """Return the error message of settings."""
    with pytest.raises(ConfigurationError) as caught:
        resolve(environ=environ or {}, **given_settings)
    return str(caught.value)


def test_arguments_are_enough() -> None:
    """With a workspace and a credential, all other settings have their documented defaults."""
    assert resolve(workspace_id=1, **CREDENTIAL, environ={}) == Settings(
        workspace_id=1,
        client_id="me",
        client_secret=Secret("canary-0451"),
        api_url="https://api.mparticle.com",
        token_url="https://sso.auth.mparticle.com/oauth/token",
    )
    assert (API_URL, TOKEN_URL) == ("https://api.mparticle.com", "https://sso.auth.mparticle.com/oauth/token")


def test_environment_is_enough() -> None:
    """With every variable set, no argument is needed."""
    assert resolve(environ=ENVIRON) == Settings(
        workspace_id=5328,
        client_id="env-id",
        client_secret=Secret("canary-env"),
        api_url="https://api.eu1.mparticle.com",
        token_url="http://127.0.0.1:8080/oauth/token",
    )


def test_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables are read when the client is created."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert resolve() == resolve(environ=ENVIRON)


def test_arguments_override_the_environment() -> None:
    """Whatever variables are set, the arguments are used."""
    settings = resolve(
        workspace_id=7,
        **CREDENTIAL,
        api_url="https://api.us2.mparticle.com",
        token_url="https://localhost/token",
        environ=ENVIRON,
    )
    assert attrs.astuple(settings) == (
        7,
        "me",
        Secret("canary-0451"),
        "https://api.us2.mparticle.com",
        "https://localhost/token",
    )


def test_empty_variable_counts_as_unset() -> None:
    """The setting has its default, or is missing."""
    empty = dict.fromkeys(ENVIRON, "")
    settings = resolve(workspace_id=1, **CREDENTIAL, environ=empty)
    assert (settings.api_url, settings.token_url) == (API_URL, TOKEN_URL)
    assert "no workspace" in refused(empty, **CREDENTIAL)
    assert "no credential" in refused(empty, workspace_id=1)


@pytest.mark.parametrize(
    ("given_settings", "environ", "said"),
    [
        ({}, {}, ["no credential", "client_id", "WAREHOUSE_SYNC_CLIENT_SECRET"]),
        ({"client_id": "me"}, {}, ["incomplete credential", "client secret is missing", "arguments"]),
        ({"client_secret": "canary"}, {}, ["incomplete credential", "client id is missing", "arguments"]),
        ({"client_id": "me"}, ENVIRON, ["incomplete credential", "client secret is missing", "arguments"]),
        (
            {"client_secret": "canary"},
            ENVIRON,
            ["incomplete credential", "client id is missing", "arguments"],
        ),
        (
            {"client_id": "me", "client_secret": ""},
            ENVIRON,
            ["incomplete credential", "client secret is missing"],
        ),
        (
            {"client_id": "", "client_secret": "canary"},
            ENVIRON,
            ["incomplete credential", "client id is missing"],
        ),
        ({"client_id": "", "client_secret": ""}, ENVIRON, ["no credential"]),
        ({}, {"WAREHOUSE_SYNC_CLIENT_ID": "me"}, ["client secret is missing", "environment variables"]),
        ({}, {"WAREHOUSE_SYNC_CLIENT_SECRET": "canary"}, ["client id is missing", "environment variables"]),
        ({"client_id": "me", "client_secret": "****"}, {}, ["client_secret is a mask"]),
        ({}, ENVIRON | {"WAREHOUSE_SYNC_CLIENT_SECRET": "*"}, ["client_secret is a mask"]),
        ({"client_id": 5, "client_secret": "canary"}, {}, ["client_id must be a string, not int"]),
        ({"client_id": b"me", "client_secret": "canary"}, {}, ["client_id must be a string, not bytes"]),
        ({"client_id": "me", "client_secret": 451}, {}, ["client_secret must be a string, not int"]),
        ({"client_id": "me", "client_secret": b"canary"}, {}, ["client_secret must be a string, not bytes"]),
    ],
)
def test_credential_comes_from_one_source(
    given_settings: dict[str, Any], environ: dict[str, str], said: list[str]
) -> None:
    """An incomplete credential is never completed from elsewhere; the message names the missing part but no secret."""
    message = refused(environ, workspace_id=1, **given_settings)
    assert [part for part in said if part not in message] == []
    assert "canary" not in message
    assert "451" not in message


@pytest.mark.parametrize("wrong", ["CLIENT_ID", "CLIENT_SECRET"])
def test_credential_that_is_not_utf8_is_rejected(wrong: str) -> None:
    """A Latin-1 variable is reported without its text, also in the chain of the error and in its pickle."""
    canary = os.fsdecode(b"canary-\xe9")
    environ = ENVIRON | {f"WAREHOUSE_SYNC_{wrong}": canary}
    with pytest.raises(ConfigurationError, match=r"must be encoded as UTF-8") as caught:
        resolve(workspace_id=1, environ=environ)
    assert f"the client {wrong.removeprefix('CLIENT_').lower()} in the environment" in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert b"canary" not in pickle.dumps(caught.value)
    with pytest.raises(ConfigurationError, match="in the arguments"):
        Client(workspace_id=1, **CREDENTIAL | {wrong.lower(): canary})


@pytest.mark.parametrize(("value", "number"), [(5328, 5328), ("5328", 5328), ("007", 7), (10**17, 10**17)])
def test_workspace_id_may_be_a_string(value: int | str, number: int) -> None:
    """It is converted to a number."""
    assert check_workspace_id(value) == number
    assert resolve(workspace_id=value, **CREDENTIAL, environ=ENVIRON).workspace_id == number


@pytest.mark.parametrize(
    "value",
    [0, -1, "0", "", "-1", "5328 ", "1/../2", "1.0", "\u0661", "9" * 19, "x" * 10_000, True, 1.0, b"1", [1]],
)
def test_invalid_workspace_id_is_rejected(value: Any) -> None:
    """Only a positive whole number is an id."""
    with pytest.raises(ConfigurationError, match="workspace_id must be a positive whole number") as caught:
        check_workspace_id(value)
    assert len(str(caught.value)) < 150


def test_missing_workspace_id_error_says_what_to_do() -> None:
    """The message names the argument and the variable."""
    assert refused(**CREDENTIAL) == "no workspace: pass workspace_id, or set WAREHOUSE_SYNC_WORKSPACE_ID"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.mparticle.com",
        "https://api.mparticle.com:8443/base",
        "HTTPS://API.MPARTICLE.COM",
        "https://10.0.0.1",
        "http://localhost",
        "http://LOCALHOST:8080",
        "http://127.0.0.1:8080",
        "http://127.8.9.10",
        "http://[::1]:8080",
    ],
)
def test_secure_url_is_accepted(url: str) -> None:
    """Https is accepted for all hosts, http for loopback hosts."""
    assert check_url("api_url", url) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://api.mparticle.com", "must use https"),
        ("http://localhost.evil.com", "must use https"),
        ("http://127.0.0.1.evil.com", "must use https"),
        ("http://0.0.0.0", "must use https"),
        ("http://10.0.0.1", "must use https"),
        ("http://[::2]", "must use https"),
        ("http://2130706433", "must use https"),
        ("ftp://localhost", "must start with https://"),
        ("api.mparticle.com", "must start with https://"),
        ("//api.mparticle.com", "must start with https://"),
        ("https://", "must start with https://"),
        ("https:///path", "must start with https://"),
        ("https://me:canary@api.mparticle.com", "must not contain a user name"),
        ("https://:canary@api.mparticle.com", "must not contain a user name"),
        ("https://@api.mparticle.com", "must not contain a user name"),
        ("http://localhost@evil.com", "must not contain a user name"),
        ("https://api.mparticle.com?token=canary", "a query or a fragment"),
        ("https://api.mparticle.com/#canary", "a query or a fragment"),
        ("https://api.mparticle.com:99999", "is not a valid URL"),
        ("https://api.mparticle.com:x", "is not a valid URL"),
        ("https://[::1", "is not a valid URL"),
        ("https://api.mparticle.com\n", "must be a URL such as"),
        ("https://api.mparticle.com\r\nX: y", "must be a URL such as"),
        ("https://api.mparticle.com\x00", "must be a URL such as"),
        ("https://api.mparticle.com /x", "must be a URL such as"),
        ("https://\u0430pi.mparticle.com", "must be a URL such as"),
        (5, "must be a URL such as"),
        (b"https://api.mparticle.com", "must be a URL such as"),
    ],
)
@pytest.mark.parametrize("name", ["api_url", "token_url"])
def test_other_url_is_rejected(name: str, url: Any, said: str) -> None:
    """The message names the setting, but shows no part of the URL."""
    message = refused(workspace_id=1, **CREDENTIAL, **{name: url})
    assert said in message
    assert message.startswith(name)
    assert "canary" not in message


@pytest.mark.parametrize("name", ["API_URL", "TOKEN_URL"])
def test_url_of_the_environment_is_validated(name: str) -> None:
    """Variables follow the same rules as arguments."""
    assert "must use https" in refused(ENVIRON | {f"WAREHOUSE_SYNC_{name}": "http://evil.com"})


@given(text=st.text())
def test_any_text_is_a_url_or_rejected(text: str) -> None:
    """No text raises another exception than `ConfigurationError`, and none leads elsewhere in clear text."""
    for url in (text, f"https://{text}", f"http://{text}"):
        try:
            accepted = check_url("api_url", url)
        except ConfigurationError:
            continue
        assert accepted == url


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_trailing_slash_of_api_url_is_dropped(slashes: str) -> None:
    """A base URL is the same with and without a trailing slash."""
    settings = resolve(
        workspace_id=1, **CREDENTIAL, api_url=f"https://api.mparticle.com/x{slashes}", environ={}
    )
    assert settings.api_url == "https://api.mparticle.com/x"


def test_settings_do_not_show_the_secret() -> None:
    """The repr shows a mask."""
    assert "canary" not in repr(resolve(environ=ENVIRON))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_error_of_a_mistyped_secret_has_it_in_no_frame(kind: type[Any]) -> None:
    """Bytes may be the secret too; and a client whose creation failed has a repr."""
    with pytest.raises(ConfigurationError, match="client_secret must be a string, not bytes") as caught:
        kind(workspace_id=1, client_id="me", client_secret=SECRET_BYTES)
    ours = [entry.frame.f_locals for entry in caught.traceback[1:]]
    assert ours
    assert "canary" not in repr(ours)
    assert "failed to initialize" in repr(ours)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("retry", 5, "retry must be a RetryPolicy, not int"),
        ("timeout", "60", "timeout must be a Timeout or a number of seconds, not str"),
        ("session", "x", "session must be an aiohttp.ClientSession, not str"),
        ("ca_file", 5, "ca_file must be a path, not int"),
    ],
)
def test_option_of_the_wrong_type_is_rejected_at_once(option: str, value: Any, message: str) -> None:
    """The error is not raised by the first call."""
    with pytest.raises(ConfigurationError, match=message):
        AsyncClient(workspace_id=1, client_id="me", client_secret="s", **{option: value})


@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, None, False),
        (None, "", False),
        (None, "0", False),
        (None, "no", False),
        (None, "1", True),
        (None, "True", True),
        (False, "1", False),
        (True, "0", True),
    ],
)
def test_trust_env_is_the_argument_or_the_variable(
    *, argument: bool | None, variable: str | None, expected: bool
) -> None:
    """The argument has precedence."""
    environ = {} if variable is None else {"WAREHOUSE_SYNC_TRUST_ENV": variable}
    assert resolve_trust_env(argument, environ) is expected


def test_invalid_trust_env_is_rejected() -> None:
    """The message names the argument or the variable."""
    with pytest.raises(ConfigurationError, match="WAREHOUSE_SYNC_TRUST_ENV must be 1 or 0, not 'maybe'"):
        resolve_trust_env(None, {"WAREHOUSE_SYNC_TRUST_ENV": "maybe"})
    value: Any = "yes"
    with pytest.raises(ConfigurationError, match="trust_env must be True or False, not str"):
        resolve_trust_env(value, {})


def test_ca_file_is_the_argument_or_the_variable() -> None:
    """An empty variable counts as unset."""
    assert resolve_ca_file(None, {"WAREHOUSE_SYNC_CA_FILE": "a.pem"}) == "a.pem"
    assert resolve_ca_file("b.pem", {"WAREHOUSE_SYNC_CA_FILE": "a.pem"}) == "b.pem"
    assert resolve_ca_file(None, {"WAREHOUSE_SYNC_CA_FILE": ""}) is None


def test_error_has_no_secret_in_any_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback with the locals of the SDK's frames shows no secret, given or from the environment."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    for given_settings in (
        {**CREDENTIAL, "api_url": "http://evil.com"},
        {"client_secret": "canary-0451"},
        {"workspace_id": "x"},
    ):
        with pytest.raises(ConfigurationError) as caught:
            resolve(**given_settings)
        stack = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
        ours = [frame for frame in stack if frame.filename == warehouse_sync.settings.__file__]
        assert ours
        assert "canary" not in repr([frame.locals for frame in ours])


def test_timeout_of_a_client_may_be_a_number() -> None:
    """A number of seconds is the total; the other timeouts keep their defaults."""
    client = AsyncClient(workspace_id=1, client_id="me", client_secret="s", timeout=30)
    assert client._sender.timeout == Timeout(total=30)
    assert client.with_options(timeout=0.5)._sender.timeout == Timeout(total=0.5)
    with pytest.raises(ConfigurationError, match=r"Timeout\.total must be a positive number"):
        client.with_options(timeout=0)


def test_timeout_has_documented_defaults() -> None:
    """A minute for a call, ten seconds for a connection, and no separate limit for reading."""
    assert attrs.asdict(Timeout()) == {"total": 60.0, "connect": 10.0, "read": None}


@pytest.mark.parametrize("value", [0.001, 1, 3600.0, None])
@pytest.mark.parametrize("field", ["total", "connect", "read"])
def test_timeout_accepts_positive_seconds_or_none(field: str, value: float | None) -> None:
    """Both integers and floats are accepted."""
    assert getattr(Timeout(**{field: value}), field) == value


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "60"])
@pytest.mark.parametrize("field", ["total", "connect", "read"])
def test_other_timeout_is_rejected(field: str, value: Any) -> None:
    """The message names the timeout."""
    with pytest.raises(
        ConfigurationError, match=rf"Timeout\.{field} must be a positive number of seconds or None"
    ):
        Timeout(**{field: value})


def test_retry_policy_has_documented_defaults() -> None:
    """Three attempts, delays from 0.2 s (1 s after a 429) to 20 s, hints up to 60 s, a budget of 500, 90 s to reconcile."""
    assert attrs.asdict(RetryPolicy()) == {
        "attempts": 3,
        "base_delay": 0.2,
        "throttled_base_delay": 1.0,
        "max_delay": 20.0,
        "max_retry_after": 60.0,
        "budget": 500.0,
        "reconcile_timeout": 90.0,
    }


NUMBERS = [field.name for field in attrs.fields(RetryPolicy) if field.name != "attempts"]


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), True, "1", None])
@pytest.mark.parametrize("field", NUMBERS)
def test_invalid_retry_number_is_rejected(field: str, value: Any) -> None:
    """The message names the field."""
    with pytest.raises(ConfigurationError, match=rf"RetryPolicy\.{field} must be a number of at least 0"):
        RetryPolicy(**{field: value})


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", None])
def test_invalid_number_of_attempts_is_rejected(value: Any) -> None:
    """It is a whole number of at least 1."""
    with pytest.raises(
        ConfigurationError, match=r"RetryPolicy\.attempts must be a whole number of at least 1"
    ):
        RetryPolicy(attempts=value)


def test_retry_policy_accepts_its_limits() -> None:
    """Zero disables a delay, a hint or the budget, and one attempt disables retries."""
    policy = RetryPolicy(attempts=1, **dict.fromkeys(NUMBERS, 0))
    assert attrs.astuple(policy) == (1, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("value", [Timeout(), RetryPolicy(), resolve(environ=ENVIRON)])
def test_settings_are_frozen(value: Any) -> None:
    """Validated settings cannot be changed."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        value.cap = value.total = value.api_url = 1


def test_clock_is_real_by_default() -> None:
    """Time, sleep and randomness are those of the machine unless a test replaces them."""
    assert attrs.astuple(Clock()) == (time.monotonic, time.time, asyncio.sleep, random.random)


def test_account_is_the_argument_or_else_the_variable() -> None:
    """Only feeds need it, so that it may be missing."""
    environ = {"WAREHOUSE_SYNC_ACCOUNT_ID": "5"}
    assert resolve_account_id(None, {}) is None
    assert resolve_account_id(None, {"WAREHOUSE_SYNC_ACCOUNT_ID": ""}) is None
    assert resolve_account_id(None, environ) == 5
    assert resolve_account_id("7", environ) == resolve_account_id(7, environ) == 7


@pytest.mark.parametrize("wrong", ["", "a", "-1", 0, True, 1.5])
def test_invalid_account_raises(wrong: Any) -> None:
    """The message names the argument."""
    with pytest.raises(ConfigurationError, match="account_id must be a positive whole number, not "):
        AsyncClient(workspace_id=1, **CREDENTIAL, account_id=wrong)
