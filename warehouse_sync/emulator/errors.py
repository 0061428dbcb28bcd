"""Errors that end a request.

They say what is wrong; `responses` knows the HTTP status of each.
"""


class ApiError(Exception):
    """A request fails.

    Attributes:
        messages: Everything that is wrong, one sentence each.
    """

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


class InvalidRequestError(ApiError):
    """The request is wrong in itself, or the state does not allow it now."""


class NotFoundError(ApiError):
    """The request names something that does not exist."""


class ConflictError(ApiError):
    """The stored state contradicts the request."""


class LoginError(ApiError):
    """The warehouse cannot be reached, or rejects the login.

    Args:
        detail: What the warehouse said.
    """

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(_LOGIN_MESSAGE, *([detail] if detail else []))


# The reference's explanation of this error.
_LOGIN_MESSAGE = (
    "The request failed to connect to the warehouse account. Check the username and password, and make sure the "
    "source account ID, region, warehouse, and database entries are correct."
)
