"""What the tests of the Hyperliquid module have in common: a clock, a stub, a venue, a stage."""

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
from tieout.venues.hyperliquid.limits import Limits
from tieout.venues.hyperliquid.venue import HyperliquidVenue
from venues.hyperliquid_stub import MAIN, OTHER, HyperliquidStub, Person
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


class Bench:
    """A stub with a clock, and the real module with the real SDK in front of it."""

    def __init__(self, limits: Limits = PATIENT) -> None:
        self.clock = SteppedClock()
        self.stub = HyperliquidStub(self.clock.now)
        self.limits = limits
        self.venue = self.another()
        self.book = Book(account=Account(id=AccountId(MAIN), venue="hyperliquid"))
        self.cursor: str | None = None

    def another(self, **changes: Any) -> HyperliquidVenue:
        """A venue of its own, that has not seen anything yet."""
        given = {
            "name": "hl",
            "address": self.stub.address,
            "user": MAIN,
            "clock": self.clock,
            "limits": self.limits,
            "sleep": self.clock.sleep,
            "chance": lambda: 0.0,
        }
        return HyperliquidVenue(**{**given, **changes})

    def read(self, *, account: str = MAIN, cursor: str | None = None) -> Read:
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
            policy=default_policy("hyperliquid"),
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


def balance(coin: str, total: str, cost: str = "0.0", **fields: Any) -> dict[str, Any]:
    """A row of `balances`."""
    return {"coin": coin, "token": 1, "total": total, "hold": "0.0", "entryNtl": cost, **fields}


def paid(coin: str, cash: str, time: int) -> dict[str, Any]:
    """A row of `userFunding`."""
    delta = {"type": "funding", "coin": coin, "usdc": cash, "szi": "1.0", "fundingRate": "0.0001"}
    return {"time": time, "hash": "0x" + "0" * 64, "delta": delta}


def moved(kind: str, time: int, **fields: Any) -> dict[str, Any]:
    """A row of `userNonFundingLedgerUpdates`."""
    return {"time": time, "hash": f"0x{time:064x}", "delta": {"type": kind, **fields}}


TROUBLE: dict[Trouble, Said] = {
    "server_error": Said(status=500, body=b"internal"),
    "rate_limit": Said(status=429, body=b"null"),
    "hang_up": Said(hung_up=True),
    "silence": Said(held=True),
    "cut_body": Said(body=b'{"assetPositions": []}', cut=9),
    "web_page": Said(body=b"<!DOCTYPE html><html>Be right back</html>"),
    "null": said(None),
    "error_object": said({"error": "no"}),
}


class HyperliquidStage(Stage):
    """An account at a stub, and the module in front of it."""

    long = "BTC"
    short = "ETH"
    secrets = ()

    def __init__(self) -> None:
        self.bench = Bench(BRIEF)
        self.stub = self.bench.stub
        self.venue = self.bench.venue
        self.account = AccountId(MAIN)

    def trade(self, symbol: str, quantity: str) -> None:
        self.stub.trade(symbol, quantity, "100")
        self.bench.clock.advance(10)  # beyond the moment in which the positions may lag

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
        self.stub.people[OTHER] = Person()
        self.stub.trade("ETH", "3", "2000", user=OTHER)
        self.stub.people[MAIN] = self.stub.people[OTHER]


def hyperliquid_stage() -> Iterator[HyperliquidStage]:
    """A stage that is cleared away afterwards."""
    stage = HyperliquidStage()
    yield stage
    stage.bench.close()
