"""Validation of feeds, and the arguments that identify one."""

from typing import Any

import pytest

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Feed, FeedSetting, FeedSpec, Secret
from warehouse_sync.models.references import to_feed_id


def test_complete_feed_is_valid() -> None:
    """A feed requires a kind and a name; it has no platform and no settings by default."""
    spec = FeedSpec(module_name="Custom Feed", name="Warehouse")
    assert not list(spec.problems())
    assert (spec.os, spec.is_debug, spec.settings) == ("Unknown", False, ())
    assert not list(
        FeedSpec(
            module_name="MailChimp", name="M", settings=[FeedSetting(name="apiKey", value="k")]
        ).problems()
    )


def test_all_invalid_fields_are_reported() -> None:
    """All invalid fields are reported, in the order of the fields."""
    settings: Any = [
        FeedSetting(name="", value="****"),
        FeedSetting(name="listId"),
        FeedSetting(name="listId", value=""),
        FeedSetting(name="k", value=b"hunter2", extra={b"k": 1}),  # type: ignore[arg-type, dict-item]  # wrong on purpose
        {"name": "apiKey"},
    ]
    spec = FeedSpec(module_name=" ", name=None, os=7, is_debug="no", settings=settings, extra={"k": "***"})  # type: ignore[arg-type]  # wrong on purpose
    mask = "is the mask that the API returns instead of the secret: set the real value before sending"
    assert list(spec.problems()) == [
        ("module_name", "must not be empty"),
        ("name", "is required"),
        ("os", "must be a string, not int"),
        ("is_debug", "must be True or False, not 'no'"),
        ("settings[0].name", "must not be empty"),
        ("settings[0].value", mask),
        (
            "settings[1].value",
            "has no value, because the API returns no secrets: set the value, or leave the setting out",
        ),
        ("settings[2].value", "must not be empty"),
        ("settings[2].name", "'listId' is set before: remove one of the settings"),
        ("settings[3].value", "must be a string, not bytes"),
        ("settings[3].extra", "keys must be strings, not bytes"),
        ("settings[4]", "must be a FeedSetting, not dict"),
        ("extra.k", mask),
    ]


@pytest.mark.parametrize("settings", ["apiKey", None, {"apiKey": "k"}])
def test_settings_that_are_no_list_are_reported(settings: Any) -> None:
    """A mapping or a string is not taken for a list of settings."""
    spec = FeedSpec(module_name="M", name="N", settings=settings)
    assert list(spec.problems()) == [
        ("settings", f"must be a list of FeedSetting, not {type(settings).__name__}")
    ]


def test_setting_with_an_unhashable_name_is_reported() -> None:
    """A name of another type is a problem, not an error of Python."""
    spec = FeedSpec(module_name="M", name="N", settings=[FeedSetting(name=[], value="v")])  # type: ignore[arg-type]  # wrong on purpose
    assert list(spec.problems()) == [("settings[0].name", "must be a string, not list")]


def test_feed_to_spec_keeps_the_users_fields() -> None:
    """`to_spec` keeps what the user sets; a feed of a list lacks required fields."""
    settings = (FeedSetting(name="emailType", value="html", extra={"x": 1}),)
    feed = Feed(
        id=1, name="N", module_name="M", os="iOS", is_debug=True, settings=settings, extra={"key": "value"}
    )
    assert feed.to_spec() == FeedSpec(
        module_name="M", name="N", os="iOS", is_debug=True, settings=settings, extra={"key": "value"}
    )
    assert dict(Feed(id=1, name="N").to_spec().problems()) == dict.fromkeys(
        ("module_name", "os", "is_debug"), "is required"
    )


def test_value_of_a_setting_is_hidden() -> None:
    """Any setting can be a credential."""
    setting = FeedSetting(name="apiKey", value="hunter2")
    assert setting.value == Secret("hunter2")
    spec = FeedSpec(module_name="M", name="N", settings=(setting,))
    assert "hunter2" not in f"{spec} {spec.to_json()}"
    assert spec.to_dict(reveal_secrets=True)["settings"] == [{"name": "apiKey", "value": "hunter2"}]


@pytest.mark.parametrize("value", [689, "689", Feed(id=689, name="N")])
def test_feed_is_identified_by_its_number(value: Any) -> None:
    """A number, its digits and the feed itself are accepted."""
    assert to_feed_id(value) == 689


@pytest.mark.parametrize("value", ["", "../1", "1/2", "-1", -1, True, 1.0, None, 10**18, "9" * 19, "٣"])
def test_other_values_are_no_feed(value: Any) -> None:
    """Anything else raises before a request."""
    with pytest.raises(ValidationError, match="feed_id: must be the number of a feed") as caught:
        to_feed_id(value)
    assert caught.value.fields == ("feed_id",)
