"""What the tests of the Coinbase module have in common: a clock, a stub, a venue, a stage."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.core.book import Account, AccountId, Book
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.snapshot import Holding
from tieout.core.tieout import tie_out
from tieout.ports import Read
from tieout.testing.venue import Stage, Trouble
from tieout.venues.coinbase.address import addresses_of
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.venue import CoinbaseVenue
from venues.coinbase_keys import certificates, identity
from venues.coinbase_rows import KEY, NANO, OTHER, PORTFOLIO, TOKEN
from venues.coinbase_stub import CoinbaseStub
from venues.stub import Said, said

NOW = datetime(2026, 11, 20, 15, 20, tzinfo=UTC)
PATIENT = Limits(read_s=5, call_s=5, connect_s=5)
BRIEF = Limits(read_s=0.25, call_s=1)  # the silent fault is waited for, four times


class SteppedClock:
    """Time that passes only when somebody sleeps on it or turns it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


def login() -> Login:
    """The key that the stub knows."""
    return Login.of({"key": KEY, "secret": identity().secret}, connection="cb")


class Bench:
    """A stub with a clock, and the real module with the real SDK in front of it."""

    def __init__(self, limits: Limits = PATIENT, *, has_tls: bool = True) -> None:
        self.clock = SteppedClock()
        self.stub = CoinbaseStub(self.clock.now, has_tls=has_tls)
        self.limits = limits
        self.venue = self.another()
        self.book = Book(account=Account(id=AccountId(PORTFOLIO), venue="coinbase"))
        self.cursor: str | None = None

    def another(self, **changes: Any) -> CoinbaseVenue:
        """A venue of its own, that has not seen anything yet."""
        given = {
            "name": "cb",
            "addresses": addresses_of(self.stub.address, None, None, connection="cb"),
            "login": login(),
            "clock": self.clock,
            "limits": self.limits,
            "ca_file": certificates().ca_file,
            "sleep": self.clock.sleep,
            "chance": lambda: 0.0,
        }
        return CoinbaseVenue(**{**given, **changes})

    def read(self, *, account: str = PORTFOLIO, cursor: str | None = None) -> Read:
        """One reading, from a program without an event loop."""
        return asyncio.run(self.venue.read(AccountId(account), cursor=cursor))

    def tie_out(self) -> Plan:
        """Read on from the last time and tie the book out, as a run does."""
        self.clock.advance(30)
        found = self.read(cursor=self.cursor)
        self.cursor = found.cursor
        plan = tie_out(
            replace(self.book, instruments=(*self.book.instruments, *found.instruments)),
            found.snapshot,
            found.activities,
            policy=default_policy("coinbase"),
            now=self.clock.now(),
        )
        self.book = self.book.after(plan)
        return plan

    def close(self) -> None:
        asyncio.run(self.venue.aclose())
        self.stub.close()


def only(found: Read) -> Holding:
    """The only holding of a reading."""
    (holding,) = found.snapshot.holdings
    return holding


TROUBLE: dict[Trouble, Said] = {
    "server_error": Said(status=500, body=b"internal"),
    "rate_limit": Said(status=429, body=b"Too Many Requests"),
    "hang_up": Said(hung_up=True),
    "silence": Said(held=True),
    "cut_body": Said(body=b'{"accounts": [], "has_next": false}', cut=9),
    "web_page": Said(body=b"<!DOCTYPE html><html>Be right back</html>"),
    "null": said(None),
    "error_object": said({"error": "INTERNAL", "message": "no"}),
}


class CoinbaseStage(Stage):
    """A portfolio at a stub, and the module in front of it."""

    long = "BTC-USD"
    short = NANO
    secrets = (KEY, TOKEN, *identity().secret.splitlines()[1:-1])

    def __init__(self) -> None:
        self.bench = Bench(BRIEF)
        self.stub = self.bench.stub
        self.venue = self.bench.venue
        self.account = AccountId(PORTFOLIO)

    def trade(self, symbol: str, quantity: str) -> None:
        self.stub.trade(symbol, quantity)
        self.bench.clock.advance(10)  # beyond the moment in which the balances may lag

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        if times is None:
            self.stub.say("", TROUBLE[kind])
        else:
            self.stub.say_once(*[TROUBLE[kind]] * times)

    def heal(self) -> None:
        self.stub.heal()

    def revoke(self) -> None:
        self.stub.say("", Said(status=401, body=b"Unauthorized"))

    def swap_account(self) -> None:
        self.stub.login.portfolio = OTHER
        self.stub.hold("ETH", "3")


def coinbase_stage() -> Iterator[CoinbaseStage]:
    """A stage that is cleared away afterwards."""
    stage = CoinbaseStage()
    yield stage
    stage.bench.close()
