"""A venue that says what a test wants, a clock that is moved by hand, and the parts of a run."""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tieout.cases.output import step_json
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId
from tieout.core.instrument import Instrument
from tieout.core.policy import Policy
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import BookStore, Event, Finding, RawReply, Read, Tell, Venue
from tieout.runs import Finished, Order, Parts, run
from tieout.store.memory import MemoryStore

START = datetime(2024, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = Account(id=AccountId("paper/PA1"), venue="alpaca")


@dataclass
class FakeClock:
    """It is always `at`, which every look moves by a second."""

    at: datetime = START

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def skip(self, **span: float) -> None:
        self.at += timedelta(**span)


def holding(symbol: str, quantity: str, average: str = "100", price: str = "101") -> Holding:
    return Holding(symbol=symbol, quantity=quantity, average_price=average, price=price)


def activity(name: str, symbol: str, quantity: str, price: str, *, at: datetime) -> Activity:
    return Activity(
        id=ActivityId(name),
        type="fill",
        symbol=symbol,
        at=at,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )


@dataclass
class FakeVenue:
    """A venue whose account holds `holdings`; `error` is raised instead, `meanwhile` done first."""

    clock: FakeClock
    name: str = "paper"
    holdings: tuple[Holding, ...] = ()
    activities: tuple[Activity, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    ignored: tuple[str, ...] = ()
    contract_costs: Mapping[str, Decimal] = field(default_factory=dict)
    is_complete: bool = True
    as_of: datetime | None = None
    cursor: str | None = None
    error: Exception | None = None
    hangs: bool = False
    meanwhile: Callable[[], None] = lambda: None
    asked: list[str | None] = field(default_factory=list)

    async def accounts(self) -> list[Account]:
        return [ACCOUNT]

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        self.asked.append(cursor)
        self.meanwhile()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        as_of = self.as_of or self.clock.now()
        return Read(
            snapshot=Snapshot(
                as_of=as_of,
                holdings=self.holdings,
                complete=self.is_complete,
                problems=() if self.is_complete else ("page 2 of the positions failed",),
            ),
            activities=self.activities,
            evidence=(reply("GET /positions", as_of),),
            instruments=self.instruments,
            ignored=self.ignored,
            contract_costs=self.contract_costs,
            cursor=self.cursor,
        )

    async def listen(self, tell: Tell) -> None:
        """It has no stream."""

    async def check(self) -> list[Finding]:
        return []

    async def aclose(self) -> None:
        """There is nothing to let go of."""


def reply(call: str, at: datetime) -> RawReply:
    return RawReply(call=call, status=200, received_at=at, body=b"[]")


class Bench:
    """One account with everything that a run of it needs."""

    def __init__(self, store: BookStore | None = None, *, policy: Policy | None = None) -> None:
        self.clock = FakeClock()
        self.store: BookStore = MemoryStore() if store is None else store
        self.venue = FakeVenue(self.clock)
        self.order = Order(account=ACCOUNT, policy=policy or Policy())
        self.published: list[Event] = []
        names = itertools.count(1)
        self.parts = Parts(
            store=self.store,
            clock=self.clock,
            name_run=lambda _: f"run-{next(names)}",
            statement=step_json,
            publish=lambda _, events: self.published.extend(events),
            deadline_s=5.0,
        )

    def run(self, *holdings: Holding, order: Order | None = None) -> Finished:
        """One run against a venue that holds this."""
        self.venue.holdings = holdings
        return self.sync(self.venue, order=order)

    def sync(self, venue: Venue | None, *, order: Order | None = None) -> Finished:
        return asyncio.run(run(order or self.order, venue=venue, parts=self.parts))

    @property
    def quantities(self) -> dict[str, str]:
        """What the book holds, by symbol."""
        ledgers = self.store.load(ACCOUNT).book.ledgers.values()
        return {each.instrument.symbol: str(each.quantity) for each in ledgers if each.position}

    def events(self) -> list[str]:
        return [each.event.type for each in self.store.events()]


def kinds(changes: Iterable[object]) -> list[str]:
    return [change.kind for change in changes]  # type: ignore[attr-defined]
