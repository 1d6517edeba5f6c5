"""A simulated Hyperliquid behind its real wire, and the venue module in front of it."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from ports.venue import Stage, Trouble
from tieout.core.book import Account, AccountId, Book
from tieout.core.numbers import normal, plain
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.tieout import tie_out
from tieout.ports import Read
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
from tieout.simulators.hyperliquid import Dialect, HyperliquidSimulator, running
from tieout.simulators.hyperliquid_market import HyperliquidMarket
from tieout.venues.hyperliquid.limits import Limits
from tieout.venues.hyperliquid.venue import HyperliquidVenue
from venues.market import MarketClock

LIMITS = Limits(read_s=0.25, call_s=1)  # the silent fault is waited for, four times
PATIENT = Limits(read_s=10, call_s=10)
EVERYTHING = "/info?*"
UNLIMITED = Dialect(weight_per_minute=1_000_000_000)

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
Happening = Callable[[HyperliquidMarket], object]


def quiet_market(clock: Callable[[], object]) -> HyperliquidMarket:
    """Perpetuals on three dexes, two spot pairs, an account with a part, and somebody else."""
    chance = random.Random(20260302)
    market = HyperliquidMarket(clock=clock, chance=chance)  # type: ignore[arg-type]
    market.list_token("USDH", index=360)
    market.list_dex("xyz")
    market.list_dex("flx", collateral="USDH")
    for coin, price, decimals in [
        ("BTC", "60000", 5),
        ("ETH", "3000", 4),
        ("DOGE", "0.2", 0),
        ("xyz:TSLA", "400", 3),
        ("flx:TSLA", "402", 3),
    ]:
        market.list_perp(coin, price=price, size_decimals=decimals, leverage_max=20)
    market.list_pair("PURR", price="0.2", index=0, token_index=1)
    market.list_pair("HYPE", price="25", index=107, token_index=150)
    market.open_account("main", cash="1000000")
    market.open_account("other", cash="1000000")
    return market


class HyperliquidMarketStage(Stage):
    """A market of one's own behind the simulator, and the module in front of it."""

    long = "BTC"
    short = "ETH"
    secrets = ()

    def __init__(self, simulator: HyperliquidSimulator, clock: MarketClock) -> None:
        self.simulator = simulator
        self.market = simulator.market
        self.clock = clock
        self.account = AccountId(simulator.address_of("main"))
        self.venue = self.venue_with(LIMITS)

    def venue_with(self, limits: Limits) -> HyperliquidVenue:
        """A venue that has not seen anything yet."""
        return HyperliquidVenue(
            name="hyperliquid-simulator",
            address=self.simulator.address,
            user=self.account,
            clock=self.clock,
            limits=limits,
            sleep=self.clock.sleep,
            chance=lambda: 0.5,
        )

    def limit_pages(self, pages_max: int) -> None:
        """Have readings of activities end early."""
        self.venue = self.venue_with(replace(LIMITS, pages_max=pages_max))

    def trade(self, symbol: str, quantity: str) -> None:
        self.market.trade("main", symbol, quantity)
        self.clock.advance(10)  # beyond the moment in which the positions may lag

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        self.simulator.faults.add(Fault(TROUBLE[kind], path=EVERYTHING, times=times))

    def heal(self) -> None:
        self.simulator.faults.remove()

    def revoke(self) -> None:
        self.simulator.faults.add(Fault(Status(401), path=EVERYTHING, times=None))

    def swap_account(self) -> None:
        self.market.trade("other", "ETH", "1")
        self.simulator.faults.add(Fault(WrongAccount("other"), times=None))


class HyperliquidDesk:
    """Syncs one account again and again, as the product does."""

    def __init__(self, stage: HyperliquidMarketStage, *, account: str = "main") -> None:
        self.stage = stage
        self.stage.venue = stage.venue_with(PATIENT)
        self.account = AccountId(stage.simulator.address_of(account))
        self.book = Book(account=Account(id=self.account, venue="hyperliquid"))
        self.cursor: str | None = None
        self.found: Read | None = None

    def after(self, happening: Happening, *, seconds: float = 30) -> Plan:
        """Let something happen, then tie out."""
        self.stage.clock.advance(1)
        happening(self.stage.market)
        self.stage.clock.advance(seconds)
        self.found = asyncio.run(self.stage.venue.read(self.account, cursor=self.cursor))
        self.cursor = self.found.cursor
        known = {each.symbol: each for each in (*self.book.instruments, *self.found.instruments)}
        plan = tie_out(
            replace(self.book, instruments=tuple(known.values())),
            self.found.snapshot,
            self.found.activities,
            policy=default_policy("hyperliquid"),
            now=self.stage.clock.now(),
        )
        self.book = self.book.after(plan)
        return plan

    def held(self) -> dict[str, str]:
        """What the book holds, by symbol."""
        rows = self.book.ledgers.values()
        return {row.instrument.symbol: plain(normal(row.quantity)) for row in rows if row.position}


def hyperliquid_market_stage(dialect: Dialect = UNLIMITED) -> Iterator[HyperliquidMarketStage]:
    """A stage with a few things to trade."""
    clock = MarketClock()
    simulator = HyperliquidSimulator(quiet_market(clock), dialect=dialect)
    with running(simulator):
        stage = HyperliquidMarketStage(simulator, clock)
        yield stage
        asyncio.run(stage.venue.aclose())
