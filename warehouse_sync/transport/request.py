"""A request: method, path and body, the base URL and the headers."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Generic, Literal, Self, TypeVar

import attrs
from multidict import CIMultiDict
from yarl import URL

from warehouse_sync.errors import ConfigurationError

T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "DELETE"]
OnHeaders = Callable[[Mapping[str, str]], None]
HeaderSource = Mapping[str, str] | Callable[[], Mapping[str, str]]

RESERVED: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""The headers that the SDK sends itself."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)
_VALUE = re.compile(r"[\x20-\x7e\t]{0,8192}", re.ASCII)


@attrs.define(eq=False, repr=False)
class ApiRequest(Generic[T]):
    """One request to the API. Its `repr` shows neither query nor body.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL, built from validated ids only.
        decode: Decodes the body of a successful response.
        template: The path with the names of ids in place of their values; empty for a path without ids.
        query: The encoded query, without the question mark.
        body: The JSON body.
        secrets: Secrets in `body`, to be masked if the server echoes them.
        idempotent: Whether repeating the request is safe even if the server processed it.
        on_headers: Called with the headers of each response.
    """

    method: Method
    path: str
    decode: Callable[[bytes], T]
    template: str = ""
    query: str = ""
    body: bytes | None = None
    secrets: tuple[str, ...] = ()
    idempotent: bool = True
    on_headers: OnHeaders | None = None

    def __repr__(self) -> str:
        return f"<ApiRequest {self.method} {self.path}>"


class BaseUrl:
    """The server that requests are sent to, and the path prefix of every request.

    Attributes:
        origin: The scheme, host and port.
        prefix: The path prefix, without a trailing slash.
    """

    __slots__ = ("origin", "prefix")

    def __init__(self, origin: URL, prefix: str = "") -> None:
        self.origin: URL = origin
        self.prefix: str = prefix

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the base URL for a URL without query and fragment."""
        parsed = URL(url)
        return cls(parsed.origin(), parsed.raw_path.rstrip("/"))

    def url(self, path: str, query: str = "") -> URL:
        """Return the absolute URL of a request.

        Args:
            path: The encoded path of the request.
            query: The encoded query, without the question mark.
        """
        return URL.build(
            scheme=self.origin.scheme,
            authority=self.origin.raw_authority,
            path=self.prefix + path,
            query_string=query,
            encoded=True,
        )

    @property
    def host_and_port(self) -> str:
        """The host and port, for error messages."""
        return f"{self.origin.host}:{self.origin.port}"

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}"


class RequestHeaders:
    """Headers of all requests to one base URL with one token.

    They are built once, and their values are never shown.

    Attributes:
        base_url: The server that the headers are sent to.
        bare: For requests without a body.
        json: For requests with a JSON body.
        secrets: Secrets in the headers, to be masked if the server echoes them.
        request_head: The serialized head, cached by `FastGet`.
    """

    __slots__ = ("bare", "base_url", "json", "request_head", "secrets")

    def __init__(self, base_url: BaseUrl, common: Mapping[str, str], token: str | None = None) -> None:
        self.base_url: BaseUrl = base_url
        self.secrets: tuple[str, ...] = () if token is None else (token,)
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.bare: CIMultiDict[str] = CIMultiDict({**common, **bearer})
        self.json: CIMultiDict[str] = CIMultiDict({**self.bare, "Content-Type": "application/json"})
        self.request_head: object = None


@attrs.frozen(eq=False, repr=False)
class ExtraHeaders:
    """Additional headers. Their values may be secrets and are never shown.

    Attributes:
        source: The headers, or a callable that returns them.
    """

    source: HeaderSource

    @property
    def changes(self) -> bool:
        """Whether the headers must be read again for each request."""
        return callable(self.source)

    def read(self) -> dict[str, str]:
        """Return the headers.

        Raises:
            ConfigurationError: A header is invalid or reserved. The message shows no value.
        """
        return check_headers(self.source() if callable(self.source) else self.source)


def to_extra_headers(value: HeaderSource | None) -> ExtraHeaders | None:
    """Return the additional headers, with a copy of a mapping.

    Raises:
        ConfigurationError: The value is neither headers nor a callable.
    """
    if value is None:
        return None
    return ExtraHeaders(value if callable(value) else check_headers(value))


def check_headers(value: object) -> dict[str, str]:
    """Return a copy of valid headers.

    Raises:
        ConfigurationError: A header is invalid or reserved. The message shows no value.
    """
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"headers must be a mapping or a callable that returns one, not {type(value).__name__}"
        )
    for name, text in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(f"headers contains an invalid name: {name!r:.60}")
        if name.lower() in RESERVED:
            hint = "pass user_agent instead" if name.lower() == "user-agent" else "leave it out"
            raise ConfigurationError(f"headers must not contain {name}, which the SDK sets: {hint}")
        if not isinstance(text, str) or not _VALUE.fullmatch(text):
            raise ConfigurationError(f"the value of {name} in headers must be printable ASCII text")
    return dict(value)


def check_user_agent(value: str | None) -> str | None:
    """Return a valid addition to the User-Agent header.

    Raises:
        ConfigurationError: It is empty or not printable ASCII.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or not _VALUE.fullmatch(value):
        raise ConfigurationError('user_agent must be printable ASCII text, such as "billing-service/2.1"')
    return value.strip()
