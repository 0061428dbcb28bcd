"""What resources send through: authorized calls to the API, and behind them the calls to the token endpoint."""

from typing import TYPE_CHECKING, TypeVar

import attrs
from yarl import URL

from warehouse_sync.errors import APIError, DecodeError, TokenError, TransportError, UnauthorizedError
from warehouse_sync.settings import Clock, RetryPolicy, Settings, Timeout
from warehouse_sync.transport.auth import AccessToken, TokenSource, credential_key
from warehouse_sync.transport.call import Call, Trip
from warehouse_sync.transport.carrier import Carrier
from warehouse_sync.transport.grant import Grant, grant_request, parse_grant
from warehouse_sync.transport.pool import Local
from warehouse_sync.transport.site import Headers, Site

if TYPE_CHECKING:
    from warehouse_sync.transport.token_cache import TokenCache

T = TypeVar("T")

_TOKEN_TOTAL = 60.0  # seconds: a fetch serves every caller, so its deadline is not that of any one


class Transport:
    """Sends calls for one credential.

    Attributes:
        settings: Where and who.
        carrier: How requests travel.
    """

    def __init__(
        self, settings: Settings, carrier: Carrier, source: TokenSource, cache: "TokenCache | None" = None
    ) -> None:
        self.settings = settings
        self.carrier = carrier
        self._source = source
        self._cache = cache
        self._monotonic = carrier.clock.monotonic
        url = URL(settings.api_url)
        self._site = Site(url.origin(), url.raw_path.rstrip("/"))
        self._headers: tuple[AccessToken, Local, Headers] | None = None

    @property
    def clock(self) -> Clock:
        """Time, sleep and chance."""
        return self.carrier.clock

    def with_options(self, *, timeout: Timeout | None, retry: RetryPolicy | None) -> "Transport":
        """Return a transport with other bounds over the same pool, token and budget."""
        carrier = attrs.evolve(
            self.carrier, timeout=timeout or self.carrier.timeout, policy=retry or self.carrier.policy
        )
        return Transport(self.settings, carrier, self._source, self._cache)

    async def close(self) -> None:
        """Close the sessions, and let go of the token, which others may go on using."""
        self._source = TokenSource(self.clock)
        await self.carrier.pool.close()

    async def send(self, call: Call[T]) -> T:
        """Carry out a call within its deadline.

        Raises:
            TransportError: It did not get through; `TimeoutError` when its deadline passed.
            APIError: The API refused.
            TokenError: The token endpoint refused, or answered nonsense.
            DecodeError: The answer is not what the API documents.
        """
        carrier = self.carrier
        trip = carrier.begin()
        with trip:
            token = self._source.token
            if token is None or self._monotonic() >= token.renew_at:
                token = await self._token(trip)
            try:
                return await carrier.attempts(trip, call, self._headers_for(token, trip.local))
            except UnauthorizedError:  # once: with a fresh token, and beyond what the policy allows
                self._source.invalidate(token)
            trip.tries -= 1
            token = await self._token(trip)
            return await carrier.attempts(trip, call, self._headers_for(token, trip.local))
        raise trip.late(call)

    async def _token(self, trip: Trip) -> AccessToken:
        try:
            return await self._source.get(self._grant)
        except TransportError as error:
            error.sent = "maybe" if trip.lost else "no"  # the call itself, not the question for a token
            raise

    def _headers_for(self, token: AccessToken, local: Local) -> Headers:
        latest = self._headers
        if latest is not None and latest[0] is token and latest[1] is local:
            return latest[2]
        headers = Headers(self._site, local.headers, token.reveal())
        self._headers = (token, local, headers)
        return headers

    async def _grant(self, refused: AccessToken | None) -> Grant:
        """Bring a token: from the disk if it is kept there, else from the token endpoint."""
        if self._cache is None:
            return await self._fetch_grant()
        key, unwanted = credential_key(self.settings), None if refused is None else refused.reveal()
        return await self._cache.grant(key, self._fetch_grant, refused=unwanted, clock=self.clock)

    async def _fetch_grant(self) -> Grant:
        """Ask the token endpoint, as patiently as for any call.

        Raises:
            TokenError: It refused, or answered nonsense.
            TransportError: It could not be reached.
        """
        call = Call(
            "POST",
            URL(self.settings.token_url).raw_path,
            parse_grant,
            body=grant_request(self.settings),
            secrets=(self.settings.client_secret.reveal(),),
        )
        try:
            return await self._ask(call)
        except APIError as error:
            refusal = _refused(error)
        except DecodeError as error:
            refusal = TokenError(f"the token endpoint answered nonsense: {error}")
        raise refusal

    async def _ask(self, call: Call[Grant]) -> Grant:
        carrier = attrs.evolve(self.carrier, timeout=attrs.evolve(self.carrier.timeout, total=_TOKEN_TOTAL))
        trip = carrier.begin()
        with trip:
            headers = Headers(Site(URL(self.settings.token_url).origin()), trip.local.headers)
            return await carrier.attempts(trip, call, headers)
        raise trip.late(call)


def _refused(error: APIError) -> TokenError:
    said = "; ".join(message.rstrip(".") for message in error.messages) or "it gave no reason"
    mend = ": check client_id and client_secret" if error.status in (400, 401, 403) else ""
    return TokenError(
        f"the token endpoint answered {error.status}{mend}. It said: {said}", status=error.status
    )
