"""Where the benchmark server is, for peers that know nothing of tokens."""

from __future__ import annotations

import json
from http.client import HTTPConnection

from harness.answers import PIPELINES_PATH


def pipelines_url(port: int) -> str:
    """Return the URL every pipeline lies under."""
    return f"http://127.0.0.1:{port}{PIPELINES_PATH}"


def fetch_token(port: int) -> str:
    """Return a fresh access token, by the standard library alone."""
    grant = {"client_id": "bench", "client_secret": "bench", "grant_type": "client_credentials"}
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/oauth/token", json.dumps(grant), {"Content-Type": "application/json"})
    token: str = json.load(connection.getresponse())["access_token"]
    connection.close()
    return token
