"""Alpaca's account activities: fills, and everything else that moves a position."""

import json
from pathlib import Path

import pytest
import yaml

from replay.conftest import Replay, shown
from replay.exports import alpaca_fill

LATER = "2026-11-21T15:00:00Z"


def test_recorded_activities_of_2020(replay: Replay, recorded: Path):
    file = recorded / "alpaca" / "alpaca_elixir_cassettes" / "account_activity__list_success.json"
    body = json.loads(file.read_text(encoding="utf-8"))[0]["response"]["body"]
    result = replay(body, name="activities.json", venue="alpaca", by="closing")
    assert (result.fills, result.counts.known, result.positions) == (8, 3, [])
    assert shown(result)["closings"]["agree"] is None
    assert {
        line["symbol"]: line["gross"] for line in shown(result)["by_closing"]
    } == {"AAPL": "7.14", "GOOG": "30.00", "TSLA": "-30.93"}  # fmt: skip


def test_recorded_activities_with_partial_fills(replay: Replay, recorded: Path):
    name = "_account_activities__returns_an_Array_of_TradeActivity_objects.yml"
    file = recorded / "alpaca" / "alpaca_ruby_cassettes" / name
    reply = yaml.safe_load(file.read_text(encoding="utf-8"))["http_interactions"][0]["response"]
    result = replay(reply["body"]["string"], name="activities.json", venue="alpaca")
    assert (result.fills, result.counts.known) == (20, 9)
    assert [each["symbol"] for each in shown(result)["positions"]] == ["WAT"]
    assert shown(result)["realized"]["USD"]["gross"] == "-32.19"


def test_a_recorded_dividend_without_a_position_is_income(replay: Replay, recorded: Path):
    name = "_account_activities__returns_an_Array_of_NonTradeActivity_objects.yml"
    file = recorded / "alpaca" / "alpaca_ruby_cassettes" / name
    reply = yaml.safe_load(file.read_text(encoding="utf-8"))["http_interactions"][0]["response"]
    result = replay(reply["body"]["string"], name="activities.json", venue="alpaca")
    assert shown(result)["realized"]["USD"]["income"] == "1.02"


def test_a_split_scales_what_is_held(replay: Replay):
    rows = [
        alpaca_fill(),
        {
            "id": "20261121::s", "activity_type": "SPLIT", "date": "2026-11-21", "symbol": "AAPL",
            "qty": "30", "description": "4 for 1 split", "old_rate": "1", "new_rate": "4",
        },
        alpaca_fill(id="20261123::2", transaction_time="2026-11-23T15:00:00Z", side="sell",
                    qty="40", price="30"),
    ]  # fmt: skip
    result = replay(rows, name="activities.json", venue="alpaca")
    assert shown(result)["realized"]["USD"]["gross"] == "200"
    assert shown(result)["positions"] == []


def test_coins_that_no_fill_bought_were_there_before(replay: Replay):
    rows = [alpaca_fill(symbol="BTC/USD", side="sell", qty="0.5")]
    result = replay(rows, name="activities.json", venue="alpaca")
    assert (result.counts.unknown_entry, result.positions) == (1, [])


def test_a_stock_may_be_sold_short(replay: Replay):
    rows = [alpaca_fill(side="sell_short")]
    [position] = shown(replay(rows, name="activities.json", venue="alpaca"))["positions"]
    assert position["quantity"] == "-10"


def test_the_day_is_new_yorks(replay: Replay):
    rows = [alpaca_fill(transaction_time="2026-11-21T01:00:00Z")]
    result = replay(rows, name="activities.json", venue="alpaca", by="day")
    assert [line["day"] for line in shown(result)["by_day"]] == ["2026-11-20"]


def test_what_moves_no_position_is_told(replay: Replay):
    rows = [
        alpaca_fill(),
        {"id": "20261120::j", "activity_type": "JNLC", "date": "2026-11-20", "net_amount": "5"},
    ]
    result = replay(rows, name="activities.json", venue="alpaca")
    assert result.remarks == ["not used: 1 x JNLC: moves cash, no position"]
    assert result.agrees


@pytest.mark.parametrize("form", [list, lambda rows: rows[::-1]])
def test_either_order_gives_the_same(replay: Replay, form):
    rows = [
        alpaca_fill(),
        alpaca_fill(id="20261121::2", transaction_time=LATER, side="sell", price="110"),
    ]
    result = replay(form(rows), name="activities.json", venue="alpaca")
    assert shown(result)["realized"]["USD"]["gross"] == "100"


def test_rows_that_come_again_are_counted_once_and_told(replay: Replay):
    rows = [alpaca_fill(), alpaca_fill(), alpaca_fill(id="20261120::2")]
    result = replay(rows, name="activities.json", venue="alpaca")
    assert result.fills == 2
    assert result.remarks == ["1 x a row that was there before: counted once"]
    assert replay(rows[1:], name="activities.json", venue="alpaca").remarks == []
