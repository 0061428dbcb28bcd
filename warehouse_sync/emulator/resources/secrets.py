"""Mask secrets in documents.

The emulator stores and shows the mask, never the secret.
"""

import re
from typing import Any

from warehouse_sync.emulator.documents import Document

MASK = "************"
# Words in the name of a field whose value is a secret, in any notation: `api_key`, `apiKey`, `API-KEY`.
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|passcode|pwd|secret|token|credential|authorization"
    r"|(private|access|account|api|encryption|signing|client)key"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_NOT_A_LETTER = re.compile(r"[^a-z]")


def mask_secrets(document: Document) -> Document:
    """Return a document with everything masked that looks like a secret, at any depth."""
    return {name: _masked_field(name, value) for name, value in document.items()}


def is_secret_name(name: str) -> bool:
    """Return whether the value of a field with this name is a secret."""
    return _SECRET_NAME.search(_NOT_A_LETTER.sub("", name.lower())) is not None


def _masked_field(name: str, value: object) -> Any:  # noqa: ANN401 - any JSON value
    if is_secret_name(name) and value and not isinstance(value, bool):
        return MASK
    return _masked(value)


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return mask_secrets(value)
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return MASK if isinstance(value, str) and _PRIVATE_KEY.search(value) else value
