"""A simulated market with Alpaca's wire around it, and the venue module in front of it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tieout.core.book import AccountId
from tieout.simulators.alpaca import AlpacaSimulator, Credentials, running
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
from tieout.simulators.market import Market
from tieout.testing.venue import Stage, Trouble
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.venue import AlpacaVenue

LOGIN = Credentials("PKSUITE0123456789", "suite-secret-0123456789abcdef")
LIMITS = Limits(read_s=0.25, call_s=1)  # the silent fault is waited for, four times

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


class AlpacaStage(Stage):
    """A market of one's own behind the simulator, and the module in front of it."""

    long = "AAPL"
    short = "TSLA"
    secrets = tuple(LOGIN)

    def __init__(self, simulator: AlpacaSimulator, clock: "MarketClock") -> None:
        self.simulator = simulator
        self.market = simulator.market
        self.clock = clock
        self.account = AccountId(self.market.account("main").number)
        self.venue = self._venue(LIMITS)

    def _venue(self, limits: Limits) -> AlpacaVenue:
        return AlpacaVenue(
            name="alpaca-simulator",
            address=self.simulator.address,
            key=LOGIN.key_id,
            secret=LOGIN.secret_key,
            clock=self.clock,
            limits=limits,
            sleep=self.clock.sleep,
            chance=lambda: 0.5,
        )

    def limit_pages(self, pages_max: int) -> None:
        """Have readings of activities end early."""
        self.venue = self._venue(replace(LIMITS, pages_max=pages_max))

    def trade(self, symbol: str, quantity: str) -> None:
        self.market.trade("main", symbol, quantity)
        self.clock.advance(10)  # beyond the moment in which the positions may lag

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        self.simulator.faults.add(Fault(TROUBLE[kind], times=times))

    def heal(self) -> None:
        self.simulator.faults.remove()

    def revoke(self) -> None:
        self.simulator.revoke("main")

    def swap_account(self) -> None:
        self.simulator.faults.add(Fault(WrongAccount("other"), times=None))


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


def alpaca_stage() -> Iterator[AlpacaStage]:
    """A stage with a few things to trade."""
    clock = MarketClock()
    market = Market(clock=clock, chance=random.Random(20260302))
    market.open_account("main", cash="1000000")
    market.open_account("other", cash="500")
    for symbol, price in [
        ("AAPL", "190"),
        ("TSLA", "250"),
        ("BTC/USD", "60000"),
        ("NEW", "7"),
        ("NEW.WS", "1"),
    ]:
        market.list_asset(symbol, price=price)
    market.list_asset("AAPL260417C00200000", price="3")
    simulator = AlpacaSimulator(market, keys={"main": LOGIN})
    with running(simulator):
        yield AlpacaStage(simulator, clock)
