"""`client.feeds` of `AsyncClient` and `Client`."""

from typing import Any

import attrs
import pytest

from warehouse_sync import (
    BadRequestError,
    Feed,
    FeedSetting,
    FeedSpec,
    NotFoundError,
    Secret,
    ValidationError,
)
from warehouse_sync.emulator import Emulator

SPEC = FeedSpec(module_name="MailChimp", name="Mailchimp1")
SETTINGS = (FeedSetting(name="apiKey", value="hunter2"), FeedSetting(name="emailType", value="html"))


async def test_feed_create_get_list_update_and_delete(client: Any) -> None:
    """A feed can be created, read, listed, updated and deleted, by its number or by itself."""
    created = await client.feeds.create(SPEC)
    assert isinstance(created, Feed)
    assert created.to_spec() == SPEC
    assert await client.feeds.get(str(created.id)) == attrs.evolve(created, created_on=None)
    assert await client.feeds.list() == [
        Feed(id=created.id, name="Mailchimp1", created_on=created.created_on)
    ]
    renamed = await client.feeds.update(created.id, attrs.evolve(SPEC, name="New", is_debug=True))
    assert renamed == await client.feeds.get(created)
    assert (renamed.id, renamed.name, renamed.is_debug) == (created.id, "New", True)
    assert await client.feeds.delete(renamed) is None
    assert await client.feeds.list() == []
    with pytest.raises(NotFoundError, match=f"Feed {created.id} was not found"):
        await client.feeds.get(created)
    for call in (client.feeds.delete(created), client.feeds.update(created, SPEC)):
        with pytest.raises(NotFoundError):
            await call


async def test_id_of_a_feed_is_a_partner_feed_id(client: Any) -> None:
    """The number fits into a pipeline."""
    created = await client.feeds.create(SPEC)
    assert type(created.id) is int
    assert type((await client.feeds.list())[0].id) is int


async def test_setting_without_a_value_must_be_set_before_an_update(client: Any) -> None:
    """The API does not return secrets, and the client never replaces them by nothing."""
    created = await client.feeds.create(attrs.evolve(SPEC, settings=SETTINGS))
    read = await client.feeds.get(created.id)
    assert [(setting.name, setting.value) for setting in read.settings] == [
        ("apiKey", None),
        ("emailType", Secret("html")),
    ]
    with pytest.raises(ValidationError, match=r"settings\[0\]\.value: has no value"):
        await client.feeds.update(read, read.to_spec())
    assert (await client.feeds.update(read, attrs.evolve(read.to_spec(), settings=SETTINGS))).id == read.id


async def test_rejected_feed_has_the_message_of_the_server(client: Any, emulator: Emulator) -> None:
    """An error in an envelope is read like any other."""
    emulator.fault("POST /v1/*", status=400, message="The kind is unknown.")
    with pytest.raises(BadRequestError, match="The kind is unknown"):
        await client.feeds.create(SPEC)


async def test_lost_create_is_found(client: Any, emulator: Emulator) -> None:
    """A feed that was created without a response is returned, and exists once."""
    first = await client.feeds.create(SPEC)
    emulator.fault("POST /v1/*", apply_then_drop=True)
    created = await client.feeds.create(attrs.evolve(SPEC, settings=SETTINGS))
    assert [feed.id for feed in await client.feeds.list()] == [first.id, created.id]
