"""`doctor`."""

import json
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


def test_doctor_passes_with_valid_settings(cli: "Cli") -> None:
    """With valid settings every check is ok and the secret is masked."""
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert {row["result"] for row in findings.values()} == {"ok"}
    assert findings["client_secret"]["detail"] == "************, from the environment"
    assert findings["workspace_id"]["detail"] == "5328, from the environment"
    assert {"token", "API"} <= findings.keys()
    assert "emu_secret" not in done.output


def test_doctor_lists_missing_settings(offline: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """Each missing setting is a row with a hint; the exit code is 13."""
    done = offline("doctor", "--api-url", "http://127.0.0.1:9", "--token-url", "http://127.0.0.1:9/token")
    assert done.exit_code == 13
    assert "Set WAREHOUSE_SYNC_CLIENT_ID" in done.stdout


def test_doctor_reports_a_refused_credential(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A refused credential is an error of the token check; the exit code is 5."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CLIENT_ID", "another-client")
    done = cli("doctor", "--json")
    findings = {row["check"]: row["result"] for row in json.loads(done.stdout)}
    assert (done.exit_code, findings["token"]) == (5, "error")
    assert "API" not in findings


def test_doctor_reports_an_invalid_setting(cli: "Cli") -> None:
    """An invalid setting is named by its option, variable or key, and is no error of the token check."""
    done = cli("doctor", "--workspace", "abc", "--json")
    finding = json.loads(done.stdout)[-1]
    assert done.exit_code == 13
    assert (finding["check"], finding["hint"]) == ("settings", "")
    assert finding["detail"] == "--workspace must be a positive whole number, not 'abc'."


def test_doctor_reports_an_api_error(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """An API that refuses a valid token is an error of the API check, with the permissions that are needed."""
    for status, hint in ((403, "The credential needs the permissions Platform and Admin"), (400, "")):
        warehouse_sync_emulator.fault("GET *", count=None, status=status)
        done = cli("doctor", "--json")
        findings = {row["check"]: row for row in json.loads(done.stdout)}
        assert (findings["token"]["result"], findings["API"]["result"]) == ("ok", "error")
        assert findings["API"]["hint"].startswith(hint)
        assert bool(findings["API"]["hint"]) == bool(hint)
        assert done.exit_code == (5 if status == 403 else done.exit_code)
        warehouse_sync_emulator.clear_faults()


def test_doctor_reports_a_dns_error(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A host name that does not resolve is an error before any request; the exit code is 9."""
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "https://nowhere.invalid")
    done = cli("doctor", "--json")
    findings = {row["check"]: row["result"] for row in json.loads(done.stdout)}
    assert (done.exit_code, findings["DNS of the API"]) == (9, "error")
    assert "token" not in findings


def test_doctor_reports_a_tls_error(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A server without TLS is an error with a hint."""
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "https://127.0.0.1:9")
    done = cli("doctor", "--json")
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert findings["TLS of the API"]["result"] == "error"
    assert done.exit_code == 9


class ClockHandler(BaseHTTPRequestHandler):
    """Responds with 404 and the time of a clock with an offset."""

    off = 0.0

    def do_HEAD(self) -> None:
        """Tell the time."""
        self.send_response(404)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time of the clock."""
        return formatdate(time.time() + self.off, usegmt=True)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("off", "result"), [(0.0, "ok"), (3600.0, "error")])
def test_doctor_compares_clocks_over_tls(
    off: float, result: str, cli: "Cli", monkeypatch: "pytest.MonkeyPatch", tmp_path: Path
) -> None:
    """Over TLS the version and clock are checked; a clock that is an hour off is an error."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(ClockHandler, "off", off)
    with ThreadingHTTPServer(("127.0.0.1", 0), ClockHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", f"https://localhost:{server.server_port}")
        done = cli("doctor", "--json")
        server.shutdown()
        thread.join()
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert findings["TLS of the API"]["detail"] == "TLSv1.3"
    assert findings["clock"]["result"] == result
    assert findings["clock"]["hint"] == ("" if result == "ok" else "Set the clock of this machine.")
