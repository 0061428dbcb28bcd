"""Secret values, which are sent but never shown."""

import hmac
from typing import Any, Self, cast

MASK = "************"


class Secret:
    """A secret string: a password, a key, a client secret.

    `repr`, `str`, `format`, pickle, JSON and `attrs.asdict` never show the value; `reveal()` returns it. A pickled secret is
    restored as the mask that the API shows, which the SDK refuses to send.

    Example:
        >>> password = Secret("hunter2")
        >>> f"{password}"
        '************'
        >>> password.reveal()
        'hunter2'
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"a Secret holds a str, not {type(value).__name__}")
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self.__value

    @property
    def is_mask(self) -> bool:
        """Whether the value is asterisks only, which the API shows instead of a secret."""
        return bool(self.__value) and not self.__value.strip("*")

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.__value.encode("utf-8", "surrogatepass"), other.__value.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: Any) -> tuple[type["Secret"], tuple[str]]:  # noqa: ANN401 - the signature of `object`
        return Secret, (MASK,)


class InvalidSecret:
    """A placeholder for a secret of the wrong type, such as bytes.

    Its value may be a secret too, and is not kept.

    Attributes:
        kind: The name of the type, the only information that is kept.
    """

    __slots__ = ("kind",)

    def __init__(self, value: object) -> None:
        self.kind: str = type(value).__name__

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def to_secret(value: "str | Secret | None") -> Secret | None:
    """Return a `Secret` for a string, and `None` for `None`.

    A value of another type is replaced by a placeholder, which validation reports later.
    """
    if isinstance(value, str):
        return Secret(value)
    kept: Any = value if value is None or isinstance(value, Secret | InvalidSecret) else InvalidSecret(value)
    return cast("Secret | None", kept)


def kind_of(value: object) -> str:
    """Return the name of the type of a value."""
    return value.kind if isinstance(value, InvalidSecret) else type(value).__name__


def is_unicode(text: str) -> bool:
    """Return whether a string can be encoded as UTF-8.

    An environment variable that is not UTF-8 cannot.
    """
    try:
        text.encode()
    except UnicodeEncodeError:  # not kept, because it holds the text
        return False
    return True
