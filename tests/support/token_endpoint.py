"""Where tokens are fetched in tests."""

import asyncio

from warehouse_sync.transport.auth import AccessToken, TokenResponse

Outcome = TokenResponse | Exception


def grant(access_token: str = "t1", lifetime: float = 1000.0) -> TokenResponse:
    """A token as it is granted."""
    return TokenResponse(access_token=access_token, lifetime=lifetime)


class FakeTokenEndpoint:
    """Where tokens are fetched: in order, once the gate is open."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0
        self.refused: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, refused: AccessToken | None) -> TokenResponse:
        """Bring a token, or fail."""
        self.calls += 1
        self.refused.append(None if refused is None else refused.reveal())
        await self.gate.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)
