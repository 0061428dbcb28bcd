"""`warehouse-sync doctor`: check settings, network, token and API access."""

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
from warehouse_sync.cli.context import API_URL, TOKEN_URL, Context, context_options, how_to_set
from warehouse_sync.cli.errors import CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options

if TYPE_CHECKING:
    from urllib.parse import SplitResult

NETWORK_TIMEOUT = 10.0  # seconds per network check
CLOCK_TOLERANCE = 60.0  # seconds; tokens are refreshed well before they expire
_MASK = "************"
_SECRET = "client_secret"  # noqa: S105 - the name of a setting


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The result of one check.

    Attributes:
        check: What was checked.
        result: `ok` or `error`.
        detail: What was found.
        hint: What to do about an error.
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

    Shows the source of each setting and checks DNS, TLS, the clock, the token and the API. A missing setting does not
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
    for label, url in (("API", context.api_url), ("token endpoint", context.token_url)):
        results += _check_network(label, urlsplit(url))
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
    return CheckResult(
        check=name, result="ok", detail=f"{_MASK if name == _SECRET else value}, from {setting.source}"
    )


def _failed(check: str, error: CliError) -> CheckResult:
    code = ExitCode(error.exit_code)
    return CheckResult(check=check, result="error", detail=error.problem, hint=error.hint, code=code)


def _check_network(label: str, url: "SplitResult") -> list[CheckResult]:
    dns = _run_check(f"DNS of the {label}", lambda: _resolve(url), "Check the URL and the network.")
    if dns.result == "error":
        return [dns]
    if url.scheme != "https":
        return [dns]
    tls = _run_check(f"TLS of the {label}", lambda: _handshake(url), "Check the proxy and the certificates.")
    if tls.result == "error":
        return [dns, tls]
    return [dns, tls, _check_clock(url)] if label == "API" else [dns, tls]


def _run_check(check: str, work: Callable[[], str], hint: str) -> CheckResult:
    try:
        return CheckResult(check=check, result="ok", detail=work())
    except (OSError, ValueError, http.client.HTTPException) as error:
        detail = one_line(error)
        return CheckResult(check=check, result="error", detail=detail, hint=hint, code=ExitCode.NETWORK)


def _resolve(url: "SplitResult") -> str:
    found = socket.getaddrinfo(url.hostname, url.port or 443, type=socket.SOCK_STREAM)
    return ", ".join(sorted({str(address[4][0]) for address in found}))


def _handshake(url: "SplitResult") -> str:
    address = (url.hostname or "", url.port or 443)
    with (
        socket.create_connection(address, NETWORK_TIMEOUT) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) as secured,
    ):
        return str(secured.version())


def _check_clock(url: "SplitResult") -> CheckResult:
    return _run_check("clock", lambda: _compare_clock(url), "Set the clock of this machine.")


def _compare_clock(url: "SplitResult") -> str:
    connection = http.client.HTTPSConnection(url.hostname or "", url.port, timeout=NETWORK_TIMEOUT)
    try:
        connection.request("HEAD", "/")
        date = connection.getresponse().getheader("Date")
    finally:
        connection.close()
    if date is None:
        return "the API sent no Date header"
    offset = time.time() - email.utils.parsedate_to_datetime(date).timestamp()
    if abs(offset) > CLOCK_TOLERANCE:
        raise ValueError(f"the clock of this machine is {offset:+.0f} s off")
    return f"{offset:+.0f} s compared with the API"


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
    return [*token_results, _failed("API", CliError(error.problem, ExitCode(error.exit_code)))]
