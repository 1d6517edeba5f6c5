"""What a run is given, what it works with, and what comes of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.core.book import Account, AccountId, Book
from tieout.core.declared import Declared
from tieout.core.instrument import Instrument
from tieout.core.plan import Plan
from tieout.core.policy import Policy
from tieout.core.snapshot import Local
from tieout.ports import BookStore, Clock, Event, RunRecord, RunTrigger, StoredBook
from tieout.runs.fetching import Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run: which account, by what policy, and what started it.

    `declared` is what a person says about instruments of the account, `name` what they call it.
    """

    account: Account
    policy: Policy
    trigger: RunTrigger = "manual"
    local: tuple[Local, ...] = ()
    approve: bool = False
    declared: tuple[Declared, ...] = ()
    name: str = ""

    @property
    def called(self) -> str:
        """The account as people call it."""
        return self.name or self.account.id


def tell_nobody(account: AccountId, events: tuple[Event, ...]) -> None:
    """For a run whose events nobody in this process waits for: the outbox has them."""


async def begin_quietly(order: Order) -> None:
    """For a run whose beginning interests nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a run works with. `statement` says what a plan does, as JSON material; `begins` is
    called once the account is this run's own.
    """

    store: BookStore
    clock: Clock
    name_run: Callable[[datetime], str]
    statement: Callable[[Plan], Mapping[str, Any]]
    publish: Callable[[AccountId, tuple[Event, ...]], None] = tell_nobody
    begins: Callable[[Order], Awaitable[None]] = begin_quietly
    deadline_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A plan, and the book and the reading that it was made from."""

    order: Order
    run: str
    started_at: datetime
    stored: StoredBook
    fetched: Fetched
    plan: Plan
    instruments: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came of a run: its record, the plan, and the book before and after it."""

    record: RunRecord
    plan: Plan
    before: Book
    after: Book
