"""Where requests go, and the headers they carry there."""

from collections.abc import Mapping

from multidict import CIMultiDict
from yarl import URL


class Site:
    """Where requests go: a server, and the path before that of every call.

    Attributes:
        origin: The scheme, host and port.
        prefix: The path, without a slash at its end.
    """

    __slots__ = ("origin", "prefix")

    def __init__(self, origin: URL, prefix: str = "") -> None:
        self.origin: URL = origin
        self.prefix: str = prefix

    def target(self, path: str, query: str = "") -> str:
        """Return the path and query of a request as they are sent.

        Args:
            path: The call's path, encoded.
            query: Its query, encoded, without the question mark.
        """
        return f"{self.prefix}{path}?{query}" if query else self.prefix + path

    def url(self, path: str, query: str = "") -> URL:
        """Return the whole address of a request."""
        return URL.build(
            scheme=self.origin.scheme,
            authority=self.origin.raw_authority,
            path=self.prefix + path,
            query_string=query,
            encoded=True,
        )

    def __str__(self) -> str:
        return f"{self.origin.host}:{self.origin.port}"


class Headers:
    """The headers of requests to one site on one loop, built once for very many. Never shows them.

    Attributes:
        site: The site.
        bare: For requests without a body.
        json: For requests with one.
        secrets: What they hold that must not be shown should the server echo it.
        request_head: The head that `FastGet` made of them.
    """

    __slots__ = ("bare", "json", "request_head", "secrets", "site")

    def __init__(self, site: Site, common: Mapping[str, str], token: str | None = None) -> None:
        self.site: Site = site
        self.secrets: tuple[str, ...] = () if token is None else (token,)
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.bare: CIMultiDict[str] = CIMultiDict({**common, **bearer})
        self.json: CIMultiDict[str] = CIMultiDict({**self.bare, "Content-Type": "application/json"})
        self.request_head: object = None
