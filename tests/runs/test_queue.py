"""Which account runs when: any mix of requests, rounds and events against a simple model."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handturned import HandTurned
from tieout.core.book import AccountId
from tieout.ports import AccountBusy, RunTrigger, ServiceStopping
from tieout.runs.queue_local import LocalQueue, Pace

Result = TypeVar("Result")
QUIET, LONGEST = timedelta(seconds=0.5), timedelta(seconds=5)
NAMES = [AccountId("a/1"), AccountId("a/2"), AccountId("b/1")]
HAPPENINGS: tuple[RunTrigger, ...] = ("stream", "trade", "reconnect", "page")
ACCOUNTS = st.sampled_from(NAMES)
EVENTS = st.sampled_from(HAPPENINGS)
Started = tuple[datetime, AccountId, RunTrigger]


class Runs:
    """What the queue starts: each run goes on until a test ends it. Two at once are an error."""

    def __init__(self, timer: HandTurned) -> None:
        self.timer = timer
        self.going: dict[AccountId, asyncio.Future[str]] = {}
        self.started: list[Started] = []

    async def __call__(self, account: AccountId, trigger: RunTrigger) -> str:
        assert account not in self.going, f"two runs of {account} at once"
        self.started.append((self.timer.now(), account, trigger))
        self.going[account] = asyncio.get_running_loop().create_future()
        try:
            return await self.going[account]
        finally:
            del self.going[account]

    def end(self, account: AccountId, error: Exception | None = None) -> None:
        if error is None:
            self.going[account].set_result("done")
        else:
            self.going[account].set_exception(error)


@dataclass
class Expected:
    """The model of one account: whether a run is going on, and what is still owed."""

    trigger: RunTrigger | None = None
    owed: RunTrigger | None = None
    due_at: datetime | None = None
    latest_at: datetime | None = None

    def happens(self, trigger: RunTrigger, now: datetime) -> None:
        self.owed = trigger
        self.latest_at = self.latest_at or now + LONGEST
        self.due_at = min(now + QUIET, self.latest_at)

    def begins(self, trigger: RunTrigger) -> None:
        self.trigger, self.owed, self.due_at, self.latest_at = trigger, None, None, None

    def begins_owed(self, until: datetime) -> bool:
        return self.trigger is None and self.due_at is not None and self.due_at <= until


@dataclass
class Book:
    """The model of the queue."""

    now: datetime
    accounts: dict[AccountId, Expected] = field(
        default_factory=lambda: {each: Expected() for each in NAMES}
    )
    started: list[Started] = field(default_factory=list)
    skipped: list[AccountId] = field(default_factory=list)

    def begin(self, account: AccountId, trigger: RunTrigger, at: datetime) -> None:
        self.accounts[account].begins(trigger)
        self.started.append((at, account, trigger))

    def catch_up(self, until: datetime) -> None:
        """Start what is due by then, in order."""
        while ready := [
            (max(each.due_at, self.now), NAMES.index(account), account)
            for account, each in self.accounts.items()
            if each.begins_owed(until) and each.due_at is not None
        ]:
            at, _, account = min(ready)
            owed = self.accounts[account].owed
            assert owed is not None
            self.begin(account, owed, at)
        self.now = until


class QueueOfAccounts(RuleBasedStateMachine):
    """Whatever comes in whatever order, the queue starts what the model starts, when it does."""

    def __init__(self) -> None:
        super().__init__()
        self.timer = HandTurned()
        self.runner = asyncio.Runner(loop_factory=self.timer.new_loop)
        self.runs = Runs(self.timer)
        self.skips: list[AccountId] = []
        self.queue: LocalQueue[str] = LocalQueue(
            start=self.runs, timer=self.timer, pace=Pace(), skipped=self.skips.append
        )
        self.model = Book(self.timer.now())
        self.waiting: dict[AccountId, asyncio.Task[str]] = {}

    def does(self, work: Coroutine[Any, Any, Result]) -> Result:
        async def settled() -> Result:
            result = await work
            await self.timer.turn(timedelta())
            return result

        return self.runner.run(settled())

    @rule(account=ACCOUNTS)
    def somebody_asks(self, account: AccountId) -> None:
        async def asking() -> "asyncio.Task[str]":
            task = asyncio.create_task(self.queue.run_now(account, "manual"))
            await self.timer.turn(timedelta())
            return task

        task = self.does(asking())
        if self.model.accounts[account].trigger is not None:
            assert isinstance(task.exception(), AccountBusy)
            return
        assert not task.done()
        self.waiting[account] = task
        self.model.begin(account, "manual", self.timer.now())

    @rule(account=ACCOUNTS)
    def the_schedule_ticks(self, account: AccountId) -> None:
        async def ticking() -> None:
            self.queue.tick(account)

        self.does(ticking())
        if self.model.accounts[account].trigger is not None:
            self.model.skipped.append(account)
        else:
            self.model.begin(account, "schedule", self.timer.now())

    @rule(account=ACCOUNTS, triggers=st.lists(EVENTS, min_size=1, max_size=4))
    def something_happens(self, account: AccountId, triggers: list[RunTrigger]) -> None:
        async def happening() -> None:
            for trigger in triggers:
                self.queue.tell(account, trigger)

        self.does(happening())
        for trigger in triggers:
            self.model.accounts[account].happens(trigger, self.timer.now())

    @rule(seconds=st.sampled_from([0.1, 0.3, 0.49, 0.5, 0.6, 1, 4.9, 5, 30]))
    def time_goes_by(self, seconds: float) -> None:
        by = timedelta(seconds=seconds)
        self.does(self.timer.turn(by))
        self.model.catch_up(self.model.now + by)

    @precondition(lambda self: self.runs.going)
    @rule(data=st.data(), how=st.sampled_from(["well", "badly", "elsewhere"]))
    def a_run_ends(self, data: st.DataObject, how: str) -> None:
        account = data.draw(st.sampled_from(sorted(self.runs.going)))
        error = {"well": None, "badly": KeyError("a bug"), "elsewhere": AccountBusy("another")}[how]

        async def ending() -> None:
            self.runs.end(account, error)

        self.does(ending())
        expected = self.model.accounts[account]
        trigger, expected.trigger = expected.trigger, None
        if how == "elsewhere" and trigger in HAPPENINGS:
            expected.owed = expected.owed or trigger
            expected.due_at = expected.latest_at = self.timer.now() + LONGEST
        self._check_answer(account, error)
        self.model.catch_up(self.model.now)

    def _check_answer(self, account: AccountId, error: Exception | None) -> None:
        task = self.waiting.pop(account, None)
        if task is None:
            return
        if error is None:
            assert task.result() == "done"
        else:
            assert task.exception() is error

    @invariant()
    def what_was_started_is_what_the_model_started(self) -> None:
        assert sorted(self.runs.started) == sorted(self.model.started)
        assert self.skips == self.model.skipped
        going = {each for each, state in self.model.accounts.items() if state.trigger is not None}
        assert set(self.queue.running()) == going
        assert all(self.queue.is_running(each) == (each in going) for each in NAMES)

    def teardown(self) -> None:
        """However it stands: closing waits for the runs in progress, and starts none."""
        before = list(self.runs.started)

        async def closing() -> bool:
            task = asyncio.create_task(self.queue.close())
            await self.timer.turn(timedelta(seconds=60))
            was_waiting = not task.done()
            for account in NAMES:
                self.queue.tell(account, "trade")
                self.queue.tick(account)
                with pytest.raises(ServiceStopping):
                    await self.queue.run_now(account, "manual")
            for account in list(self.runs.going):
                self.runs.end(account)
            await task
            await self.timer.turn(timedelta(seconds=60))
            return was_waiting

        assert self.does(closing()) == any(each.trigger for each in self.model.accounts.values())
        assert self.runs.started == before
        for task in self.waiting.values():
            with suppress(Exception):
                task.result()
        self.runner.close()


TestQueueOfAccounts = QueueOfAccounts.TestCase
TestQueueOfAccounts.settings = settings(
    derandomize=True, max_examples=150, stateful_step_count=40, deadline=None, database=None
)
