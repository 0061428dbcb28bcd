"""The token endpoint and the check of tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import Emulator, VirtualClock

CREDENTIAL = {
    "client_id": "emu_client",
    "client_secret": "emu_secret",
    "audience": "https://api.mparticle.com",
    "grant_type": "client_credentials",
}


async def test_token_answers_as_documented(api: Api) -> None:
    """The right credential gets a bearer token for 28800 seconds, new each time, and no cookie."""
    first, second = await api.post("/oauth/token", CREDENTIAL), await api.post("/oauth/token", CREDENTIAL)
    assert first.status == 200
    assert first.document == {
        "access_token": first.document["access_token"],
        "expires_in": 28800,
        "token_type": "Bearer",
    }
    assert first.document["access_token"] != second.document["access_token"]
    assert "Set-Cookie" not in first.headers


async def test_token_refuses_credential_that_is_not_its_own(api: Api) -> None:
    """A client id of another kind answers 401 with a message that says why and what to use."""
    answer = await api.post("/oauth/token", {**CREDENTIAL, "client_id": "real", "client_secret": "s3cret"})
    assert answer.status == 401
    assert "emulator" in answer.messages[0]
    assert "`emu_`" in answer.messages[0]
    assert "s3cret" not in str(answer.document)
    assert answer.document["error"] == "invalid_client"


@pytest.mark.parametrize(
    "wrong", [{"client_id": "emu_other"}, {"client_secret": "wrong"}, {"client_secret": "sécret"}]
)
async def test_token_refuses_wrong_credential(api: Api, wrong: Document) -> None:
    """A wrong id or secret answers 401."""
    answer = await api.post("/oauth/token", {**CREDENTIAL, **wrong})
    assert (answer.status, answer.messages) == (401, ["The client_id or the client_secret is wrong."])


async def test_token_names_everything_wrong_in_one_answer(api: Api) -> None:
    """A malformed request answers 400 and names every field."""
    body = {"client_id": 5, "audience": "https://api.eu1.mparticle.com", "grant_type": "password"}
    answer = await api.post("/oauth/token", body)
    assert answer.status == 400
    assert answer.messages == [
        "client_id must be a string that is not empty.",
        "client_secret is required.",
        "audience must be https://api.mparticle.com.",
        "grant_type must be client_credentials.",
    ]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic emu", "emu"])
async def test_call_without_bearer_token_is_refused(api: Api, header: str) -> None:
    """A call without a bearer token answers 401 in the documented form and says where to get one."""
    answer = await api.get("/connections", Authorization=header)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "POST /oauth/token" in answer.messages[0]


async def test_call_with_unknown_token_is_refused(api: Api) -> None:
    """A token the emulator did not issue answers 401."""
    answer = await api.get("/connections", Authorization="Bearer emu.made-up")
    assert (answer.status, answer.messages) == (
        401,
        ["This emulator has not issued the access token since it started."],
    )


async def test_scheme_is_read_in_any_case(api: Api) -> None:
    """The scheme's case does not matter, as HTTP has it."""
    assert (await api.get("/connections", Authorization=f"bearer {api.token}")).status == 200


async def test_token_expires_by_the_clock(api: Api, clock: VirtualClock) -> None:
    """A token works until just before its time is over, and a new one works afterwards."""
    clock.advance(timedelta(seconds=28_799))
    assert (await api.get("/connections")).status == 200
    clock.advance(timedelta(seconds=1))
    assert (await api.get("/connections")).messages == ["The access token has expired."]
    await api.sign_in()
    assert (await api.get("/connections")).status == 200


async def test_tokens_can_be_made_to_expire(emulator: Emulator, api: Api) -> None:
    """`expire_tokens` lets every token issued so far be refused."""
    emulator.expire_tokens()
    assert (await api.get("/connections")).status == 401
