"""A simulated Coinbase with its wires around it, and the venue module in front of it."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tieout.core.book import Account, AccountId, Book
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.tieout import tie_out
from tieout.simulators.coinbase import CoinbaseSimulator, running
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.faults import (
    CutBody,
    Effect,
    ErrorObject,
    Fault,
    HtmlBody,
    NullBody,
    Reset,
    Silence,
    Status,
    WrongAccount,
)
from tieout.testing.venue import Stage, Trouble
from tieout.venues.coinbase.address import addresses_of
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.venue import CoinbaseVenue

DATED, NANO, PERPETUAL = "BIT-24APR26-CDE", "BIP-20DEC30-CDE", "BTC_USDC-PERPETUAL"
INVERSE, INVERSE_ETH = "BTC-PERPETUAL", "ETH-PERPETUAL"
LIMITS = Limits(read_s=0.25, call_s=1)  # the silent fault is waited for, four times
Happening = Callable[[CoinbaseMarket], object]

TROUBLE: dict[Trouble, Effect] = {
    "server_error": Status(500),
    "rate_limit": Status(429),
    "hang_up": Reset(),
    "silence": Silence(),
    "cut_body": CutBody(),
    "web_page": HtmlBody(),
    "null": NullBody(),
    "error_object": ErrorObject(),
}


class MarketClock:
    """One time for the market and for the module; sleeping moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 19, 51, 12, 65361, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class CoinbaseDesk(Stage):
    """A market of one's own behind the simulator, the module in front of it, and a book."""

    long = "BTC-USD"
    short = NANO

    def __init__(self, simulator: CoinbaseSimulator, clock: MarketClock) -> None:
        self.simulator = simulator
        self.market: CoinbaseMarket = simulator.market
        self.clock = clock
        self.account = AccountId(self.market.account("main").portfolio)
        self.key = simulator.credentials("main")
        self.secrets = (self.key.name, *self.key.secret.splitlines()[1:-1])
        self.venue = self.another()
        self.book = Book(account=Account(id=self.account, venue="coinbase"))
        self.cursor: str | None = None

    def another(self, **changes: Any) -> CoinbaseVenue:
        """A venue of its own, that has not seen anything yet."""
        given = {
            "name": "coinbase-simulator",
            "addresses": addresses_of(self.simulator.address, None, None, connection="cb"),
            "login": Login(key=self.key.name, secret=self.key.secret),
            "ca_file": str(self.simulator.ca_file),
            "clock": self.clock,
            "limits": LIMITS,
            "sleep": self.clock.sleep,
            "chance": lambda: 0.5,
        }
        return CoinbaseVenue(**{**given, **changes})

    def trade(self, symbol: str, quantity: str) -> None:
        self.market.trade("main", symbol, quantity, commission="0")
        self.clock.advance(10)  # beyond the moment in which the balances may lag

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        self.simulator.faults.add(Fault(TROUBLE[kind], times=times, method="*"))

    def heal(self) -> None:
        self.simulator.faults.remove()

    def revoke(self) -> None:
        self.simulator.faults.add(Fault(Status(401), times=None, method="*"))

    def swap_account(self) -> None:
        self.simulator.faults.add(Fault(WrongAccount("other"), times=None, method="*"))

    def after(self, happening: Happening, *, days: int = 0) -> Plan:
        """Let something happen, then tie out."""
        self.clock.advance(1)
        happening(self.market)
        self.clock.advance(29 + days * 86_400)
        return self.tie_out()

    def tie_out(self) -> Plan:
        """Read on from the last time and tie the book out, as a run does."""
        self.clock.advance(1)
        found = asyncio.run(self.venue.read(self.account, cursor=self.cursor))
        plan = tie_out(
            replace(self.book, instruments=(*self.book.instruments, *found.instruments)),
            found.snapshot,
            found.activities,
            policy=default_policy("coinbase"),
            now=self.clock.now(),
        )
        self.cursor = found.cursor
        self.book = self.book.after(plan)
        return plan


def coinbase_desk() -> Iterator[CoinbaseDesk]:
    """A desk with a few things to trade."""
    clock = MarketClock()
    simulator = CoinbaseSimulator(listed_market(clock))
    with running(simulator):
        yield CoinbaseDesk(simulator, clock)


def listed_market(clock: Callable[[], datetime]) -> CoinbaseMarket:
    """A few things to trade, and two accounts with nothing but money."""
    market = CoinbaseMarket(clock=clock, chance=random.Random(20260302))
    pairs = [("BTC-USD", "60000"), ("BTC-USDC", "60010"), ("ETH-USD", "3000"), ("ETH-BTC", "0.05")]
    for pair, price in pairs:
        market.list_pair(pair, price=price)
    contract = {"base": "BTC", "contract_size": "0.01"}
    market.list_future(DATED, price="60500", expires_at="2026-04-24T15:00:00Z", **contract)
    market.list_future(
        NANO, price="60100", expires_at="2030-12-20T16:00:00Z", has_funding=True, **contract
    )
    market.list_perp(PERPETUAL, price="60050")
    market.list_perp(INVERSE, price="60040", is_inverse=True)
    market.list_perp(INVERSE_ETH, price="3001", is_inverse=True)
    market.open_account("main", cash="10000000")
    market.open_account("other", cash="500")
    return market
