"""The service: everything that keeps accounts tied out, in a thread of its own.

A long run must not hold up a request or a stream, so the web has its thread and the service
another. They share the store, which is made for that, and this object, whose methods may be
called from any thread.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, StoreError, TieoutError
from tieout.core.snapshot import LocalAction
from tieout.notify import Deliveries, Target
from tieout.ports import Event, RunRecord, RunTotals, RunTrigger, Store, Timer
from tieout.runs import Finished
from tieout.runs.apart import apart
from tieout.runs.log import Logger, RunLog
from tieout.runs.statistics import JobState
from tieout.settings import Settings
from tieout.settings.runtime import PAUSED, is_paused
from tieout.settings.values import connection_of
from tieout.wiring.clock import SystemTimer
from tieout.wiring.desk import Answer, Desk
from tieout.wiring.in_effect import in_effect, merged_with, schedule_in, unknown_in
from tieout.wiring.keeping import Keeper
from tieout.wiring.waiting import Waiting

Result = TypeVar("Result")
JOIN_S = 5.0
PAGE_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the service can do its work; `problem` says in words what keeps it from it."""

    is_ready: bool
    problem: str | None = None


class Service:
    """Keeps every account of the settings tied out. `start` begins, `stop` ends it."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        logger: Logger,
        timer: Timer | None = None,
        targets: Callable[[], Iterable[Target]] = tuple,
    ) -> None:
        self.store = store
        self.timer = timer or SystemTimer()
        self._logger = logger
        self._log = RunLog(logger)
        self._targets = targets
        self.desk = Desk(settings, store=store, clock=self.timer)
        found = self.desk.take_up()
        for warning in found.warnings():
            logger.warning(f"[Settings] {warning}")
        self._listeners: list[Callable[[], None]] = []
        self._make_ready(is_paused=is_paused(found.changed))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._waiting: Waiting | None = None
        self._page_at: datetime | None = None

    # Life

    def _make_ready(self, *, is_paused: bool) -> None:
        """Make what works between one start and the stop after it."""
        self.deliveries = Deliveries(
            self._targets(), store=self.store, timer=self.timer, log=self._logger, apart=apart
        )
        self._changing = asyncio.Lock()
        self._keeper = Keeper(self.desk, timer=self.timer, log=self._log, published=self._published)
        self._keeper.is_paused = is_paused

    def start(self) -> None:
        """Begin to keep the accounts, also again after a stop; returns once the service runs."""
        if self._thread is not None:
            self._log.is_scheduled_already()
            return
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._live, args=(ready,), name="tieout-service", daemon=True
        )
        self._thread.start()
        ready.wait()

    def _live(self, ready: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        telling: set[asyncio.Task[None]] = set()  # a loop alone keeps no task alive

        self._waiting = Waiting(loop)

        def begin() -> None:
            self._keeper.start()
            telling.add(loop.create_task(self.deliveries.run()))
            ready.set()

        loop.call_soon(begin)
        self._loop = loop
        try:
            loop.run_forever()
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    def begin_stop(self, *, limit_s: float) -> None:
        """Begin nothing new, and wait for what is in progress no longer than this. Returns at
        once; `stop`, which has to follow, waits for what is left of that time.
        """
        if self._waiting is not None:
            self._tell(self._wind_down, self._waiting, limit_s)

    def _wind_down(self, waiting: Waiting, limit_s: float) -> None:
        if not waiting.is_stopping:
            waiting.begin_stop(limit_s)
            self._keeper.begin_no_more()

    def stop(self, *, limit_s: float) -> bool:
        """Stop: runs in progress finish; whether they did within the limit."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return True
        ended = asyncio.run_coroutine_threadsafe(self._end(limit_s), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(JOIN_S)
        self._loop = self._thread = None
        self._make_ready(is_paused=self._keeper.is_paused)
        return ended

    async def _end(self, limit_s: float) -> bool:
        waiting = self._waiting
        assert waiting is not None
        self._wind_down(waiting, limit_s)
        is_done = await self._keeper.stop(limit_s=waiting.left_s())
        await waiting.answered()
        await self.desk.leave()
        return is_done

    def on_published(self, listener: Callable[[], None]) -> None:
        """Have this called, in the service's thread, whenever events were written."""
        self._listeners.append(listener)

    def _published(self) -> None:
        self.deliveries.wake()
        for listener in self._listeners:
            listener()

    # Asking from other threads

    async def _ask(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have something done in the service's loop."""
        if self._loop is None:
            work.close()
            raise StoreError("the service is not running; start it again")
        assert self._waiting is not None
        asked = asyncio.run_coroutine_threadsafe(self._waiting.in_time(work), self._loop)
        return await asyncio.wrap_future(asked)

    async def sync(
        self, account: str | None = None, *, trigger: RunTrigger = "manual"
    ) -> list[Answer]:
        """Tie accounts out now: the one named, else the default one, else all.

        Raises AccountBusy while one of them is being run.
        """
        wanted = self._wanted(account or self.desk.settings.service.default_account)
        if self.is_alive:
            return await self._ask(self._keeper.sync(wanted, trigger))
        return await self.desk.sync(wanted)  # nobody else runs anything here

    def _wanted(self, account: str | None) -> list[str]:
        """The account that is meant. Seed 002 numbers them: the first in the book is 1.

        In an empty book that is the connection whose accounts come first; its first run finds them.
        """
        if account is None:
            return []
        if self.is_known(account) or not (account.isascii() and account.isdecimal()):
            return [account]
        ids = [each.id for each in self.store.accounts()]
        if not ids and account == "1":
            first = sorted(f"{each.name}/" for each in self.desk.settings.connections)[:1]
            return [connection_of(each) for each in first]
        index = int(account) - 1
        return [ids[index]] if 0 <= index < len(ids) else [account]

    def trigger(self, trigger: RunTrigger, account: AccountId | None = None) -> None:
        """Something happened (a trade, a reconnect): a run follows soon. Never blocks or fails."""
        self._tell(self._keeper.tell, trigger, account)

    def _tell(self, call: Callable[..., None], *arguments: Any) -> None:
        """Have something called in the service's loop, if there is one."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has just been closed
                loop.call_soon_threadsafe(call, *arguments)

    def after_trade(self, account: str | None = None) -> None:
        """An embedding bot traded: a run of that account follows soon. Never blocks or fails."""
        try:
            wanted = self._wanted(account)
        except TieoutError as error:
            self._log.unkept(str(error))
            return
        self.trigger("trade", AccountId(wanted[0]) if wanted else None)

    def page_opened(self) -> None:
        """Somebody looks at the book; a run follows where it is too old. Looked at now and then."""
        now = self.timer.now()
        if self._page_at is not None and timedelta() <= now - self._page_at < PAGE_EVERY:
            return
        self._page_at = now
        self._tell(self._keeper.page_opened, now)

    async def approve(self, run_id: str) -> Finished:
        """Approve a held run."""
        return await self._ask(self._told(self.desk.approve(run_id)))

    async def reject(self, run_id: str) -> Finished:
        """Reject a held run."""
        return await self._ask(self._told(apart(partial(self.desk.reject, run_id))))

    async def settle(self, account: str, break_id: str, action: LocalAction) -> Finished:
        """A person's decision about an open break of an account."""
        found = self.desk.account(account)
        for each in self.store.breaks(found.id):
            if each.id == break_id:
                return await self._ask(self._told(self.desk.settle(found, each, action)))
        raise SettingsError(f"there is no open break {break_id} of {account}")

    async def _told(self, work: Coroutine[Any, Any, Finished]) -> Finished:
        try:
            finished = await work
            self._keeper.watch.finished(finished)
            return finished
        finally:
            self._published()

    # How it stands

    def is_known(self, account: str) -> bool:
        """Whether an account or connection is called this."""
        settings = self.desk.settings
        names = {each.name for each in settings.connections}
        names |= {settings.name_of(key) for key in settings.accounts} | {*settings.accounts}
        for each in self.store.accounts():
            names |= {each.id, self.desk.name_of(each.id)}
        return account in names

    def state(self, account: AccountId | None = None) -> JobState:
        """The schedule, and whether runs are in progress."""
        scheduler, service = self._keeper.scheduler, self.desk.settings.service
        schedule = schedule_in(service)
        return JobState(
            is_enabled=service.enabled,
            schedule=schedule.words,
            interval_s=schedule.interval_s(self.timer.now()),
            is_running=self._keeper.is_running(account),
            next_run_at=scheduler.next_at if self._loop is not None else None,
        )

    @property
    def is_alive(self) -> bool:
        """Whether it has been started and not stopped."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_paused(self) -> bool:
        """Whether somebody paused the schedule."""
        return self._keeper.is_paused

    def totals(self, account: AccountId | None = None) -> RunTotals:
        """The stored runs counted."""
        return self.store.run_totals(account)

    def standing(self, account: AccountId) -> RunRecord | None:
        """The run that says how an account stands: the last one that had a snapshot to go by.

        An approval has the one that was held; a decision about a break has none.
        """
        latest = next(iter(self.store.runs(account, limit=1)), None)
        is_decision = latest is not None and latest.trigger == "decision"
        return self.store.run_totals(account).last if is_decision else latest

    def overseen(self) -> list[Account]:
        """The accounts in the book, and connections of which no account was ever reached: these
        stand under their own name, with the error of their last run.
        """
        accounts = list(self.store.accounts())
        reached = {connection_of(each.id) for each in accounts}
        for each in self.desk.settings.connections:
            account = Account(id=AccountId(each.name), venue=each.venue)
            if each.name not in reached and self.store.runs(account.id, limit=1):
                accounts.append(account)
        return accounts

    def latest_runs(self) -> list[RunRecord]:
        """The last sync of every account, and of a connection that was never reached."""
        ids = sorted(each.id for each in self.overseen())
        kept = (each for each in ids if not self.desk.settings.is_retired(each))
        return [each for key in kept if (each := self.store.run_totals(key).last) is not None]

    def health(self) -> Health:
        """Whether the store can be used and the service's thread is alive."""
        if not self.is_alive:
            return Health(is_ready=False, problem="the service is not running")
        try:
            self.store.check()
        except StoreError as error:
            return Health(is_ready=False, problem=str(error))
        return Health(is_ready=True)

    # Changes

    async def pause(self) -> None:
        """Skip the schedule until `resume`, over restarts too. Events and people still run."""
        await self.change_settings({PAUSED: True}, by="pause")

    async def resume(self) -> None:
        """Go by the schedule again."""
        await self.change_settings({PAUSED: False}, by="resume")

    async def enable(self) -> None:
        """Switch the job on."""
        is_so = self.desk.given.service.enabled  # then it has the last word at the next start
        await self.change_settings({"service.enabled": None if is_so else True}, by="enable")

    async def disable(self) -> None:
        """Switch the job off, over restarts too."""
        await self.change_settings({"service.enabled": False}, by="disable")

    async def change_settings(self, changed: Mapping[str, Any], *, by: str) -> Settings:
        """Change settings while running; None takes a change back. All or none.

        Raises SettingsError that names every wrong value. They are kept and take effect at once.
        """

        async def one_at_a_time() -> Settings:
            async with self._changing:  # each on top of the one before
                return await self._change(dict(changed), by)

        return await self._ask(one_at_a_time())

    async def _change(self, changed: dict[str, Any], by: str) -> Settings:
        unknown = unknown_in(changed, self.desk.given, self.store)
        known = in_effect(self.desk.given, self.store).changed
        merged = {key: each for key, each in {**known, **changed}.items() if each is not None}
        before = self.store.runtime_settings()
        settings = merged_with(self.desk.given, merged, faults=unknown)
        texts = {key: None if each is None else _text(each) for key, each in changed.items()}
        await apart(partial(self.store.put_runtime_settings, texts))
        self._keeper.change(settings, is_paused=is_paused(merged))
        if any(before.get(key) != text for key, text in texts.items()):
            payload = _text({"changed": changed, "by": by})
            event = Event(type="settings:changed", at=self.timer.now(), payload=payload)
            await apart(partial(self.store.add_event, event, account=None))
            self._published()
        return settings


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
