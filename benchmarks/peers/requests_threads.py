"""`requests` in threads: one `requests.Session` per thread, because a session is not documented as thread-safe."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from peers import common, requests_json

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """Untyped blocking requests, to be called from several threads."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._token = common.fetch_token(base_url)
        self._local = threading.local()

    def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        client: requests_json.Client | None = getattr(self._local, "client", None)
        if client is None:
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {self._token}"
            client = self._local.client = requests_json.Client(session, self._base_url)
        return client.report(pipeline_id)


@contextmanager
def connect_blocking(base_url: str) -> Iterator[Client]:
    """Return a client."""
    yield Client(base_url)
