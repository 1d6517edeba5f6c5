"""Alpaca's reading endpoints, asked by the real SDK over a socket."""

import random
import uuid
from decimal import Decimal

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.requests import GetAssetsRequest, GetOrdersRequest

from tieout.simulators.alpaca import AlpacaSimulator, Dialect, running
from tieout.simulators.market import Market

from .conftest import Caller, Clock, trading_client


def hold_recorded_positions(market: Market) -> None:
    """The trades of 2020-06-02 and 2019-07 whose positions were recorded."""
    for symbol, close in [("TSLA", "898.1"), ("GOOG", "1431.82"), ("AAPL", "321.85")]:
        market.list_asset(symbol, price=close)
    market.list_asset("FB", price="195.76")
    tesla = market.place_order("main", "TSLA", side="buy", quantity="5")
    market.fill_order("main", tesla.id, quantity="4", price="893.5")
    market.fill_order("main", tesla.id, price="889.68")
    market.trade("main", "GOOG", "5", price="1431.01")
    market.trade("main", "AAPL", "1", price="321.25")
    market.trade("main", "AAPL", "1", price="321.41")
    market.trade("main", "FB", "-100", price="198.4")
    now = [("TSLA", "882.39"), ("GOOG", "1431.5"), ("AAPL", "323.2"), ("FB", "199.22")]
    for symbol, price in now:
        market.set_price(symbol, price)


def test_positions_are_what_alpaca_showed_for_the_same_trades(market, client):
    hold_recorded_positions(market)
    names = ("qty", "avg_entry_price", "side", "market_value", "cost_basis", "unrealized_pl")
    rows = {row["symbol"]: row for row in client.get_all_positions()}
    assert {symbol: tuple(row[name] for name in names) for symbol, row in rows.items()} == {
        "TSLA": ("5", "892.736", "long", "4411.95", "4463.68", "-51.73"),
        "GOOG": ("5", "1431.01", "long", "7157.5", "7155.05", "2.45"),
        "AAPL": ("2", "321.33", "long", "646.4", "642.66", "3.74"),
        "FB": ("-100", "198.4", "short", "-19922", "-19840", "-82"),
    }
    shares = ("unrealized_plpc", "unrealized_intraday_pl", "lastday_price", "change_today")
    assert {symbol: tuple(row[name] for name in shares) for symbol, row in rows.items()} == {
        "TSLA": ("-0.0115890924080579", "-51.73", "898.1", "-0.01749248413317"),
        "GOOG": ("0.0003424154967471", "2.45", "1431.82", "-0.000223491779693"),
        "AAPL": ("0.0058195624435938", "3.74", "321.85", "0.0041945005437316"),
        "FB": ("-0.004133064516129", "-82", "195.76", "0.0176747037188394"),
    }


def test_the_sdk_reads_everything_into_its_models(market, simulator):
    client = trading_client(simulator, raw_data=False)
    market.trade("main", "AAPL", "10", parts=["4"])
    market.trade("main", "BTC/USD", "0.5")
    market.trade("main", "AAPL260417C00200000", "-1")
    market.announce("split", "AAPL", old="1", new="4")
    assert client.get_account().status == "ACTIVE"
    assert {each.symbol for each in client.get_all_positions()} == {
        "AAPL",
        "BTCUSD",
        "AAPL260417C00200000",
    }
    assert client.get_open_position("BTCUSD").asset_class == "crypto"
    assert len(client.get_all_assets(GetAssetsRequest())) == 4
    assert client.get_asset("AAPL").fractionable
    assert len(client.get_orders(GetOrdersRequest(status="all"))) == 3
    assert client.get_clock().is_open
    assert client.get_option_contract("AAPL260417C00200000").strike_price == 200


def test_equity_is_cash_and_what_is_held(market, client):
    market.trade("main", "AAPL", "100", price="180")
    market.trade("main", "TSLA", "-10", price="240")
    account = client.get_account()
    assert account["cash"] == "84400"
    assert account["long_market_value"] == "19000"
    assert account["short_market_value"] == "-2500"
    assert account["equity"] == account["portfolio_value"] == "100900"


def test_a_coin_is_written_without_a_slash_in_positions_only(market, client):
    market.trade("main", "BTC/USD", "0.5")
    position = client.get_open_position("BTCUSD")
    asset = client.get_asset("BTC/USD")
    assert (position["symbol"], asset["symbol"]) == ("BTCUSD", "BTC/USD")
    assert position["asset_id"] != asset["id"]
    assert client.get_open_position(position["asset_id"]) == position
    assert client.get_orders(GetOrdersRequest(status="all"))[0]["symbol"] == "BTC/USD"
    assert client.get("/account/activities")[0]["symbol"] == "BTC/USD"
    with pytest.raises(APIError) as refused:
        client.get_open_position("BTC/USD")
    assert refused.value.status_code == 404


@pytest.mark.parametrize(
    ("coins", "in_fill", "in_fee"),
    [
        ("slash", "BTC/USD", "BTC/USD"),
        ("plain", "BTCUSD", "BTCUSD"),
        ("mixed", "BTC/USD", "BTCUSD"),
    ],
)
def test_how_activities_write_a_coin_can_be_set(market, coins, in_fill, in_fee):
    market.trade("main", "BTC/USD", "1")
    market.post_withheld()
    simulator = AlpacaSimulator(market, dialect=Dialect(activity_coins=coins))
    with running(simulator):
        call = Caller(simulator)
        assert call.get("/v2/account/activities/FILL").json()[0]["symbol"] == in_fill
        assert call.get("/v2/account/activities/CFEE").json()[0]["symbol"] == in_fee


def test_what_has_no_price_says_null_and_is_left_out_of_totals(market, client):
    market.trade("main", "AAPL", "100", price="3")
    market.set_price("AAPL", None)
    row = client.get_open_position("AAPL")
    nulls = {name for name, value in row.items() if value is None}
    assert nulls == {
        "market_value",
        "unrealized_pl",
        "unrealized_plpc",
        "unrealized_intraday_pl",
        "unrealized_intraday_plpc",
        "current_price",
        "change_today",
    }
    assert (row["qty"], row["avg_entry_price"]) == ("100", "3")
    account = client.get_account()
    assert account["equity"] == account["cash"] == "99700"


def test_digits_survive_that_no_float_holds(market, client):
    market.trade("main", "AAPL", "0.38962051", price="19660.5738784516887649")
    row = client.get_open_position("AAPL")
    assert row["qty"] == "0.38962051"
    assert row["avg_entry_price"] == "19660.5738784516887649"


def test_a_short_may_be_shown_as_a_positive_number(market):
    market.trade("main", "TSLA", "-5")
    simulator = AlpacaSimulator(market, dialect=Dialect(short_quantity="positive"))
    with running(simulator):
        row = Caller(simulator).get("/v2/positions").json()[0]
    assert (row["qty"], row["side"]) == ("5", "short")


def test_shares_bound_by_an_open_order_are_not_available(market, client):
    market.trade("main", "AAPL", "10")
    market.place_order("main", "AAPL", side="sell", quantity="4", type="limit", limit_price="300")
    row = client.get_open_position("AAPL")
    assert (row["qty"], row["qty_available"]) == ("10", "6")


def test_each_key_sees_its_own_account(market, simulator):
    market.trade("other", "AAPL", "1")
    assert trading_client(simulator, "main").get_all_positions() == []
    assert len(trading_client(simulator, "other").get_all_positions()) == 1
    ids = {trading_client(simulator, name).get_account()["id"] for name in ("main", "other")}
    assert len(ids) == 2


@pytest.mark.parametrize("headers", [{}, {"APCA-API-KEY-ID": "PKMAIN"}])
def test_a_wrong_key_is_refused_as_recorded(simulator, headers):
    answer = requests.get(f"{simulator.address}/v2/account", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.text == (
        '{"code":40110000,"message":"access key verification failed : verification failure"}'
    )


def test_a_key_can_be_revoked_in_the_middle(simulator, client):
    client.get_account()
    simulator.revoke("main")
    with pytest.raises(APIError) as refused:
        client.get_account()
    assert (refused.value.status_code, refused.value.code) == (401, 40110000)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/v2/positions/CRM", 404, {"code": 40410000, "message": "position does not exist"}),
        ("/v2/assets/NOPE", 404, {"code": 40410000, "message": "asset not found for NOPE"}),
        (
            "/v2/account/activities/INVALID",
            422,
            {"code": 40010001, "message": "invalid activity type: INVALID"},
        ),
        ("/v2/orders/fake_id", 422, {"code": 40010001, "message": "order_id is missing"}),
        (
            "/v2/orders/001c0b29-5bc9-45c4-bd32-5ba323c997b3",
            404,
            {
                "code": 40410000,
                "message": "order not found for 001c0b29-5bc9-45c4-bd32-5ba323c997b3",
            },
        ),
        ("/v2/v2/account", 404, {"code": 40410000, "message": "endpoint not found"}),
    ],
)
def test_errors_are_worded_as_recorded(call, path, status, body):
    answer = call.get(path)
    assert (answer.status_code, answer.json()) == (status, body)


def test_every_answer_carries_the_rate_limit_and_an_id(call):
    first, second = call.get("/v2/account"), call.get("/v2/positions/NOPE")
    assert first.headers["X-RateLimit-Limit"] == "200"
    assert [each.headers["X-RateLimit-Remaining"] for each in (first, second)] == ["199", "198"]
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    assert first.headers["Date"] == "Mon, 02 Mar 2026 19:51:12 GMT"


def test_too_many_calls_in_a_minute_are_refused_until_the_next(market, clock):
    simulator = AlpacaSimulator(market, dialect=Dialect(requests_per_minute=2))
    with running(simulator):
        call = Caller(simulator)
        answers = [call.get("/v2/account") for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "60"
        assert answers[2].headers["X-RateLimit-Remaining"] == "0"
        assert Caller(simulator, "other").get("/v2/account").status_code == 200
        clock.advance(seconds=60)
        assert call.get("/v2/account").status_code == 200


def test_an_announced_split_can_be_read_before_it_is_applied(market, call):
    market.announce("split", "AAPL", old="1", new="4")
    query = {"ca_types": "split", "since": "2026-03-01", "until": "2026-03-31"}
    rows = call.get("/v2/corporate_actions/announcements", **query).json()
    assert [(row["initiating_symbol"], row["new_rate"]) for row in rows] == [("AAPL", "4")]
    assert call.get("/v2/corporate_actions/announcements", ca_types="merger").json() == []


def test_an_option_that_is_over_can_not_be_looked_up(market, call):
    market.trade("main", "AAPL260417C00200000", "1")
    market.expire_option("AAPL260417C00200000")
    assert call.get("/v2/options/contracts/AAPL260417C00200000").status_code == 404
    assert call.get("/v2/account/activities/OPEXP").json()[0]["qty"] == "-1"


def test_the_same_seed_gives_the_same_answers():
    def answers() -> list[str]:
        market = Market(clock=Clock(), chance=random.Random(5))
        market.open_account("main")
        market.list_asset("AAPL", price="190")
        market.trade("main", "AAPL", "10", parts=["4"])
        simulator = AlpacaSimulator(market)
        with running(simulator):
            call = Caller(simulator)
            paths = ("/v2/account", "/v2/positions", "/v2/account/activities", "/v2/orders")
            return [call.get(path).text for path in paths]

    assert answers() == answers()


def test_ids_are_uuids(market, client):
    market.trade("main", "AAPL", "1")
    row = client.get("/account/activities")[0]
    for text in (row["id"].split("::")[1], row["order_id"], client.get_account()["id"]):
        assert str(uuid.UUID(text)) == text


def test_the_market_clock_knows_nights_and_weekends(clock, call):
    assert call.get("/v2/clock").json()["is_open"] is True
    clock.advance(hours=4)
    answer = call.get("/v2/clock").json()
    assert answer["is_open"] is False
    assert answer["next_open"] == "2026-03-03T09:30:00-05:00"
    clock.advance(days=4)  # Friday evening
    assert call.get("/v2/clock").json()["next_open"] == "2026-03-09T09:30:00-04:00"


def test_an_average_price_is_never_negative(market, client):
    market.trade("main", "TSLA", "-5", price="240")
    assert Decimal(client.get_open_position("TSLA")["avg_entry_price"]) == 240
