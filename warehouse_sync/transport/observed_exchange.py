"""An HTTP request that is logged and reported to listeners."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import attrs

from warehouse_sync.events import AttemptEnded
from warehouse_sync.settings import Clock
from warehouse_sync.transport.exchange import exchange, request_id_of
from warehouse_sync.transport.observer import Observer, current_operation
from warehouse_sync.transport.pool import LoopSession
from warehouse_sync.transport.request import ApiRequest, ApiResponse, RequestHeaders

_log = logging.getLogger("warehouse_sync")


@attrs.define(eq=False, repr=False)
class ObservedExchange:
    """Sends one HTTP request, as `exchange` does, then logs it and emits an event.

    Attributes:
        observer: The observer of the client, or `None` to log only.
        clock: The time.
        resend_count: The number of earlier attempts.
        expires_at: The end of the request's deadline on the monotonic clock.
        request_id: The server's id of the request, once its response has begun.
    """

    observer: Observer | None
    clock: Clock
    resend_count: int
    expires_at: float
    request_id: str | None = None

    async def send(
        self, session: LoopSession, request: ApiRequest[Any], headers: RequestHeaders
    ) -> ApiResponse:
        """Send the request, exactly once, and read its response completely."""

        def on_headers(received: Mapping[str, str]) -> None:
            self.request_id = request_id_of(received)
            if request.on_headers is not None:
                request.on_headers(received)

        started = self.clock.monotonic()
        status, error_type = None, None
        try:
            response = await exchange(session, attrs.evolve(request, on_headers=on_headers), headers)
        except BaseException as error:
            error_type = self._error_type(error)
            raise
        else:
            status = response.status
            error_type = str(status) if status >= 400 else None  # noqa: PLR2004 - an HTTP status
            return response
        finally:
            self._report(request, headers, status, error_type, self.clock.monotonic() - started)

    def _error_type(self, error: BaseException) -> str:
        expired = isinstance(error, asyncio.CancelledError) and self.clock.monotonic() >= self.expires_at
        return "TimeoutError" if expired else type(error).__name__

    def _report(
        self,
        request: ApiRequest[Any],
        headers: RequestHeaders,
        status: int | None,
        error_type: str | None,
        seconds: float,
    ) -> None:
        from warehouse_sync.wire.error_responses import without_secrets  # noqa: PLC0415 - see `to_api_error`

        template = headers.base_url.prefix + (request.template or request.path)
        request_id = without_secrets(self.request_id, (*request.secrets, *headers.secrets))
        outcome = error_type if status is None else status
        _log.debug(
            "%s %s: %s in %.0f ms, request id %s",
            request.method,
            template,
            outcome,
            seconds * 1000,
            request_id or "-",
        )
        if self.observer is not None:
            event = AttemptEnded(
                operation=current_operation(),
                method=request.method,
                url_template=template,
                server=headers.base_url.host_and_port,
                status=status,
                seconds=seconds,
                resend_count=self.resend_count,
                error_type=error_type,
                request_id=request_id,
            )
            self.observer.emit(event)
