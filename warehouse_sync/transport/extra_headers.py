"""Headers that the caller adds to each request of the API."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from warehouse_sync.errors import ConfigurationError

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
