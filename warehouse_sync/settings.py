"""What a client is told: where the API is, who calls, how long to wait and how often to try."""

import asyncio
import ipaddress
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.secret import Secret, kind_of, to_secret

API_URL: Final = "https://api.mparticle.com"
TOKEN_URL: Final = "https://sso.auth.mparticle.com/oauth/token"  # noqa: S105 - an address
PREFIX: Final = "WAREHOUSE_SYNC_"


def _positive_or_none(_: object, attribute: "attrs.Attribute[float]", value: object) -> None:
    if value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    ):
        return
    raise ConfigurationError(
        f"Timeout.{attribute.name} must be a positive number of seconds or None, not {value!r}"
    )


@attrs.frozen(kw_only=True)
class Timeout:
    """How long a call may take, in seconds. `None` means without limit.

    Attributes:
        total: The whole call: waiting for a connection, the token, every attempt and the sleeps between them.
        connect: Making one connection, its TLS handshake included. Waiting for a pooled connection does not count.
        read: The longest silence of the server while an answer is awaited.
    """

    total: float | None = attrs.field(default=60.0, validator=_positive_or_none)
    connect: float | None = attrs.field(default=10.0, validator=_positive_or_none)
    read: float | None = attrs.field(default=None, validator=_positive_or_none)


def _not_negative(_: object, attribute: "attrs.Attribute[float]", value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ConfigurationError(f"RetryPolicy.{attribute.name} must be a number from 0 on, not {value!r}")


def _at_least_one(_: object, attribute: "attrs.Attribute[int]", value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(
            f"RetryPolicy.{attribute.name} must be a whole number from 1 on, not {value!r}"
        )


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how patiently a failed request is tried again.

    A sleep is drawn evenly between 0 and `min(max_delay, base_delay * 2**n)` before attempt `n + 2`, and is never shorter than what
    the server asks for with `Retry-After`.

    Attributes:
        attempts: How many requests a call may make, the first included. 1 turns retries off. The one replay after a 401,
            with a fresh token, comes on top.
        base_delay: Seconds; the upper end of the first sleep after a transient failure.
        throttled_base_delay: Seconds; the same after a 429.
        max_delay: Seconds; no sleep is drawn longer than this.
        max_retry_after: Seconds; a server that asks for a longer wait gets an error at once instead.
        budget: How much all calls of a client may spend on retries together: a transient failure costs 14, a throttled one
            5, and each success gives 1 back. An outage then adds a bounded number of requests, however many callers wait.
        reconcile_timeout: Seconds for which a create whose answer was lost is looked for before its outcome is reported as unknown,
            beyond `Timeout.total`, and for which waiters accept a 404 for what was just created. A trigger whose answer was
            lost is looked for during a quarter of a minute, whatever this says.
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
    """Time, sleep and chance, so that tests need not wait or hope.

    Attributes:
        monotonic: Seconds that never run backwards.
        wall: Seconds since 1970.
        sleep: Waits for a number of seconds.
        random: A number from 0 to 1.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


@attrs.frozen(kw_only=True)
class Settings:
    """A client's settings, complete and checked.

    Attributes:
        workspace_id: The workspace.
        client_id: Who calls.
        client_secret: The proof.
        api_url: The API's address, without a trailing slash.
        token_url: The token endpoint's address.
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
    """Complete what was given from the environment, and check all of it.

    Raises:
        ConfigurationError: Something is missing or cannot work; the message names the argument and the variable.
    """
    client_secret = to_secret(client_secret)  # so that no frame of a traceback holds it in clear
    env = _variables(environ)
    client_id, secret = _credential(client_id, client_secret, env)
    return Settings(
        workspace_id=check_workspace_id(_given_or(env["WORKSPACE_ID"], workspace_id)),
        client_id=client_id,
        client_secret=secret,
        api_url=check_url("api_url", _given_or(env["API_URL"], api_url) or API_URL).rstrip("/"),
        token_url=check_url("token_url", _given_or(env["TOKEN_URL"], token_url) or TOKEN_URL),
    )


def _variables(environ: Mapping[str, str] | None) -> dict[str, Secret | None]:
    """Read our variables, an empty one as none; hidden, since one of them is a secret."""
    held = os.environ if environ is None else environ
    names = ("WORKSPACE_ID", "CLIENT_ID", "CLIENT_SECRET", "API_URL", "TOKEN_URL")
    return {name: to_secret(held.get(PREFIX + name) or None) for name in names}


def _given_or(variable: Secret | None, value: int | str | None) -> int | str | None:
    return variable.reveal() if value is None and variable else value


def _credential(
    client_id: str | None, secret: Secret | None, env: Mapping[str, Secret | None]
) -> tuple[str, Secret]:
    """Take id and secret from one place: an id given as an argument never meets a secret from the environment."""
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
            f"half a credential: the client {missing} is missing from {source}; give both in one place"
        )
    for name, value, kind in (("client_id", client_id, str), ("client_secret", secret, Secret)):
        if not isinstance(value, kind):
            raise ConfigurationError(f"{name} must be a string, not {kind_of(value)}")
    if secret.is_mask:
        raise ConfigurationError("client_secret is a mask of asterisks: pass the secret itself")
    return client_id, secret


def check_workspace_id(value: object) -> int:
    """Return a workspace's number.

    Raises:
        ConfigurationError: It is missing or not a positive whole number.
    """
    if value is None:
        raise ConfigurationError(f"no workspace: pass workspace_id, or set {PREFIX}WORKSPACE_ID")
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value, re.ASCII):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ConfigurationError(f"workspace_id must be a positive whole number, not {value!r:.60}")


def check_url(name: str, value: object) -> str:
    """Return an address that a secret may be sent to: https, or http to this machine.

    Raises:
        ConfigurationError: It is neither, or not an address.
    """
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(f"{name} must be an address such as {API_URL}")
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise ConfigurationError(f"{name} is not an address the SDK can read") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigurationError(f"{name} must start with https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must not hold a user name, a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} must use https: plain http would show the credential to {host} and all between"
        )
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
