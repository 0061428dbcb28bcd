"""The exceptions: their hierarchy, attributes and messages, and pickling."""

import asyncio
import builtins
import copy
import inspect
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import warehouse_sync
from warehouse_sync import errors
from warehouse_sync.errors import APIError, WarehouseSyncError
from warehouse_sync.models import ErrorMessage, Run, RunStatus

BRANCH = re.compile(r"(?P<indent>(?:│   |    )*)(?:[├└]── )?(?P<name>[A-Za-z]+)(?:  +\S.*)?")
RUN = Run(id=7, pipeline_id="p", status=RunStatus.FAILED, errors=(ErrorMessage(message="no such table"),))
ANSWER: dict[str, Any] = {
    "messages": ["one", "two"],
    "method": "GET",
    "path": "/platform/v2/workspaces/1/connections/c",
    "request_id": "r-1",
    "attempts": 3,
    "elapsed": 1.5,
    "retry_after": 20.0,
}

EXAMPLES: list[WarehouseSyncError] = [
    WarehouseSyncError("w"),
    errors.ConfigurationError("c"),
    errors.ValidationError("pipeline 'p'", [("id", "is wrong"), ("name", "is required")]),
    errors.TransportError("t", sent="maybe", attempts=2),
    errors.ConnectError("c", attempts=2),
    errors.TLSError("t"),
    errors.ReadError("r", attempts=3),
    errors.TimeoutError("t", phase="pool", sent="no", attempts=2),
    errors.DecodeError("d"),
    errors.ResponseTooLargeError("r"),
    errors.TokenError("t", status=401),
    *(
        cls(status=status, **ANSWER)
        for status, cls in (
            (418, errors.APIError),
            (400, errors.BadRequestError),
            (400, errors.PipelineBusyError),
            (401, errors.UnauthorizedError),
            (403, errors.ForbiddenError),
            (404, errors.NotFoundError),
            (409, errors.ConflictError),
            (429, errors.RateLimitedError),
            (500, errors.ServerError),
            (505, errors.WarehouseLoginError),
        )
    ),
    errors.OutcomeUnknownError("o", operation="trigger", resource_id="p", candidates=[2, 1]),
    errors.PaginationError("p", pipeline_id="p", page=3),
    errors.RunFailedError(RUN),
    errors.WaitTimeoutError("w", pipeline_id="p", run_id=7, handle="wsr1:1:p:7", run=RUN),
]


def every_error(cls: type[WarehouseSyncError] = WarehouseSyncError) -> Iterator[type[WarehouseSyncError]]:
    """Return the base class and all classes below it that the module defines."""
    yield cls
    for below in cls.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from every_error(below)


def drawn_parents() -> dict[str, str | None]:
    """Parse the tree in the module's docstring: each name and its parent."""
    drawing = inspect.getdoc(errors).split("```")[1].removeprefix("text\n")  # type: ignore[union-attr]  # it has one
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for line in drawing.strip().splitlines():
        match = BRANCH.fullmatch(line)
        assert match, line
        depth = 0 if not above else len(match["indent"]) // 4 + 1
        parents[match["name"]] = above[depth - 1] if depth else None
        above[depth:] = [match["name"]]
    return parents


def test_tree_in_docstring_equals_the_hierarchy() -> None:
    """The tree in the docstring has every exception under its base class."""
    real = {
        cls.__name__: cls.__bases__[0].__name__ if cls is not WarehouseSyncError else None
        for cls in every_error()
    }
    assert drawn_parents() == real
    assert list(drawn_parents()) == [cls.__name__ for cls in every_error()]


def test_hierarchy_is_the_published_one() -> None:
    """It has every exception of the public contract and no other."""
    published = """
        WarehouseSyncError ConfigurationError ValidationError TransportError ConnectError TLSError ReadError TimeoutError
        DecodeError ResponseTooLargeError TokenError APIError BadRequestError PipelineBusyError UnauthorizedError
        ForbiddenError NotFoundError ConflictError RateLimitedError ServerError WarehouseLoginError OutcomeUnknownError
        PaginationError RunFailedError WaitTimeoutError
    """
    assert {cls.__name__ for cls in every_error()} == set(published.split())
    assert {type(error) for error in EXAMPLES} == set(every_error())


def test_every_exception_is_public_and_under_the_base() -> None:
    """The package exports each exception of the module, and catching the base class catches it."""
    defined = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and value.__module__ == errors.__name__
    ]
    for cls in defined:
        assert issubclass(cls, WarehouseSyncError)
        assert getattr(warehouse_sync, cls.__name__) is cls


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        (errors.ConfigurationError, ValueError),
        (errors.ValidationError, ValueError),
        (errors.TimeoutError, builtins.TimeoutError),
        (errors.TimeoutError, asyncio.TimeoutError),
        (errors.WaitTimeoutError, builtins.TimeoutError),
    ],
)
def test_builtin_counterpart_catches_the_error(cls: type[Exception], builtin: type[Exception]) -> None:
    """Catching the builtin exception of the same meaning catches the SDK's."""
    assert issubclass(cls, builtin)


def test_wait_timeout_is_no_transport_error() -> None:
    """A wait's timeout says nothing about the connection."""
    assert not issubclass(errors.WaitTimeoutError, errors.TransportError | errors.RunFailedError)


def repickled(protocol: int, error: Any) -> Any:
    """Pickle and unpickle an exception."""
    return pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "duplicate", [*(partial(repickled, protocol) for protocol in range(6)), copy.copy, copy.deepcopy]
)
def test_error_survives_pickling_and_copying(
    error: WarehouseSyncError, duplicate: Callable[[Any], Any]
) -> None:
    """An exception keeps its class, its text and every attribute."""
    error.add_note("seen in worker 3")
    copied = duplicate(error)
    assert type(copied) is type(error)
    assert str(copied) == str(error)
    assert copied.args == error.args
    assert vars(copied) == vars(error)
    assert copied.__notes__[-1] == "seen in worker 3"


def test_subclass_of_a_user_survives_pickling() -> None:
    """An exception that a user derives from the SDK's can be pickled."""
    copied = repickled(pickle.HIGHEST_PROTOCOL, OurError("x", code=5))
    assert (str(copied), copied.code) == ("x", 5)


class OurError(WarehouseSyncError):
    """An exception with its own keyword."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


def test_validation_error_names_every_field() -> None:
    """The message and the attributes contain all problems, in order."""
    error = errors.ValidationError("pipeline 'p'", iter([("id", "is wrong"), ("name", "is required")]))
    assert str(error) == "pipeline 'p' was not sent: id: is wrong; name: is required"
    assert error.problems == (("id", "is wrong"), ("name", "is required"))
    assert error.fields == ("id", "name")


@pytest.mark.parametrize(
    ("error", "sent"),
    [(errors.ConnectError("x"), "no"), (errors.TLSError("x"), "no"), (errors.ReadError("x"), "maybe")],
)
def test_transport_error_reports_whether_it_was_sent(error: errors.TransportError, sent: str) -> None:
    """A request that was not sent is safe to repeat; a broken one may have been processed."""
    assert (error.sent, error.attempts, str(error)) == (sent, 1, "x")


def test_timeout_error_has_a_phase() -> None:
    """Its text is its message, not an error number."""
    error = errors.TimeoutError("gave up", phase="connect", sent="no", attempts=2)
    assert (error.phase, error.sent, error.attempts, str(error)) == ("connect", "no", 2, "gave up")
    assert error.errno is None


@pytest.mark.parametrize(
    ("cls", "changes", "sentence"),
    [
        (APIError, {}, "GET /c returned 418: one; two"),
        (APIError, {"messages": []}, "GET /c returned 418: no reason given"),
        (APIError, {"attempts": 3}, "GET /c returned 418 after 3 attempts: one; two"),
        (APIError, {"request_id": "r-1"}, "GET /c returned 418: one; two (request id r-1)"),
        (
            errors.UnauthorizedError,
            {},
            "GET /c returned 418: one; two. The token is new, so check that the credential has access to this workspace.",
        ),
        (errors.RateLimitedError, {}, "GET /c returned 418: one; two"),
        (errors.RateLimitedError, {"retry_after": 90.0}, "GET /c returned 418: one; two. Retry after 90 s."),
        (
            errors.WarehouseLoginError,
            {},
            "GET /c returned 418: one; two. Check the connection's user, password, account, region, warehouse and database before you retry.",
        ),
    ],
)
def test_api_error_contains_request_status_and_hint(
    cls: type[APIError], changes: dict[str, Any], sentence: str
) -> None:
    """The message has the request, the status, the server's messages and the hint."""
    answer: dict[str, Any] = {"status": 418, "messages": ["one", "two"], "method": "GET", "path": "/c"}
    assert str(cls(**answer | changes)) == sentence


def test_api_error_has_defaults() -> None:
    """An error with only a status can be raised and printed."""
    error = APIError(status=500)
    assert (error.status, error.messages, error.attempts, error.elapsed) == (500, (), 1, 0.0)
    assert (error.request_id, error.retry_after) == (None, None)
    assert APIError(status=500, messages=["a"]).messages == ("a",)


def test_run_failed_error_contains_the_reasons() -> None:
    """The exception has the run, and the message its errors."""
    error = errors.RunFailedError(RUN)
    assert error.run is RUN
    assert str(error) == "run 7 of pipeline p ended as failed: no such table"
    silent = errors.RunFailedError(Run(id=8, pipeline_id="p", status=RunStatus.STOPPED))
    assert str(silent) == "run 8 of pipeline p ended as stopped: no reason given"


def test_other_errors_have_their_documented_attributes() -> None:
    """Each exception has the attributes that its docstring lists."""
    unknown = errors.OutcomeUnknownError("m", operation="create connection", resource_id="c")
    assert (unknown.operation, unknown.resource_id, unknown.candidates) == ("create connection", "c", ())
    page = errors.PaginationError("m", pipeline_id="p", page=3)
    assert (page.pipeline_id, page.page) == ("p", 3)
    wait = errors.WaitTimeoutError("m", pipeline_id="p", run_id=7, handle="h")
    assert (wait.pipeline_id, wait.run_id, wait.handle, wait.run) == ("p", 7, "h", None)
    assert errors.TokenError("m").status is None
    assert errors.OutcomeUnknownError("m", operation="o", resource_id="r", candidates=[2]).candidates == (2,)


def test_validation_error_does_not_contain_a_secret() -> None:
    """Neither its text nor a traceback with locals shows the secret of a rejected spec."""
    config = warehouse_sync.RedshiftConfig(password="canary-0451")
    spec = warehouse_sync.ConnectionSpec(id="a/b", name="C", config=config)
    with pytest.raises(errors.ValidationError, match=r"config\.host") as caught:
        raise errors.ValidationError(f"connection {spec}", spec.problems())
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "spec = " in "".join(shown.format())
    assert "canary-0451" not in "".join(shown.format()) + repr(caught.value)


def test_server_messages_are_joined_to_one_sentence() -> None:
    """Their own full stops are dropped in the text; `messages` stays unchanged."""
    error = errors.APIError(status=400, messages=["One is wrong.", "So is two."], method="GET", path="/a")
    assert str(error) == "GET /a returned 400: One is wrong; So is two"
    assert error.messages == ("One is wrong.", "So is two.")


@pytest.mark.parametrize(
    "cls",
    [
        cls
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.WarehouseSyncError)
    ],
)
def test_error_is_built_from_its_text_alone(cls: type[errors.WarehouseSyncError]) -> None:
    """Queues that store an error as JSON call its class with its arguments."""
    error = cls("the text")
    assert (type(error), str(error), error.args) == (cls, "the text", ("the text",))
    assert cls(*error.args).args == error.args


@pytest.mark.parametrize(
    ("status", "transient"),
    [
        *((status, False) for status in (400, 404, 407, 409, 428, 430, 499)),
        *((status, True) for status in (408, 429, 500, 503, 599)),
    ],
)
def test_timeouts_throttling_and_server_errors_are_transient(status: int, *, transient: bool) -> None:
    """The same request may succeed later; after every other error it fails again."""
    assert APIError(status=status).is_transient is transient
    assert errors.TokenError("t", status=status).is_transient is transient
    assert errors.TokenError("t").is_transient is False


def test_rejected_login_is_not_transient() -> None:
    """Repeated logins lock accounts."""
    assert errors.WarehouseLoginError(status=505).is_transient is False
