"""A desk that syncs one account at an exchange again and again, as the product does."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.core.book import Account, AccountId, Book
from tieout.core.errors import VenueError
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.snapshot import Failure
from tieout.core.tieout import tie_out
from venues.alpaca import FakeClock
from venues.ccxt_market import NOW, venue_at
from venues.ccxt_stub import ExchangeStub


class Desk:
    """One account with its book."""

    def __init__(self, stub: ExchangeStub, exchange: str, account: str, **options) -> None:
        self.clock = FakeClock(NOW)
        self.venue = venue_at(stub, exchange, clock=self.clock, **options)
        self.account = AccountId(account)
        self.policy = default_policy(f"ccxt:{exchange}")
        currency = options.get("currency", "USD")
        self.book = Book(
            account=Account(
                id=self.account, venue=f"ccxt:{exchange}", currency=currency, history="partial"
            )
        )
        self.cursor: str | None = None

    @property
    def soon(self) -> datetime:
        """A moment before the next sync."""
        return self.clock.at + timedelta(seconds=20)

    def sync(self) -> Plan:
        self.clock.at += timedelta(minutes=1)
        try:
            found = asyncio.run(self.venue.read(self.account, cursor=self.cursor))
        except VenueError as error:
            failure = Failure(kind=error.kind, message=str(error))
            return self._applied(failure, (), self.book)
        self.cursor = found.cursor
        book = replace(self.book, instruments=found.instruments)
        return self._applied(found.snapshot, found.activities, book)

    def _applied(self, snapshot, activities, book: Book) -> Plan:
        plan = tie_out(book, snapshot, activities, policy=self.policy, now=self.clock.now())
        self.book = book.after(plan)
        return plan

    def held(self) -> dict[str, Decimal]:
        return {
            each.instrument.symbol: each.position.quantity
            for each in self.book.ledgers.values()
            if each.position is not None
        }

    def legs(self) -> dict[str | None, Decimal]:
        """What is held of the one symbol that a hedging account has."""
        return {
            each.side: each.position.quantity
            for each in self.book.ledgers.values()
            if each.position is not None
        }
