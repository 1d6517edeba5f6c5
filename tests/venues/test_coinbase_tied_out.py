"""From Coinbase's wires to a book that is tied out: everything the simulated market can do."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from tieout.core.errors import VenueError
from tieout.core.plan import Plan
from tieout.ports import News
from tieout.simulators.coinbase_faults import (
    CALLS,
    GATEWAY_STREAM_TROUBLES,
    STREAM_TROUBLES,
    Call,
    Trouble,
    troubles,
)
from tieout.simulators.faults import Fault, MuteStream, StalePositions
from tieout.testing.venue import VenueSuite
from tieout.venues.coinbase.limits import Limits
from venues.coinbase_market import LIMITS, NANO, PERPETUAL, CoinbaseDesk, coinbase_desk

READ_CALLS = tuple(
    call
    for call in CALLS
    if call.name
    in ("accounts", "breakdown", "key permissions", "futures", "fills", "product",
        "gateway sign-in", "gateway positions", "gateway trades", "gateway subaccounts",
        "gateway log")
)  # fmt: skip
ASKED_ONCE = ("accounts", "key permissions", "product")  # by a venue that has not seen anything
(LOG,) = (call for call in READ_CALLS if call.name == "gateway log")
EVERY_TROUBLE = sorted(
    {each.name for call in READ_CALLS for each in troubles(call, foreign="other")}
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


def held(desk: CoinbaseDesk) -> dict[str, Decimal]:
    """The book by symbol."""
    return {row.instrument.symbol: row.quantity for row in desk.book.ledgers.values()}


def funding(desk: CoinbaseDesk) -> Decimal:
    """What was paid and received for the perpetual, as the book has it."""
    rows = (row for row in desk.book.ledgers.values() if row.instrument.symbol == PERPETUAL)
    return sum((row.totals.of("USDC").funding for row in rows), start=Decimal(0))


@pytest.mark.parametrize("name", EVERY_TROUBLE)
def test_no_fault_of_any_call_changes_the_book(desk, name: str):
    assert desk.after(invested).tied_out
    assert desk.after(lambda market: market.pay_funding(PERPETUAL, "0.0001")).tied_out
    before, paid = held(desk), funding(desk)
    assert paid
    for call in READ_CALLS:
        for trouble in troubles(call, foreign="other", times=None):
            if trouble.name == name:
                befallen(desk, trouble, is_new=call.name in ASKED_ONCE)
                assert (held(desk), funding(desk)) == (before, paid), call.name


def befallen(desk: CoinbaseDesk, trouble: Trouble, *, is_new: bool) -> None:
    """Tie out under a trouble, twice where it does not show, and after it until it is over."""
    is_slow = trouble.name in ("a hang", "a slow reply")  # each try is waited for
    if is_new:
        limits = replace(LIMITS, tries_max=1 if is_slow else LIMITS.tries_max)
        asyncio.run(desk.venue.aclose())
        desk.venue = desk.another(limits=limits)
    trouble.befall(desk.simulator.faults)
    for _ in range(2 if trouble.is_quiet and not is_slow else 1):
        with suppress(VenueError):
            assert kinds(desk.tie_out()) == [], trouble
    desk.simulator.faults.remove()
    desk.clock.advance(3601)  # whatever was asked for, and what is remembered, is over
    plan = desk.tie_out()
    if not plan.tied_out:
        plan = desk.tie_out()
    assert plan.tied_out, trouble
    assert kinds(plan) == [], trouble


def test_funding_that_is_paid_during_a_fault_of_the_log_is_in_the_book_after_it(desk):
    assert desk.after(invested).tied_out
    desk.after(lambda market: market.pay_funding(PERPETUAL, "0.0001"))
    once = funding(desk)
    assert once < 0
    times = 1
    for trouble in troubles(LOG, foreign="other", times=None):
        if trouble.name in ("a hang", "a clock that is ahead"):
            continue  # a payment with two times contradicts itself: that is a break, and stays
        trouble.befall(desk.simulator.faults)
        desk.market.pay_funding(PERPETUAL, "0.0001")
        times += 1
        with suppress(VenueError):
            desk.tie_out()
        desk.simulator.faults.remove()
        desk.clock.advance(601)
        assert desk.tie_out().tied_out, trouble
        assert funding(desk) == times * once, trouble


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


async def first_news(found: "asyncio.Queue[News]", kind: str, *, about: str = "") -> News:
    async with asyncio.timeout(10):
        while True:
            news = await found.get()
            if news.kind == kind and about in news.reason:
                return news


def test_a_fill_is_in_the_book_within_two_seconds_without_a_schedule(desk):
    desk.after(invested)

    async def run() -> float:
        found: asyncio.Queue[News] = asyncio.Queue()
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await first_news(found, "connected")
            began = asyncio.get_running_loop().time()
            desk.clock.advance(1)
            await asyncio.to_thread(desk.market.trade, "main", "BTC-USD", "2")
            await first_news(found, "changed")
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
            await first_news(found, "connected")
            desk.simulator.faults.add(Fault(MuteStream(), path="/ws/*", times=None))
            desk.clock.advance(1)
            await asyncio.to_thread(desk.market.trade, "main", "ETH-USD", "2")
            lost = await first_news(found, "lost")
            desk.simulator.faults.remove()
            await first_news(found, "connected")
            return lost.reason
        finally:
            listening.cancel()

    assert "not even a heartbeat" in asyncio.run(run())
    desk.clock.advance(30)
    plan = desk.tie_out()
    assert plan.tied_out
    assert [(each.symbol, each.after) for each in plan.changes] == [("ETH-USD", Decimal(22))]


@pytest.mark.parametrize("wire", ["user channel", "gateway"])
def test_every_stream_heals_after_every_trouble(desk, wire: str):
    brief = Limits(silent_s=1.2, reconnect_s=0.01, reconnect_s_max=0.02, connect_s=0.5)
    is_gateway = wire == "gateway"
    desk.venue = desk.another(limits=brief, perpetuals="yes" if is_gateway else "no")
    desk.market.move_to_perps("main", "50000", currency="USD")

    async def heals_after(trouble: Trouble) -> None:
        found: asyncio.Queue[News] = asyncio.Queue()
        trouble.befall(desk.simulator.faults)
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await first_news(found, "connected", about="gateway" if is_gateway else "")
            product = PERPETUAL if is_gateway else "BTC-USD"
            await asyncio.to_thread(desk.market.trade, "main", product, "1")
            await first_news(found, "changed", about="user." if is_gateway else "")
        finally:
            listening.cancel()
            desk.simulator.faults.remove()

    for trouble in GATEWAY_STREAM_TROUBLES if is_gateway else STREAM_TROUBLES:
        asyncio.run(heals_after(trouble))
