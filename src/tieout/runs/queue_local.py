"""Which account runs when, in one process: one run of an account at a time, and no event lost.

Schedules skip what is running, people are told that it is, and events wait: however many come
during a run, one run follows it, and bursts are waited out. What keeps other processes from the
same account is the store's lease; an event that finds it taken is kept for later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from tieout.core.book import AccountId
from tieout.ports import AccountBusy, RunTrigger, ServiceStopping, Timer

Result = TypeVar("Result")
Start = Callable[[AccountId, RunTrigger], Awaitable[Result]]
EVENTS: tuple[RunTrigger, ...] = ("stream", "trade", "reconnect", "page")


def tell_nobody(account: AccountId) -> None:
    """For a queue whose skips interest nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long events are gathered: until none came for `quiet_s`, but at most `quiet_s_max`."""

    quiet_s: float = 0.5
    quiet_s_max: float = 5.0


@dataclass(slots=True)
class _Lane(Generic[Result]):
    """What is going on with one account."""

    running: "asyncio.Task[Result] | None" = None
    gathering: "asyncio.Task[None] | None" = None
    wanted: RunTrigger | None = None
    due_at: datetime | None = None
    latest_at: datetime | None = None


@dataclass(slots=True)
class LocalQueue(Generic[Result]):
    """Starts runs by `start`, which must record its own failures. One event loop uses it."""

    start: Start[Result]
    timer: Timer
    pace: Pace = Pace()
    skipped: Callable[[AccountId], None] = tell_nobody
    _lanes: dict[AccountId, _Lane[Result]] = field(default_factory=dict)
    _is_closed: bool = False

    def is_running(self, account: AccountId) -> bool:
        """Whether a run of this account is in progress here."""
        return self._lane(account).running is not None

    def running(self) -> list[AccountId]:
        """The accounts that are being run."""
        return [account for account, lane in self._lanes.items() if lane.running is not None]

    async def run_now(self, account: AccountId, trigger: RunTrigger) -> Result:
        """Run at once, for somebody who waits. Raises AccountBusy while another run goes on."""
        if self._is_closed:
            raise ServiceStopping(f"the service is stopping, so {account} is not run any more")
        if self.is_running(account):
            raise AccountBusy(f"a run of {account} is in progress; wait until it has finished")
        return await asyncio.shield(self._begin(account, trigger))

    def tick(self, account: AccountId, trigger: RunTrigger = "schedule") -> None:
        """Run if nothing runs; else leave it, the next tick comes."""
        if self._is_closed:
            return
        if self.is_running(account):
            self.skipped(account)
        else:
            self._begin(account, trigger)

    def tell(self, account: AccountId, trigger: RunTrigger) -> None:
        """Something happened: a run will start after this moment, soon, and never two for one."""
        if self._is_closed:
            return
        lane = self._lane(account)
        lane.wanted = trigger
        now = self.timer.now()
        if lane.latest_at is None:
            lane.latest_at = now + timedelta(seconds=self.pace.quiet_s_max)
        put_off_to = lane.due_at
        lane.due_at = min(now + timedelta(seconds=self.pace.quiet_s), lane.latest_at)
        if lane.gathering is not None and put_off_to is not None and lane.due_at < put_off_to:
            lane.gathering.cancel()  # it waits for the later moment
            lane.gathering = None
        if lane.running is None and lane.gathering is None:
            lane.gathering = asyncio.create_task(self._gather(account, lane))

    def shut(self) -> None:
        """Take no more."""
        self._is_closed = True
        for lane in self._lanes.values():
            if lane.gathering is not None:
                lane.gathering.cancel()

    async def close(self) -> None:
        """Take no more, and wait for the runs in progress."""
        self.shut()
        running = [lane.running for lane in self._lanes.values() if lane.running is not None]
        await asyncio.gather(*running, return_exceptions=True)

    def _lane(self, account: AccountId) -> _Lane[Result]:
        return self._lanes.setdefault(account, _Lane())

    def _begin(self, account: AccountId, trigger: RunTrigger) -> "asyncio.Task[Result]":
        lane = self._lane(account)
        assert lane.running is None, account
        # What was told before this moment is seen by the run that starts now.
        lane.wanted = lane.due_at = lane.latest_at = None
        if lane.gathering is not None and lane.gathering is not asyncio.current_task():
            lane.gathering.cancel()
        lane.gathering = None
        lane.running = asyncio.create_task(self._run(account, trigger, lane))
        lane.running.add_done_callback(_seen)
        return lane.running

    async def _run(self, account: AccountId, trigger: RunTrigger, lane: _Lane[Result]) -> Result:
        try:
            return await self.start(account, trigger)
        except AccountBusy:
            if trigger in EVENTS:
                self._put_off(lane, trigger)  # another process has it; ours still has to follow
            raise
        finally:
            lane.running = None
            if lane.wanted is not None and not self._is_closed:
                lane.gathering = asyncio.create_task(self._gather(account, lane))

    def _put_off(self, lane: _Lane[Result], trigger: RunTrigger) -> None:
        """Look again after the longest wait: what others do may take minutes."""
        lane.wanted = lane.wanted or trigger
        lane.due_at = lane.latest_at = self.timer.now() + timedelta(seconds=self.pace.quiet_s_max)

    async def _gather(self, account: AccountId, lane: _Lane[Result]) -> None:
        """Wait until the burst is over, then run."""
        longest = timedelta(seconds=self.pace.quiet_s_max)
        while lane.due_at is not None and lane.due_at > (now := self.timer.now()):
            if lane.due_at - now > longest:
                break  # the clock was set back
            await self.timer.until(lane.due_at)
        if lane.running is None and lane.wanted is not None:
            self._begin(account, lane.wanted)


def _seen(task: "asyncio.Task[Result]") -> None:
    """Perhaps nobody waits for this run; `start` has recorded what went wrong."""
    if not task.cancelled():
        task.exception()
