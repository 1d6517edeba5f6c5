"""The simulator's answers have every key that was recorded from Alpaca itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

RECORDED = Path(__file__).parents[2].parent / "shared" / "venues" / "alpaca"
ELIXIR, RUBY = "alpaca_elixir_cassettes", "alpaca_ruby_cassettes"

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="the recorded replies are not beside the repository"
)


def recorded(name: str) -> tuple[int, Any]:
    """Status and body of a recorded reply, whichever of the two collections it is in."""
    if name.endswith(".json"):
        reply = json.loads((RECORDED / ELIXIR / name).read_text())[0]["response"]
        return reply["status_code"], json.loads(reply["body"])
    cassette = yaml.safe_load((RECORDED / RUBY / name).read_text())
    reply = cassette["http_interactions"][0]["response"]
    return reply["status"]["code"], json.loads(reply["body"]["string"])


def keys(body: Any) -> set[str]:
    """The keys of an object or of the first row; one recording has a key in capitals."""
    row = body[0] if isinstance(body, list) else body
    return {name.lower() for name in row}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("account__get_success.json", "/v2/account"),
        ("_account__returns_an_Account_object.yml", "/v2/account"),
        ("position__list_success.json", "/v2/positions"),
        ("position__get_success.json", "/v2/positions/AAPL"),
        ("_position__returns_a_Position_object.yml", "/v2/positions/AAPL"),
        ("account_activity__list_success.json", "/v2/account/activities"),
        (
            "_account_activities__returns_an_Array_of_TradeActivity_objects.yml",
            "/v2/account/activities/FILL",
        ),
        (
            "_account_activities__returns_an_Array_of_NonTradeActivity_objects.yml",
            "/v2/account/activities/DIV",
        ),
        ("order__list_success.json", "/v2/orders?status=all"),
        ("_orders__returns_an_Array_of_Order_objects.yml", "/v2/orders?status=all"),
        ("clock__get_success.json", "/v2/clock"),
    ],
)
def test_no_recorded_key_is_missing(market, call, name, path):
    market.trade("main", "AAPL", "10", parts=["4"])
    if path.endswith("DIV"):
        market.pay_dividend("AAPL", "0.51")
    status, body = recorded(name)
    answer = call("GET", path)
    assert answer.status_code == status
    assert keys(body) <= keys(answer.json())


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("position__get_not_found.json", "GET", "/v2/positions/F"),
        ("position__delete_not_found.json", "DELETE", "/v2/positions/F"),
        ("account_activity__get_not_found.json", "GET", "/v2/account/activities/FFFFF"),
        ("order__get_not_found_bad_id.json", "GET", "/v2/orders/fake_id"),
        (
            "order__get_not_found_welformed_id.json",
            "GET",
            "/v2/orders/b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
        ),
        (
            "_cancel_orders__returns_an_empty_array_when_there_are_no_orders.yml",
            "DELETE",
            "/v2/orders",
        ),
        (
            "_close_positions__returns_an_empty_array_when_there_are_no_positions.yml",
            "DELETE",
            "/v2/positions",
        ),
    ],
)
def test_refusals_and_empty_lists_are_the_recorded_ones(call, name, method, path):
    answer = call(method, path)
    assert (answer.status_code, answer.json()) == recorded(name)


def test_the_recorded_wrong_key_is_refused_alike(simulator, call):
    simulator.revoke("main")
    answer = call.get("/v2/account")
    assert (answer.status_code, answer.json()) == recorded("account__get_failure.json")


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("order__create_403.json", {"qty": 10000000, "side": "buy", "symbol": "TSLA"}),
        ("order__create_422.json", {"qty": 1, "side": "buy", "symbol": "FACEBOOK"}),
        ("order__create_success.json", {"qty": 1, "side": "buy", "symbol": "TSLA"}),
    ],
)
def test_an_order_is_answered_as_recorded(call, name, order):
    status, body = recorded(name)
    answer = call("POST", "/v2/orders", json={**order, "type": "market", "time_in_force": "day"})
    assert answer.status_code == status
    if status == 200:
        assert keys(body) <= keys(answer.json())
    else:
        assert keys(body) == keys(answer.json())
        assert body["message"] == answer.json()["message"]


def test_closing_everything_is_answered_as_recorded(market, call):
    market.trade("main", "AAPL", "10")
    market.trade("main", "TSLA", "10")
    market.place_order("main", "AAPL", side="sell", quantity="10", type="limit", limit_price="500")
    status, body = recorded("position__delete_all_success.json")
    answer = call("DELETE", "/v2/positions")
    assert answer.status_code == status
    rows = {row["symbol"]: row for row in answer.json()}
    by_symbol = {row["symbol"]: row for row in body}
    assert keys(by_symbol["AAPL"]["body"]) == keys(rows["AAPL"]["body"])
    assert keys(by_symbol["TSLA"]["body"]) <= keys(rows["TSLA"]["body"])
