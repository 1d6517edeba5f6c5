"""A simulated gateway with its market, and the IBKR module with the real SDK in front of it."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from tieout.core.book import Account, AccountId, Book
from tieout.core.errors import VenueError
from tieout.core.plan import Plan
from tieout.core.policy import default_policy
from tieout.core.snapshot import Failure
from tieout.core.tieout import tie_out
from tieout.simulators.faults import (
    CloseStream,
    CutBody,
    Effect,
    Fault,
    HtmlBody,
    NullBody,
    Reset,
    Silence,
    Status,
)
from tieout.simulators.ibkr import Dialect, IbkrMarket, IbkrSimulator, running
from tieout.testing.venue import Stage, Trouble
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.limits import Limits
from tieout.venues.ibkr.venue import IbkrVenue
from venues.market import MarketClock

CLIENT = 7
CALL = "AAPL260417C00200000"
LIMITS = Limits(
    connect_s=0.3, request_s=0.3, marks_s=0.1, reports_s=0.1, answer_s=0.3, deadline_s=10,
    messages_per_s=0,  # the pace has its own test
)  # fmt: skip
Happening = Callable[[IbkrMarket], object]

ACCOUNTS, POSITIONS = "reqManagedAccts", "reqPositions"
TROUBLE: dict[Trouble, tuple[Effect, str]] = {
    "server_error": (Reset(), POSITIONS),
    "rate_limit": (Status(100), POSITIONS),
    "hang_up": (CloseStream(), "positionEnd"),
    "silence": (Silence(), POSITIONS),
    "cut_body": (CutBody(0.5), POSITIONS),
    "web_page": (HtmlBody(), POSITIONS),
    "null": (NullBody(), POSITIONS),
    "error_object": (HtmlBody(), ACCOUNTS),  # no error of a gateway looks like data
}


def market_on(clock: MarketClock) -> IbkrMarket:
    """Two accounts and a few things to trade."""
    market = IbkrMarket(clock=clock, chance=random.Random(20260302))
    market.open_account("U1", cash="1000000")
    market.open_account("U2", cash="500000")
    for symbol, price in [("AAPL", "190"), ("TSLA", "250"), ("NEW", "7"), (CALL, "2.5")]:
        market.list_asset(symbol, price=price)
    market.list_asset("EUR.USD", price="1.128775")
    market.list_future("ESU6", root="ES", multiplier="50", expires_on="2026-09-18", price="6302.25")
    return market


def venue_at(
    gateway: IbkrSimulator, clock: MarketClock, *, limits: Limits = LIMITS, client_id: int = CLIENT
) -> IbkrVenue:
    return IbkrVenue(
        name="gateway",
        address=Address(host=gateway.host, port=gateway.port),
        client_id=client_id,
        clock=clock,
        limits=limits,
        sleep=clock.sleep,
    )


class GatewayStage(Stage):
    """A gateway of one's own, and the module in front of it."""

    long = "AAPL"
    short = "TSLA"
    secrets = ()

    def __init__(self, gateway: IbkrSimulator, clock: MarketClock) -> None:
        self.gateway = gateway
        self.market: IbkrMarket = gateway.market
        self.clock = clock
        self.account = AccountId(self.market.account("U1").number)
        self.venue = venue_at(gateway, clock)

    def trade(self, symbol: str, quantity: str) -> None:
        self.market.trade("U1", symbol, quantity)
        self.clock.advance(10)  # beyond the moment in which the positions may lag

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        effect, path = TROUBLE[kind]
        if times is not None:
            self.clock.advance(1)
            asyncio.run(self.venue.accounts())  # the connection is there, and is troubled then
        self.gateway.faults.add(Fault(effect, path=path, times=times))

    def heal(self) -> None:
        self.gateway.faults.remove()

    def revoke(self) -> None:
        self.market.occupy_client_id(CLIENT)
        self.market.drop_all()

    def swap_account(self) -> None:
        self.market.manage(["U2"])


def gateway_stage(dialect: Dialect | None = None) -> Iterator[GatewayStage]:
    """A stage with a market; what its dialect is may be changed later."""
    clock = MarketClock()
    gateway = IbkrSimulator(market_on(clock), dialect=dialect or Dialect(messages_per_second=None))
    with running(gateway):
        stage = GatewayStage(gateway, clock)
        try:
            yield stage
        finally:
            asyncio.run(stage.venue.aclose())


class Desk:
    """Syncs one account of a gateway again and again, as the product does."""

    def __init__(self, stage: GatewayStage, *, account: str = "U1") -> None:
        self.stage = stage
        self.account = AccountId(stage.market.account(account).number)
        self.book = Book(account=Account(id=self.account, venue="ibkr", history="partial"))
        self.cursor: str | None = None
        self.error: VenueError | None = None

    def after(self, happening: Happening | None = None, *, days: int = 0) -> Plan:
        """Let something happen, then tie out."""
        self.stage.clock.advance(1)
        if happening is not None:
            happening(self.stage.market)
        self.stage.clock.advance(300 + days * 86_400)
        self.error = None
        snapshot, activities, book = None, (), self.book
        try:
            found = asyncio.run(self.stage.venue.read(self.account, cursor=self.cursor))
        except VenueError as error:
            self.error = error
            snapshot = Failure(kind=error.kind, message=str(error))
        else:
            self.cursor = found.cursor
            snapshot, activities = found.snapshot, found.activities
            book = replace(self.book, instruments=found.instruments)
        plan = tie_out(
            book,
            snapshot,
            activities,
            policy=default_policy("ibkr"),
            now=self.stage.clock.now(),
        )
        self.book = book.after(plan)
        return plan

    @property
    def holds(self) -> dict[str, str]:
        """What the book holds, as text."""
        return {
            each.instrument.symbol: f"{each.position.quantity:f}"
            for each in self.book.ledgers.values()
            if each.position is not None
        }


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(change.kind, change.symbol) for change in plan.changes]
