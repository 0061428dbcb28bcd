"""The envelopes of the platform's v1 API."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import Feed, FeedSetting
from warehouse_sync.wire import envelopes

Body = Callable[[str], bytes]


def test_list_of_feeds_is_decoded(body: Body) -> None:
    """An id is a string, and the date has no zone."""
    assert envelopes.decode_items(body("feeds/list.response"), Feed) == [
        Feed(id=4302, name="SFMC Feed", created_on=datetime(2019, 4, 5, 10, 40, 23, tzinfo=UTC))
    ]


def test_feed_is_decoded(body: Body) -> None:
    """An id is a number, and a secret setting has no value."""
    assert envelopes.decode_item(body("feeds/get.response"), Feed) == Feed(
        id=229,
        name="Mailchimp1",
        module_name="MailChimp",
        os="Unknown",
        is_debug=False,
        settings=(FeedSetting(name="apiKey"), FeedSetting(name="emailType", value="html")),
    )


def test_unknown_fields_of_a_feed_are_kept() -> None:
    """They are sent back by an update."""
    feed = {"id": 1, "name": "N", "data_type": "Partner Feed", "act_as": "iOS"}
    document = {"data": feed, "dataType": "x", "errors": []}
    assert envelopes.decode_item(json.dumps(document).encode(), Feed).extra == {"act_as": "iOS"}


@pytest.mark.parametrize("data", [[], None])
def test_empty_list_is_decoded(data: Any) -> None:
    """No feeds are an empty list or null."""
    assert envelopes.decode_items(json.dumps({"data": data}).encode(), Feed) == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "expected an object, not a list"),
        ({}, "has no field data"),
        ({"data": "x"}, "expected a list in the field data of the response, not a string"),
        ({"data": []}, "expected one item in the response, not 0"),
        ({"data": [{"id": 1, "name": "a"}] * 2}, "expected one item in the response, not 2"),
        ({"data": ["x"]}, "expected an object in the response, not a string"),
        (
            {"data": [{"id": 1}]},
            "the response is not a valid Feed: a required field is missing @ response.name",
        ),
        (
            {"data": [{"id": "canary", "name": "a"}]},
            "not a valid Feed: expected a whole number, not a string @ response.id",
        ),
        (
            {"data": [{"id": 1, "name": "a", "settings": {"name": "canary"}}]},
            "expected a list, not an object @ response.settings",
        ),
        (
            {"data": [{"id": 1, "name": "a"}], "errors": [{"code": "x", "message": "canary"}]},
            "a status of success, but reports errors",
        ),
    ],
)
def test_other_documents_are_decode_errors(document: Any, said: str) -> None:
    """The message says what is wrong, and shows no value."""
    with pytest.raises(DecodeError) as caught:
        envelopes.decode_item(json.dumps(document).encode(), Feed)
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "the response has no field data"),
        ({"data": [], "errors": [{"code": "x"}]}, "the response has a status of success, but reports errors"),
    ],
)
def test_response_without_items_is_a_decode_error(document: Any, message: str) -> None:
    """It has no data, or errors beside them."""
    with pytest.raises(DecodeError) as caught:
        envelopes.decode_items(json.dumps(document).encode(), Feed)
    assert str(caught.value) == message


def test_wrong_item_of_a_list_is_named() -> None:
    """The message names the position."""
    with pytest.raises(DecodeError, match=r"@ response\[1\]\.name"):
        envelopes.decode_items(b'{"data": [{"id": 1, "name": "a"}, {"id": 2}]}', Feed)
