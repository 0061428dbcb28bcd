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


def test_doctor_finds_nothing_wrong(cli: "Cli") -> None:
    """With settings that work each line is ok, and the secret is masked."""
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert {row["result"] for row in findings.values()} == {"ok"}
    assert findings["client_secret"]["detail"] == "************, from the environment"
    assert findings["workspace_id"]["detail"] == "5328, from the environment"
    assert {"token", "API"} <= findings.keys()
    assert "emu_secret" not in done.output


def test_doctor_without_settings_says_what_is_missing(
    offline: "Cli", monkeypatch: "pytest.MonkeyPatch"
) -> None:
    """Missing settings are lines with their hint, and exit code 13."""
    done = offline("doctor", "--api-url", "http://127.0.0.1:9", "--token-url", "http://127.0.0.1:9/token")
    assert done.exit_code == 13
    assert "Set WAREHOUSE_SYNC_CLIENT_ID" in done.stdout


def test_doctor_tells_a_refused_credential(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A refused credential is the token's fault and not the API's; exit code 5."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CLIENT_ID", "somebody")
    done = cli("doctor", "--json")
    findings = {row["check"]: row["result"] for row in json.loads(done.stdout)}
    assert (done.exit_code, findings["token"]) == (5, "error")
    assert "API" not in findings


def test_doctor_tells_a_setting_that_cannot_work(cli: "Cli") -> None:
    """A setting that cannot work is told by the option, variable or entry it comes from, and not as the token's fault."""
    done = cli("doctor", "--workspace", "abc", "--json")
    finding = json.loads(done.stdout)[-1]
    assert done.exit_code == 13
    assert (finding["check"], finding["hint"]) == ("settings", "")
    assert finding["detail"] == "--workspace must be a positive whole number, not 'abc'."


def test_doctor_tells_an_api_that_refuses(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """An API that refuses a good token is told as the API's line."""
    warehouse_sync_emulator.fault("GET *", count=None, status=403)
    done = cli("doctor", "--json")
    findings = {row["check"]: row["result"] for row in json.loads(done.stdout)}
    assert (done.exit_code, findings["token"], findings["API"]) == (5, "ok", "error")


def test_doctor_tells_a_name_that_does_not_resolve(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A name without an address is told before anything is sent; exit code 9."""
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "https://nowhere.invalid")
    done = cli("doctor", "--json")
    findings = {row["check"]: row["result"] for row in json.loads(done.stdout)}
    assert (done.exit_code, findings["DNS of the API"]) == (9, "error")
    assert "token" not in findings


def test_doctor_tells_a_handshake_that_fails(cli: "Cli", monkeypatch: "pytest.MonkeyPatch") -> None:
    """A server that does not speak TLS is told with what to check."""
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "https://127.0.0.1:9")
    done = cli("doctor", "--json")
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert findings["TLS of the API"]["result"] == "error"
    assert done.exit_code == 9


class TimeTeller(BaseHTTPRequestHandler):
    """Answers everything with 404 and the time of a clock that is so many seconds off."""

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
    """Over TLS the version and the clock are told; a clock that is an hour off is an error with its hint."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(TimeTeller, "off", off)
    with ThreadingHTTPServer(("127.0.0.1", 0), TimeTeller) as server:
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
