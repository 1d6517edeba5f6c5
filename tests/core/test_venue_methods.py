"""What the venue's own method would show, where its figures are not ours."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.core.comparison import ALTERNATIVES, explained_averages, pnl_disagrees
from tieout.core.instrument import Instrument
from tieout.core.lots import Lot
from tieout.core.movements import Method
from tieout.core.numbers import money
from tieout.core.position import Position

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STOCK = Instrument(symbol="AAPL")


def position(quantity: str, cost: str, *, fees: str) -> Position:
    lot = Lot(
        id="a", quantity=Decimal(quantity), cost=money(Decimal(cost)), fees=money(Decimal(fees)),
        at=NOON,
    )  # fmt: skip
    return Position(
        quantity=Decimal(quantity), lots=(lot,), basis="actual", status="OPEN", opened_at=NOON,
        opened_by="a",
    )  # fmt: skip


def explained(instrument, venue, *, weighted, by_day=None, fees="0", quantity="10"):
    held = position(quantity, "1000", fees=fees)
    found = explained_averages(
        held, instrument, venue=venue,
        weighted=None if weighted is None else Decimal(weighted),
        by_day=None if by_day is None else Decimal(by_day),
    )  # fmt: skip
    return [str(each) for each in found]


def test_alpaca_shows_the_weighted_average_or_compressed_fifo():
    assert explained(STOCK, "alpaca", weighted="100.5") == ["100.5"]
    assert explained(STOCK, "alpaca", weighted="100.5", by_day="99") == ["100.5", "99"]
    assert explained(STOCK, "alpaca", weighted=None, by_day="99") == []


def test_hyperliquid_truncates_the_average():
    perpetual = Instrument(symbol="BTC", asset_class="perpetual", price_decimals=1)
    assert explained(perpetual, "hyperliquid", weighted="100.59") == ["100.5"]
    undeclared = Instrument(symbol="BTC", asset_class="perpetual")
    assert explained(undeclared, "hyperliquid", weighted="100.59") == []


def test_hyperliquid_has_the_opening_fees_of_tokens_inside():
    token = Instrument(symbol="HYPE/USDC", asset_class="spot")
    assert explained(token, "hyperliquid", weighted="100", fees="5") == ["100.5"]
    assert explained(token, "ccxt:kraken", weighted="100", fees="5") == []


def test_ibkr_has_the_opening_fees_inside():
    future = Instrument(symbol="ES", asset_class="future", multiplier=Decimal(50))
    # 5 of fees over 10 x 50: a long's average is 0.01 higher, a short's lower.
    assert explained(future, "ibkr", weighted="100", fees="5") == ["100.01"]
    assert explained(future, "ibkr", weighted="100", fees="5", quantity="-10") == ["99.99"]
    unknown = Instrument(symbol="ES", asset_class="future", multiplier=None)
    assert explained(unknown, "ibkr", weighted="100", fees="5") == []


def test_coinbase_may_have_the_opening_fees_of_coins_inside():
    coin = Instrument(symbol="BTC-USD", asset_class="spot")
    # 5 of fees over 10 coins: without them, or with them inside.
    assert explained(coin, "coinbase", weighted="100", fees="5") == ["100", "100.5"]
    assert explained(coin, "coinbase", weighted="100", fees="5", quantity="-10") == ["100", "99.5"]
    assert explained(coin, "coinbase", weighted="100", fees="5", quantity="0") == []
    perpetual = Instrument(symbol="BTC-PERP", asset_class="perpetual")
    assert explained(perpetual, "coinbase", weighted="100", fees="5") == []


def test_another_venue_explains_nothing():
    assert explained(STOCK, "coinbase", weighted="100", by_day="99", fees="5") == []
    assert explained(STOCK, "ibkr", weighted=None) == []


def test_the_alternatives_are_average_cost_and_fifo_by_day():
    assert ALTERNATIVES["weighted"] == Method(cost_basis="average")
    assert ALTERNATIVES["by_day"] == Method(cost_basis="fifo", is_by_day=True)


@pytest.mark.parametrize(
    ("ours", "method", "net", "theirs", "disagrees"),
    [
        ("120", None, None, "120", False),
        ("120", None, None, "120.01", False),
        ("120", None, None, "120.0101", True),
        ("120", None, None, "119.98", True),
        ("120", "119.5", None, "119.5", False),
        ("120", None, "119", "119", False),
        ("120", "119.5", "119", "119.25", True),
        ("120", "119.5", "119", "120", False),
    ],
)
def test_a_realized_figure_disagrees_when_no_method_explains_it(
    ours, method, net, theirs, disagrees
):
    found = pnl_disagrees(
        ours=Decimal(ours),
        method=None if method is None else Decimal(method),
        net=None if net is None else Decimal(net),
        theirs=Decimal(theirs),
        cent=Decimal("0.01"),
    )
    assert found is disagrees
