"""One episode: which way its status may go, its average, what it would make."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.errors import IllegalTransition
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.numbers import NOTHING, divide, money
from tieout.core.position import STATUSES, Ledger, Position, transition

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STOCK = Instrument(symbol="AAPL")
FUTURE = Instrument(symbol="ES", asset_class="future", multiplier=Decimal(50))
UNKNOWN = Instrument(symbol="ES", asset_class="future", multiplier=None)
INVERSE = Instrument(symbol="XBTUSD", asset_class="perpetual", inverse=True)

ALLOWED = {
    ("OPENING", "OPEN"), ("OPENING", "CLOSED"), ("OPEN", "REDUCED"), ("OPEN", "CLOSING"),
    ("OPEN", "CLOSED"), ("OPEN", "LIQUIDATED"), ("REDUCED", "OPEN"), ("REDUCED", "CLOSING"),
    ("REDUCED", "CLOSED"), ("REDUCED", "LIQUIDATED"), ("CLOSING", "CLOSED"),
    ("CLOSING", "LIQUIDATED"), ("CLOSING", "OPEN"), ("CLOSING", "REDUCED"),
}  # fmt: skip


@pytest.mark.parametrize("current", STATUSES)
@pytest.mark.parametrize("to", STATUSES)
def test_a_status_goes_where_the_lifecycle_allows(current, to):
    if current == to or (current, to) in ALLOWED:
        assert transition(current, to) == to
        return
    with pytest.raises(
        IllegalTransition, match=f"^a {current} position cannot become {to}$"
    ) as refused:
        transition(current, to)
    assert refused.value.code == "illegal_transition"


def position(quantity: str, *costs: str | None) -> Position:
    """A position of equal lots with these costs."""
    count = max(len(costs), 1)
    lots = tuple(
        Lot(
            id=f"l{number}",
            quantity=divide(Decimal(quantity), Decimal(count)),
            cost=None if cost is None else money(Decimal(cost)),
            fees=NOTHING,
            at=NOON,
        )
        for number, cost in enumerate(costs)
    )
    return Position(
        quantity=Decimal(quantity), lots=lots, basis="actual", status="OPEN", opened_at=NOON,
        opened_by="l0",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "instrument", "average"),
    [
        (position("10", "1000"), STOCK, "100"),
        (position("10", "400", "600"), STOCK, "100"),
        (position("-2", "-500000"), FUTURE, "5000"),
        (position("10", "0"), STOCK, "0"),
        (position("10", "400", None), STOCK, None),
        (position("10", None), STOCK, None),
        (position("10", "1000"), UNKNOWN, None),
        (position("1000", "0.1"), INVERSE, "10000"),
        (position("1000", "0"), INVERSE, None),
        (position("0", "0"), STOCK, None),
    ],
)
def test_the_average_is_of_one_unit_or_not_known(held, instrument, average):
    expected = None if average is None else Decimal(average)
    assert held.average_price(instrument) == expected


@pytest.mark.parametrize(
    ("held", "instrument", "price", "expected"),
    [
        (position("10", "1000"), STOCK, "101.50", "15.00"),
        (position("-10", "-1000"), STOCK, "101.50", "-15.00"),
        (position("2", "500000"), FUTURE, "5010.25", "1025.00"),
        (position("10", "400", None), STOCK, "101", None),
        (position("10", "1000"), STOCK, None, None),
        (position("10", "1000"), UNKNOWN, "101", None),
        (position("1000", "0.1"), INVERSE, "12500", "0.02"),
        (position("1000", "0.1"), INVERSE, "0", None),
        (position("10", "1000"), STOCK, "0", "-1000"),
    ],
)
def test_unrealized_is_what_closing_at_a_price_would_make(held, instrument, price, expected):
    made = held.unrealized_pnl(instrument, None if price is None else Decimal(price))
    assert (None if made is None else made.text()) == expected


def test_a_ledger_without_position_is_flat():
    flat = Ledger(id=LedgerId("AAPL"), instrument=STOCK)
    assert flat.is_flat
    assert flat.quantity == 0
    held = Ledger(id=LedgerId("AAPL"), instrument=STOCK, position=position("10", "1000"))
    assert not held.is_flat
    assert held.quantity == 10
