"""The blocking classic: one `requests.Session` with a bearer header, `get`, `.json()`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from peers import place

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """Untyped blocking calls over a session."""

    def __init__(self, session: requests.Session, port: int) -> None:
        self._session = session
        self._base = place.pipelines_url(port)

    def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return a report's pipeline and latest run."""
        response = self._session.get(f"{self._base}/{pipeline_id}/report")
        response.raise_for_status()
        report = response.json()
        return report["pipeline_id"], report["latest_pipeline_run"]["id"]


@contextmanager
def connect_blocking(port: int) -> Iterator[Client]:
    """Open the session."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {place.fetch_token(port)}"
        yield Client(session, port)
