"""The innermost layer: one aiohttp session, opened by the first request, `trust_env` on, bodies read whole."""

from __future__ import annotations

import json
from typing import Any

import aiohttp


class ApiException(Exception):  # noqa: N818  # the name generated clients give it
    """An answer outside 2xx."""

    def __init__(self, status: int, reason: str | None, body: str) -> None:
        super().__init__(f"({status}) {reason}: {body}")


class RESTResponse:
    """Status, headers and, once read, the body of an answer."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.status = response.status
        self.reason = response.reason
        self.data: bytes | None = None

    async def read(self) -> bytes:
        """Read the body once."""
        if self.data is None:
            self.data = await self.response.read()
        return self.data

    def getheaders(self) -> Any:  # noqa: ANN401  # aiohttp's mapping, as it comes
        """Return all headers."""
        return self.response.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return one header."""
        return self.response.headers.get(name, default)


class RESTClientObject:
    """Owns the session and turns keyword arguments into a request."""

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self.pool_manager: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the session if one was opened."""
        if self.pool_manager is not None:
            await self.pool_manager.close()

    async def request(  # the signature generated clients have
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: Any = None,  # noqa: ANN401  # anything JSON
        post_params: Any = None,  # noqa: ANN401, ARG002  # form fields, none here
        _request_timeout: float | None = None,
    ) -> RESTResponse:
        """Send one request; five minutes is the timeout when none is given."""
        method = method.upper()
        headers = headers or {}
        headers.setdefault("Content-Type", "application/json")
        args: dict[str, Any] = {
            "method": method,
            "url": url,
            "timeout": _request_timeout or 5 * 60,
            "headers": headers,
        }
        if body is not None and method in {"POST", "PUT", "PATCH", "OPTIONS", "DELETE"}:
            args["data"] = json.dumps(body)
        if self.pool_manager is None:
            connector = aiohttp.TCPConnector(limit=self.maxsize)
            self.pool_manager = aiohttp.ClientSession(connector=connector, trust_env=True)
        return RESTResponse(await self.pool_manager.request(**args))
