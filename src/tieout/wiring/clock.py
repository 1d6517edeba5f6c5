"""The clock of this machine, to be read and waited on."""

import asyncio
from datetime import UTC, datetime

NAP_S_MAX = 60.0  # a clock that was set is noticed within this time


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SystemTimer(SystemClock):
    """The clock, with an alarm."""

    async def until(self, moment: datetime) -> None:
        while moment > (before := self.now()):
            await asyncio.sleep(min((moment - before).total_seconds(), NAP_S_MAX))
            if self.now() < before:
                return  # it was set back
