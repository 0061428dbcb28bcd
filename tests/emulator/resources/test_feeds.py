"""Feeds of the platform's v1 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from warehouse_sync.emulator import Emulator, VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.conftest import Api, Response, Vector

ACCOUNT = "?accountId=77"
FEEDS = "/v1/workspace/5328/partnerfeeds"
KEPT = {"module_name": "MailChimp", "name": "Mailchimp1", "os": "Unknown", "is_debug": False}


def messages(response: Response) -> list[str]:
    """Return the messages of an error in an envelope."""
    document = response.document
    assert (document["data"], document["dataType"]) == (None, None)
    assert all(error["code"] for error in document["errors"])
    return [error["message"] for error in document["errors"]]


async def test_feed_is_created_read_listed_changed_and_deleted(api: Api, vector: Vector) -> None:
    """Responses have the documented statuses, envelopes and spellings."""
    created = await api.post(FEEDS + ACCOUNT, vector("feeds/create.request"))
    assert (created.status, created.document) == (
        201,
        {
            "data": [{"data_type": "Partner Feed", "id": 1, "created_on": "2023-02-03T23:53:08"}],
            "data_type": "Partner Feed",
            "errors": None,
        },
    )
    assert created.document.keys() == vector("feeds/create.response").keys()
    listed = await api.get(FEEDS + ACCOUNT)
    assert (listed.status, listed.document) == (
        200,
        {
            "data": [
                {
                    "id": "1",
                    "name": "Mailchimp1",
                    "data_type": "partner_feed",
                    "created_on": "2023-02-03T23:53:08",
                }
            ],
            "dataType": "partner_feed",
            "errors": None,
        },
    )
    found = await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")
    [item] = found.document["data"]
    assert item == {**KEPT, "settings": [], "id": 1, "data_type": "Partner Feed"}
    changed = await api.put(f"{FEEDS}/1{ACCOUNT}", {**KEPT, "name": "New", "is_debug": True})
    assert changed.status == 202
    [item] = (await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")).document["data"]
    assert (item["id"], item["name"], item["is_debug"]) == (1, "New", True)
    deleted = await api.delete(f"{FEEDS}/1{ACCOUNT}")
    assert (deleted.status, deleted.document["data"]) == (202, None)
    assert (await api.get(FEEDS + ACCOUNT)).document["data"] == []
    assert (await api.post(FEEDS + ACCOUNT, KEPT)).document["data"][0]["id"] == 2


@pytest.mark.parametrize(
    "query", ["", "?accountId=", "?accountId=0", "?accountId=x", "?accountId=-1", "?accountId=%D9%A3"]
)
async def test_request_without_an_account_is_401(api: Api, query: str) -> None:
    """Each of the five endpoints needs the number of an account."""
    for response in (
        await api.get(FEEDS + query),
        await api.post(FEEDS + query, KEPT),
        await api.get(f"/v1/partnerfeeds/1{query}"),
        await api.put(f"{FEEDS}/1{query}", KEPT),
        await api.delete(f"{FEEDS}/1{query}"),
    ):
        assert response.status == 401
        assert messages(response) == ["The query must have accountId, the number of the account."]
    assert (await api.get(FEEDS + ACCOUNT)).document["data"] == []


async def test_request_without_a_token_is_401(api: Api) -> None:
    """Feeds need the same token as the rest of the API."""
    response = await api.get(FEEDS + ACCOUNT, Authorization="")
    assert response.status == 401
    assert messages(response)


async def test_feed_belongs_to_its_workspace(api: Api) -> None:
    """Another workspace neither lists nor changes it; GET names no workspace."""
    await api.post(FEEDS + ACCOUNT, KEPT)
    elsewhere = FEEDS.replace("5328", "7")
    assert (await api.get(elsewhere + ACCOUNT)).document["data"] == []
    for response in (
        await api.put(f"{elsewhere}/1{ACCOUNT}", KEPT),
        await api.delete(f"{elsewhere}/1{ACCOUNT}"),
    ):
        assert (response.status, messages(response)) == (404, ["Feed 1 was not found."])
    assert (await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")).status == 200
    missing = await api.get(f"/v1/partnerfeeds/2{ACCOUNT}")
    assert (missing.status, messages(missing)) == (404, ["Feed 2 was not found."])


async def test_secret_settings_are_not_stored(api: Api, emulator: Emulator) -> None:
    """A setting whose name is that of a secret has no value, and other fields are masked."""
    settings = [
        {"name": "apiKey", "value": "hunter2"},
        {"name": "emailType", "value": "html", "secret": "hunter2"},
    ]
    await api.post(FEEDS + ACCOUNT, {**KEPT, "settings": settings, "password": "hunter2", "id": 9})
    [item] = (await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")).document["data"]
    assert item["settings"] == [
        {"name": "apiKey", "value": None},
        {"name": "emailType", "value": "html", "secret": "************"},
    ]
    assert (item["id"], item["password"]) == (1, "************")
    [stored] = emulator._store.workspace("5328").feeds
    assert "hunter2" not in str(stored)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"module_name": None}, ["module_name is required."]),
        ({"name": " "}, ["name must be a string that is not empty."]),
        (
            {"os": 5, "is_debug": "no"},
            ["os must be a string that is not empty.", "is_debug must be true or false."],
        ),
        ({"is_debug": 0}, ["is_debug must be true or false."]),
        ({"settings": {}}, ["settings must be a list."]),
        (
            {"settings": ["x", {}, {"name": "a", "value": 5}]},
            [
                "settings[0] must be an object.",
                "settings[1].name is required.",
                "settings[2].value must be a string.",
            ],
        ),
    ],
)
async def test_invalid_fields_are_rejected(api: Api, changes: dict[str, Any], said: list[str]) -> None:
    """Every error is reported, by POST and by PUT, and nothing changes."""
    await api.post(FEEDS + ACCOUNT, KEPT)
    for response in (
        await api.post(FEEDS + ACCOUNT, {**KEPT, **changes}),
        await api.put(f"{FEEDS}/1{ACCOUNT}", {**KEPT, **changes}),
    ):
        assert (response.status, messages(response)) == (400, said)
    [item] = (await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")).document["data"]
    assert item == {**KEPT, "settings": [], "id": 1, "data_type": "Partner Feed"}


async def test_optional_fields_have_defaults(api: Api) -> None:
    """A kind and a name are enough."""
    await api.post(
        FEEDS + ACCOUNT,
        {"module_name": "MailChimp", "name": "Mailchimp1", "os": None, "is_debug": None, "settings": None},
    )
    [item] = (await api.get(f"/v1/partnerfeeds/1{ACCOUNT}")).document["data"]
    assert item == {**KEPT, "settings": [], "id": 1, "data_type": "Partner Feed"}


async def test_feeds_are_saved(api: Api, tmp_path: Path) -> None:
    """Feeds and the next id survive a restart."""
    for ids in ([1, 2], [2, 3]):
        async with Emulator(clock=VirtualClock(), state=tmp_path) as emulator:
            api.url = emulator.url
            await api.sign_in()
            while len((await api.get(FEEDS + ACCOUNT)).document["data"]) < 2:
                await api.post(FEEDS + ACCOUNT, KEPT)
            listed = (await api.get(FEEDS + ACCOUNT)).document["data"]
            assert [int(feed["id"]) for feed in listed] == ids
            await api.delete(f"{FEEDS}/1{ACCOUNT}")
