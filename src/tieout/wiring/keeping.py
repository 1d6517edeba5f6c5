"""Keeping every account tied out: rounds by the clock, runs after events, one run at a time.

All of it happens in one event loop, the service's own. `wiring.service` is the way in from other
threads.
"""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, StoreError, fault_of
from tieout.ports import AccountBusy, Event, News, RunTrigger, ServiceStopping, Timer, Venue
from tieout.runs import Finished, Order, run
from tieout.runs.apart import apart
from tieout.runs.log import RunLog
from tieout.runs.queue_local import LocalQueue, Pace
from tieout.runs.scheduler import Scheduler
from tieout.settings import Settings
from tieout.settings.values import connection_of
from tieout.wiring.asked import Asked
from tieout.wiring.connected import Unreachable
from tieout.wiring.desk import Answer, Desk, connections_named
from tieout.wiring.in_effect import schedule_in
from tieout.wiring.watch import Watch

A_DAY = timedelta(days=1)
LISTEN_AGAIN = timedelta(seconds=5)
LISTEN_AGAIN_MAX = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """An account and the venue that it is read at."""

    account: Account
    venue: Venue


class Keeper:
    """Keeps the accounts of a desk tied out. `published` is called after events were written."""

    def __init__(
        self, desk: Desk, *, timer: Timer, log: RunLog, published: Callable[[], None]
    ) -> None:
        self.desk = desk
        self.timer = timer
        self.log = log
        self.is_paused = False
        self._published = published
        self.watch = Watch(desk, log=log)
        service = desk.settings.service
        pace = Pace(quiet_s=float(service.quiet_s), quiet_s_max=float(service.quiet_s_max))
        self.queue: LocalQueue[Finished] = LocalQueue(
            start=self._run, timer=timer, pace=pace, skipped=log.skipped
        )
        self.scheduler = Scheduler(
            schedule=schedule_in(service),
            timer=timer,
            tick=self.tick,
            first_run_s=float(service.first_run_s),
        )
        self._reached: dict[AccountId, _Reached] = {}
        self._asked = Asked()
        self._rounds: dict[str, asyncio.Task[None]] = {}
        self._heard: set[str] = set()
        self._missed: set[str] = set()  # asked in vain
        self._tasks: list[asyncio.Task[Any]] = []

    # Life

    def start(self) -> None:
        """Begin: the schedule, and listening to every connection."""
        self._go_by(self.desk.settings)
        self.log.scheduled(self.scheduler.schedule.words)
        self._tasks = [asyncio.create_task(each) for each in (self.scheduler.run(), self._tidy())]
        for connection in self.desk.settings.connections:
            self._tasks.append(asyncio.create_task(self._listen(connection.name)))

    def begin_no_more(self) -> None:
        """From now on nothing new begins: not by the schedule, not after events."""
        self.scheduler.stop()
        for task in (*self._tasks, *self._rounds.values()):
            task.cancel()
        self.queue.shut()

    async def stop(self, *, limit_s: float) -> bool:
        """Stop: nothing new begins, runs in progress finish; whether they did within the limit."""
        self.begin_no_more()
        await asyncio.gather(*self._tasks, *self._rounds.values(), return_exceptions=True)
        try:
            async with asyncio.timeout(limit_s):
                await self.queue.close()
        except TimeoutError:
            return False
        return True

    def change(self, settings: Settings, *, is_paused: bool | None = None) -> None:
        """Go by other settings from now on."""
        schedule_in(settings.service)  # refused before anything changes
        self.desk.settings = settings
        if is_paused is not None:
            self.is_paused = is_paused
        self._go_by(settings)

    def _go_by(self, settings: Settings) -> None:
        is_paused = self.is_paused or not settings.service.enabled
        self.scheduler.change(schedule=schedule_in(settings.service), is_paused=is_paused)

    async def _tidy(self) -> None:
        """Let go of what is too old, now and every day."""
        while True:
            try:
                await apart(self.desk.forget)
            except StoreError as error:
                self.log.unkept(str(error))
            await self.timer.until(self.timer.now() + A_DAY)

    # What starts runs

    def tick(self) -> None:
        """A round is due: one run of every account of every connection."""
        for connection in self.desk.settings.connections:
            self._begin_round(connection.name, "schedule")

    def tell(self, trigger: RunTrigger, account: AccountId | None = None) -> None:
        """Something happened that the book should know of soon, to one account or to any."""
        if not self._is_wanted(trigger):
            return
        known = [each for each in self._reached if account is None or each == account]
        for each in known:
            self.queue.tell(each, trigger)
        if not known:
            self._tell_unknown(trigger, account)

    def _is_wanted(self, trigger: RunTrigger) -> bool:
        """Whether runs may begin by themselves, and after such a thing."""
        service = self.desk.settings.service
        switches = {"trade": service.sync_on_trade, "stream": service.sync_on_position_update}
        return service.enabled and switches.get(trigger, True)

    def _tell_unknown(self, trigger: RunTrigger, account: AccountId | None) -> None:
        """An account that was not reached yet; or is none, which the bot that told us can see."""
        try:
            names = connections_named(self.desk.settings, [] if account is None else [account])
        except SettingsError as error:
            self.log.unknown(str(error), trigger)
            return
        for name in names:
            self._begin_round(name, trigger)

    def page_opened(self, now: datetime) -> None:
        """Somebody looks at the book: what is too old is read anew."""
        if not self._is_wanted("page"):
            return
        oldest = now - timedelta(seconds=float(self.desk.settings.service.stale_page_s))
        connections = {each.name for each in self.desk.settings.connections}
        stored = {each.id for each in self.desk.store.accounts()}
        for account in sorted({*self._reached, *stored}):
            last = self.desk.store.run_totals(account).last
            is_old = last is None or last.finished_at < oldest
            is_read = not self.desk.settings.is_retired(account)
            if is_old and is_read and connection_of(account) in connections:
                self._tell_one(account, "page")

    async def sync(self, wanted: Collection[str], trigger: RunTrigger) -> list[Answer]:
        """Run these accounts now (all for none). Raises AccountBusy while they are being run."""
        connections = connections_named(self.desk.settings, set(wanted))
        self._refuse_busy(wanted, connections)
        groups = await asyncio.gather(
            *(self._sync_at(each, wanted, trigger) for each in connections)
        )
        answers = [each for group in groups for each in group]
        if not answers:
            raise SettingsError("there is no such account; `tieout accounts` lists them")
        if all(isinstance(each.error, AccountBusy | ServiceStopping) for each in answers):
            raise answers[0].error or AccountBusy("a run is in progress")
        return answers

    async def _sync_at(
        self, connection: str, wanted: Collection[str], trigger: RunTrigger
    ) -> list[Answer]:
        """Each connection by itself: one that hangs holds up no other."""
        names = self._ids_of(wanted) or [connection]
        mine = [each for each in names if connection_of(each) == connection]
        found = await self._reach(connection, trigger, asked=mine)
        answers = [each for each in found if isinstance(each, Answer)]
        accounts = [each.account.id for each in found if isinstance(each, _Reached)]
        chosen = [each for each in accounts if self.desk.is_meant(each, wanted)]
        return answers + await asyncio.gather(*(self._run_now(each, trigger) for each in chosen))

    def _refuse_busy(self, wanted: Collection[str], connections: Collection[str]) -> None:
        running = (each for each in self.queue.running() if self.desk.is_meant(each, wanted))
        busy = next(running, None) or self._asked.among(self._ids_of(wanted) or connections)
        if busy is not None:
            raise AccountBusy(f"a run of {busy} is in progress; wait until it has finished")

    def _ids_of(self, wanted: Collection[str]) -> list[str]:
        """Accounts by their ids, whatever people call them."""
        settings = self.desk.settings
        called = {settings.name_of(AccountId(key)): key for key in settings.accounts}
        return [called.get(each, each) for each in sorted(wanted)]

    def is_running(self, account: AccountId | None = None) -> bool:
        """Whether a run of this account, or of any, is in progress, its venue being asked too."""
        if account is None:
            return self._asked.any() or bool(self.queue.running())
        return self._asked.among([account]) is not None or account in self.queue.running()

    async def _run_now(self, account: AccountId, trigger: RunTrigger) -> Answer:
        try:
            finished = await self.queue.run_now(account, trigger)
        except Exception as error:  # the other accounts go on
            return Answer(subject=account, error=fault_of(error))
        return Answer(subject=account, finished=finished)

    # Rounds

    def _begin_round(self, connection: str, trigger: RunTrigger) -> None:
        """Each connection by itself, so that one that hangs holds up no other."""
        before = self._rounds.get(connection)
        is_begun = before is not None and not before.done()
        is_due = trigger == "schedule"
        if is_due and (is_begun or self._asked.has(connection)):
            self.log.skipped(AccountId(connection))
        if is_begun or (is_due and self._asked.has(connection)):
            return  # what happened before the runs that follow is seen by them
        self._rounds[connection] = asyncio.create_task(self._round(connection, trigger))

    async def _round(self, connection: str, trigger: RunTrigger) -> None:
        for each in await self._reach(connection, trigger):
            if isinstance(each, _Reached):
                start = self.queue.tick if trigger == "schedule" else self.queue.tell
                start(each.account.id, trigger)

    async def _reach(
        self, connection: str, trigger: RunTrigger, *, asked: Collection[str] = ()
    ) -> "Iterable[_Reached | Answer]":
        started_at = self.timer.now()
        try:
            with self._asked.asking(asked or [connection]):
                venue, accounts = await self.desk.reach(connection)
                if not isinstance(venue, Unreachable):
                    await apart(partial(self.watch.reached, connection))
        except Exception as error:  # like around a run: other connections go on
            wrong = fault_of(error)
            self._missed.add(connection)
            tell = partial(self.watch.unreached, trigger=trigger, started_at=started_at)
            await apart(partial(tell, connection, wrong))
            self._published()
            return [Answer(subject=connection, error=wrong)]
        found = [_Reached(account=account, venue=venue) for account in accounts]
        self._reached |= {each.account.id: each for each in found}
        return found

    async def _listen(self, connection: str) -> None:
        """Hear a venue for as long as the service runs; again, later and later, after a fault."""
        pause, said = LISTEN_AGAIN, ""
        while True:
            began_at = self.timer.now()
            try:
                await self.desk.venue(connection).listen(partial(self._hear, connection))
                return  # there is no stream
            except Exception as error:  # the schedule goes on
                reason = str(fault_of(error))
                if reason != said:
                    self.log.stream(connection, "lost", reason, wrong=error)
                said = reason
            now = self.timer.now()
            pause = LISTEN_AGAIN if now - began_at > LISTEN_AGAIN_MAX else pause
            await self.timer.until(now + pause)
            pause = min(2 * pause, LISTEN_AGAIN_MAX)

    def _hear(self, connection: str, news: News) -> None:
        """Take news of a stream. A first connect before the first round is no news."""
        reached = [each for each in self._reached if connection_of(each) == connection]
        is_first = connection not in {*self._heard, *self._missed} and not reached
        if news.kind != "changed":
            self.log.stream(connection, news.kind, news.reason)
        if news.kind in ("lost", "refused", "unheard"):
            return
        self._heard.add(connection)
        if news.kind == "connected" and is_first:
            return
        trigger: RunTrigger = "reconnect" if news.kind == "connected" else "stream"
        if not self._is_wanted(trigger):
            return
        if not reached:
            self._begin_round(connection, trigger)
        for account in reached:
            if news.account in (None, account):
                self.queue.tell(account, trigger)

    def _tell_one(self, account: AccountId, trigger: RunTrigger) -> None:
        """A run of one account follows, also where none was reached since the start."""
        if account in self._reached:
            self.queue.tell(account, trigger)
        else:
            self._begin_round(connection_of(account), trigger)

    # One run

    async def _run(self, account: AccountId, trigger: RunTrigger) -> Finished:
        reached = self._reached[account]
        # That it could not be reached is the outcome of one run; the next one asks again.
        self._reached[account] = replace(reached, venue=self.desk.venue(reached.venue.name))
        started_at = self.timer.now()
        parts = replace(self.desk.parts, begins=self._begins)
        try:
            order = self.desk.order(reached.account, trigger)
            finished = await run(order, venue=reached.venue, parts=parts)
        except AccountBusy:
            self.log.skipped(account)
            raise
        except Exception as error:
            took = self.timer.now() - started_at
            await apart(partial(self.watch.broken, account, error, took=took))
            raise
        finally:
            self._published()
        self.log.finished(finished)
        await apart(partial(self.watch.finished, finished))
        self._published()
        return finished

    async def _begins(self, order: Order) -> None:
        account, trigger = order.account.id, order.trigger
        self.log.begins(account, trigger)
        payload = json.dumps({"account": account, "trigger": trigger}, ensure_ascii=False)
        event = Event(type="run:started", at=self.timer.now(), payload=payload)
        await apart(partial(self.desk.store.add_event, event, account=account))
        self._published()
