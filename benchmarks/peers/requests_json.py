"""The usual blocking client: one `requests.Session` with a bearer header, `get` and `.json()`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from peers import common

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """Untyped blocking requests over a session."""

    def __init__(self, session: requests.Session, base_url: str) -> None:
        self._session = session
        self._base = common.pipelines_url(base_url)

    def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        response = self._session.get(f"{self._base}/{pipeline_id}/report")
        response.raise_for_status()
        report = response.json()
        return report["pipeline_id"], report["latest_pipeline_run"]["id"]


@contextmanager
def connect_blocking(base_url: str) -> Iterator[Client]:
    """Open the session."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {common.fetch_token(base_url)}"
        yield Client(session, base_url)
