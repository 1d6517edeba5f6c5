"""The clock that starts rounds: on schedule, unless it is paused, and never twice for one time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from tieout.ports import Timer
from tieout.runs.schedule import Schedule


@dataclass(slots=True)
class Scheduler:
    """Calls `tick` at each due time. `run` is its loop; the rest may be changed while it runs.

    The first round is `first_run_s` after `run` starts. Due times that passed while nothing
    could run are made up for by one round: it sees everything.
    """

    schedule: Schedule
    timer: Timer
    tick: Callable[[], None]
    first_run_s: float = 10.0
    is_paused: bool = False
    next_at: datetime | None = None
    _changed: asyncio.Event | None = None

    async def run(self) -> None:
        """Tick until cancelled."""
        self._changed = asyncio.Event()
        due = self.timer.now() + timedelta(seconds=self.first_run_s)
        while True:
            self.next_at = None if self.is_paused else due
            await self._wait(due)
            now = self.timer.now()
            if due <= now:
                if not self.is_paused:
                    self.tick()
                due = self._next(due)
            elif self._changed.is_set():
                due = self.schedule.next_after(now)
            else:  # the clock was set back; a schedule must not stand still until it is there again
                due = min(due, self.schedule.next_after(now))
            self._changed.clear()

    def change(self, *, schedule: Schedule | None = None, is_paused: bool | None = None) -> None:
        """Go by another schedule from now on, pause, or go on. What stays as it is counts on."""
        before = (self.schedule, self.is_paused)
        if schedule is not None:
            self.schedule = schedule
        if is_paused is not None:
            self.is_paused = is_paused
        if self._changed is not None and (self.schedule, self.is_paused) != before:
            now = self.timer.now()
            self.next_at = None if self.is_paused else self.schedule.next_after(now)
            self._changed.set()

    def stop(self) -> None:
        """Nothing is due any more."""
        self.next_at = None

    def _next(self, due: datetime) -> datetime:
        following = self.schedule.next_after(due)
        now = self.timer.now()
        return following if following > now else self.schedule.next_after(now)

    async def _wait(self, due: datetime) -> None:
        """Until it is due, or something else is to be looked at."""
        assert self._changed is not None
        waiting = asyncio.ensure_future(self.timer.until(due))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({waiting, changing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, changing):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
