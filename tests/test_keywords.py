"""Errors for unknown keywords."""

import inspect
import traceback
from typing import Any

import attrs
import pytest

from warehouse_sync import (
    AsyncClient,
    Client,
    ConnectionSpec,
    PipelineSpec,
    RetryPolicy,
    Schedule,
    SnowflakeConfig,
    Timeout,
)


@pytest.mark.parametrize(
    ("cls", "keyword", "hint"),
    [
        (AsyncClient, "time_out", "did you mean 'timeout'?"),
        (Client, "workspace", "did you mean 'workspace_id'?"),
        (Client, "base_url", "did you mean 'api_url'?"),
        (Client, "max_retries", "did you mean 'retry'?"),
        (Client, "proxies", "did you mean 'trust_env'?"),
        (Client, "verify", "did you mean 'ca_file'?"),
        (RetryPolicy, "max_retries", "did you mean 'attempts'?"),
        (Timeout, "totl", "did you mean 'total'?"),
        (SnowflakeConfig, "passwrd", "did you mean 'password'?"),
        (ConnectionSpec, "configuration", "did you mean 'config'?"),
        (PipelineSpec, "model_id", "did you mean 'data_model_id'?"),
        (Schedule, "every", "it takes type, frequency, "),
    ],
)
def test_unknown_keyword_suggests_the_right_one(cls: Any, keyword: str, hint: str) -> None:
    """The error names the class, the keyword, and the closest one or all of them."""
    with pytest.raises(TypeError) as caught:
        cls(**{keyword: "x"})
    assert f"{cls.__name__}() got an unexpected keyword argument {keyword!r}; {hint}" in str(caught.value)


def test_evolve_suggests_the_right_keyword() -> None:
    """`attrs.evolve` passes its keywords to the constructor."""
    with pytest.raises(TypeError, match="did you mean 'connect'"):
        attrs.evolve(Timeout(), connecting=1)  # type: ignore[call-arg]  # what is tested


@pytest.mark.parametrize("cls", [AsyncClient, Client, PipelineSpec])
def test_signature_names_the_keywords(cls: Any) -> None:
    """The signature for `help()` and editors is that of the constructor, without `**keywords`."""
    kinds = {parameter.kind for parameter in inspect.signature(cls).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("more", [{"time_out": 1}, {"workspace_id": "no number"}])
def test_error_shows_no_secret(more: dict[str, Any]) -> None:
    """Neither the error nor the locals of its frames hold the keywords."""
    secrets: dict[str, Any] = {"client_secret": "canary-1234", "client_id": "id", **more}
    with pytest.raises((TypeError, ValueError)) as caught:
        Client(**secrets)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[1:]
    assert frames
    assert "canary-1234" not in f"{caught.value}{[frame.locals for frame in frames]}"


def test_missing_and_positional_arguments_are_errors_as_usual() -> None:
    """Only unknown keywords are handled."""
    with pytest.raises(TypeError, match="missing 2 required keyword-only arguments"):
        ConnectionSpec(id="c")  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError, match="positional"):
        Timeout(3)  # type: ignore[call-arg]  # what is tested
