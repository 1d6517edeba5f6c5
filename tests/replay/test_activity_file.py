"""Files with the activity fields of a case file: CSV, a JSON list, JSON lines."""

import json
from decimal import Decimal

import pytest

from replay.conftest import Replay, shown
from replay.exports import activities
from tieout.replay import order

AT = "2026-11-20T15:00:00Z"
LATER = "2026-11-20T16:00:00Z"


def fill(**values: object) -> dict[str, object]:
    return {"symbol": "AAPL", "quantity": "10", "price": "100.00", "at": AT, **values}


def test_the_smallest_file_of_fills(replay: Replay):
    result = replay(activities("f1,AAPL,10,100.00", "f2,AAPL,-4,130.00"))
    assert shown(result) == {
        "fills": 2,
        "gaps": [],
        "closings": {"known": 1, "agree": None, "unknown_entry": 0, "differ": []},
        "positions": [
            {
                "symbol": "AAPL", "quantity": "6", "average_price": "100.00", "currency": "USD",
                "status": "REDUCED", "opened_at": "2026-11-20T15:00:00Z",
            }
        ],
        "realized": {"USD": {"gross": "120.00", "fees": "0", "net": "120.00", "incomplete": False}},
        "venue_realized": {},
    }  # fmt: skip


@pytest.mark.parametrize("form", ["list", "lines", "indented"])
def test_json_comes_as_a_list_or_as_lines(replay: Replay, form: str):
    rows = [fill(fee=1), fill(quantity=-10, price=110.50, at=LATER)]
    texts = {
        "list": json.dumps(rows),
        "lines": "\n".join(json.dumps(row) for row in rows) + "\n\n",
        "indented": json.dumps(rows, indent=2),
    }
    result = replay(texts[form], name="fills.json")
    assert shown(result)["realized"]["USD"]["net"] == "104.00"


@pytest.mark.parametrize(("fee", "fees", "net"), [(2, "3", "57"), ("2.00", "3.00", "57.00")])
def test_a_shared_fee_leaves_no_zeros_that_nobody_wrote(
    replay: Replay, fee: object, fees: str, net: str
):
    opened = fill(price="100", fee=fee)
    sold = [
        fill(quantity="-4", price="130", fee=1, at=LATER),
        fill(quantity="-6", price="90", at=LATER),
    ]
    result = replay(json.dumps([opened, *sold]), name="fills.json", by="closing")
    made = shown(result)["realized"]["USD"]
    assert (made["gross"], made["fees"], made["net"]) == ("60", fees, net)
    first = shown(result)["by_closing"][0]
    assert first["fees"].rstrip("0") == "1.8"


def test_numbers_are_read_with_every_digit(replay: Replay):
    text = '[{"symbol": "BTC/USD", "quantity": 0.1000000000000000055511151231257827, '
    text += f'"price": 3, "at": "{AT}"}}]'
    [position] = shown(replay(text, name="fills.json"))["positions"]
    assert position["quantity"] == "0.1000000000000000055511151231257827"


@pytest.mark.parametrize(
    ("cost_basis", "gross"),
    [("average", "52.5"), ("fifo", "210"), ("lifo", "-60"), ("hifo", "-150")],
)
def test_the_cost_basis_decides_which_units_go(replay: Replay, cost_basis: str, gross: str):
    text = activities("f1,AAPL,10,100", "f2,AAPL,5,160", "f3,AAPL,5,130", "f4,AAPL,-7,130")
    result = replay(text, cost_basis=cost_basis)
    assert Decimal(shown(result)["realized"]["USD"]["gross"]) == Decimal(gross)


def test_specific_takes_the_lot_that_is_named(replay: Replay):
    text = (
        "id,symbol,quantity,price,at,lot\n"
        f"f1,AAPL,10,100,{AT},\nf2,AAPL,10,120,{AT},\nf3,AAPL,-10,130,{LATER},f2\n"
    )
    assert shown(replay(text, cost_basis="specific"))["realized"]["USD"]["gross"] == "100"


def test_a_figure_that_was_kept_may_be_gross_or_net(replay: Replay):
    rows = [
        fill(fee="1"),
        fill(quantity="-4", price="130", fee="0.4", realized_pnl="120.00", at=LATER),
        fill(quantity="-4", price="130", fee="0.4", realized_pnl="119.20", at=LATER),
        fill(quantity="-2", price="130", fee="0.2", realized_pnl="59.98", at=LATER),
    ]
    result = replay(rows, name="fills.json")
    assert shown(result)["closings"] == {
        "known": 3, "agree": 2, "unknown_entry": 0,
        "differ": [
            {"row": 4, "symbol": "AAPL", "ours": "60.00", "theirs": "59.98", "difference": "0.02"}
        ],
    }  # fmt: skip
    assert shown(result)["venue_realized"] == {"USD": "299.18"}


def test_a_realized_figure_without_a_position_closes_what_was_there_before(replay: Replay):
    rows = [fill(quantity="-4", realized_pnl="50"), fill(quantity="3", at=LATER)]
    result = replay(rows, name="fills.json")
    assert result.counts.unknown_entry == 1
    assert [each["quantity"] for each in shown(result)["positions"]] == ["3"]


def test_an_opening_that_realized_its_fee_alone_is_an_opening(replay: Replay):
    rows = [fill(fee="1", realized_pnl="-1"), fill(quantity="5", realized_pnl="7", at=LATER)]
    result = replay(rows, name="fills.json")
    assert (result.counts.known, result.counts.unknown_entry) == (0, 0)
    assert [each["quantity"] for each in shown(result)["positions"]] == ["15"]


def test_the_newest_first_gives_the_same(replay: Replay):
    rows = [
        fill(id="f1"),
        fill(id="f2", quantity="-4", price="130", at=LATER),
        fill(id="f3", quantity="-6", price="90", at="2026-11-20T17:00:00Z"),
    ]
    forward = shown(replay(rows, name="fills.json"))
    assert shown(replay(rows[::-1], name="fills.json")) == forward
    assert shown(replay([rows[1], rows[0], rows[2]], name="fills.json")) == forward


def test_fills_of_equal_time_keep_the_order_in_which_they_happened(replay: Replay):
    rows = [fill(id="f1"), fill(id="f2", quantity="-10", price="110"), fill(id="f3", at=LATER)]
    assert shown(replay(rows, name="fills.json")) == shown(replay(rows[::-1], name="fills.json"))
    assert shown(replay(rows, name="fills.json"))["realized"]["USD"]["gross"] == "100.00"


def test_a_row_that_comes_again_counts_once(replay: Replay):
    result = replay([fill(id="f1"), fill(id="f1")], name="fills.json")
    assert result.fills == 1
    assert result.remarks == ["1 x a row that was there before: counted once"]


def test_what_is_taken_back_does_not_count(replay: Replay):
    rows = [
        fill(id="f1"),
        fill(id="f2", quantity="5", at=LATER),
        {**fill(id="f3", quantity="-5", at=LATER), "cancels": "f2"},
        {**fill(id="f4", quantity="-1", at=LATER), "cancels": "gone"},
    ]
    result = replay(rows, name="fills.json")
    assert [each["quantity"] for each in shown(result)["positions"]] == ["10"]
    assert result.remarks == ["row 4 takes back gone, which is not here"]


def test_other_activities_count_too(replay: Replay):
    rows = [
        fill(id="f1"),
        {"id": "s1", "type": "split", "symbol": "AAPL", "ratio": "4", "at": LATER},
        {"id": "d1", "type": "dividend", "symbol": "AAPL", "cash": "9.60", "at": LATER},
        {"id": "r1", "type": "rename", "symbol": "AAPL", "to": "APPL", "at": LATER},
        fill(id="f2", symbol="APPL", quantity="-40", price="30", at="2026-11-21T15:00:00Z"),
    ]
    result = replay(rows, name="fills.json")
    assert shown(result)["positions"] == []
    assert shown(result)["realized"]["USD"] == {
        "gross": "200.00", "fees": "0", "net": "200.00", "income": "9.60", "incomplete": False,
    }  # fmt: skip
    assert result.fills == 2


def test_a_merger_moves_the_cost_to_the_other_company(replay: Replay):
    rows = [
        fill(id="f1"),
        {"id": "m1", "type": "merger", "symbol": "AAPL", "to": "NEW", "ratio": "2", "at": LATER},
        fill(id="f2", symbol="NEW", quantity="-20", price="60", at="2026-11-21T15:00:00Z"),
    ]
    result = replay(rows, name="fills.json")
    assert shown(result)["positions"] == []
    assert shown(result)["realized"]["USD"]["gross"] == "200.00"


def test_a_spin_off_brings_units_of_unknown_cost(replay: Replay):
    rows = [
        fill(id="f1"),
        {"id": "s1", "type": "spin_off", "symbol": "AAPL", "to": "NEW", "ratio": "1/5",
         "at": LATER},
        fill(id="f2", symbol="NEW", quantity="-2", price="60", at="2026-11-21T15:00:00Z"),
    ]  # fmt: skip
    result = replay(rows, name="fills.json")
    assert (result.counts.known, result.counts.unknown_entry) == (0, 1)
    assert [each["symbol"] for each in shown(result)["positions"]] == ["AAPL"]


def test_a_long_file_is_read_again_and_gives_the_same(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
):
    lines = [f"f{n},AAPL,{(-1) ** n},{100 + n}" for n in range(50)]
    kept = shown(replay(activities(*lines), by="closing"))
    monkeypatch.setattr(order, "ROWS_KEPT_MAX", 0)
    assert shown(replay(activities(*lines), by="closing")) == kept


def test_a_deleveraged_liquidation_in_a_spreadsheet(replay: Replay):
    text = (
        "type,symbol,quantity,price,at,deleveraged\n"
        f"fill,BTC-PERP,1,100,{AT},\nliquidation,BTC-PERP,-1,90,{LATER},true\n"
    )
    assert shown(replay(text))["realized"]["USD"]["gross"] == "-10"


def test_a_contract_has_its_size(replay: Replay):
    text = (
        "symbol,quantity,price,at,asset_class,multiplier\n"
        f"ESZ6,1,5000,{AT},future,50\nESZ6,-1,5010,{LATER},future,50\n"
    )
    assert shown(replay(text))["realized"]["USD"]["gross"] == "500"


def test_currencies_are_never_added_up(replay: Replay):
    text = (
        "symbol,quantity,price,at,currency\n"
        f"SAP,1,100,{AT},EUR\nSAP,-1,110,{LATER},EUR\nIBM,1,100,{AT},\nIBM,-1,105,{LATER},\n"
    )
    realized = shown(replay(text))["realized"]
    assert {name: figures["gross"] for name, figures in realized.items()} == {
        "EUR": "10", "USD": "5",
    }  # fmt: skip


def test_long_and_short_legs_are_kept_apart(replay: Replay):
    rows = [
        fill(id="f1", side="long"),
        fill(id="f2", side="short", quantity="-4", price="120", at=LATER),
    ]
    held = shown(replay(rows, name="fills.json"))["positions"]
    assert [(each["side"], each["quantity"]) for each in held] == [("long", "10"), ("short", "-4")]


def test_accounts_are_kept_apart(replay: Replay):
    text = f"account,symbol,quantity,price,at\nA,AAPL,1,100,{AT}\nB,AAPL,-1,110,{LATER}\n"
    held = shown(replay(text))["positions"]
    assert [(each["account"], each["quantity"]) for each in held] == [("A", "1"), ("B", "-1")]


def test_by_symbol_and_by_day(replay: Replay):
    rows = [
        fill(id="f1"),
        fill(id="f2", symbol="MSFT"),
        fill(id="f3", quantity="-10", price="110", at="2026-11-21T15:00:00Z"),
        {"id": "d", "type": "dividend", "symbol": "MSFT", "cash": "2",
         "at": "2026-11-22T01:00:00Z"},
    ]  # fmt: skip
    by_symbol = shown(replay(rows, name="fills.json", by="symbol"))["by_symbol"]
    assert [(line["symbol"], line["fills"]) for line in by_symbol] == [("AAPL", 2), ("MSFT", 1)]
    by_day = shown(replay(rows, name="fills.json", by="day"))["by_day"]
    assert [(line["day"], line["fills"], line["realized"]) for line in by_day] == [
        ("2026-11-20", 2, {}),
        ("2026-11-21", 1, {"USD": {"gross": "100.00", "fees": "0", "net": "100.00",
                                   "incomplete": False}}),
        ("2026-11-22", 0, {"USD": {"gross": "0", "fees": "0", "net": "0", "income": "2",
                                   "incomplete": False}}),
    ]  # fmt: skip


def test_what_the_core_cannot_apply_is_listed(replay: Replay):
    rows = [{"id": "x", "type": "expiry", "symbol": "AAPL", "quantity": "-1", "at": AT}]
    result = replay(rows, name="fills.json")
    assert not result.agrees
    [(refused, why)] = result.refused
    assert refused.row == 1
    assert "does not end a position" in why


def test_an_empty_list_has_no_fills(replay: Replay):
    result = replay("[]", name="fills.json")
    assert (result.fills, result.agrees) == (0, True)
