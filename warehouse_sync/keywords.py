"""Errors for unknown keywords that name the right one."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

CallableT = TypeVar("CallableT", bound=Callable[..., Any])
T = TypeVar("T")

# Names of other libraries, with what they are called here.
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "max_retries": ("retry", "attempts"),
    "retries": ("retry", "attempts"),
    "proxies": ("trust_env",),
    "proxy": ("trust_env",),
    "verify": ("ca_file",),
}


def suggest_keywords(init: CallableT) -> CallableT:
    """Return a constructor that suggests the right keyword for an unknown one.

    All its parameters are keyword-only.
    """
    known = [
        parameter.name
        for parameter in inspect.signature(init).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]

    @wraps(init)
    def checked(self: object, *args: object, **keywords: object) -> None:
        try:
            _check(type(self).__name__, keywords, known)
            init(self, *args, **keywords)
        except BaseException:
            keywords.clear()  # tracebacks can show locals, and these may be secrets
            raise

    return cast("CallableT", checked)


def keywords_suggested(cls: type[T]) -> type[T]:
    """Return an attrs class whose constructor suggests the right keyword."""
    cls.__init__ = suggest_keywords(cls.__init__)  # type: ignore[method-assign]  # the constructor has the same signature
    return cls


def _check(kind: str, keywords: Iterable[str], known: Collection[str]) -> None:
    unknown = next((name for name in keywords if name not in known), None)
    if unknown is None:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, and needed for this error only

    other_names = [name for name in _OTHER_NAMES.get(unknown, ()) if name in known]
    found = other_names or get_close_matches(unknown, known, n=1)
    hint = f"did you mean {found[0]!r}?" if found else f"it takes {', '.join(known)}"
    raise TypeError(f"{kind}() got an unexpected keyword argument {unknown!r}; {hint}")
