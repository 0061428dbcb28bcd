"""The blocking classes have the names, parameters, types and docstrings of the asynchronous ones."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from warehouse_sync import AsyncClient, Client
from warehouse_sync.resources import connections, data_models, feeds, ingest_v1, pager, pipelines, runs
from warehouse_sync.sync import resources

RESOURCES = (
    connections.Connections,
    data_models.DataModels,
    pipelines.Pipelines,
    runs.Runs,
    pager.RunPager,
    feeds.Feeds,
    ingest_v1.IngestV1,
    ingest_v1.IngestResource,
    ingest_v1.IngestPipelines,
)
PAIRS: list[tuple[type, type]] = [
    (AsyncClient, Client),
    *((asynchronous, getattr(resources, asynchronous.__name__)) for asynchronous in RESOURCES),
]
SPECIAL = {
    "__aiter__": "__iter__",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__init__": "__init__",
}


def names(cls: type) -> set[str]:
    """Return the public names of a class, and the special methods under their blocking names."""
    return {SPECIAL.get(name, name) for name in dir(cls) if not name.startswith("_")} | {
        blocking for name, blocking in SPECIAL.items() if hasattr(cls, name) or hasattr(cls, blocking)
    }


def methods() -> Iterator[tuple[Any, Any]]:
    """Yield each public method with its blocking method."""
    for asynchronous, blocking in PAIRS:
        for name, function in inspect.getmembers(asynchronous, inspect.isfunction):
            if not name.startswith("_") or name == "__aiter__":
                yield function, getattr(blocking, SPECIAL.get(name, name))


def blocking_text(text: str | None) -> str | None:
    """Return a docstring with the words of the blocking client."""
    text = text and text.replace("contextlib.aclosing", "contextlib.closing")
    text = text and text.replace("An asynchronous client", "A blocking client")
    text = text and re.sub(r"^    session: .*\n(?: {8}.*\n)*", "", text, flags=re.MULTILINE)
    return text and re.sub(r"\bAsyncClient\b", "Client", re.sub(r"\b(?:async (?=with|for)|await )", "", text))


METHODS = list(methods())
IDS = [function.__qualname__ for function, _ in METHODS]


@pytest.mark.parametrize(("asynchronous", "blocking"), PAIRS, ids=[cls.__name__ for cls, _ in PAIRS])
def test_class_has_the_names_of_the_async_class(asynchronous: type, blocking: type) -> None:
    """Both classes have the same public names, and the same docstring apart from the words for blocking."""
    assert names(asynchronous) == names(blocking)
    assert inspect.getdoc(blocking) == blocking_text(inspect.getdoc(asynchronous))


@pytest.mark.parametrize(("asynchronous", "blocking"), METHODS, ids=IDS)
def test_method_has_the_signature_and_docstring(asynchronous: Any, blocking: Any) -> None:
    """A blocking method has the same parameters and docstring, and is not a coroutine function."""
    ours, theirs = inspect.signature(blocking).parameters, inspect.signature(asynchronous).parameters
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]
    if asynchronous is not AsyncClient.close:  # the blocking one also stops a thread
        assert inspect.getdoc(blocking) == blocking_text(inspect.getdoc(asynchronous))
    assert not inspect.iscoroutinefunction(blocking)


@pytest.mark.parametrize(("asynchronous", "blocking"), METHODS, ids=IDS)
def test_method_has_the_types_of_the_async_method(asynchronous: Any, blocking: Any) -> None:
    """Annotations are the same except for iterators and for classes with a blocking version."""
    assert annotations(blocking) == {
        name: re.sub(r"\bAsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]", text)
        if name == "return"
        else text
        for name, text in annotations(asynchronous).items()
    }


def annotations(function: Any) -> dict[str, str]:
    """Return the annotations of a function as text, without the modules of its types."""
    return {
        name: re.sub(r"\b(?:\w+\.)+", "", text if isinstance(text, str) else inspect.formatannotation(text))
        for name, text in function.__annotations__.items()
    }


def test_request_methods_document_errors_and_source() -> None:
    """A method that sends a request documents its errors and its section of the reference."""
    for function, _ in METHODS:
        text = inspect.getdoc(function) or ""
        if function.__qualname__.startswith("AsyncClient.") and function.__name__ != "watch":
            continue
        assert "Raises:" in text, function.__qualname__
        assert "Source: " in text or function.__qualname__.startswith("RunPager."), function.__qualname__


def test_arguments_after_the_first_are_keyword_only() -> None:
    """After the first argument, or two that identify a run or an update, arguments are keyword-only."""
    for function, _ in METHODS:
        positional = [
            p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        names = [p.name for p in positional if p.name != "self"]
        assert len(names) <= 1 or names[1:] in (["run_id"], ["document"], ["spec"]), function.__qualname__
