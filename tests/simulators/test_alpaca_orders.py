"""A bot's orders, placed by the real SDK."""

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
)

from .conftest import trading_client


def buy(symbol: str, **terms) -> MarketOrderRequest:
    return MarketOrderRequest(symbol=symbol, side="buy", time_in_force="day", **terms)


def limit(side: str, price: float, qty: float = 5) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="AAPL", qty=qty, side=side, time_in_force="gtc", limit_price=price
    )


def test_a_market_order_is_accepted_and_filled_at_the_price(client, market):
    accepted = client.submit_order(buy("AAPL", qty=10))
    assert (accepted["status"], accepted["filled_qty"]) == ("accepted", "0")
    order = client.get_order_by_id(accepted["id"])
    assert (order["status"], order["filled_avg_price"]) == ("filled", "190")
    assert client.get_open_position("AAPL")["qty"] == "10"


def test_the_sdks_models_read_orders(simulator):
    order = trading_client(simulator, raw_data=False).submit_order(buy("BTCUSD", qty=0.5))
    assert (order.symbol, order.qty) == ("BTC/USD", "0.5")


def test_money_buys_a_fraction(client):
    client.submit_order(buy("AAPL", notional=50))
    assert client.get_open_position("AAPL")["qty"] == "0.263157894"


def test_a_limit_waits_until_it_is_cancelled(client, market):
    waiting = client.submit_order(limit("buy", 100))
    assert [order["id"] for order in client.get_orders()] == [waiting["id"]]
    client.cancel_order_by_id(waiting["id"])
    assert client.get_orders() == []
    assert client.get_order_by_id(waiting["id"])["status"] == "canceled"
    with pytest.raises(APIError, match="already in"):
        client.cancel_order_by_id(waiting["id"])


@pytest.mark.parametrize(
    ("side", "price", "status"),
    [("buy", 195, "filled"), ("buy", 180, "new"), ("sell", 195, "new"), ("sell", 180, "filled")],
)
def test_a_limit_is_filled_when_the_price_is_good_enough(client, side, price, status):
    placed = client.submit_order(limit(side, price))
    assert client.get_order_by_id(placed["id"])["status"] == status


def test_an_order_is_found_by_the_clients_own_id(client):
    client.submit_order(buy("AAPL", qty=1, client_order_id="mine"))
    assert client.get_order_by_client_id("mine")["symbol"] == "AAPL"
    with pytest.raises(APIError, match="must be unique"):
        client.submit_order(buy("AAPL", qty=1, client_order_id="mine"))
    with pytest.raises(APIError, match="order not found for yours"):
        client.get_order_by_client_id("yours")


def test_too_little_buying_power_is_refused_as_recorded(call):
    order = {"symbol": "TSLA", "qty": 10_000_000, "side": "buy", "type": "market"}
    answer = call("POST", "/v2/orders", json=order)
    assert answer.status_code == 403
    assert answer.json() == {
        "buying_power": "400000",
        "code": 40310000,
        "cost_basis": "2500000000",
        "message": "insufficient buying power",
    }


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"symbol": "FACEBOOK", "qty": 1, "side": "buy"}, 'could not find asset "FACEBOOK"'),
        ({"symbol": "AAPL", "side": "buy"}, "qty or notional is required"),
        ({"symbol": "AAPL", "qty": "1", "side": "hold"}, "side must be one of buy, sell"),
        ({"symbol": "AAPL", "qty": "many", "side": "buy"}, "qty is not a number"),
        ({"symbol": "AAPL", "qty": "-1", "side": "buy"}, "qty must be > 0"),
        (
            {"symbol": "AAPL", "qty": 1, "side": "buy", "type": "limit"},
            "limit orders require only limit price",
        ),
        (["AAPL"], "request body format is invalid"),
    ],
)
def test_a_wrong_order_is_refused(call, order, message):
    answer = call("POST", "/v2/orders", json=order)
    assert (answer.status_code, answer.json()) == (422, {"code": 40010001, "message": message})


def test_a_body_that_is_no_json_is_refused(call):
    assert call("POST", "/v2/orders", data="buy!").status_code == 422
    assert call("POST", "/v2/orders", data=b"x" * (2 << 20)).status_code == 413


@pytest.mark.parametrize(
    ("how", "left"), [({"qty": "4"}, "6"), ({"percentage": "50"}, "5"), ({}, None)]
)
def test_a_position_is_closed_in_part_or_whole(client, market, how, left):
    market.trade("main", "AAPL", "10")
    client.close_position("AAPL", ClosePositionRequest(**how) if how else None)
    held = {row["symbol"]: row["qty"] for row in client.get_all_positions()}
    assert held.get("AAPL") == left


def test_a_short_is_closed_by_buying(client, market):
    market.trade("main", "TSLA", "-10")
    assert client.close_position("TSLA")["side"] == "buy"
    assert client.get_all_positions() == []


def test_closing_everything_answers_for_each(client, call, market):
    market.trade("main", "AAPL", "10")
    market.trade("main", "MSFT", "2")
    client.submit_order(limit("sell", 300, qty=10))
    answer = call("DELETE", "/v2/positions")
    assert answer.status_code == 207
    by_symbol = {row["symbol"]: row for row in answer.json()}
    assert {symbol: row["status"] for symbol, row in by_symbol.items()} == {
        "AAPL": 403,
        "MSFT": 200,
    }
    assert by_symbol["AAPL"]["body"]["message"] == (
        "insufficient qty available for order (requested: 10, available: 0)"
    )
    client.close_all_positions(cancel_orders=True)
    assert client.get_all_positions() == []


def test_all_orders_are_cancelled_at_once(client, call):
    for price in (10, 20):
        client.submit_order(limit("buy", price))
    answer = call("DELETE", "/v2/orders")
    assert (answer.status_code, [row["status"] for row in answer.json()]) == (207, [200, 200])
    assert client.get_orders(GetOrdersRequest(status="open")) == []


def test_nothing_to_close_is_refused(client):
    with pytest.raises(APIError, match="position does not exist"):
        client.close_position("CRM")
    assert client.close_all_positions() == []


def test_a_call_is_exercised(client, market):
    market.trade("main", "AAPL260417C00200000", "2")
    client.exercise_options_position("AAPL260417C00200000")
    assert [(row["symbol"], row["qty"]) for row in client.get_all_positions()] == [("AAPL", "200")]
