"""A token endpoint without a network, for tests of the token source."""

import asyncio

from warehouse_sync.transport.token_source import AccessToken, TokenResponse

Outcome = TokenResponse | Exception


def token_response(access_token: str = "t1", lifetime: float = 1000.0) -> TokenResponse:
    """Return a token as the token endpoint issues it."""
    return TokenResponse(access_token=access_token, lifetime=lifetime)


class FakeTokenEndpoint:
    """Returns tokens and raises errors in order, once unblocked."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0
        self.refused: list[str | None] = []
        self.unblocked = asyncio.Event()
        self.unblocked.set()

    async def fetch(self, refused: AccessToken | None) -> TokenResponse:
        """Return the next token, or raise the next error."""
        self.calls += 1
        self.refused.append(None if refused is None else refused.reveal())
        await self.unblocked.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)
