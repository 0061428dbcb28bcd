"""The token endpoint and the token check."""

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


async def test_token_response_is_documented(api: Api) -> None:
    """The credential gets a new bearer token for 28800 seconds each time, and no cookie."""
    first, second = await api.post("/oauth/token", CREDENTIAL), await api.post("/oauth/token", CREDENTIAL)
    assert first.status == 200
    assert first.document == {
        "access_token": first.document["access_token"],
        "expires_in": 28800,
        "token_type": "Bearer",
    }
    assert first.document["access_token"] != second.document["access_token"]
    assert "Set-Cookie" not in first.headers


async def test_real_looking_credential_is_rejected(api: Api) -> None:
    """A client id without the prefix is 401 with a message that says why and what to use."""
    response = await api.post("/oauth/token", {**CREDENTIAL, "client_id": "real", "client_secret": "s3cret"})
    assert response.status == 401
    assert "emulator" in response.messages[0]
    assert "`emu_`" in response.messages[0]
    assert "s3cret" not in str(response.document)
    assert response.document["error"] == "invalid_client"


@pytest.mark.parametrize(
    "wrong", [{"client_id": "emu_other"}, {"client_secret": "wrong"}, {"client_secret": "sécret"}]
)
async def test_wrong_credential_is_rejected(api: Api, wrong: Document) -> None:
    """A wrong id or secret is 401."""
    response = await api.post("/oauth/token", {**CREDENTIAL, **wrong})
    assert (response.status, response.messages) == (401, ["The client_id or the client_secret is wrong."])


async def test_token_request_errors_are_all_reported(api: Api) -> None:
    """A malformed request is 400 and names every invalid field."""
    body = {"client_id": 5, "audience": "https://api.eu1.mparticle.com", "grant_type": "password"}
    response = await api.post("/oauth/token", body)
    assert response.status == 400
    assert response.messages == [
        "client_id must be a string that is not empty.",
        "client_secret is required.",
        "audience must be https://api.mparticle.com.",
        "grant_type must be client_credentials.",
    ]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic emu", "emu"])
async def test_request_without_token_is_rejected(api: Api, header: str) -> None:
    """A request without a bearer token is 401 and says where to get one."""
    response = await api.get("/connections", Authorization=header)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "POST /oauth/token" in response.messages[0]


async def test_unknown_token_is_rejected(api: Api) -> None:
    """A token that the emulator did not issue is 401."""
    response = await api.get("/connections", Authorization="Bearer emu.made-up")
    assert (response.status, response.messages) == (
        401,
        ["This emulator has not issued the access token since it started."],
    )


async def test_scheme_ignores_case(api: Api) -> None:
    """The case of the authorization scheme does not matter."""
    assert (await api.get("/connections", Authorization=f"bearer {api.token}")).status == 200


async def test_token_expires_by_the_clock(api: Api, clock: VirtualClock) -> None:
    """A token works until just before it expires, and a new one works after that."""
    clock.advance(timedelta(seconds=28_799))
    assert (await api.get("/connections")).status == 200
    clock.advance(timedelta(seconds=1))
    assert (await api.get("/connections")).messages == ["The access token has expired."]
    await api.sign_in()
    assert (await api.get("/connections")).status == 200


async def test_expire_tokens_expires_all_tokens(emulator: Emulator, api: Api) -> None:
    """`expire_tokens` expires every token issued so far."""
    emulator.expire_tokens()
    assert (await api.get("/connections")).status == 401
