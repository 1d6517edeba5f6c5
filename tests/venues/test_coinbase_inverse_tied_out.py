"""From the simulated gateway's inverse contracts to a book that is tied out, by the real wire."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest

from tieout.core.errors import VenueError
from tieout.simulators.coinbase_faults import CALLS, Call, Trouble, troubles
from tieout.simulators.faults import StalePositions
from tieout.testing.venue import VenueSuite
from venues.coinbase_market import INVERSE, INVERSE_ETH, PERPETUAL, CoinbaseDesk, coinbase_desk

SLOTTED = f"{INVERSE}@200001"
GATEWAY_CALLS = tuple(
    call for call in CALLS if call.name in ("gateway positions", "gateway trades", "gateway log")
)
EVERY_TROUBLE = sorted(
    {each.name for call in GATEWAY_CALLS for each in troubles(call, foreign="other")}
    - {"a hang", "a slow reply"}  # each try would be waited for; a reset is as good
)


@pytest.fixture
def desk() -> Iterator[CoinbaseDesk]:
    yield from coinbase_desk()


class TestInverseContracts(VenueSuite):
    """Every promise of the port, of contracts that are settled in coins."""

    @pytest.fixture
    def stage(self) -> Iterator[CoinbaseDesk]:
        for desk in coinbase_desk():
            stage = CoinbaseDesk(desk.simulator, desk.clock)
            stage.long, stage.short = INVERSE, INVERSE_ETH
            yield stage


def held(desk) -> dict[str, str]:
    """The book by symbol, without what is flat."""
    rows = desk.book.ledgers.values()
    return {each.instrument.symbol: f"{each.quantity:f}" for each in rows if each.position}


def ledger(desk, symbol=INVERSE):
    (found,) = (each for each in desk.book.ledgers.values() if each.instrument.symbol == symbol)
    return found


def average(desk) -> Decimal:
    found = ledger(desk)
    return found.position.average_price(found.instrument)


def traded(desk, quantity, price):
    """A trade at a price, tied out; what it changed."""

    def happen(market):
        market.set_price(INVERSE, price)
        market.trade("main", INVERSE, quantity)

    plan = desk.after(happen)
    assert plan.tied_out
    (change,) = plan.changes
    assert not change.is_estimated
    return change


# Money, computed by hand


def test_what_an_inverse_contract_realizes_is_in_coins_and_kept_apart_from_dollars(desk):
    desk.market.account("main").perp_rate = Decimal("0.001")
    desk.after(lambda market: market.trade("main", PERPETUAL, "0.25"))
    assert traded(desk, "10000", "10000").kind == "created"  # 1 BTC, fee 0.001
    assert traded(desk, "10000", "40000").kind == "increased"  # 0.25 BTC, fee 0.00025
    assert average(desk) == 16000  # 20000 / 1.25
    reduced = traded(desk, "-10000", "20000")  # 0.5 BTC, fee 0.0005
    # 10000 x (1/16000 - 1/20000); fees 0.0005 and half of the 0.00125 of both openings
    assert reduced.realized.of("BTC").gross.value == Decimal("0.125")
    assert reduced.realized.of("BTC").fees.value == Decimal("0.001125")
    assert average(desk) == 16000
    flipped = traded(desk, "-20000", "25000")  # 0.8 BTC, fee 0.0008: half closes, half opens
    # 10000 x (1/16000 - 1/25000); fees 0.0004 and the rest of the openings
    assert (flipped.kind, flipped.after) == ("flipped", -10000)
    assert flipped.realized.of("BTC").gross.value == Decimal("0.225")
    assert flipped.realized.of("BTC").fees.value == Decimal("0.001025")
    assert average(desk) == 25000
    paid = desk.after(lambda market: market.pay_funding(INVERSE, "0.0001"))
    # a short gets 10000 / 25000 x 0.0001
    assert paid.tied_out
    assert ledger(desk).totals.of("BTC").funding == Decimal("0.00004")
    closed = traded(desk, "10000", "20000")  # 0.5 BTC, fee 0.0005
    # -10000 x (1/25000 - 1/20000); fees 0.0005 and 0.0004 of the opening
    assert closed.kind == "closed"
    assert closed.realized.of("BTC").gross.value == Decimal("0.1")
    assert closed.realized.of("BTC").fees.value == Decimal("0.0009")
    total = ledger(desk).totals
    assert set(total.by_currency) == {"BTC"}
    assert total.of("BTC").net.value == Decimal("0.44695")
    assert ledger(desk, PERPETUAL).position
    assert held(desk) == {PERPETUAL: "0.25"}


def test_what_is_not_closed_is_valued_in_coins(desk):
    traded(desk, "-10000", "10000")
    desk.market.set_price(INVERSE, "8000")
    assert desk.tie_out().tied_out
    found = ledger(desk)
    made = found.position.unrealized_pnl(found.instrument, Decimal(8000))
    assert made.value == Decimal("0.25")  # -10000 x (1/10000 - 1/8000)


def test_the_average_of_theirs_and_ours_are_one_where_it_does_not_come_out_even(desk):
    for price in ("60000", "61234.5", "58999.5"):
        traded(desk, "70", price)
    ours = average(desk)
    exact = 210 / (Fraction(70, 60000) + 70 / Fraction("61234.5") + 70 / Fraction("58999.5"))
    assert abs(Fraction(ours) - exact) < Fraction(1, 10**12)
    assert desk.tie_out().breaks == ()


def test_the_profit_that_the_venue_tells_is_kept_beside_ours(desk):
    traded(desk, "10000", "10000")
    (closing,) = traded(desk, "-10000", "12500").closings
    assert (closing.venue, closing.gross.value, closing.currency) == (
        Decimal("0.2"), Decimal("0.2"), "BTC",
    )  # fmt: skip


def test_coins_dollars_and_both_margin_modes_are_tied_out_at_once(desk):
    def happen(market):
        market.trade("main", "BTC-USD", "1")
        market.trade("main", PERPETUAL, "0.25")
        market.trade("main", INVERSE, "-500")
        market.trade("main", INVERSE_ETH, "70")
        market.trade_isolated("main", INVERSE, "300")

    assert desk.after(happen).tied_out
    assert held(desk) == {
        "BTC-USD": "1", PERPETUAL: "0.25", INVERSE: "-500", INVERSE_ETH: "70", SLOTTED: "300",
    }  # fmt: skip
    for quantity, after in (("-100", "200"), ("-500", "-300"), ("300", None)):
        plan = desk.after(lambda market, q=quantity: market.trade_isolated("main", INVERSE, q))
        assert plan.tied_out
        assert held(desk).get(SLOTTED) == after
    assert desk.tie_out().changes == ()


# Nothing is left out


def test_what_is_opened_and_closed_between_two_readings_is_booked(desk):
    desk.after(lambda market: market.trade("main", PERPETUAL, "1"))

    def happen(market):
        market.trade("main", INVERSE_ETH, "3000", price="3000")
        market.trade("main", INVERSE_ETH, "-3000", price="2500")

    assert desk.after(happen).tied_out
    assert ledger(desk, INVERSE_ETH).totals.of("ETH").gross.value == Decimal("-0.2")


def _named(name: str, call: Call) -> list[Trouble]:
    """The troubles of a call with a name; old positions are true, if late."""
    found = troubles(call, foreign="other", times=None)
    return [
        each
        for each in found
        if each.name == name and not isinstance(each.fault.effect, StalePositions)
    ]


@pytest.mark.parametrize("name", EVERY_TROUBLE)
def test_no_fault_of_the_gateway_changes_the_book(desk, name):
    def happen(market):
        market.trade("main", "BTC-USD", "1")
        market.trade("main", INVERSE, "500")
        market.trade("main", INVERSE_ETH, "-70")

    assert desk.after(happen).tied_out
    before = held(desk)
    for call in GATEWAY_CALLS:
        for trouble in _named(name, call):
            desk.simulator.faults.add(trouble.fault)
            with suppress(VenueError):
                desk.tie_out()
            desk.simulator.faults.remove()
            assert held(desk) == before, call.name
    assert desk.tie_out().tied_out
