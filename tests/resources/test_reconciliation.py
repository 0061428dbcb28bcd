"""The errors after which a create or trigger may have succeeded."""

import pytest

from warehouse_sync import (
    APIError,
    ConflictError,
    ConnectError,
    DecodeError,
    RateLimitedError,
    ReadError,
    ServerError,
    TokenError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.resources.reconciliation import is_ambiguous


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (ReadError("x"), True),
        (ConnectError("x"), False),
        (DecodeError("x"), True),
        (ServerError(status=500), True),
        (ServerError(status=501), True),
        (WarehouseLoginError(status=505), False),
        (APIError(status=408), True),
        (ConflictError(status=409), False),
        (RateLimitedError(status=429), False),
        (TokenError("x"), False),
    ],
)
def test_error_is_ambiguous_if_the_request_may_have_succeeded(
    error: WarehouseSyncError, *, ambiguous: bool
) -> None:
    """A create or trigger is reconciled after these errors, and after no others."""
    assert is_ambiguous(error) is ambiguous
