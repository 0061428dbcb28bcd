"""Feeds on the wire: requests, responses, lost creates and faults, with both clients."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import driver
from tests.support.peer import Answer, Peer, echo, refusal, reply, reset
from warehouse_sync import (
    AsyncClient,
    BadRequestError,
    ConfigurationError,
    DecodeError,
    Feed,
    FeedSetting,
    FeedSpec,
    NotFoundError,
    OutcomeUnknownError,
    ReadError,
    ServerError,
    UnauthorizedError,
    ValidationError,
)
from warehouse_sync.events import OperationEnded, ResponseRecovered

VECTORS = Path(__file__).parents[1] / "vectors" / "feeds"
LIST = "/v1/workspace/1/partnerfeeds"
ITEM = f"{LIST}/689"
GET = "GET /v1/partnerfeeds/689"
NOW = datetime(2023, 11, 14, 22, 30, tzinfo=UTC)
SPEC = FeedSpec(module_name="MailChimp", name="Mailchimp1")
SECRET = attrs.evolve(SPEC, settings=(FeedSetting(name="apiKey", value="canary-key"),))


def vector(name: str) -> Any:
    """Return an example of the documents."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def listed(*feeds: dict[str, Any], date: datetime = NOW) -> Answer:
    """Return a list of feeds from a server with a given clock."""
    document = {"data": list(feeds), "dataType": "partner_feed", "errors": None}
    return reply(200, document, Date=format_datetime(date, usegmt=True))


def feed(number: int = 689, name: str = "Mailchimp1", created_on: datetime | None = NOW) -> dict[str, Any]:
    """Return a feed of a list."""
    date = None if created_on is None else created_on.replace(tzinfo=None).isoformat()
    return {"id": str(number), "name": name, "data_type": "partner_feed", "created_on": date}


def details(**fields: Any) -> Answer:
    """Return the response with one feed."""
    [item] = vector("get.response")["data"]
    return reply(200, {"data": [{**item, "id": 689, "settings": [], **fields}], "errors": None})


@pytest.fixture
def options(peer: Peer, clock: FakeClock) -> dict[str, Any]:
    """The options of a client with an account, whose clock shows `NOW`."""
    clock.epoch = NOW.timestamp() - clock.now
    return peer.options(clock=clock.as_clock(), account_id="77")


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_requests_and_responses_are_as_documented(
    peer: Peer, options: dict[str, Any], sort: str
) -> None:
    """Each request names the account; ids and envelopes are read in every documented form."""
    peer.serve(f"GET {LIST}", reply(200, vector("list.response")))
    peer.serve("GET /v1/partnerfeeds/229", reply(200, vector("get.response")))
    peer.serve(f"POST {LIST}", reply(201, vector("create.response")))
    peer.serve(f"PUT {ITEM}", reply(202, {"data": None, "errors": None}), reply(202))
    peer.serve(f"DELETE {ITEM}", reply(202, vector("create.response")))
    async with driver(sort, **options) as client:
        [found] = await client.call(lambda c: c.feeds.list())
        assert (found.id, found.name, found.module_name) == (4302, "SFMC Feed", None)
        assert (await client.call(lambda c: c.feeds.get("229"))).module_name == "MailChimp"
        created = await client.call(lambda c: c.feeds.create(SPEC))
        assert created == Feed(
            id=689,
            name="Mailchimp1",
            module_name="MailChimp",
            os="Unknown",
            is_debug=False,
            created_on=datetime(2019, 4, 5, 10, 40, 23, tzinfo=UTC),
        )
        for _ in range(2):
            updated = await client.call(lambda c: c.feeds.update(created, attrs.evolve(SPEC, name="New")))
            assert (updated.id, updated.name, updated.module_name) == (689, "New", "MailChimp")
        assert await client.call(lambda c: c.feeds.delete(689)) is None
    assert {arrival.target.partition("?")[2] for arrival in peer.on("* /v1/*")} == {"accountId=77"}
    [post], [put, _] = peer.on(f"POST {LIST}"), peer.on(f"PUT {ITEM}")
    assert post.document == vector("create.request")
    assert put.document == {**vector("create.request"), "name": "New"}


async def test_account_of_the_environment_is_used(
    peer: Peer, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients of other workspaces, and with other options, have the same account."""
    monkeypatch.setenv("WAREHOUSE_SYNC_ACCOUNT_ID", "78")
    peer.serve("GET /v1/workspace/*", listed())
    async with AsyncClient(**{**options, "account_id": None}) as client:
        assert await client.workspace(2).feeds.list() == []
        assert await client.with_options(timeout=5).feeds.list() == []
    assert [arrival.target for arrival in peer.on("GET /v1/*")] == [
        "/v1/workspace/2/partnerfeeds?accountId=78",
        "/v1/workspace/1/partnerfeeds?accountId=78",
    ]


async def test_client_without_an_account_raises_before_a_request(client: AsyncClient, peer: Peer) -> None:
    """The message names the argument and the variable; other resources need no account."""
    for call in (
        client.feeds.list(),
        client.feeds.get(689),
        client.feeds.create(SPEC),
        client.feeds.update(689, SPEC),
        client.feeds.delete(689),
    ):
        with pytest.raises(ConfigurationError, match="account_id, or set WAREHOUSE_SYNC_ACCOUNT_ID"):
            await call
    assert peer.arrivals == []


async def test_invalid_arguments_raise_before_a_request(peer: Peer, options: dict[str, Any]) -> None:
    """Ids and specs are validated first, and a read feed is no spec."""
    async with AsyncClient(**options) as client:
        wrong: Any = Feed(id=689, name="N")
        for call, said in (
            (client.feeds.get("../1"), "feed_id: must be the number of a feed"),
            (client.feeds.delete("a/b"), "feed_id: must be the number of a feed"),
            (client.feeds.update("", SPEC), "feed_id: must be the number of a feed"),
            (client.feeds.update(689, wrong), r"must be a FeedSpec, not Feed; pass its \.to_spec\(\)"),
            (client.feeds.create(wrong.to_spec()), r"feed 'N' was not sent: module_name: is required"),
            (
                client.feeds.create(attrs.evolve(SPEC, extra={"k": {1j}})),
                r"feed 'Mailchimp1' was not sent: extra: ",
            ),
        ):
            with pytest.raises(ValidationError, match=said):
                await call
    assert peer.arrivals == []


async def test_error_responses_have_their_messages(peer: Peer, options: dict[str, Any]) -> None:
    """An error is that of its status, with the message and a hint about the account for a 401."""
    document = {"data": None, "dataType": None, "errors": [{"code": "x", "message": "No such feed."}]}
    peer.serve(GET, reply(404, document), reply(401, document))
    peer.serve(f"POST {LIST}", reply(400, document))
    async with AsyncClient(**options) as client:
        with pytest.raises(NotFoundError, match="No such feed") as caught:
            await client.feeds.get(689)
        assert caught.value.path == "/v1/partnerfeeds/689"
        with pytest.raises(
            UnauthorizedError, match="access to this workspace and that account_id is its account"
        ):
            await client.feeds.get(689)
        with pytest.raises(BadRequestError, match="No such feed"):
            await client.feeds.create(SPEC)
    assert peer.count(f"POST {LIST}") == 1


@pytest.mark.parametrize("call", ["get", "update", "delete", "list"])
async def test_idempotent_requests_are_retried(peer: Peer, options: dict[str, Any], call: str) -> None:
    """A reset and a 503 are retried; a lost delete is a success when the feed is gone."""
    peer.serve(GET, reset(), refusal(503), details())
    peer.serve(f"PUT {ITEM}", reset(), refusal(503), reply(202))
    peer.serve(f"DELETE {ITEM}", reset(), refusal(404))
    peer.serve(f"GET {LIST}", reset(), refusal(503), listed(feed()))
    async with AsyncClient(**options) as client:
        arguments = {"get": (689,), "update": (689, SPEC), "delete": (689,), "list": ()}[call]
        await getattr(client.feeds, call)(*arguments)
    assert peer.count("* /v1/*") == (2 if call == "delete" else 3)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"errors": [{"message": "x"}], "data": []}'])
async def test_update_with_an_invalid_response_is_unknown(
    peer: Peer, options: dict[str, Any], body: bytes
) -> None:
    """It was accepted, but the response cannot be decoded."""
    peer.serve(f"PUT {ITEM}", reply(202, body))
    async with AsyncClient(**options) as client:
        with pytest.raises(
            OutcomeUnknownError, match="update of feed '689' is unknown: it was accepted"
        ) as caught:
            await client.feeds.update(689, SPEC)
    assert (caught.value.operation, caught.value.resource_id) == ("update feed", "689")
    assert isinstance(caught.value.__cause__, DecodeError)
    assert peer.count(f"PUT {ITEM}") == 1


LOSSES: dict[str, Answer] = {
    "reset": reset(),
    "invalid response": reply(201, b"<html>"),
    "no id": reply(201, {"data": [{}], "errors": None}),
    "500": refusal(500, "Oops."),
    "504": refusal(504, "Too late."),
}


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
async def test_lost_create_is_accepted_once_it_appears(
    peer: Peer, options: dict[str, Any], loss: Answer, sort: str
) -> None:
    """The one new feed with the same fields is the created one, after one POST."""
    older = feed(1, created_on=NOW - timedelta(hours=1))
    other, undated = feed(2, name="Other"), feed(3, created_on=None)
    peer.serve(f"POST {LIST}", loss)
    peer.serve(
        f"GET {LIST}",
        reset(),
        refusal(503),
        listed(older, other, undated),
        listed(older, other, undated, feed()),
    )
    peer.serve(GET, refusal(404), details(settings=[{"name": "apiKey", "value": None}]))
    events: list[object] = []
    async with driver(sort, **options, listeners=[events.append]) as client:
        created = await client.call(lambda c: c.feeds.create(SECRET))
    assert (created.id, created.name) == (689, "Mailchimp1")
    assert peer.count(f"POST {LIST}") == 1
    assert [event.operation for event in events if isinstance(event, ResponseRecovered)] == ["feeds.create"]
    assert [event.operation for event in events if isinstance(event, OperationEnded)] == ["feeds.create"]


async def test_lost_create_that_never_appears_is_unknown(
    peer: Peer, options: dict[str, Any], clock: FakeClock
) -> None:
    """It is looked for during 90 s; the error has the lost response's error as its cause."""
    peer.serve(f"POST {LIST}", reset())
    peer.serve(f"GET {LIST}", listed(feed(created_on=NOW - timedelta(hours=1))))
    began = clock.now
    async with AsyncClient(**options) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.feeds.create(SPEC)
    assert str(caught.value) == (
        "the outcome of the create of feed 'Mailchimp1' is unknown: the response was lost, and the feed was not found; "
        "the request was not repeated. List the feeds before you try again."
    )
    assert 80 < clock.now - began <= 90
    assert (caught.value.operation, caught.value.resource_id, caught.value.candidates) == (
        "create feed",
        "Mailchimp1",
        (),
    )
    assert isinstance(caught.value.__cause__, ReadError)
    assert peer.count(f"POST {LIST}") == 1


@pytest.mark.parametrize(
    "different",
    [
        {"module_name": "Other"},
        {"os": "iOS"},
        {"is_debug": True},
        {"settings": [{"name": "apiKey", "value": "other"}]},
    ],
)
async def test_lost_create_with_a_different_feed_is_unknown(
    peer: Peer, options: dict[str, Any], different: dict[str, Any]
) -> None:
    """A new feed with the same name and other fields is a candidate, and not returned."""
    peer.serve(f"POST {LIST}", refusal(500))
    peer.serve(f"GET {LIST}", listed(feed()))
    peer.serve(GET, details(**different))
    async with AsyncClient(**options) as client:
        with pytest.raises(OutcomeUnknownError, match=r"each of the new feeds \[689\] may be it") as caught:
            await client.feeds.create(SECRET)
    assert caught.value.candidates == (689,)
    assert isinstance(caught.value.__cause__, ServerError)


async def test_lost_create_with_several_new_feeds_is_unknown(peer: Peer, options: dict[str, Any]) -> None:
    """The error has all of them as candidates."""
    peer.serve(f"POST {LIST}", reset())
    peer.serve(f"GET {LIST}", listed(feed(689), feed(690)))
    async with AsyncClient(**options) as client:
        with pytest.raises(OutcomeUnknownError, match=r"new feeds \[689, 690\] may be it") as caught:
            await client.feeds.create(SPEC)
    assert caught.value.candidates == (689, 690)


async def test_lost_create_ignores_feeds_of_earlier_creates(peer: Peer, options: dict[str, Any]) -> None:
    """A feed that this client just created is not the result of its next create."""
    first = {**vector("create.response"), "data": [{"id": 688, "created_on": "2023-11-14T22:30:00"}]}
    peer.serve(f"POST {LIST}", reply(201, first), reset(), reset())
    peer.serve(f"GET {LIST}", listed(feed(688), feed(689)))
    peer.serve(GET, details())
    async with AsyncClient(**options) as client:
        assert (await client.feeds.create(SPEC)).id == 688
        assert (await client.workspace(1).feeds.create(SPEC)).id == 689
        with pytest.raises(OutcomeUnknownError):
            await client.feeds.create(SPEC)


@pytest.mark.parametrize("ahead", [timedelta(hours=-2), timedelta(hours=2)])
async def test_lost_create_uses_the_servers_clock(
    peer: Peer, options: dict[str, Any], ahead: timedelta
) -> None:
    """A machine whose clock is hours off finds the feed, and no older one."""
    there = NOW + ahead
    older = feed(1, created_on=there - timedelta(minutes=10))
    peer.serve(f"POST {LIST}", reset())
    peer.serve(f"GET {LIST}", listed(older, feed(created_on=there), date=there))
    peer.serve(GET, details())
    async with AsyncClient(**options) as client:
        assert (await client.feeds.create(SPEC)).id == 689


async def test_lost_create_that_cannot_be_listed_is_unknown_at_once(
    peer: Peer, options: dict[str, Any]
) -> None:
    """An error of the list says nothing about the create."""
    peer.serve(f"POST {LIST}", reset())
    peer.serve(f"GET {LIST}", refusal(403))
    async with AsyncClient(**options) as client:
        with pytest.raises(OutcomeUnknownError, match=r"cannot be read \(ForbiddenError\)"):
            await client.feeds.create(SPEC)
    assert peer.count("* /v1/*") == 2


async def test_no_text_shows_the_value_of_a_setting(
    peer: Peer, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Errors that echo the request, and logs, mask it."""
    peer.serve(f"POST {LIST}", echo(400))
    peer.serve(f"PUT {ITEM}", echo(409))
    async with AsyncClient(**options) as client:
        with caplog.at_level("DEBUG"):
            for call in (client.feeds.create(SECRET), client.feeds.update(689, SECRET)):
                with pytest.raises(Exception, match="bad request") as caught:
                    await call
                assert "canary" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    assert "canary" not in caplog.text
