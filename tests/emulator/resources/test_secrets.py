"""Masked secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warehouse_sync.emulator.resources.secrets import MASK, mask_secrets

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector

KEY = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "private_key",
        "private_key_passphrase",
        "privateKey",
        "PRIVATE-KEY",
        "client_secret",
        "access_token",
        "service_account_key",
        "aws_secret_access_key",
        "api_key",
        "credentials",
        "pwd",
    ],
)
def test_secret_name_is_masked_in_any_notation(name: str) -> None:
    """A field whose name contains a word for a secret is masked, whatever its type and depth."""
    for value in ("s3cret", 12345, {"value": "s3cret"}, ["s3cret"]):
        assert mask_secrets({"a": [{name: value}]}) == {"a": [{name: MASK}]}


@pytest.mark.parametrize(
    "document",
    [
        {"partner_feed_key": "feed", "service_account_id": "a", "account_identifier": "b", "name": "token"},
        {
            "iterator_field": "updated_at",
            "storage_integration": "mp",
            "aws_external_id": "x",
            "passenger": "p",
        },
        {"password": "", "secret": None, "use_token": True},
    ],
)
def test_other_fields_are_not_masked(document: Document) -> None:
    """Other fields stay, and so do empty values and flags."""
    assert mask_secrets(document) == document


def test_private_key_is_masked_under_any_name() -> None:
    """A PEM private key, also inside of other text, is masked whatever its field's name."""
    assert mask_secrets({"extra": [KEY, f'{{"key": "{KEY}"}}', "public"]}) == {
        "extra": [MASK, MASK, "public"]
    }


async def test_unknown_secrets_are_never_shown(api: Api, vector: Vector) -> None:
    """An undocumented secret in any v2 resource is masked in the response to POST, PUT, GET and list."""
    for path, example in (
        ("/connections", "connections/create-snowflake.request"),
        ("/data-models", "data-models/create.request"),
    ):
        document = vector(example)
        document["config"] |= {
            "private_key": KEY,
            "private_key_passphrase": "hush-hush",
            "extra": {"token": "t0"},
        }
        document["api_key"] = "k3y"
        resource = f"{path}/{document['id']}"
        shown = [
            (await api.post(path, document)).document,
            (await api.put(resource, document)).document,
            (await api.get(resource)).document,
            *(await api.get(path)).document,
        ]
        for each in shown:
            assert (each["config"]["private_key"], each["config"]["private_key_passphrase"]) == (MASK, MASK)
            assert (each["config"]["extra"]["token"], each["api_key"]) == (MASK, MASK)
