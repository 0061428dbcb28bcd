"""A secret is sent, and never shown."""

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
def test_secret_is_not_shown(way: str) -> None:
    """No way of making a text of a secret, or of what holds it, shows the value."""
    assert CANARY not in TEXTS[way]()


@pytest.mark.parametrize("write", [json.dumps, msgspec.json.encode, msgspec.msgpack.encode])
@pytest.mark.parametrize("value", [SECRET, {"secret": SECRET}, [CONFIG]])
def test_secret_is_no_json(write: Callable[[Any], Any], value: Any) -> None:
    """A secret cannot slip into JSON: writing one is refused, in words without the value."""
    with pytest.raises(TypeError) as caught:
        write(value)
    assert CANARY not in str(caught.value)


def test_secret_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A logged secret is a mask, at any level and by any formatting."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r %s", SECRET, SECRET, SPEC)
    assert MASK in caplog.text
    assert CANARY not in caplog.text


def test_secret_is_not_in_a_traceback_with_locals() -> None:
    """A traceback that shows the local variables of every frame does not show the secrets among them."""

    def fail(secret: Secret, spec: ConnectionSpec) -> None:
        raise RuntimeError(f"{secret} {spec}")

    with pytest.raises(RuntimeError) as caught:
        fail(SECRET, SPEC)
    stack = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(stack.format())
    assert "spec = " in text
    assert CANARY not in text


def test_secret_has_no_other_way_out() -> None:
    """A secret has no instance dictionary, is no string and cannot be taken apart."""
    secret: Any = SECRET
    assert not hasattr(secret, "__dict__")
    assert not isinstance(secret, str)
    for take_apart in (list, bytes, len, "".join):
        with pytest.raises(TypeError):
            take_apart(secret)


def test_secret_is_revealed_on_demand() -> None:
    """`reveal()` gives the value itself."""
    assert SECRET.reveal() == CANARY


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_secret_comes_back_as_the_mask(protocol: int) -> None:
    """A secret does not cross a pickle: the mask comes back, which is refused when it would be sent."""
    spec = pickle.loads(pickle.dumps(SPEC, protocol))  # noqa: S301 - our own bytes
    assert spec.config.password.is_mask
    assert "is the mask" in dict(spec.problems())["config.password"]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copied_secret_is_the_secret(duplicate: Callable[[Any], Any]) -> None:
    """A copy within the process keeps the value, also within what holds it."""
    assert duplicate(SECRET) is SECRET
    assert duplicate(SPEC) == SPEC
    assert attrs.evolve(CONFIG, user="v").password == SECRET


@given(one=st.text(), other=st.text())
def test_secrets_are_equal_by_value(one: str, other: str) -> None:
    """Two secrets are equal, and hash alike, exactly when their values are; lone surrogates are values, too."""
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) == Secret(one)
    assert hash(Secret(one)) == hash(Secret(one))
    assert len({Secret(one), Secret(other)}) == len({one, other})


def test_secret_never_equals_its_text() -> None:
    """A secret is not its text, so that a test of equality cannot be used by mistake; nor does it hash like it."""
    assert SECRET != CANARY
    assert hash(SECRET) != hash(CANARY)
    assert Secret("\ud800") == Secret("\ud800")


@pytest.mark.parametrize(
    ("value", "is_mask"), [("*", True), (MASK, True), ("", False), ("*a*", False), (" *", False)]
)
def test_mask_is_asterisks_only(value: str, is_mask: bool) -> None:  # noqa: FBT001 - an expected value
    """A mask is any number of asterisks and nothing else."""
    assert Secret(value).is_mask is is_mask


def test_empty_secret_is_false() -> None:
    """An empty secret is as good as none."""
    assert not Secret("")
    assert Secret("x")


@pytest.mark.parametrize("value", [None, 5, b"x", SECRET, ["x"]])
def test_secret_holds_only_text(value: Any) -> None:
    """What is no text is refused, by its type and not by its value."""
    with pytest.raises(TypeError, match=rf"a Secret holds a str, not {type(value).__name__}"):
        Secret(value)


def test_text_becomes_a_secret() -> None:
    """Plain text is wrapped; a secret and nothing stay what they are."""
    assert to_secret("x") == Secret("x")
    assert to_secret(SECRET) is SECRET
    assert to_secret(None) is None


@pytest.mark.parametrize("value", [CANARY.encode(), {"private_key": CANARY}, 451])
@pytest.mark.parametrize(
    ("config", "field"),
    [(SnowflakeConfig, "password"), (RedshiftConfig, "password"), (BigQueryConfig, "service_account_key")],
)
def test_secret_of_the_wrong_type_is_not_shown_either(config: type[Any], field: str, value: Any) -> None:
    """Bytes, a parsed key or a number in place of a secret are named by their type, and shown nowhere."""
    spec = ConnectionSpec(id="c", name="C", config=config(**{field: value}))
    assert (f"config.{field}", f"must be a string, not {type(value).__name__}") in list(spec.problems())
    assert "451" not in repr(spec) + repr(attrs.asdict(spec))
    assert f"{field}=<{type(value).__name__}>" in repr(spec)


def test_connection_without_a_secret_says_so() -> None:
    """A field without a secret is shown as `None`, and one with as a mask."""
    assert "password=None" in repr(SnowflakeConfig())
    connection = Connection(id="c", name="C", state="active", config=CONFIG)  # type: ignore[arg-type]  # as it is read
    assert f"password=Secret('{MASK}')" in repr(connection)
