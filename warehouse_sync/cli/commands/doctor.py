"""``warehouse-sync doctor``: one line for each thing that has to work."""

import email.utils
import http.client
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

import warehouse_sync
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import API_URL, TOKEN_URL, Context, context_options, how_to_set
from warehouse_sync.cli.errors import CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options

if TYPE_CHECKING:
    from urllib.parse import SplitResult

PATIENCE = 10.0  # seconds for each look at the network
TOLERANCE = 60.0  # seconds a clock may be wrong: tokens are renewed well ahead of their end
_MASK = "************"
_SECRET = "client_secret"  # noqa: S105 - a setting's name


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        result: `ok`, `warning` or `error`.
        detail: What was seen.
        hint: What to do about it.
        code: The exit code that an error stands for.
    """

    check: str
    result: str
    detail: str
    hint: str = ""
    code: ExitCode = ExitCode.OK


@click.command()
@output_options
@context_options
def doctor(*, context: Context, output: Output) -> None:
    """Check the settings and where they come from, the clock, DNS, TLS, the token and the API.

    Example: warehouse-sync doctor --profile staging
    """
    findings = examine(context)
    rows = [
        {"check": each.check, "result": each.result, "detail": each.detail, "hint": each.hint}
        for each in findings
    ]
    output.rows(rows, ("check", "result", "detail", "hint"))
    worst = next((each.code for each in findings if each.result == "error"), ExitCode.OK)
    sys.exit(worst)


def examine(context: Context) -> list[Finding]:
    """Do every check; those that need what an earlier one found wanting are left out."""
    findings = [
        _configuration(context, name)
        for name in ("workspace_id", "client_id", _SECRET, "api_url", "token_url")
    ]
    for label, url in (("API", context.api_url), ("token endpoint", context.token_url)):
        findings += _network(label, urlsplit(url))
    if not any(each.result == "error" for each in findings):
        findings += _calls(context)
    return findings


def _configuration(context: Context, name: str) -> Finding:
    setting = context.settings.get(name)
    default = {"api_url": API_URL, "token_url": TOKEN_URL}.get(name)
    if setting is None and default is not None:
        return Finding(check=name, result="ok", detail=f"{default}, from the default")
    if setting is None:
        return _failed(name, CliError("not set", ExitCode.CONFIGURATION, f"{how_to_set(name)}."))
    try:
        value = setting.value
    except CliError as error:
        return _failed(name, error)
    return Finding(
        check=name, result="ok", detail=f"{_MASK if name == _SECRET else value}, from {setting.source}"
    )


def _failed(check: str, error: CliError) -> Finding:
    code = ExitCode(error.exit_code)
    return Finding(check=check, result="error", detail=error.what, hint=error.hint, code=code)


def _network(label: str, url: "SplitResult") -> list[Finding]:
    dns = _attempt(f"DNS of the {label}", lambda: _resolve(url), "Check the address and the network.")
    if dns.result == "error":
        return [dns]
    if url.scheme != "https":
        return [dns]
    tls = _attempt(f"TLS of the {label}", lambda: _handshake(url), "Check the proxy, and the certificates.")
    if tls.result == "error":
        return [dns, tls]
    return [dns, tls, _clock(url)] if label == "API" else [dns, tls]


def _attempt(check: str, look: Callable[[], str], hint: str) -> Finding:
    try:
        return Finding(check=check, result="ok", detail=look())
    except (OSError, ValueError, http.client.HTTPException) as error:
        detail = one_line(error)
        return Finding(check=check, result="error", detail=detail, hint=hint, code=ExitCode.NETWORK)


def _resolve(url: "SplitResult") -> str:
    found = socket.getaddrinfo(url.hostname, url.port or 443, type=socket.SOCK_STREAM)
    return ", ".join(sorted({str(address[4][0]) for address in found}))


def _handshake(url: "SplitResult") -> str:
    address = (url.hostname or "", url.port or 443)
    with (
        socket.create_connection(address, PATIENCE) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) as secured,
    ):
        return str(secured.version())


def _clock(url: "SplitResult") -> Finding:
    return _attempt("clock", lambda: _compare_clock(url), "Set the clock of this machine.")


def _compare_clock(url: "SplitResult") -> str:
    connection = http.client.HTTPSConnection(url.hostname or "", url.port, timeout=PATIENCE)
    try:
        connection.request("HEAD", "/")
        date = connection.getresponse().getheader("Date")
    finally:
        connection.close()
    if date is None:
        return "the API does not tell its time"
    off = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    if abs(off) > TOLERANCE:
        raise ValueError(f"this machine's clock is {off:+.0f} s off")
    return f"{off:+.0f} s against the API's"


def _calls(context: Context) -> list[Finding]:
    """Fetch a token and call the API once; tell apart which of them failed."""
    try:
        count = errors.run(lambda: _count_connections(context))
    except CliError as error:
        return _refused(error)
    detail = f"workspace {context.value('workspace_id')} answers; connections: {count}"
    return [
        Finding(check="token", result="ok", detail="the credential was accepted"),
        Finding(check="API", result="ok", detail=detail),
    ]


def _refused(error: CliError) -> list[Finding]:
    cause = error.__context__
    if isinstance(cause, warehouse_sync.ConfigurationError):
        unusable = CliError(
            error.what, ExitCode.CONFIGURATION
        )  # without its hint, which is to call this command
        return [_failed("settings", unusable)]
    if isinstance(cause, warehouse_sync.TokenError):
        return [_failed("token", error)]
    accepted = []
    if isinstance(cause, warehouse_sync.APIError):
        accepted = [Finding(check="token", result="ok", detail="the credential was accepted")]
    return [*accepted, _failed("API", CliError(error.what, ExitCode(error.exit_code)))]


async def _count_connections(context: Context) -> int:
    async with context.client() as client:
        return len(await client.connections.list())
