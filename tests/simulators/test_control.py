"""`/_sim`: what a bot in any language can make happen."""

import pytest
import requests


@pytest.fixture
def control(simulator):
    def ask(method: str, path: str, **options) -> requests.Response:
        return requests.request(method, f"{simulator.address}/_sim/{path}", timeout=10, **options)

    return ask


def test_a_fault_is_added_listed_and_ended(control, call):
    fault = {"effect": {"type": "status", "code": 502}, "path": "/v2/positions*", "times": None}
    number = control("POST", "faults", json=fault).json()["number"]
    assert call.get("/v2/positions").status_code == 502
    listed = control("GET", "faults").json()
    assert [(each["number"], each["fired"]) for each in listed] == [(number, 1)]
    assert listed[0]["fault"]["effect"]["code"] == 502
    assert control("DELETE", "faults", params={"number": number}).json() == {"removed": 1}
    assert call.get("/v2/positions").status_code == 200
    assert control("DELETE", "faults").json() == {"removed": 0}


@pytest.mark.parametrize(
    "effect",
    [
        {"type": "delay", "seconds": 0.01},
        {"type": "empty_list"},
        {"type": "set_field", "field": "qty", "value": "NaN"},
        {"type": "wrong_account", "account": "other"},
        {"type": "stale_positions", "seconds": 5},
        {"type": "mute_stream"},
    ],
)
def test_every_effect_has_a_name(control, effect):
    assert control("POST", "faults", json={"effect": effect}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"effect": {"type": "explode"}}, "explode"),
        ({"effect": {"type": "delay", "second": 1}}, "second"),
        ({"effect": {"type": "empty_list"}, "pth": "/v2"}, "pth"),
    ],
)
def test_a_wrong_fault_is_named(control, fault, named):
    answer = control("POST", "faults", json=fault)
    assert answer.status_code == 422
    assert named in answer.json()["message"]


def test_the_market_is_made_to_move(control, call):
    events = [
        {"do": "list_asset", "symbol": "NVDA", "price": "872"},
        {"do": "trade", "account": "main", "symbol": "NVDA", "quantity": 25, "parts": ["10"]},
        {"do": "split", "symbol": "NVDA", "old": 1, "new": 4},
        {"do": "set_price", "symbol": "NVDA", "price": 220.5},
    ]
    done = control("POST", "market", json=events).json()["done"]
    assert [each["do"] for each in done] == ["list_asset", "trade", "split", "set_price"]
    row = call.get("/v2/positions/NVDA").json()
    assert (row["qty"], row["current_price"]) == ("100", "220.5")
    shown = control("GET", "market").json()["main"]
    assert shown["holdings"] == {"NVDA": "100.000000000"}
    assert [each["path"] for each in control("GET", "calls").json()] == ["/v2/positions/NVDA"]


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"do": "rob", "bank": 1}, '"do" is one of'),
        ({"do": "changing"}, '"do" is one of'),
        ({"do": "trade", "account": "main"}, "missing"),
        ({"do": "trade", "account": "nobody", "symbol": "AAPL", "quantity": "1"}, "nobody"),
        ("trade", '"do" is one of'),
    ],
)
def test_what_the_market_can_not_do_is_named(control, event, named):
    answer = control("POST", "market", json=event)
    assert answer.status_code == 422
    assert named in answer.json()["message"]


def test_a_web_page_can_not_reach_it_by_a_form(control):
    answer = control("POST", "market", data='{"do": "close_day"}')
    assert answer.status_code == 415


def test_nothing_else_is_there(control):
    assert control("GET", "elsewhere").status_code == 404
