"""Settings of a client: URLs, credential, timeouts, retry policy and clock."""

import asyncio
import ipaddress
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.keywords import keywords_suggested
from warehouse_sync.numeric import MAX_SECONDS, MAX_WHOLE, is_number, is_seconds, is_whole, shorten
from warehouse_sync.secret import Secret, is_unicode, kind_of, to_secret

API_URL: Final = "https://api.mparticle.com"
TOKEN_URL: Final = "https://sso.auth.mparticle.com/oauth/token"  # noqa: S105 - a URL
PREFIX: Final = "WAREHOUSE_SYNC_"


def _positive_or_none(_: object, attribute: "attrs.Attribute[float]", value: object) -> None:
    if value is not None and not (is_seconds(value) and value > 0):
        raise ConfigurationError(
            f"Timeout.{attribute.name} must be a positive number of seconds or None, at most {MAX_SECONDS},"
            f" not {shorten(value)}"
        )


@keywords_suggested
@attrs.frozen(kw_only=True)
class Timeout:
    """Timeouts of a call in seconds. `None` means no limit.

    Attributes:
        total: The whole call: waiting for a connection, the token, every attempt and the delays between them.
        connect: Opening one connection, including its TLS handshake. Waiting for a pooled connection does not count.
        read: Waiting for data from the server.
    """

    total: float | None = attrs.field(default=60.0, validator=_positive_or_none)
    connect: float | None = attrs.field(default=10.0, validator=_positive_or_none)
    read: float | None = attrs.field(default=None, validator=_positive_or_none)


def to_timeout(value: "Timeout | float | None") -> Timeout | None:
    """Return a timeout, given one or the total number of seconds.

    Raises:
        ConfigurationError: The value is neither.
    """
    if value is None or isinstance(value, Timeout):
        return value
    if is_number(value):
        return Timeout(total=value)
    raise ConfigurationError(f"timeout must be a Timeout or a number of seconds, not {type(value).__name__}")


def _not_negative(_: object, attribute: "attrs.Attribute[float]", value: object) -> None:
    if not is_seconds(value):
        raise ConfigurationError(
            f"RetryPolicy.{attribute.name} must be a number of at least 0, at most {MAX_SECONDS}, not {shorten(value)}"
        )


def _at_least_one(_: object, attribute: "attrs.Attribute[int]", value: object) -> None:
    if not is_whole(value, 1):
        raise ConfigurationError(
            f"RetryPolicy.{attribute.name} must be a whole number of at least 1, at most {MAX_WHOLE}, not {shorten(value)}"
        )


@keywords_suggested
@attrs.frozen(kw_only=True)
class RetryPolicy:
    """The policy for retrying failed requests.

    The delay before retry `n` is random between 0 and `min(max_delay, base_delay * 2**(n - 1))`, and at least what the
    server asks for with `Retry-After`.

    Attributes:
        attempts: The maximum number of requests of a call, including the first. 1 disables retries. The one replay with a
            new token after a 401 does not count.
        base_delay: Seconds; the upper bound of the first delay after a transient error.
        throttled_base_delay: Seconds; the upper bound of the first delay after a 429.
        max_delay: Seconds; the upper bound of every delay.
        max_retry_after: Seconds; if the server asks for a longer wait, the error is raised at once.
        budget: The retry budget that all calls of a client share: a retry after a transient error costs 14, after a 429 it
            costs 5, and each success returns 1. It bounds the number of additional requests during an outage.
        reconcile_timeout: Seconds to look for the result of a create whose response was lost, in addition to
            `Timeout.total`, before its outcome is reported as unknown; and seconds for which waits accept a 404 for a newly
            created resource. The result of a trigger is always looked for during 15 seconds.
    """

    attempts: int = attrs.field(default=3, validator=_at_least_one)
    base_delay: float = attrs.field(default=0.2, validator=_not_negative)
    throttled_base_delay: float = attrs.field(default=1.0, validator=_not_negative)
    max_delay: float = attrs.field(default=20.0, validator=_not_negative)
    max_retry_after: float = attrs.field(default=60.0, validator=_not_negative)
    budget: float = attrs.field(default=500.0, validator=_not_negative)
    reconcile_timeout: float = attrs.field(default=90.0, validator=_not_negative)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Clock:
    """Injectable time, sleep and randomness.

    Attributes:
        monotonic: Returns seconds of a clock that never goes backwards.
        wall: Returns seconds since 1970.
        sleep: Waits for a number of seconds.
        random: Returns a random number from 0 to 1.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


@attrs.frozen(kw_only=True)
class Settings:
    """The validated settings of a client.

    Attributes:
        workspace_id: The id of the workspace.
        client_id: The id of the credential.
        client_secret: The secret of the credential.
        api_url: The URL of the API, without a trailing slash.
        token_url: The URL of the token endpoint.
    """

    workspace_id: int
    client_id: str
    client_secret: Secret
    api_url: str
    token_url: str


def resolve(  # noqa: PLR0913 - the settings a client takes
    *,
    workspace_id: int | str | None = None,
    client_id: str | None = None,
    client_secret: str | Secret | None = None,
    api_url: str | None = None,
    token_url: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return validated settings from arguments and the environment.

    Environment variables replace arguments that are `None`.

    Raises:
        ConfigurationError: A setting is missing or invalid; the message names the argument and the variable.
    """
    client_secret = to_secret(client_secret)  # tracebacks may show the locals of a frame
    env = _variables(environ)
    client_id, secret = _credential(client_id, client_secret, env)
    return Settings(
        workspace_id=check_workspace_id(_or_variable(workspace_id, env["WORKSPACE_ID"])),
        client_id=client_id,
        client_secret=secret,
        api_url=check_url("api_url", _or_variable(api_url, env["API_URL"]) or API_URL).rstrip("/"),
        token_url=check_url("token_url", _or_variable(token_url, env["TOKEN_URL"]) or TOKEN_URL),
    )


def resolve_trust_env(value: bool | None, environ: Mapping[str, str] | None = None) -> bool:  # noqa: FBT001 - an argument of the client
    """Return whether to use proxies, by the argument or else the variable.

    Raises:
        ConfigurationError: The argument is not a bool, or the variable is neither 1 nor 0.
    """
    if value is not None:
        if not isinstance(value, bool):
            raise ConfigurationError(f"trust_env must be True or False, not {type(value).__name__}")
        return value
    text = (os.environ if environ is None else environ).get(f"{PREFIX}TRUST_ENV", "")
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    raise ConfigurationError(f"{PREFIX}TRUST_ENV must be 1 or 0, not {text!r:.60}")


def resolve_ca_file(value: str | Path | None, environ: Mapping[str, str] | None = None) -> str | Path | None:
    """Return the file of certificate authorities: the argument or the variable.

    Raises:
        ConfigurationError: The argument is not a path.
    """
    if value is not None and not isinstance(value, str | Path):
        raise ConfigurationError(f"ca_file must be a path, not {type(value).__name__}")
    return value or (os.environ if environ is None else environ).get(f"{PREFIX}CA_FILE") or None


def _variables(environ: Mapping[str, str] | None) -> dict[str, Secret | None]:
    """Read the SDK's environment variables as secrets. An empty variable counts as unset."""
    values = os.environ if environ is None else environ
    names = ("WORKSPACE_ID", "CLIENT_ID", "CLIENT_SECRET", "API_URL", "TOKEN_URL")
    return {name: to_secret(values.get(PREFIX + name) or None) for name in names}


def _or_variable(value: int | str | None, variable: Secret | None) -> int | str | None:
    return variable.reveal() if value is None and variable else value


def _credential(
    client_id: str | None, secret: Secret | None, env: Mapping[str, Secret | None]
) -> tuple[str, Secret]:
    """Return id and secret from one source: never an id from an argument with a secret from the environment."""
    source = "the arguments client_id and client_secret"
    if client_id is None and secret is None:
        source = f"the environment variables {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET"
        variable = env["CLIENT_ID"]
        client_id, secret = variable.reveal() if variable else None, env["CLIENT_SECRET"]
    if not client_id and not secret:
        raise ConfigurationError(
            f"no credential: pass client_id and client_secret, or set {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET"
        )
    if not client_id or not secret:
        missing = "secret" if client_id else "id"
        raise ConfigurationError(
            f"incomplete credential: the client {missing} is missing from {source}; set both in the same place"
        )
    for name, value, kind in (("client_id", client_id, str), ("client_secret", secret, Secret)):
        if not isinstance(value, kind):
            raise ConfigurationError(f"{name} must be a string, not {kind_of(value)}")
    for name, valid in (("id", is_unicode(client_id)), ("secret", is_unicode(secret.reveal()))):
        if not valid:
            raise ConfigurationError(
                f"the client {name} in {source} is not valid Unicode: an environment variable must be encoded as UTF-8"
            )
    if secret.is_mask:
        raise ConfigurationError("client_secret is a mask of asterisks: pass the actual secret")
    return client_id, secret


def check_workspace_id(value: object) -> int:
    """Return the id of a workspace as a number.

    Raises:
        ConfigurationError: The id is missing or not a positive whole number.
    """
    if value is None:
        raise ConfigurationError(f"no workspace: pass workspace_id, or set {PREFIX}WORKSPACE_ID")
    return _check_number("workspace_id", value)


def resolve_account_id(value: int | str | None, environ: Mapping[str, str] | None = None) -> int | None:
    """Return the id of the account as a number, by the argument or else the variable.

    Raises:
        ConfigurationError: The id is not a positive whole number.
    """
    if value is None:
        value = (os.environ if environ is None else environ).get(f"{PREFIX}ACCOUNT_ID") or None
    return None if value is None else _check_number("account_id", value)


def _check_number(name: str, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value, re.ASCII):
        value = int(value)
    if is_whole(value, 1):
        return value
    raise ConfigurationError(f"{name} must be a positive whole number, not {shorten(value)}")


def check_url(name: str, value: object) -> str:
    """Return a URL that secrets may be sent to: https, or http on a loopback host.

    Raises:
        ConfigurationError: The URL is invalid or not secure.
    """
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(f"{name} must be a URL such as {API_URL}")
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise ConfigurationError(f"{name} is not a valid URL") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigurationError(f"{name} must start with https:// and contain a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must not contain a user name, a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} must use https: with plain http the credential could be read on the way to {host}"
        )
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
