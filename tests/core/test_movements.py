"""One movement of one position: in, out, through zero; figures worked out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.core.instrument import Instrument
from tieout.core.lots import UnknownLot
from tieout.core.movements import Method, Moved, Movement, move, restated
from tieout.core.numbers import Amount, divide, money
from tieout.core.position import Position

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)  # noon in New York
STOCK = Instrument(symbol="AAPL")
FUTURE = Instrument(symbol="ES", asset_class="future", multiplier=Decimal(50))
UNKNOWN = Instrument(symbol="ES", asset_class="future", multiplier=None)
INVERSE = Instrument(symbol="XBTUSD", asset_class="perpetual", inverse=True)
AVERAGE, FIFO = Method(cost_basis="average"), Method(cost_basis="fifo")


def trade(quantity: str, price: str | None = None, *, by="f", hours=0, **given) -> Movement:
    numbers = {"fee"}
    return Movement(
        by=by,
        at=NOON + timedelta(hours=hours),
        quantity=Decimal(quantity),
        price=None if price is None else Decimal(price),
        **{name: Decimal(each) if name in numbers else each for name, each in given.items()},
    )


def after(*movements: Movement, instrument=STOCK, method=AVERAGE) -> Moved:
    """What the last of some movements did."""
    moved = Moved(position=None)
    for each in movements:
        moved = move(moved.position, each, instrument=instrument, method=method)
    return moved


def lots_of(position: Position | None) -> list[tuple[str, str, str | None, str]]:
    assert position is not None
    return [
        (
            lot.id,
            str(lot.quantity),
            None if lot.cost is None else lot.cost.text(),
            lot.fees.text(),
        )
        for lot in position.lots
    ]


def net_of(moved: Moved, currency: str = "USD") -> tuple[str | None, str]:
    """Gross and fees of the closing."""
    closing = moved.closing
    assert closing is not None
    assert closing.currency == currency
    return None if closing.gross is None else closing.gross.text(), closing.fees.text()


# In


def test_the_first_units_open_an_episode():
    made = after(trade("10", "100.00", fee="1.00", by="f1"))
    position = made.position
    assert position is not None
    assert (position.status, position.basis) == ("OPEN", "actual")
    assert (position.opened_by, position.opened_at) == ("f1", NOON)
    assert lots_of(position) == [("f1", "10", "1000.00", "1.00")]
    assert (made.closing, made.ended) == (None, None)


def test_more_units_average_and_open_again_what_was_reduced():
    made = after(
        trade("10", "100", by="f1"), trade("-4", "100"), trade("6", "90", by="f3", fee="3")
    )
    assert lots_of(made.position) == [("f1", "12", "1140", "3")]
    assert made.position.status == "OPEN"
    assert made.position.average_price(STOCK) == 95
    assert made.position.totals.of("USD").closings == 1


def test_under_fifo_units_that_come_are_lots():
    made = after(trade("10", "100", by="f1"), trade("6", "90", by="f2"), method=FIFO)
    assert lots_of(made.position) == [("f1", "10", "1000", "0"), ("f2", "6", "540", "0")]


@pytest.mark.parametrize(("first", "second", "basis"), [
    ("actual", "actual", "actual"), ("actual", "venue", "venue"), ("venue", "actual", "venue"),
])  # fmt: skip
def test_one_unit_of_the_venues_makes_the_basis_the_venues(first, second, basis):
    made = after(trade("1", "5", basis=first), trade("1", "5", basis=second))
    assert made.position.basis == basis


@pytest.mark.parametrize(
    ("instrument", "movement", "cost"),
    [
        (FUTURE, trade("2", "5000"), "500000"),
        (UNKNOWN, trade("2", "5000"), None),
        (STOCK, trade("2"), None),
        (STOCK, trade("2", "5", is_cost_known=False), None),
        (STOCK, trade("2", cost=money(Decimal(7)), is_cost_known=False), "7"),
        (INVERSE, trade("1000", "10000"), "0.1"),
        (INVERSE, trade("1000", "0"), None),
        (STOCK, trade("2", "0"), "0"),
        (STOCK, trade("-2", "-1.50"), "3.00"),
    ],
)
def test_what_units_cost_is_known_or_not(instrument, movement, cost):
    ((_, _, found, _),) = lots_of(after(movement, instrument=instrument).position)
    assert found == cost


def test_the_openings_of_one_new_york_day_may_be_one_lot():
    by_day = Method(cost_basis="fifo", is_by_day=True)
    made = after(
        trade("1", "10", by="a"),
        trade("1", "20", by="b", hours=11),
        trade("1", "60", by="c", hours=13),
        method=by_day,
    )
    assert lots_of(made.position) == [("a", "2", "30", "0"), ("c", "1", "60", "0")]


# Out


def test_a_reduction_realizes_and_keeps_the_average():
    made = after(trade("10", "100.00", fee="2.00"), trade("-4", "130.00", fee="1.00", by="f2"))
    assert net_of(made) == ("120.00", "1.80")  # 1.00 and four tenths of 2.00
    assert made.position.status == "REDUCED"
    assert made.position.average_price(STOCK) == 100
    assert lots_of(made.position) == [("f", "6", "600.00", "1.20")]
    assert made.closing.by == "f2"
    assert made.closing.quantity == 4
    assert made.position.totals.of("USD").net.text() == "118.20"


def test_a_short_realizes_the_other_way():
    made = after(trade("-10", "100.00"), trade("4", "90.00"))
    assert net_of(made) == ("40.00", "0")
    assert made.closing.quantity == -4


def test_closing_ends_the_episode_with_all_it_realized():
    made = after(
        trade("10", "100", fee="2"), trade("-4", "130", fee="1"), trade("-6", "90", fee="-0.50")
    )
    assert made.position is None
    assert net_of(made) == ("-60", "0.70")
    assert made.ended.totals.of("USD").gross.text() == "60"
    assert made.ended.totals.of("USD").fees.text() == "2.50"
    assert made.ended.quantity == 0


def test_an_estimated_or_unknown_closing_says_so():
    made = after(trade("10", "100"), trade("-10", "90", is_estimated=True))
    assert made.closing.is_estimated
    assert net_of(after(trade("10"), trade("-10", "90")))[0] is None
    assert net_of(after(trade("10", "100"), trade("-10")))[0] is None
    assert after(trade("10", "100"), trade("-10")).ended.totals.of("USD").unknown == 1
    assert net_of(after(trade("1", "5"), trade("-1", "5"), instrument=UNKNOWN))[0] is None


def test_proceeds_count_where_a_price_would_be_rounded():
    third = divide(Decimal(1), Decimal(3))
    sale = trade("-0.75", "16.67", proceeds=money(Decimal("12.50")))
    assert third
    assert net_of(after(trade("1", "8"), sale)) == ("6.50", "0")


def test_what_does_not_realize_takes_cost_and_fees_along():
    made = after(trade("10", "100", fee="2"), trade("-4", realizes=False, reduces=False))
    assert made.closing is None
    assert made.position.status == "OPEN"
    assert lots_of(made.position) == [("f", "6", "600", "1.2")]
    assert made.position.totals.is_nothing


def test_an_opening_that_is_not_confirmed_stays_one():
    made = after(trade("10", "100", status="OPENING"), trade("-4", "100"))
    assert made.position.status == "OPENING"


def test_the_venues_own_figure_is_kept_beside():
    made = after(trade("10", "100"), trade("-10", "90", venue=Decimal("-101")))
    assert made.closing.venue == Decimal("-101")


def test_a_venue_that_truncates_has_a_gross_of_its_own():
    """Bought 3 for 100.01: 33.336 a piece, 33.33 when cut to two places."""
    coin = Instrument(symbol="BTC", asset_class="perpetual", price_decimals=2)
    hyperliquid = Method(cost_basis="average", truncates=True)
    movements = (trade("1", "33.34"), trade("2", "33.335"), trade("-3", "40"))
    made = after(*movements, instrument=coin, method=hyperliquid)
    assert made.closing.gross.text() == "19.990"
    assert made.closing.method_gross == Decimal("20.01")
    assert after(*movements, instrument=coin).closing.method_gross is None
    undeclared = Instrument(symbol="BTC", asset_class="perpetual")
    assert after(*movements, instrument=undeclared, method=hyperliquid).closing.method_gross is None


def test_a_venue_that_truncates_has_the_opening_fees_of_tokens_inside():
    """Bought 10 for 1000, of which 2 in fees: half of them belong to the half that is sold."""
    token = Instrument(symbol="HYPE/USDC", asset_class="spot")
    hyperliquid = Method(cost_basis="average", truncates=True)
    movements = (trade("10", "100", fee="2"), trade("-5", "130", fee="3"))
    made = after(*movements, instrument=token, method=hyperliquid)
    assert made.closing.gross.text() == "150"
    assert made.closing.method_gross == Decimal("149")


def test_an_inverse_contract_realizes_coins():
    made = after(trade("1000", "10000"), trade("-1000", "12500"), instrument=INVERSE)
    assert net_of(made, "XBT") == ("0.02", "0")
    assert net_of(after(trade("1000", "10000"), trade("-1", "0"), instrument=INVERSE), "XBT") == (
        None,
        "0",
    )


def test_a_lot_that_is_not_there_is_refused():
    specific = Method(cost_basis="specific")
    with pytest.raises(UnknownLot, match=r"^nobody$"):
        after(trade("10", "100"), trade("-4", "100", lot="nobody"), method=specific)


# Through zero


def test_a_flip_closes_and_opens_and_divides_its_fee():
    made = after(trade("10", "100", fee="2"), trade("-15", "130", fee="3", by="f2"))
    assert net_of(made) == ("300", "4")  # ten fifteenths of 3, and 2 from the opening
    assert made.ended.totals.of("USD").fees.text() == "4"
    assert made.position.quantity == -5
    assert lots_of(made.position) == [("f2", "-5", "-650", "1")]
    assert (made.position.opened_by, made.position.status) == ("f2", "OPEN")
    assert made.position.totals.is_nothing


def test_the_two_parts_of_a_fee_add_up_to_the_last_digit():
    made = after(trade("1", "100"), trade("-3", "100", fee="1"))
    closing, opening = made.closing.fees, made.position.lots[0].fees
    assert closing == Amount(Decimal(0), divide(Decimal(1), Decimal(3)))
    assert closing.plus(opening) == Amount(Decimal(1))


def test_units_that_come_with_a_cost_through_zero_bring_their_share():
    made = after(
        trade("-10", "100"), trade("15", cost=money(Decimal(150)), realizes=False, reduces=False)
    )
    assert made.closing is None
    assert lots_of(made.position) == [("f", "5", "50", "0")]
    assert made.ended.totals.is_nothing


def test_nothing_is_held_after_what_was_flat():
    made = after(trade("10", "100", by="a"), trade("-10", "100", by="b"), trade("5", "1", by="c"))
    assert made.position.opened_by == "c"


# Restated


def test_another_average_makes_one_lot_of_the_venues():
    held = after(
        trade("10", "100", fee="1", by="a"), trade("10", "120", fee="2", by="b"), method=FIFO
    )
    changed = restated(held.position, average=Decimal("105.50"), instrument=STOCK, method=AVERAGE)
    assert lots_of(changed) == [("a", "20", "2110.00", "3")]
    assert (changed.basis, changed.quantity) == ("venue", 20)
    assert changed.average_price(STOCK) == Decimal("105.5")


@pytest.mark.parametrize(
    ("average", "instrument", "cost"),
    [(None, STOCK, None), ("0", STOCK, "0"), ("5", UNKNOWN, None), ("0", INVERSE, None),
     ("5", FUTURE, "2500"), ("100", INVERSE, "0.1")],
)  # fmt: skip
def test_an_average_that_says_nothing_leaves_the_cost_unknown(average, instrument, cost):
    held = after(trade("10", "100")).position
    wanted = None if average is None else Decimal(average)
    changed = restated(held, average=wanted, instrument=instrument, method=AVERAGE)
    assert lots_of(changed)[0][2] == cost


@pytest.mark.parametrize(("average", "fees"), [("100.01", "0"), (None, "1")])
def test_fees_inside_the_average_are_paid_with_it_and_only_there(average, fees):
    ibkr = Method(cost_basis="average", has_fees_inside=True)
    held = after(trade("100", "100", fee="1", by="a")).position
    wanted = None if average is None else Decimal(average)
    changed = restated(held, average=wanted, instrument=STOCK, method=ibkr)
    assert lots_of(changed)[0][3] == fees


def test_another_average_than_what_was_paid_has_no_base_cost():
    method = Method(cost_basis="average", base_currency="USD")
    held = after(trade("10", "100", base_rate=Decimal("1.1")), method=method).position
    assert [lot.base_cost for lot in held.lots] == [money(Decimal("1100.0"))]
    changed = restated(held, average=Decimal(105), instrument=STOCK, method=method)
    assert [lot.base_cost for lot in changed.lots] == [None]


def test_without_a_base_currency_nothing_is_valued_in_one():
    rated = {"base_rate": Decimal("1.1")}
    made = after(trade("10", "100", **rated), trade("-10", "110", **rated))
    assert made.closing.base is None


# The method over time


def test_the_basis_in_force_is_the_one_that_was_set_last():
    later = NOON + timedelta(days=1)
    method = Method(cost_basis="lifo", since=((NOON, "fifo"), (later, "lifo")))
    assert method.basis_at(NOON - timedelta(days=9)) == "fifo"
    assert method.basis_at(NOON) == "fifo"
    assert method.basis_at(later - timedelta(microseconds=1)) == "fifo"
    assert method.basis_at(later) == "lifo"
    assert Method(cost_basis="hifo").basis_at(NOON) == "hifo"


def test_a_change_of_the_setting_does_not_rewrite_what_was_before():
    """Fifo until the second hour, average from then on: the lots that are left become a pool."""
    method = Method(
        cost_basis="average", since=((NOON, "fifo"), (NOON + timedelta(hours=2), "average"))
    )
    before = [trade("10", "100", by="a"), trade("10", "120", by="b"), trade("-5", "130", hours=1)]
    assert lots_of(after(*before, method=method).position) == [
        ("a", "5", "500", "0"),
        ("b", "10", "1200", "0"),
    ]
    assert net_of(after(*before, method=method)) == ("150", "0")
    then = after(*before, trade("-6", "130", hours=3), method=method)
    assert net_of(then) == ("100", "0")  # six of fifteen units that cost 1700: 680
    more = after(*before, trade("15", "100", by="c", hours=3), method=method)
    assert lots_of(more.position) == [("a", "30", "3200", "0")]
