"""From Coinbase's wires to a book that is tied out: everything the simulated market can do."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from covering import covering
from tieout.core.errors import VenueError
from tieout.core.plan import Plan
from tieout.ports import News
from tieout.simulators.coinbase_faults import CALLS, STREAM_TROUBLES, Call, Trouble, troubles
from tieout.simulators.faults import Fault, MuteStream, StalePositions
from tieout.testing.venue import VenueSuite
from tieout.venues.coinbase.limits import Limits
from venues.coinbase_market import LIMITS, NANO, PERPETUAL, CoinbaseDesk, coinbase_desk

READ_CALLS = tuple(
    call
    for call in CALLS
    if call.name
    in ("accounts", "breakdown", "key permissions", "futures", "fills", "product",
        "gateway sign-in", "gateway positions", "gateway trades")
)  # fmt: skip
EVERY_TROUBLE = covering(
    [
        (call, trouble)
        for call in READ_CALLS
        for trouble in troubles(call, foreign="other", times=None)
    ],
    each=lambda case: case[1].name,
    at=lambda case: case[0].name,
    least=2,
    name=lambda case: f"{case[0].name}, {case[1].name}",
)


@pytest.fixture
def desk() -> Iterator[CoinbaseDesk]:
    yield from coinbase_desk()


class TestSimulatedCoinbase(VenueSuite):
    """Every promise of the port, at the simulator."""

    @pytest.fixture
    def stage(self) -> Iterator[CoinbaseDesk]:
        yield from coinbase_desk()


def kinds(plan: Plan) -> list[tuple[str, str, Decimal]]:
    """The changes; that a row is bad is said, but changes nothing."""
    told = [each for each in plan.changes if each.kind != "invalid"]
    return sorted((each.kind, each.symbol, each.after) for each in told)


def invested(market) -> None:
    """Something of everything."""
    market.trade("main", "BTC-USD", "1.5")
    market.trade("main", "ETH-USD", "20")
    market.trade("main", NANO, "-3")
    market.move_to_perps("main", "50000", currency="USD")
    market.trade("main", PERPETUAL, "0.25")


def test_everything_that_is_held_is_tied_out(desk):
    plan = desk.after(invested)
    assert plan.tied_out
    assert kinds(plan) == [
        ("created", NANO, Decimal(-3)), ("created", "BTC-USD", Decimal("1.5")),
        ("created", PERPETUAL, Decimal("0.25")), ("created", "ETH-USD", Decimal(20)),
    ]  # fmt: skip
    assert desk.tie_out().changes == ()


@pytest.mark.parametrize("product", ["BTC-USD", "BTC-USDC", NANO, PERPETUAL])
def test_what_is_reduced_and_closed_is_realized_by_its_fills(desk, product):
    desk.after(invested)
    desk.market.deposit("main", "USDC", "1000000")
    symbol = "BTC-USD" if product == "BTC-USDC" else product
    for quantity in ("4", "-1", "-2"):
        plan = desk.after(lambda market, q=quantity: market.trade("main", product, q))
        assert plan.tied_out
        (change,) = plan.changes
        assert change.symbol == symbol
        assert not change.is_estimated


def test_an_order_that_rests_changes_nothing(desk):
    desk.after(invested)
    plan = desk.after(lambda market: market.place_order("main", "BTC-USD", "-1", limit_price=99999))
    assert plan.tied_out
    assert plan.changes == ()


def test_one_order_in_parts_is_as_many_fills(desk):
    plan = desk.after(lambda market: market.trade("main", "BTC-USD", "3", parts=["1", "0.5"]))
    assert plan.tied_out
    assert len(plan.changes[0].explained_by) == 3


@pytest.mark.parametrize("case", EVERY_TROUBLE)
def test_no_fault_of_any_call_changes_the_book(desk, case: tuple[Call, Trouble]):
    _, trouble = case
    assert desk.after(invested).tied_out
    tries = 1 if trouble.name == "a hang" else LIMITS.tries_max  # each is waited for
    desk.venue = desk.another(limits=replace(LIMITS, tries_max=tries))  # has no token either
    trouble.befall(desk.simulator.faults)
    for _ in range(2):
        with suppress(VenueError):
            assert kinds(desk.tie_out()) == []
    desk.simulator.faults.remove()
    desk.clock.advance(30)
    desk.tie_out()
    plan = desk.tie_out()
    assert plan.tied_out
    assert kinds(plan) == []


@pytest.mark.parametrize("call", READ_CALLS, ids=lambda call: call.name)
def test_a_stale_reply_does_not_bring_the_past_back(desk, call: Call):
    assert desk.after(invested).tied_out
    desk.clock.advance(600)
    for product, quantity in [("BTC-USD", "-0.5"), (NANO, "1"), (PERPETUAL, "-0.05")]:
        assert desk.after(lambda market, p=product, q=quantity: market.trade("main", p, q)).tied_out
    desk.simulator.faults.add(Fault(StalePositions(300), path=call.path, method="*", times=None))
    for _ in range(2):
        with suppress(VenueError):
            assert kinds(desk.tie_out()) == []
    desk.simulator.faults.remove()
    desk.clock.advance(30)
    desk.tie_out()
    plan = desk.tie_out()
    assert plan.tied_out
    assert kinds(plan) == []


async def first_news(desk: CoinbaseDesk, found: "asyncio.Queue[News]", kind: str) -> News:
    while True:
        news = await asyncio.wait_for(found.get(), 10)
        if news.kind == kind:
            return news


def test_a_fill_is_in_the_book_within_two_seconds_without_a_schedule(desk):
    desk.after(invested)

    async def run() -> float:
        found: asyncio.Queue[News] = asyncio.Queue()
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await first_news(desk, found, "connected")
            began = asyncio.get_running_loop().time()
            desk.clock.advance(1)
            await asyncio.to_thread(desk.market.trade, "main", "BTC-USD", "2")
            await first_news(desk, found, "changed")
            desk.clock.advance(10)
            read = await desk.venue.read(desk.account, cursor=desk.cursor)
            took_s = asyncio.get_running_loop().time() - began
            held = {each.symbol: each.quantity for each in read.snapshot.holdings}
            assert Decimal(held["BTC-USD"] or "0") == Decimal("3.5")
            return took_s
        finally:
            listening.cancel()

    assert asyncio.run(run()) < 2


def test_a_silently_dead_socket_is_noticed_and_healed_and_nothing_is_lost(desk):
    desk.after(invested)
    brief = Limits(silent_s=1.5, reconnect_s=0.01)
    desk.venue = desk.another(limits=brief)

    async def run() -> str:
        found: asyncio.Queue[News] = asyncio.Queue()
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await first_news(desk, found, "connected")
            desk.simulator.faults.add(Fault(MuteStream(), path="/ws/*", times=None))
            desk.clock.advance(1)
            await asyncio.to_thread(desk.market.trade, "main", "ETH-USD", "2")
            lost = await first_news(desk, found, "lost")
            desk.simulator.faults.remove()
            await first_news(desk, found, "connected")
            return lost.reason
        finally:
            listening.cancel()

    assert "not even a heartbeat" in asyncio.run(run())
    desk.clock.advance(30)
    plan = desk.tie_out()
    assert plan.tied_out
    assert [(each.symbol, each.after) for each in plan.changes] == [("ETH-USD", Decimal(22))]


@pytest.mark.parametrize("trouble", STREAM_TROUBLES, ids=lambda trouble: trouble.name)
def test_the_user_channel_heals_after_every_trouble(desk, trouble: Trouble):
    brief = Limits(silent_s=1.5, reconnect_s=0.01, connect_s=1)
    desk.venue = desk.another(limits=brief)

    async def run() -> None:
        found: asyncio.Queue[News] = asyncio.Queue()
        trouble.befall(desk.simulator.faults)
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await first_news(desk, found, "connected")
            desk.simulator.faults.remove()
            await asyncio.to_thread(desk.market.trade, "main", "BTC-USD", "1")
            await first_news(desk, found, "changed")
        finally:
            listening.cancel()

    asyncio.run(run())
