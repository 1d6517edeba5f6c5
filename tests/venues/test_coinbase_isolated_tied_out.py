"""From the simulated gateway's isolated margin to a book that is tied out, by the real wire."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

import pytest

from tieout.core.errors import VenueError
from tieout.core.plan import Plan
from tieout.ports import News
from tieout.simulators.coinbase_faults import CALLS, Call, troubles
from tieout.simulators.faults import Fault, StalePositions
from tieout.testing.venue import VenueSuite
from venues.coinbase_market import PERPETUAL, CoinbaseDesk, coinbase_desk

SLOT, NEXT = 200_001, 200_002
IN_SLOT, IN_NEXT = f"{PERPETUAL}@{SLOT}", f"{PERPETUAL}@{NEXT}"
GATEWAY_CALLS = tuple(
    call
    for call in CALLS
    if call.name in ("gateway positions", "gateway trades", "gateway subaccounts")
)
EVERY_TROUBLE = sorted(
    {each.name for call in GATEWAY_CALLS for each in troubles(call, foreign="other")}
    - {"a hang", "a slow reply"}  # each try would be waited for; a reset is as good
)


class IsolatedDesk(CoinbaseDesk):
    """A desk of which everything that is traded is in isolated margin."""

    long = IN_SLOT
    short = IN_NEXT

    def trade(self, symbol: str, quantity: str) -> None:
        product, _, slot = symbol.partition("@")
        self.market.trade_isolated("main", product, quantity, slot=int(slot))
        self.clock.advance(10)

    def swap_account(self) -> None:
        with suppress(Exception):
            self.market.trade_isolated("other", PERPETUAL, "3", slot=SLOT + 50)
        super().swap_account()


def isolated_desk() -> Iterator[IsolatedDesk]:
    for desk in coinbase_desk():
        yield IsolatedDesk(desk.simulator, desk.clock)


@pytest.fixture
def desk() -> Iterator[IsolatedDesk]:
    yield from isolated_desk()


class TestIsolatedMargin(VenueSuite):
    """Every promise of the port, of positions in isolated margin."""

    @pytest.fixture
    def stage(self) -> Iterator[IsolatedDesk]:
        yield from isolated_desk()


def invested(market) -> None:
    """The same perpetual cross and in two slots, and a coin."""
    market.move_to_perps("main", "50000", currency="USD")
    market.trade("main", "BTC-USD", "1")
    market.trade("main", PERPETUAL, "0.25")
    market.trade_isolated("main", PERPETUAL, "3", slot=SLOT)
    market.trade_isolated("main", PERPETUAL, "-2", slot=NEXT)


HELD = {"BTC-USD": "1", PERPETUAL: "0.25", IN_SLOT: "3", IN_NEXT: "-2"}


def held(desk: IsolatedDesk) -> dict[str, str]:
    """The book by symbol, without what is flat."""
    rows = desk.book.ledgers.values()
    return {row.instrument.symbol: f"{row.quantity:f}" for row in rows if row.position}


def changes(plan: Plan) -> list[tuple[str, str, str]]:
    """What a plan changes; that a row is bad is said, but changes nothing."""
    told = (each for each in plan.changes if each.kind != "invalid")
    return [(each.kind, each.symbol, f"{each.after:f}") for each in told]


def in_slot(quantity: str, slot: int = SLOT):
    """A trade in isolated margin."""
    return lambda market: market.trade_isolated("main", PERPETUAL, quantity, slot=slot)


def test_what_is_cross_and_what_is_isolated_is_tied_out(desk):
    assert desk.after(invested).tied_out
    assert held(desk) == HELD
    assert desk.tie_out().changes == ()


def test_reductions_flips_and_closings_in_a_slot_are_explained_by_its_fills(desk):
    desk.after(invested)
    for quantity, change in [
        ("2", ("increased", IN_SLOT, "5")), ("-1", ("reduced", IN_SLOT, "4")),
        ("-6", ("flipped", IN_SLOT, "-2")), ("2", ("closed", IN_SLOT, "0")),
        ("1", ("created", IN_SLOT, "1")),
    ]:  # fmt: skip
        plan = desk.after(in_slot(quantity))
        assert plan.tied_out
        assert changes(plan) == [change]
        assert not any(each.is_estimated for each in plan.changes)


def test_a_slot_that_is_new_is_found_without_a_wait(desk):
    desk.after(lambda market: market.trade("main", "BTC-USD", "1"))
    desk.market.move_to_perps("main", "50000", currency="USD")
    plan = desk.after(in_slot("3"))
    assert plan.tied_out
    assert changes(plan) == [("created", IN_SLOT, "3")]


def test_a_liquidation_in_a_slot_is_one(desk):
    desk.after(invested)
    plan = desk.after(lambda market: market.liquidate_isolated("main", SLOT))
    assert plan.tied_out
    assert changes(plan) == [("closed", IN_SLOT, "0")]
    assert plan.changes[0].reason == "liquidation"


def test_the_closing_fills_of_a_slot_that_is_listed_no_more_are_booked(desk):
    desk.after(invested)

    def closes(market) -> None:
        in_slot("-3")(market)
        market.hide_slot("main", SLOT)

    desk.venue = desk.another()
    plan = desk.after(closes)
    assert plan.tied_out
    assert changes(plan) == [("closed", IN_SLOT, "0")]


def test_a_slot_that_is_removed_is_kept_for_a_day_and_then_told_as_a_difference(desk):
    desk.after(invested)
    plan = desk.after(lambda market: market.remove_slot("main", SLOT))
    for _ in range(2):  # it is listed at first, as the list is not asked for each time
        assert not plan.tied_out
        assert changes(plan) == []
        assert held(desk) == HELD
        desk.clock.advance(601)
        plan = desk.tie_out()
    plan = desk.after(lambda _: None, days=1)
    assert ("missing_at_broker", IN_SLOT) in [(each.kind, each.symbol) for each in plan.breaks]
    assert changes(plan) == [("missing", IN_SLOT, "3")]


def test_a_trade_with_oneself_is_two(desk):
    desk.after(invested)

    def both(market) -> None:
        number = market.trade("main", PERPETUAL, "1") and market.account("main").trades[-1].number
        market.trade_isolated("main", PERPETUAL, "-1", slot=SLOT, trade_number=number)

    plan = desk.after(both)
    assert plan.tied_out
    assert sorted(changes(plan)) == [
        ("increased", PERPETUAL, "1.25"), ("reduced", IN_SLOT, "2"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", EVERY_TROUBLE)
@pytest.mark.parametrize("skip", [0, 1])
def test_no_fault_of_any_call_changes_what_is_in_a_slot(desk, name: str, skip: int):
    """Also where the login's own list is answered and only those of the slots are not."""
    desk.after(invested)
    for call in GATEWAY_CALLS:
        for trouble in troubles(call, foreign="other", times=None):
            if trouble.name == name:
                befallen(desk, trouble.fault, skip)
                assert held(desk) == HELD, call.name


def befallen(desk: IsolatedDesk, fault: Fault, skip: int) -> None:
    """Tie out twice under a fault, by somebody who has not seen anything, and after it."""
    asyncio.run(desk.venue.aclose())
    desk.venue = desk.another()
    desk.simulator.faults.add(
        Fault(fault.effect, path=fault.path, method=fault.method, times=None, skip=skip)
    )
    for _ in range(2):
        with suppress(VenueError):
            assert changes(desk.tie_out()) == []
    desk.simulator.faults.remove()
    desk.clock.advance(3601)
    plan = desk.tie_out()
    if not plan.tied_out:
        plan = desk.tie_out()
    assert plan.tied_out
    assert changes(plan) == []


@pytest.mark.parametrize("call", GATEWAY_CALLS, ids=lambda call: call.name)
def test_a_stale_reply_does_not_bring_the_past_back(desk, call: Call):
    desk.after(invested)
    desk.clock.advance(600)
    assert desk.after(in_slot("-3")).tied_out
    assert desk.after(in_slot("1", NEXT)).tied_out
    now = held(desk)
    desk.simulator.faults.add(Fault(StalePositions(300), path=call.path, method="*", times=None))
    for _ in range(2):
        with suppress(VenueError):
            assert changes(desk.tie_out()) == []
    desk.simulator.faults.remove()
    desk.clock.advance(30)
    desk.tie_out()
    assert desk.tie_out().tied_out
    assert held(desk) == now


async def _news(found: "asyncio.Queue[News]", kind: str, about: str = "") -> News:
    async with asyncio.timeout(10):
        while True:
            news = await found.get()
            if news.kind == kind and about in news.reason:
                return news


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_fill_in_a_slot_is_heard_and_in_the_next_reading_even_of_an_unlisted_one(desk, is_listed):
    """The slot was empty a moment ago, so that only the news makes it be read again."""
    desk.venue = desk.another(perpetuals="yes")
    desk.market.move_to_perps("main", "50000", currency="USD")
    desk.after(in_slot("1"))
    desk.after(in_slot("-1"))
    if not is_listed:
        desk.market.hide_slot("main", SLOT)

    async def run() -> Decimal:
        found: asyncio.Queue[News] = asyncio.Queue()
        listening = asyncio.ensure_future(desk.venue.listen(found.put_nowait))
        try:
            await _news(found, "connected", "gateway")
            quiet = await desk.venue.read(desk.account, cursor=desk.cursor)
            desk.clock.advance(1)
            await asyncio.to_thread(in_slot("2"), desk.market)
            await _news(found, "changed", "user.isolated.trades")
            desk.clock.advance(10)
            read = await desk.venue.read(desk.account, cursor=quiet.cursor)
            assert read.snapshot.complete
            rows = {each.symbol: each.quantity for each in read.snapshot.holdings}
            return Decimal(rows[IN_SLOT] or "0")
        finally:
            listening.cancel()

    assert asyncio.run(run()) == 2
