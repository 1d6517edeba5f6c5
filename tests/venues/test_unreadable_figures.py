"""What a venue writes and nobody can read reaches the core as it is, to be refused there."""

from decimal import Decimal

import pytest

from tieout.core.comparison import row_problem
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Holding
from tieout.venues.alpaca import positions as alpaca
from tieout.venues.ccxt import values as ccxt
from tieout.venues.coinbase import holdings as coinbase
from tieout.venues.hyperliquid import holdings as hyperliquid
from tieout.venues.ibkr import holdings as ibkr
from tieout.venues.ibkr.wire import Contract, PositionRow

UNREADABLE = ["zz", "1e999999999", "0x10"]
STOCK = Instrument(symbol="AAPL")
CONTRACT = Contract("1", "AAPL", "STK", "", "0.0", "", "", "", "USD", "AAPL", "NMS")


def is_refused(average: str | None = None, price: str | None = None) -> bool:
    return row_problem(Holding("AAPL", "1", average, price)) is not None


@pytest.mark.parametrize("written", UNREADABLE)
def test_an_unreadable_average_is_refused_at_every_venue(written: str):
    of_alpaca = alpaca.PositionRow(
        symbol="AAPL", side="long", qty="1", avg_entry_price=written, current_price="1"
    )
    of_hyperliquid = hyperliquid.PositionRow(coin="BTC", szi="1", entry_px=written)
    of_coin = hyperliquid.BalanceRow(coin="HYPE", total="1", entry_ntl=written)
    of_wallet = coinbase.SpotRow(asset="UNI", cost_currency="USD", cost=written)
    averages = [
        alpaca.holding(of_alpaca, STOCK).average_price,
        hyperliquid.position(of_hyperliquid, STOCK).average_price,
        hyperliquid.token(of_coin, STOCK, {}).average_price,
        coinbase._average(Decimal(1), of_wallet),
        ibkr.average_price(PositionRow("U1", CONTRACT, "1", written)),
        ccxt.text(written),
    ]
    assert [is_refused(average=each) for each in averages] == [True] * 6


@pytest.mark.parametrize("written", UNREADABLE)
def test_an_unreadable_price_is_refused_at_every_venue(written: str):
    of_alpaca = alpaca.PositionRow(
        symbol="AAPL", side="long", qty="1", avg_entry_price="1", current_price=written
    )
    of_hyperliquid = hyperliquid.PositionRow(coin="BTC", szi="1", position_value=written)
    prices = [
        alpaca.holding(of_alpaca, STOCK).price,
        hyperliquid.position(of_hyperliquid, STOCK).price,
    ]
    assert [is_refused(price=each) for each in prices] == [True] * 2


@pytest.mark.parametrize("written", [True, [], {}, "NaNs"])
def test_ccxt_hands_on_what_is_no_number(written: object):
    assert is_refused(average=ccxt.text(written))


@pytest.mark.parametrize("written", [None, "", "NaN", "Infinity"])
def test_what_is_not_reported_stays_not_reported(written: str | None):
    assert ccxt.text(written) is None
    assert alpaca.reported(written) is None
    assert hyperliquid.reported(written) is None
