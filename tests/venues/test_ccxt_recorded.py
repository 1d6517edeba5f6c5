"""Replies that others keep, played to ccxt's real classes: every digit, sign and fee arrives."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tieout.core.errors import VenueReplyInvalid
from venues import ccxt_recordings as lists
from venues.alpaca import FakeClock
from venues.ccxt_market import LOGIN, PRIVATE, KrakenFutures, read, venue_at
from venues.ccxt_recordings import good, recorded
from venues.ccxt_stub import ExchangeStub


@pytest.fixture
def stub() -> Iterator[ExchangeStub]:
    stub = ExchangeStub()
    yield stub
    stub.close()


def reading(stub, exchange, at, **options):
    login = {**LOGIN, "password": "planted-password"} if exchange == "okx" else LOGIN
    clock = FakeClock(datetime.fromisoformat(at).replace(tzinfo=UTC))
    venue = venue_at(stub, exchange, clock=clock, login=login, **options)
    (account,) = asyncio.run(venue.accounts())
    return read(venue, account=account.id)


def held(found):
    return {
        each.symbol: (each.quantity, each.average_price)
        for each in found.snapshot.holdings
        if not each.problem
    }


def test_positions_and_fills_of_krakens_futures(stub):
    KrakenFutures(stub)
    stub.say(f"{PRIVATE}/openpositions", recorded("kraken/http_futures_open_positions.json"))
    stub.say(f"{PRIVATE}/fills", recorded("kraken/http_futures_fills.json"))
    found = reading(stub, "krakenfutures", "2023-04-07T16:12:15")
    assert found.snapshot.complete
    assert held(found) == {
        "BTC/USD:BTC": ("-8000.0", "27523.749993345933"),
        "ETH/USD:ETH": ("12000.0", "1750.25"),
    }
    assert [(str(each.quantity), str(each.price), str(each.fee), each.fee_currency)
            for each in found.activities] == [
        ("5000.0", "27937.5", "0.00008957", "BTC"),
        ("5000.0", "1764.65", "0.00685589", "ETH"),
        ("-2500.0", "28050.0", "0.00004456", "BTC"),
    ]  # fmt: skip
    inverse = {each.symbol: each for each in found.instruments}["BTC/USD:BTC"]
    assert (inverse.inverse, inverse.multiplier, inverse.settled_in) == (True, 1, "BTC")


def test_trades_of_krakens_spot_exchange(stub):
    lists.kraken(stub)
    stub.say("/0/private/TradesHistory", recorded("kraken/http_trades_history.json"))
    found = reading(stub, "kraken", "2023-07-05T20:00:00", currency="USDT")
    assert [(each.symbol, str(each.quantity), str(each.price), str(each.fee), each.fee_currency)
            for each in found.activities] == [
        ("BTC", "0.50000000", "29500.50", "23.60", "USDT"),
        ("ETH", "-1.00000000", "1799.75", "3.60", "USDT"),
    ]  # fmt: skip


def test_a_margin_position_at_kraken_is_no_coin_and_not_passed_over(stub):
    lists.kraken(stub)
    stub.say("/0/private/OpenPositions", recorded("kraken/http_spot_open_positions.json"))
    (holding,) = reading(stub, "kraken", "2024-05-01T00:00:00").snapshot.holdings
    assert holding.symbol == "BTC/USD"
    assert "a margin position of 0.50000000" in (holding.problem or "")


def test_positions_of_bybit(stub):
    lists.bybit(stub)
    reply = recorded("bybit/http_get_positions.json")
    stub.say("/v5/position/list", lambda query: reply if query.get("settleCoin") == "USDT"
             else good([]))  # fmt: skip
    found = reading(stub, "bybit", "2023-10-19T00:00:00")
    assert found.snapshot.complete
    rows = {each.symbol: each for each in found.snapshot.holdings}
    long, short = rows["BTC/USDT:USDT"], rows["ETH/USDT:USDT"]
    assert (long.quantity, long.average_price, long.price) == ("0.5", "50000.00", "50500.00")
    assert (long.leverage, long.liquidation_price, long.currency) == ("10", "45000.00", "USDT")
    assert (short.quantity, short.average_price) == ("-5", "3000.00")


def test_executions_of_bybit_with_their_fees(stub):
    lists.bybit(stub)
    reply = json.loads(recorded("bybit/http_get_executions.json"))

    def said(query):
        is_asked = (query["category"], query["execType"]) == ("linear", "Trade")
        return reply if is_asked and "cursor" not in query else good([])

    stub.say("/v5/execution/list", said)
    found = reading(stub, "bybit", "2022-12-29T03:00:00")
    assert found.snapshot.complete
    assert [(each.symbol, str(each.quantity), str(each.price), str(each.fee))
            for each in found.activities] == [
        ("BTC/USDT:USDT", "0.100", "50000.00", "0.0150"),
        ("ETH/USDT:USDT", "-0.500", "3000.00", "0.9000"),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "coins", "cash"), [
    ("http_get_wallet_balance.json", {"ETH": "-0.06142"}, "USDT: cash of 1000.50"),
    ("http_get_wallet_balance_with_spot_borrow.json", {}, "USDT: cash of 1000.00"),
    ("http_get_wallet_balance_spot_short.json", {"ETH": "-0.06142"}, "USDT: cash of 2500.00"),
])  # fmt: skip
def test_balances_of_bybit_less_what_is_borrowed(stub, name, coins, cash):
    lists.bybit(stub)
    stub.say("/v5/account/wallet-balance", recorded(f"bybit/{name}"))
    found = reading(stub, "bybit", "2023-10-19T00:00:00")
    assert {each.symbol: each.quantity for each in found.snapshot.holdings} == coins
    assert any(words.startswith(cash) for words in found.ignored)


def test_a_contract_at_bybit_that_is_not_listed_is_no_flat_one(stub):
    lists.bybit(stub)
    reply = recorded("bybit/http_get_positions_with_open_time.json")
    stub.say("/v5/position/list", lambda query: reply if query.get("settleCoin") == "USDT"
             else good([]))  # fmt: skip
    (holding,) = reading(stub, "bybit", "2023-11-15T00:00:00").snapshot.holdings
    assert (holding.symbol, holding.quantity) == ("LTCUSDT", None)
    assert "is not among the exchange's markets" in (holding.problem or "")


def test_bybits_account_with_its_margin_mode_is_read(stub):
    lists.bybit(stub)
    stub.say("/v5/account/info", recorded("bybit/http_get_account_info.json"))
    stub.say("/v5/account/wallet-balance", recorded("bybit/http_get_wallet_balance.json"))
    assert reading(stub, "bybit", "2023-10-19T00:00:00").snapshot.complete


def test_an_empty_account_at_bybit_is_flat_whatever_its_margin_mode(stub):
    lists.bybit(stub)
    stub.say("/v5/account/info", recorded("bybit/http_get_account_info.json"))
    found = reading(stub, "bybit", "2023-10-19T00:00:00").snapshot
    assert (found.complete, found.holdings) == (True, ())


def test_balances_of_kraken_without_what_is_on_hold_are_not_read_as_nothing(stub):
    """The shorter of Kraken's two lists, where ccxt asks for the longer one."""
    lists.kraken(stub)
    stub.say("/0/private/BalanceEx", recorded("kraken/http_spot_balance.json"))
    found = reading(stub, "kraken", "2024-05-01T00:00:00").snapshot
    assert not found.complete
    assert "the balance of BTC is not reported, which is not 0" in found.problems


@pytest.mark.parametrize("age", ["new", "old"])
def test_a_coin_at_okx_with_the_fields_of_then_and_now(stub, age):
    lists.okx(stub)
    coin = json.loads(recorded(f"okx/http_balance_detail_{age}_fields.json"))
    reply = {"code": "0", "msg": "", "data": [{"details": [coin]}]}
    stub.say("/api/v5/account/balance", reply)
    found = reading(stub, "okx", "2025-04-12T23:00:00")
    assert "USDT: cash of 100.0, which is no position" in found.ignored


def test_closed_positions_of_okx_are_not_taken_for_open_ones(stub):
    lists.okx(stub)
    reply = recorded("okx/http_get_account_positions-history.json")
    stub.say("/api/v5/account/positions", reply)
    rows = reading(stub, "okx", "2023-06-01T23:00:00").snapshot.holdings
    assert rows
    assert all(each.problem for each in rows)


@pytest.mark.parametrize("name", ["wallet", "positions", "executions"])
def test_a_reply_of_another_exchange_is_not_understood(stub, name):
    """BitMEX is not in this ccxt; its replies are as foreign as any."""
    lists.bybit(stub)
    stub.say("/v5/position/list", recorded(f"bitmex/http_get_{name}.json"))
    with pytest.raises(VenueReplyInvalid):
        reading(stub, "bybit", "2024-11-26T00:00:00")


def test_a_positions_refusal_of_another_exchange_is_not_understood(stub):
    lists.bybit(stub)
    stub.say("/v5/position/list", recorded("bitmex/http_error_response.json"))
    with pytest.raises(VenueReplyInvalid):
        reading(stub, "bybit", "2024-11-26T00:00:00")


def test_positions_of_okx_in_contracts_with_the_size_of_one(stub):
    lists.okx(stub)
    stub.say("/api/v5/account/positions", recorded("okx/http_get_positions.json"))
    (holding,) = reading(stub, "okx", "2021-06-01T23:00:00").snapshot.holdings
    assert (holding.symbol, holding.quantity, holding.multiplier) == (
        "BTC/USDT:USDT", "0.5", "0.01",
    )  # fmt: skip
    assert (holding.side, holding.margin_mode) == ("long", "isolated")


def test_balances_of_okx(stub):
    lists.okx(stub)
    stub.say("/api/v5/account/balance", recorded("okx/http_get_account_balance.json"))
    found = reading(stub, "okx", "2025-04-12T23:00:00")
    assert found.snapshot.holdings == ()
    assert "USDT: cash of 99.89469657000001, which is no position" in found.ignored


def test_a_position_at_binance(stub):
    lists.binance(stub)
    stub.say("/fapi/v3/positionRisk", recorded("binance/futures__http_json__position_risk.json"))
    (holding,) = reading(stub, "binance", "2021-07-05T00:00:00").snapshot.holdings
    assert (holding.symbol, holding.quantity, holding.average_price, holding.price) == (
        "BTC/USDT:USDT", "0.001", "50000.0", "51000.0",
    )  # fmt: skip
    assert (holding.leverage, holding.liquidation_price, holding.side) == ("20", "45000.0", None)


def test_coins_at_binance_and_a_trade_of_one_coin_for_another(stub):
    lists.binance(stub)
    account = json.loads(recorded("binance/spot__http_json__account_response.json"))
    trades = recorded("binance/spot__http_json__account_trades_response.json")
    stub.say("/api/v3/account", {**account, "uid": 354937868})
    stub.say("/api/v3/myTrades", lambda query: trades if query["symbol"] == "BNBBTC" else [])
    found = reading(stub, "binance", "2017-07-12T14:00:00", symbols=("BNB/BTC",))
    assert found.snapshot.complete
    rows = {each.symbol: each.quantity for each in found.snapshot.holdings}
    assert rows == {"BTC": "4723846.89208129", "LTC": "4763368.68006011"}
    moved = {each.id: (each.type, each.symbol, str(each.quantity)) for each in found.activities}
    assert moved == {
        "BNB/BTC:28457": ("transfer", "BNB", "12.00000000"),
        "BNB/BTC:28457#quote": ("transfer", "BTC", "-48.0000120000000000"),
        "BNB/BTC:28457#fee": ("transfer", "BNB", "-10.10000000"),
    }
