"""What is traded: spellings, what a symbol alone tells, coins, and what it settles in."""

from datetime import date
from decimal import Decimal

import pytest

from tieout.core.instrument import Instrument, coin_of, spelling_key, told_by_symbol


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BTC/USD", "BTCUSD"),
        ("BTC-USD", "btc/usd"),
        (" AAPL ", "aapl"),
        ("SPXW  251209C06935000", "SPXW251209C06935000"),
        ("ETH/USDC", "ETHUSDC"),
        ("BRK.B/USD", "BRK.BUSD"),
    ],
)
def test_spellings_of_one_instrument_are_one(one, other):
    assert spelling_key(one) == spelling_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AAPL", "AAPL230721C00150000"),
        ("BTC/USD", "BTC/USDT"),
        ("BTC-PERP", "BTCPERP"),
        ("BRK-B", "BRKB"),
        ("A/B", "AB"),
    ],
)
def test_what_only_looks_alike_stays_apart(one, other):
    assert spelling_key(one) != spelling_key(other)


@pytest.mark.parametrize(
    ("symbol", "venue", "kind", "currency", "multiplier"),
    [
        ("AAPL", "alpaca", "stock", "USD", "1"),
        ("aapl ", "file", "stock", "USD", "1"),
        ("AAPL230721C00150000", "alpaca", "option", "USD", "100"),
        ("SPXW  251209P06935000", "ibkr", "option", "USD", "100"),
        ("BTC-PERP", "coinbase", "perpetual", "USD", "1"),
        ("BTC-PERP-INTX", "coinbase", "perpetual", "USD", "1"),
        ("BTC", "hyperliquid", "perpetual", "USD", "1"),
        ("PURR/USDC", "hyperliquid", "spot", "USD", "1"),
        ("@107", "hyperliquid", "spot", "USD", "1"),
        ("EUR/USD", "ibkr", "forex", "USD", "1"),
        ("USD/JPY", "ibkr", "forex", "JPY", "1"),
        ("BTC/USDT", "hyperliquid", "spot", "USDT", "1"),
        ("BTC/EUR", "hyperliquid", "spot", "EUR", "1"),
        ("ETH/BTC", "hyperliquid", "spot", "BTC", "1"),
        ("BTC-EUR", "hyperliquid", "spot", "EUR", "1"),
        ("BTC/EUR", "ccxt:kraken", "spot", "EUR", "1"),
        ("BTC/BRL", "ccxt:binance", "spot", "BRL", "1"),
        ("SOL/FDUSD", "ccxt:binance", "spot", "FDUSD", "1"),
        ("BTC", "ccxt:kraken", "spot", "USD", "1"),
        ("EUR/USD", "ccxt:kraken", "forex", "USD", "1"),
        ("BTC/USDT:USDT", "ccxt:bybit", "perpetual", "USDT", "1"),
        ("btc/usdc:usdc", "ccxt:okx", "perpetual", "USDC", "1"),
        ("BTC/USDT:USDT", "file", "perpetual", "USDT", "1"),
        ("1000PEPE/USDT:USDT", "ccxt:bybit", "perpetual", "USDT", "1"),
        ("BTC/USD:BTC", "ccxt:okx", "perpetual", "BTC", "1"),
        ("ETH-BTC", "coinbase", "spot", "BTC", "1"),
        ("BTCUSD", "alpaca", "spot", "USD", "1"),
        ("ETHUSDT", "alpaca", "spot", "USD", "1"),
        ("DOGEUSDC", "coinbase", "spot", "USD", "1"),
        ("GUSD", "alpaca", "stock", "USD", "1"),  # four letters are a ticker
        ("BTCUSD", "ibkr", "stock", "USD", "1"),
        ("ETH", "coinbase", "spot", "USD", "1"),
        ("ABC999999C00150000", "alpaca", "stock", "USD", "1"),  # no such day
    ],
)
def test_a_symbol_tells_its_kind(symbol, venue, kind, currency, multiplier):
    told = told_by_symbol(symbol, venue=venue, currency="USD")
    assert (told.asset_class, told.currency) == (kind, currency)
    assert told.multiplier == Decimal(multiplier)
    assert told.symbol == symbol.strip()


@pytest.mark.parametrize(
    ("symbol", "currency", "also"),
    [
        ("BTC-USD", "USD", ("BTC", "BTC-USDC")),
        ("BTC-USDC", "USD", ("BTC", "BTC-USD")),
        ("btc/usdc", "USD", ("BTC", "BTC-USD")),
        ("BTCUSDC", "USD", ("BTC", "BTC-USD")),
        ("BTC", "USD", ("BTC-USD", "BTC-USDC")),
        ("WBTC", "USD", ("WBTC-USD", "WBTC-USDC")),
        ("BTC-USD", "EUR", ("BTC-USDC",)),  # a plain coin is then one in euros
        ("BTC", "EUR", ()),
        ("BTC-EUR", "USD", ()),
        ("ETH-BTC", "USD", ()),
        ("BTC-PERP-INTX", "USD", ()),
        ("BIT-26APR24-CDE", "USD", ()),
        ("USD", "USD", ()),
        ("USDC", "USD", ()),
        ("EUR-USD", "USD", ()),
        ("USDC-USD", "USD", ()),
        ("USDT-USDC", "USD", ("USDT", "USDT-USD")),
    ],
)
def test_the_dollar_products_of_a_coinbase_coin_are_one_wallet(symbol, currency, also):
    assert told_by_symbol(symbol, venue="coinbase", currency=currency).spellings == also
    assert told_by_symbol(symbol, venue="alpaca", currency=currency).spellings == ()


@pytest.mark.parametrize(
    ("symbol", "kind", "currency", "expires"),
    [
        ("BTC/USDT:USDT-241227", "future", "USDT", date(2024, 12, 27)),
        ("BTC/USD:BTC-241227-60000-C", "option", "BTC", date(2024, 12, 27)),
        ("XRP/USDC:USDC-261225-0.5-P", "option", "USDC", date(2026, 12, 25)),
        ("BTC/USDT:USDT-241327", "future", "USDT", None),  # no such day
    ],
)
def test_what_expires_at_a_ccxt_venue_has_a_day_and_a_size_to_be_told(
    symbol, kind, currency, expires
):
    told = told_by_symbol(symbol, venue="ccxt:okx", currency="USD")
    assert (told.asset_class, told.currency, told.expires) == (kind, currency, expires)
    assert told.multiplier is None


@pytest.mark.parametrize(
    ("symbol", "inverse"),
    [
        ("BTC/USD:BTC", True),
        ("BTC/USD:BTC-241227", True),
        ("BTC/USDT:USDT", False),
        ("ETH/USD:BTC", False),
        ("BTC/USD:BTC-241227-60000-C", False),  # its price is in coins already
    ],
)
def test_a_contract_that_settles_in_its_coin_is_inverse(symbol, inverse):
    told = told_by_symbol(symbol, venue="ccxt:bybit", currency="USD")
    assert told.inverse is inverse
    assert told.settled_in == symbol.partition(":")[2].partition("-")[0]


def test_an_option_symbol_tells_its_expiry():
    assert told_by_symbol("AAPL230721C00150000", venue="alpaca", currency="USD").expires == date(
        2023, 7, 21
    )
    assert told_by_symbol("AAPL", venue="alpaca", currency="USD").expires is None


@pytest.mark.parametrize(
    ("symbol", "coin"),
    [
        ("ETH/USD", "ETH"), ("eth-usd", "ETH"), ("BTCUSD", "BTC"), ("BTCUSDT", "BTC"),
        ("BTCUSDC", "BTC"), ("SOLEUR", "SOL"), ("USD", "USD"), ("PURR", "PURR"),
        ("ETH-PERP", "ETH"), (" BTC ", "BTC"), ("ETHBTC", "ETH"),
    ],
)  # fmt: skip
def test_the_coin_that_a_symbol_is_about(symbol, coin):
    assert coin_of(symbol) == coin
    assert Instrument(symbol=symbol).base == coin


def test_an_inverse_contract_settles_in_its_coin():
    assert Instrument(symbol="XBTUSD", inverse=True).settled_in == "XBT"
    assert Instrument(symbol="BTCUSD", inverse=True, currency="BTC").settled_in == "BTC"
    assert Instrument(symbol="XBTUSD").settled_in == "USD"


def test_a_spot_instrument_is_its_own_coin_under_every_name_it_had():
    pol = Instrument(symbol="POL/USD", asset_class="spot", spellings=("MATIC/USD",))
    assert pol.is_own_coin("POL")
    assert pol.is_own_coin("matic")
    assert not pol.is_own_coin("USD")
    assert not Instrument(symbol="POL/USD", asset_class="perpetual").is_own_coin("POL")
