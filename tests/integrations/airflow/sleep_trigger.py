"""A trigger that only sleeps: what a wait for a run is compared with."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent


class SleepTrigger(BaseTrigger):
    """Sleeps until a moment, then ends its task."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The path and the argument."""
        return f"{__name__}.SleepTrigger", {"until": self.until}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield once the moment has come."""
        await asyncio.sleep(max(self.until - time.time(), 0))
        yield TaskSuccessEvent()
