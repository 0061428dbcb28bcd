"""Arguments that identify a pipeline or a run."""

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run, RunHandle, RunStatus, TriggeredRun
from warehouse_sync.models.common import check_id
from warehouse_sync.models.references import require_id, require_run_id, to_pipeline_id, to_run

TRIGGERED = TriggeredRun(pipeline_id="p", run_id=7, workspace_id=3)
RUN = Run(id=7, pipeline_id="p", status=RunStatus.RUNNING)


@given(value=st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True))
def test_slug_is_a_valid_id(value: str) -> None:
    """An id consists of ASCII letters, digits, `_` and `-`."""
    assert require_id("id", value) == value
    assert not list(check_id("id", value))


BAD_IDS = [
    "",
    " ",
    ".",
    "..",
    "a/b",
    "a%2fb",
    "a?b",
    "a#b",
    "a\n",
    "\na",
    "a b",
    "é",
    "\u0661",
    "a\x00",
    "a;b",
    "a\\b",
]


@pytest.mark.parametrize("value", [*BAD_IDS, None, 5, b"a", ["a"]])
def test_id_that_is_not_a_slug_is_invalid(value: Any) -> None:
    """A value that could change the structure of a URL is not accepted as an id."""
    with pytest.raises(ValidationError) as caught:
        require_id("pipeline_id", value)
    assert caught.value.fields == ("pipeline_id",)
    assert [field for field, _ in check_id("pipeline_id", value)] == ["pipeline_id"]


class Text(str):
    """A subclass of `str`, like the members of a string enum."""

    __slots__ = ()


def test_id_may_be_a_subclass_of_str() -> None:
    """An id of a subclass of `str` is validated like any other."""
    assert require_id("id", Text("a-1")) == "a-1"
    with pytest.raises(ValidationError):
        require_id("id", Text("../a"))


def test_id_with_custom_formatting_is_the_validated_text() -> None:
    """A subclass of `str` may format itself differently, as a string enum does; its validated text is used."""

    class Name(str, Enum):  # noqa: UP042 - `StrEnum` formats as its value
        PROD = "prod-pipeline"

    class Odd(str):
        __slots__ = ()

        def __format__(self, spec: str) -> str:
            return "../../.."

        __str__ = __repr__ = lambda _: "../.."

    assert f"{require_id('id', Name.PROD)}" == "prod-pipeline"
    assert f"{require_id('id', Odd('p'))}" == "p"


def test_long_id_is_shortened_in_the_message() -> None:
    """An error message about a long value stays short."""
    [(_, message)] = check_id("id", "!" * 10_000)
    assert len(message) < 200


@pytest.mark.parametrize("value", [0, 1, 10**30])
def test_run_id_is_a_whole_number(value: int) -> None:
    """A run id is a whole number from 0 on."""
    assert require_run_id(value) == value


@pytest.mark.parametrize("value", [-1, 10**100, True, 1.0, "1", None, "1/../2" * 1_000])
def test_run_id_of_another_kind_is_invalid(value: Any) -> None:
    """Other values are not accepted as a run id."""
    with pytest.raises(ValidationError) as caught:
        require_run_id(value)
    assert caught.value.fields == ("run_id",)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", ["p", TRIGGERED, RUN])
def test_pipeline_is_identified_by_what_has_its_id(value: Any) -> None:
    """An id and objects that have it are accepted."""
    assert to_pipeline_id(value) == "p"


@pytest.mark.parametrize("value", ["a/b", "", object(), 7, None])
def test_other_values_identify_no_pipeline(value: Any) -> None:
    """The error names the argument."""
    with pytest.raises(ValidationError) as caught:
        to_pipeline_id(value)
    assert caught.value.fields == ("pipeline_id",)


@pytest.mark.parametrize(
    ("arguments", "workspace_id"),
    [
        ((TRIGGERED,), 3),
        ((TRIGGERED.handle(),), 3),
        ((RunHandle.parse(TRIGGERED.handle()),), 3),
        ((RUN,), 0),
        ((("p", 7),), 0),
        ((["p", 7],), 0),
        (((TRIGGERED, 7),), 0),
        (("p", 7), 0),
        ((RUN, 7), 0),
    ],
)
def test_run_is_identified_by_an_object_or_a_pair(arguments: tuple[Any, ...], workspace_id: int) -> None:
    """The workspace is 0 unless the argument has it."""
    assert to_run(*arguments) == RunHandle(workspace_id=workspace_id, pipeline_id="p", run_id=7)


@pytest.mark.parametrize(
    "value", ["p", 7, None, ("p",), ("p", 7, 8), ("p", "7"), ("a/b", 7), "wsr1:x", {"p": 7}]
)
def test_other_values_identify_no_run(value: Any) -> None:
    """They are rejected, whatever part is wrong."""
    with pytest.raises(ValidationError):
        to_run(value)


@pytest.mark.parametrize("workspace_id", [-1, 10**400, True], ids=["negative", "huge", "bool"])
def test_run_of_no_workspace_names_the_argument(workspace_id: int) -> None:
    """A handle that a program made from a number that no workspace has is rejected."""
    with pytest.raises(ValidationError) as caught:
        to_run(RunHandle(workspace_id=workspace_id, pipeline_id="p", run_id=7))
    assert caught.value.fields == ("workspace_id",)
