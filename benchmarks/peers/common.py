"""The URL and the token of the benchmark server, for peers without an authorization of their own."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from harness.responses import PIPELINES_PATH


def pipelines_url(base_url: str) -> str:
    """Return the URL of the pipelines."""
    return base_url + PIPELINES_PATH


def fetch_token(base_url: str) -> str:
    """Fetch an access token with the standard library."""
    body = json.dumps({"client_id": "bench", "client_secret": "bench", "grant_type": "client_credentials"})
    request = Request(f"{base_url}/oauth/token", body.encode(), {"Content-Type": "application/json"})  # noqa: S310 - the benchmark server
    with urlopen(request) as response:  # noqa: S310 - same
        document: dict[str, Any] = json.load(response)
    return str(document["access_token"])
