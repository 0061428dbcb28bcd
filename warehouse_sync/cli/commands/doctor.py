"""`warehouse-sync doctor`: check settings, network, token and API access."""

import email.utils
import http.client
import importlib.metadata
import os
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

import warehouse_sync
from warehouse_sync.cli.context import API_URL, TOKEN_URL, Context, context_options, how_to_set
from warehouse_sync.cli.errors import CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.proxies import VARIABLES, Proxy, find_proxy

if TYPE_CHECKING:
    from urllib.parse import SplitResult

NETWORK_TIMEOUT = 10.0  # seconds per network check
SECURE_AIOHTTP = (3, 14, 3)
TLS_HINT = "Check the proxy and the certificates; --ca-file adds a certificate authority."
ROLES_HINT = (
    "The credential needs the permissions Platform and Admin: check it in API Credentials of mParticle."
)
CLOCK_TOLERANCE = 60.0  # seconds; tokens are refreshed well before they expire
_SECRET = "client_secret"  # noqa: S105 - the name of a setting


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The result of one check.

    Attributes:
        check: What was checked.
        result: `ok`, `warning` or `error`.
        detail: What was found.
        hint: What to do about it.
        code: The exit code of an error.
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
    """Check settings, network, token and API access.

    Shows the source of each setting and checks proxies, DNS, TLS, the clock, the token and the API. A missing setting does not
    stop the network checks. Exits with the code of the first error.

    Example: warehouse-sync doctor --profile staging
    """
    results = run_checks(context)
    rows = [
        {"check": each.check, "result": each.result, "detail": each.detail, "hint": each.hint}
        for each in results
    ]
    output.rows(rows, ("check", "result", "detail", "hint"))
    code = next((each.code for each in results if each.result == "error"), ExitCode.OK)
    sys.exit(code)


def run_checks(context: Context) -> list[CheckResult]:
    """Run every check whose requirements passed."""
    results = [
        _check_setting(context, name)
        for name in ("workspace_id", "client_id", _SECRET, "api_url", "token_url")
    ]
    if "ca_file" in context.settings:
        results.append(_check_setting(context, "ca_file"))
    results.append(_check_aiohttp())
    for label, url in (("API", context.api_url), ("token endpoint", context.token_url)):
        results += _check_network(label, url, context)
    if not any(each.result == "error" for each in results):
        results += _check_api(context)
    return results


def _check_setting(context: Context, name: str) -> CheckResult:
    setting = context.settings.get(name)
    default = {"api_url": API_URL, "token_url": TOKEN_URL}.get(name)
    if setting is None and default is not None:
        return CheckResult(check=name, result="ok", detail=f"{default}, from the default")
    if setting is None:
        return _failed(name, CliError("not set", ExitCode.CONFIGURATION, f"{how_to_set(name)}."))
    try:
        value = setting.value
    except CliError as error:
        return _failed(name, error)
    shown = warehouse_sync.Secret(str(value)) if name == _SECRET else value
    return CheckResult(check=name, result="ok", detail=f"{shown}, from {setting.source}")


def _failed(check: str, error: CliError) -> CheckResult:
    code = ExitCode(error.exit_code)
    return CheckResult(check=check, result="error", detail=error.problem, hint=error.hint, code=code)


def _check_network(label: str, url: str, context: Context) -> list[CheckResult]:
    parts = urlsplit(url)
    rows, host, tunnel = [], parts, None
    try:
        proxy = find_proxy(url) if context.trust_env else None
        variable = _check_proxy_variable(label, proxy, context)
        rows = [variable] if variable else []
    except warehouse_sync.ConfigurationError as error:
        return [_failed(f"proxy of the {label}", CliError(one_line(error), ExitCode.CONFIGURATION))]
    if proxy is not None:
        host, tunnel = urlsplit(proxy.url), proxy
    name = f"DNS of the {label}" if proxy is None else f"DNS of the proxy of the {label}"
    dns = _run_check(name, lambda: _resolve(host), "Check the URL and the network.")
    rows.append(dns)
    if dns.result == "error" or parts.scheme != "https" or (proxy is not None and host.scheme == "https"):
        return rows
    connect = partial(_connection, parts, tunnel, context.value("ca_file"))
    tls = _run_check(f"TLS of the {label}", lambda: _handshake(connect), TLS_HINT)
    rows.append(tls)
    if tls.result != "error" and label == "API":
        rows.append(_run_check("clock", lambda: _compare_clock(connect), "Set the clock of this machine."))
    return rows


def _check_proxy_variable(label: str, proxy: Proxy | None, context: Context) -> CheckResult | None:
    """Return which proxy variable is set and whether it is used, or `None` if none is set."""
    name = f"proxy of the {label}"
    if proxy is not None:
        return CheckResult(check=name, result="ok", detail=f"{proxy.variable} is set and used: {proxy.url}")
    found = [variable for variable in VARIABLES if os.environ.get(variable)]
    if not found:
        return None
    reason = (
        "NO_PROXY lists the host, or the URL is not https"
        if context.trust_env
        else "WAREHOUSE_SYNC_TRUST_ENV turns it off"
    )
    return CheckResult(check=name, result="ok", detail=f"{found[0]} is set, but not used: {reason}")


def _connection(url: "SplitResult", proxy: Proxy | None, ca_file: str | None) -> http.client.HTTPSConnection:
    """Return a connection that is not open yet, through the proxy if there is one."""
    trusted = ssl.create_default_context()
    if ca_file is not None:
        trusted.load_verify_locations(ca_file)
    host, port = url.hostname or "", url.port or 443
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=NETWORK_TIMEOUT, context=trusted)
    address = urlsplit(proxy.url)
    connection = http.client.HTTPSConnection(
        address.hostname or "", address.port, timeout=NETWORK_TIMEOUT, context=trusted
    )
    login = {} if proxy.authorization is None else {"Proxy-Authorization": proxy.authorization}
    connection.set_tunnel(host, port, headers=login)
    return connection


def _run_check(check: str, work: Callable[[], str], hint: str) -> CheckResult:
    try:
        return CheckResult(check=check, result="ok", detail=work())
    except (OSError, ValueError, http.client.HTTPException) as error:
        detail = one_line(error)
        return CheckResult(check=check, result="error", detail=detail, hint=hint, code=ExitCode.NETWORK)


def _resolve(url: "SplitResult") -> str:
    found = socket.getaddrinfo(url.hostname, url.port or 443, type=socket.SOCK_STREAM)
    return ", ".join(sorted({str(address[4][0]) for address in found}))


def _handshake(connect: Callable[[], http.client.HTTPSConnection]) -> str:
    with closing(connect()) as connection:
        connection.connect()
        return str(connection.sock.version())


def _compare_clock(connect: Callable[[], http.client.HTTPSConnection]) -> str:
    with closing(connect()) as connection:
        connection.request("HEAD", "/")
        date = connection.getresponse().getheader("Date")
    if date is None:
        return "the API sent no Date header"
    offset = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    if abs(offset) > CLOCK_TOLERANCE:
        raise ValueError(f"the clock of this machine is {offset:+.0f} s off")
    return f"{offset:+.0f} s compared with the API"


def _check_aiohttp() -> CheckResult:
    """Warn about a version of aiohttp with known security problems."""
    version = importlib.metadata.version("aiohttp")
    numbers = tuple(int(part) for part in re.findall(r"[0-9]+", version)[:3])
    if numbers < SECURE_AIOHTTP:
        hint = "Upgrade to aiohttp 3.14.3 or later, which fixes known vulnerabilities and is faster here."
        return CheckResult(check="aiohttp", result="warning", detail=version, hint=hint)
    return CheckResult(check="aiohttp", result="ok", detail=version)


def _check_api(context: Context) -> list[CheckResult]:
    """Fetch a token and send one API request."""
    try:
        count = len(context.call(lambda client: client.connections.list()))
    except CliError as error:
        return _failed_call(error)
    detail = f"workspace {context.value('workspace_id')} responded; connections: {count}"
    return [
        CheckResult(check="token", result="ok", detail="the credential was accepted"),
        CheckResult(check="API", result="ok", detail=detail),
    ]


def _failed_call(error: CliError) -> list[CheckResult]:
    cause = error.__context__
    if isinstance(cause, warehouse_sync.ConfigurationError):
        unusable = CliError(error.problem, ExitCode.CONFIGURATION)  # its hint is to run this command
        return [_failed("settings", unusable)]
    if isinstance(cause, warehouse_sync.TokenError):
        return [_failed("token", error)]
    token_results = []
    if isinstance(cause, warehouse_sync.APIError):
        token_results = [CheckResult(check="token", result="ok", detail="the credential was accepted")]
    hint = (
        ROLES_HINT
        if isinstance(cause, warehouse_sync.UnauthorizedError | warehouse_sync.ForbiddenError)
        else ""
    )
    return [*token_results, _failed("API", CliError(error.problem, ExitCode(error.exit_code), hint))]
