"""Commands through the proxy of the environment, to a server with a certificate of a private authority."""

import importlib.metadata
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.peer import Peer, reply
from tests.support.proxy import ConnectProxy
from warehouse_sync.proxies import VARIABLES

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

HOST = "api.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file with that authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def proxy(authority: trustme.CA, offline: "Cli", monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectProxy]:
    """A proxy with a login to a server that only it reaches by name; all are in the environment."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(tls)
    for name in (*VARIABLES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Peer(tls=tls) as peer, ConnectProxy("me:canary", {f"{HOST}:{peer.port}": peer.port}) as running:
        peer.serve("GET */connections", reply(200, []))
        peer.serve("HEAD /", reply(404, b""))
        url = f"https://{HOST}:{peer.port}"
        settings = {**peer.options(), "api_url": url, "token_url": f"{url}/oauth/token"}
        for name, value in settings.items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        monkeypatch.setenv("HTTPS_PROXY", running.url("me:canary"))
        yield running


def test_command_uses_the_proxy_and_the_ca_file(offline: "Cli", proxy: ConnectProxy, ca_file: Path) -> None:
    """As curl does: without an option for the proxy."""
    done = offline("connections", "list", "--json", "--ca-file", ca_file)
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])
    assert proxy.tunnels == 1


def test_ca_file_of_the_environment_is_used(
    offline: "Cli", proxy: ConnectProxy, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WAREHOUSE_SYNC_CA_FILE` stands for the option."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CA_FILE", str(ca_file))
    assert offline("connections", "list").exit_code == 0


def test_unknown_authority_names_the_setting(offline: "Cli", proxy: ConnectProxy) -> None:
    """The error says how to trust the certificate."""
    done = offline("connections", "list")
    assert done.exit_code == 9
    assert "WAREHOUSE_SYNC_CA_FILE" in done.stderr


def test_unreadable_ca_file_is_an_error(offline: "Cli", proxy: ConnectProxy, tmp_path: Path) -> None:
    """The message names the file."""
    done = offline("connections", "list", "--ca-file", tmp_path / "missing.pem")
    assert done.exit_code == 13
    assert "missing.pem" in done.stderr


def findings(offline: "Cli", *arguments: object) -> dict[str, dict[str, str]]:
    """Return the results of `doctor`, by check."""
    done = offline("doctor", "--json", *arguments)
    assert "canary" not in done.output
    return {row["check"]: row for row in json.loads(done.stdout)}


def test_doctor_checks_through_the_proxy(offline: "Cli", proxy: ConnectProxy, ca_file: Path) -> None:
    """It names the variable, and checks TLS and the clock through the tunnel."""
    found = findings(offline, "--ca-file", ca_file)
    expected = f"HTTPS_PROXY is set and used: http://127.0.0.1:{proxy.port}"
    assert found["proxy of the API"]["detail"] == expected
    assert found["proxy of the token endpoint"]["detail"] == expected
    assert found["DNS of the proxy of the API"]["result"] == "ok"
    assert found["TLS of the API"]["detail"] == "TLSv1.3"
    assert found["API"]["result"] == "ok"
    assert found["ca_file"]["detail"] == f"{ca_file}, from the command line"


def test_doctor_names_the_ca_file_for_an_unknown_authority(offline: "Cli", proxy: ConnectProxy) -> None:
    """The hint is the option."""
    assert "--ca-file" in findings(offline)["TLS of the API"]["hint"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("NO_PROXY", "example", "NO_PROXY lists the host, or the URL is not https"),
        ("WAREHOUSE_SYNC_TRUST_ENV", "0", "WAREHOUSE_SYNC_TRUST_ENV turns it off"),
    ],
)
def test_doctor_says_why_a_proxy_is_not_used(
    offline: "Cli",
    proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    value: str,
    reason: str,
) -> None:
    """The variable is named with the reason."""
    monkeypatch.setenv(name, value)
    found = findings(offline)
    assert found["proxy of the API"]["detail"] == f"HTTPS_PROXY is set, but not used: {reason}"
    assert proxy.requests == []


def test_doctor_reports_an_invalid_proxy(
    offline: "Cli", proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, and its value is not shown."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:canary@p:1")
    found = findings(offline)
    assert found["proxy of the API"]["result"] == "error"
    assert found["proxy of the API"]["detail"].startswith(
        "HTTPS_PROXY must be the URL of an http or https proxy"
    )


@pytest.mark.parametrize(
    ("version", "result"),
    [("3.13.3", "warning"), ("3.14.2", "warning"), ("3.14.3", "ok"), ("3.15.0rc1", "ok")],
)
def test_doctor_warns_about_old_versions_of_aiohttp(
    cli: "Cli", monkeypatch: pytest.MonkeyPatch, version: str, result: str
) -> None:
    """A warning is not a failure."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    found = {row["check"]: row for row in json.loads(done.stdout)}["aiohttp"]
    assert (found["result"], found["detail"]) == (result, version)
