"""A clock that is set by hand, with alarms; any thread may set it and wait on it."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


class HandTimer:
    """It is always `at`."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self._lock = threading.Lock()
        self._alarms: list[tuple[datetime, asyncio.AbstractEventLoop, asyncio.Event]] = []

    def now(self) -> datetime:
        return self.at

    def skip(self, **span: float) -> None:
        """Go on by this much; whoever waited for a moment until then is woken."""
        with self._lock:
            self.at += timedelta(**span)
            due = [each for each in self._alarms if each[0] <= self.at]
            self._alarms = [each for each in self._alarms if each[0] > self.at]
        for _, loop, woken in due:
            if not loop.is_closed():
                loop.call_soon_threadsafe(woken.set)

    async def until(self, moment: datetime) -> None:
        with self._lock:
            if moment <= self.at:
                return
            woken = asyncio.Event()
            self._alarms.append((moment, asyncio.get_running_loop(), woken))
        await woken.wait()
