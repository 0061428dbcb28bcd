"""Secrets are sent, but never shown."""

import copy
import json
import logging
import pickle
import string
import traceback
from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionSpec,
    RedshiftConfig,
    Secret,
    SnowflakeConfig,
)
from warehouse_sync.secret import MASK, to_secret

CANARY = "canary-0451"
SECRET = Secret(CANARY)
CONFIG = SnowflakeConfig(user="u", password=SECRET)
SPEC = ConnectionSpec(id="c", name="C", config=CONFIG)

TEXTS: dict[str, Callable[[], str]] = {
    "repr": lambda: repr(SECRET),
    "str": lambda: str(SECRET),
    "f-string": lambda: f"{SECRET}",
    "f-string with !r": lambda: f"{SECRET!r}",
    "f-string with !s and a width": lambda: f"{SECRET!s:>40}",
    "f-string with a width": lambda: f"{SECRET:>40}",
    "f-string with =": lambda: f"{SECRET=}",
    "format": lambda: "{}".format(SECRET),  # noqa: UP032 - the method itself
    "%s": lambda: "%s" % SECRET,  # noqa: UP031 - the operator itself
    "%r": lambda: "%r" % SECRET,  # noqa: UP031 - the operator itself
    "%-40s": lambda: "%-40s" % (SECRET,),  # noqa: UP031 - the operator itself
    "ascii": lambda: ascii(SECRET),
    "template": lambda: string.Template("$secret").substitute(secret=SECRET),
    "in a list": lambda: str([SECRET]),
    "in a dictionary": lambda: str({SECRET: SECRET}),
    "repr of a config": lambda: repr(CONFIG),
    "repr of a spec": lambda: repr(SPEC),
    "asdict of a spec": lambda: repr(attrs.asdict(SPEC)),
    "astuple of a config": lambda: repr(attrs.astuple(CONFIG)),
    "json with a default": lambda: json.dumps(attrs.asdict(SPEC), default=str),
    "pickle": lambda: repr(pickle.dumps(SPEC)),
    "old pickle": lambda: repr(pickle.dumps(SECRET, protocol=0)),
    "reduce": lambda: repr(SECRET.__reduce_ex__(4)),
    "dir and slots": lambda: repr(
        [getattr(SECRET, name) for name in dir(SECRET) if not name.startswith("_Secret")]
    ),
}


@pytest.mark.parametrize("way", TEXTS)
def test_secret_is_not_in_any_text(way: str) -> None:
    """No text of a secret, or of an object that holds it, shows the value."""
    assert CANARY not in TEXTS[way]()


@pytest.mark.parametrize("write", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode])
@pytest.mark.parametrize("value", [SECRET, {"secret": SECRET}, [CONFIG]])
def test_secret_cannot_be_encoded_as_json(write: Callable[[Any], Any], value: Any) -> None:
    """The error does not contain the value."""
    with pytest.raises(TypeError) as caught:
        write(value)
    assert CANARY not in str(caught.value)


def test_secret_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A logged secret is a mask, at any level and with any formatting."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r %s", SECRET, SECRET, SPEC)
    assert MASK in caplog.text
    assert CANARY not in caplog.text


def test_secret_is_not_in_a_traceback_with_locals() -> None:
    """A traceback with the locals of every frame does not show secrets."""

    def fail(secret: Secret, spec: ConnectionSpec) -> None:
        raise RuntimeError(f"{secret} {spec}")

    with pytest.raises(RuntimeError) as caught:
        fail(SECRET, SPEC)
    stack = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(stack.format())
    assert "spec = " in text
    assert CANARY not in text


def test_secret_has_no_dict_and_is_no_string() -> None:
    """The value cannot be taken from its attributes."""
    secret: Any = SECRET
    assert not hasattr(secret, "__dict__")
    assert not isinstance(secret, str)
    for take_apart in (list, bytes, len, "".join):
        with pytest.raises(TypeError):
            take_apart(secret)


def test_secret_is_revealed_on_demand() -> None:
    """`reveal()` returns the value."""
    assert SECRET.reveal() == CANARY


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_secret_is_restored_as_the_mask(protocol: int) -> None:
    """The mask is rejected when it would be sent."""
    spec = pickle.loads(pickle.dumps(SPEC, protocol))  # noqa: S301 - our own bytes
    assert spec.config.password.is_mask
    assert "is the mask" in dict(spec.problems())["config.password"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copied_secret_keeps_its_value(duplicate: Callable[[Any], Any]) -> None:
    """The same holds for a copy of an object that holds it."""
    assert duplicate(SECRET) is SECRET
    assert duplicate(SPEC) == SPEC
    assert attrs.evolve(CONFIG, user="v").password == SECRET


@given(one=st.text(), other=st.text())
def test_secrets_are_equal_by_value(one: str, other: str) -> None:
    """Two secrets are equal and have equal hashes exactly if their values are equal, including lone surrogates."""
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) == Secret(one)
    assert hash(Secret(one)) == hash(Secret(one))
    assert len({Secret(one), Secret(other)}) == len({one, other})


def test_secret_never_equals_its_text() -> None:
    """Neither is its hash that of its text."""
    assert SECRET != CANARY
    assert hash(SECRET) != hash(CANARY)
    assert Secret("\ud800") == Secret("\ud800")


@pytest.mark.parametrize(
    ("value", "is_mask"), [("*", True), (MASK, True), ("", False), ("*a*", False), (" *", False)]
)
def test_mask_is_asterisks_only(value: str, is_mask: bool) -> None:  # noqa: FBT001 - an expected value
    """A mask is any number of asterisks."""
    assert Secret(value).is_mask is is_mask


def test_empty_secret_is_false() -> None:
    """An empty secret counts as missing."""
    assert not Secret("")
    assert Secret("x")


@pytest.mark.parametrize("value", [None, 5, b"x", SECRET, ["x"]])
def test_secret_accepts_strings_only(value: Any) -> None:
    """The error names the type and not the value."""
    with pytest.raises(TypeError, match=rf"a Secret holds a str, not {type(value).__name__}"):
        Secret(value)


def test_to_secret_wraps_a_string() -> None:
    """A secret and `None` stay unchanged."""
    assert to_secret("x") == Secret("x")
    assert to_secret(SECRET) is SECRET
    assert to_secret(None) is None


@pytest.mark.parametrize("value", [CANARY.encode(), {"private_key": CANARY}, 451])
@pytest.mark.parametrize(
    ("config", "field"),
    [(SnowflakeConfig, "password"), (RedshiftConfig, "password"), (BigQueryConfig, "service_account_key")],
)
def test_secret_of_the_wrong_type_is_not_shown(config: type[Any], field: str, value: Any) -> None:
    """The error names the type of bytes, a parsed key or a number, and nothing shows the value."""
    spec = ConnectionSpec(id="c", name="C", config=config(**{field: value}))
    assert (f"config.{field}", f"must be a string, not {type(value).__name__}") in list(spec.problems())
    assert "451" not in repr(spec) + repr(attrs.asdict(spec))
    assert f"{field}=<{type(value).__name__}>" in repr(spec)


def test_repr_of_a_missing_secret_is_none() -> None:
    """A field with a secret is shown as a mask."""
    assert "password=None" in repr(SnowflakeConfig())
    connection = Connection(id="c", name="C", state="active", config=CONFIG)  # type: ignore[arg-type]  # as it is read
    assert f"password=Secret('{MASK}')" in repr(connection)
