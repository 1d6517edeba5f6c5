"""What one row of activities means."""

import json
from datetime import UTC, datetime

import pytest

from tieout.core.activity import Activity, Ratio, content_digest, is_negation, missing_fields
from tieout.core.numbers import ONE, exact
from tieout.venues.alpaca.activities import Translated, translated
from tieout.venues.alpaca.wire import activities_in
from venues.alpaca import NOW, booked, fill

OPTION = "AAPL230721C00150000"


def all_of(*rows: dict) -> Translated:
    return translated(activities_in(json.dumps(rows).encode()), now=NOW)


def only(row: dict) -> Activity:
    (activity,) = all_of(row).activities
    return activity


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("side", "quantity"),
    [("buy", "10"), ("sell", "-10"), ("sell_short", "-10"), ("buy_to_close", "10")],
)
def test_a_trade_is_signed_by_its_side(side, quantity):
    trade = only(fill(side=side))
    assert trade.type == "fill"
    assert trade.quantity == exact(quantity)
    assert trade.price == exact("190")
    assert trade.fee is None
    assert trade.at == at("2026-11-20T14:30:00Z")
    assert trade.id == fill()["id"]


@pytest.mark.parametrize("missing", [{"side": None}, {"qty": None}, {"price": ""}, {"qty": "NaN"}])
def test_what_a_trade_lacks_is_left_for_the_core_to_report(missing):
    assert missing_fields(only(fill(**missing)))


@pytest.mark.parametrize("symbol", [None, "", "  "])
@pytest.mark.parametrize("kind", ["FILL", "OPEXP", "OPTRD", "FIMAT"])
def test_a_row_that_moves_units_and_names_none_makes_the_reading_incomplete(kind, symbol):
    """What it moved is not known, so nothing of it is booked under a name that is none."""
    row = fill(activity_type=kind, symbol=symbol)
    read = all_of(row)
    assert read.activities == []
    assert read.problems == [f"activities: {row['id']} ({kind}) has no symbol"]


def test_nanoseconds_are_cut_to_what_time_can_hold():
    trade = only(fill(at="2026-01-02T14:43:59.050957249Z"))
    assert trade.at == at("2026-01-02T14:43:59.050957Z")


def test_a_bust_takes_back_the_trade_it_names():
    bust = only(fill(2, type="trade_bust", previous_id="f1"))
    assert (bust.quantity, bust.cancels) == (exact("-10"), "f1")
    assert is_negation(bust, only(fill(1)))


def test_a_bust_that_names_none_is_undone_at_its_own_price():
    bust = only(fill(2, execution_type="trade_bust"))
    assert (bust.quantity, bust.price, bust.cancels) == (exact("-10"), exact("190"), None)


def test_a_correction_takes_back_the_old_trade_and_counts_itself():
    trade = only(fill(2, type="trade_correct", previous_execution_id="f1", price="191"))
    assert (trade.quantity, trade.price, trade.cancels) == (exact("10"), exact("191"), "f1")


def test_a_trade_that_is_canceled_is_taken_back_and_its_correction_counts_itself():
    """Two rows: the old one turns canceled, so the new one must not cancel it as well."""
    old, new = fill(1, status="canceled"), fill(2, status="correct", previous_id="f1", price="191")
    taken_back, corrected = all_of(old, new).activities
    assert (taken_back.cancels, taken_back.quantity) == (old["id"], exact("-10"))
    assert (corrected.cancels, corrected.price) == (None, exact("191"))


def test_a_crypto_fee_is_taken_in_the_coin():
    """As documented: Coin Pair Transaction Fee (Non USD)."""
    fee = only(booked("CFEE", symbol="ETHUSD", qty="-0.000195", price="1884.5", date="2022-08-12"))
    assert (fee.type, fee.symbol) == ("fee", "ETH/USD")
    assert (fee.quantity, fee.price, fee.cash) == (exact("-0.000195"), exact("1884.5"), None)
    assert fee.at == at("2022-08-12T23:59:59-04:00")


def test_a_crypto_fee_in_dollars_is_money():
    fee = only(booked("CFEE", symbol="ETHUSD", qty="0", net_amount="-0.25"))
    assert (fee.type, fee.cash, fee.quantity) == ("fee", exact("-0.25"), None)


@pytest.mark.parametrize("kind", ["FEE", "PTC", "PTR"])
def test_another_fee_is_money_whatever_its_quantity_says(kind):
    fee = only(booked(kind, symbol="AAPL", qty="1341", price="0.0025", net_amount="-3.35"))
    assert (fee.type, fee.cash, fee.quantity) == ("fee", exact("-3.35"), None)


@pytest.mark.parametrize("kind", ["DIV", "DIVCGL", "DIVNRA", "DIVROC", "DIVTXEX", "DIVNEW"])
def test_a_dividend_is_money_and_moves_no_share(kind):
    dividend = only(booked(kind, symbol="T", qty="2", net_amount="1.02", per_share_amount="0.51"))
    assert (dividend.type, dividend.cash, dividend.quantity) == ("dividend", exact("1.02"), None)


@pytest.mark.parametrize(
    ("terms", "ratio"),
    [
        ({"new_qty": "1.12", "entitled_qty": "1"}, ("1.12", "1")),
        ({"rate": "1.029647"}, ("1.029647", "1")),
        ({"per_share_amount": "1.12"}, ("1.12", "1")),
    ],
)
def test_a_dividend_in_shares_is_a_small_split(terms, ratio):
    split = only(booked("DIV", symbol="ICNP", qty="0.12", activity_sub_type="SDIV", **terms))
    assert (split.type, split.quantity) == ("split", None)
    assert split.ratio == Ratio(new=exact(ratio[0]), old=exact(ratio[1]))


def test_shares_without_the_terms_of_their_dividend_cost_nothing():
    gift = only(booked("DIV", symbol="ICNP", qty="0.12", description="Stock DIV @ ?"))
    assert (gift.type, gift.quantity, gift.cost) == ("transfer", exact("0.12"), exact("0"))


def test_cash_in_lieu_is_a_split_of_one_for_one_that_pays():
    paid = only(booked("CIL", symbol="XRPT", qty="-0.65", net_amount="91.00"))
    assert (paid.type, paid.ratio, paid.cash) == ("split", Ratio(new=ONE, old=ONE), exact("91.00"))
    assert paid.quantity is None


@pytest.mark.parametrize("kind", ["ACATS", "JNLS", "VOF"])
@pytest.mark.parametrize("quantity", ["4", "-4"])
def test_units_that_come_or_go_have_no_cost(kind, quantity):
    moved = only(booked(kind, symbol="AAPL", qty=quantity, price="157.44"))
    assert (moved.type, moved.quantity) == ("transfer", exact(quantity))
    assert (moved.price, moved.cost) == (None, None)


@pytest.mark.parametrize(
    ("kind", "quantity", "type_"),
    [
        ("OPEXP", "-2", "expiry"),
        ("OPEXP", "1", "expiry"),
        ("OPASN", "2", "assignment"),
        ("OPEXC", "-2", "exercise"),
        ("OPXRC", "-2", "exercise"),
    ],
)
def test_an_option_event_ends_the_contract_without_a_price(kind, quantity, type_):
    event = only(booked(kind, symbol=OPTION, qty=quantity, price="0", date="2023-07-21"))
    assert (event.type, event.symbol, event.quantity) == (type_, OPTION, exact(quantity))
    assert event.price is None
    assert event.at == at("2023-07-21T23:59:59-04:00")
    assert event.earliest_at == at("2023-07-21T00:00:00-04:00")


def test_shares_are_delivered_at_what_was_paid_and_not_at_the_price_beside_it():
    """The documented exercise says 90 for shares that cost 150."""
    trade = only(booked("OPTRD", symbol="AAPL", qty="200", net_amount="-30000", price="90"))
    assert (trade.type, trade.quantity, trade.price) == ("fill", exact("200"), exact("150"))
    sold = only(booked("OPTRD", symbol="HOOD", qty="-300", net_amount="6450", price="21.5"))
    assert (sold.quantity, sold.price) == (exact("-300"), exact("21.5"))


def test_an_event_and_its_trade_may_share_an_id():
    """Both rows of the documented sample have the same one."""
    found = all_of(
        booked("OPEXC", id="20190801::5f59", symbol=OPTION, qty="-2"),
        booked("OPTRD", id="20190801::5f59", symbol="AAPL", qty="200", net_amount="-30000"),
    ).activities
    assert [each.id for each in found] == ["20190801::5f59", "20190801::5f59#fill"]


def test_an_option_settled_in_cash_ends_at_what_it_paid():
    found = all_of(
        booked("OPEXC", symbol="SPXW250604C06000000", qty="-1", group_id="g1"),
        booked("OPCSH", symbol="", qty="0", net_amount="15.89", group_id="g1"),
    )
    assert found.activities[0].price == exact("0.1589")
    assert found.ignored == ["1 x OPCSH: is the price of the option event it belongs to"]
    whole = {**booked("OPEXC", symbol="SPXW250604C06000000", group_id="g1"), "qty": None}
    paid = booked("OPCSH", net_amount="15.89", group_id="g1")
    assert all_of(whole, paid).activities[0].price is None


def test_a_bond_is_paid_back():
    end = only(booked("FIMAT", symbol="61761J3R8", qty="-1000", net_amount="1000", price="100"))
    assert (end.type, end.quantity, end.price) == ("expiry", exact("-1000"), exact("1"))


@pytest.mark.parametrize(
    "row",
    [
        booked("INT", net_amount="-3.01"),
        booked("INT", symbol="SWEEPFDIC", qty="9.25"),
        booked("CSD", net_amount="1382000"),
        booked("CSW", net_amount="-7"),
        booked("JNLC", net_amount="-4.81"),
        booked("TRANS", net_amount="5"),
        booked("ACATC", net_amount="118.79"),
        booked("FEE", net_amount="-0.01"),
        booked("DIV", net_amount="1"),
    ],
)
def test_cash_moves_no_position(row):
    found = all_of(row, {**row, "id": "another"})
    assert found.activities == []
    assert found.ignored == [f"2 x {row['activity_type']}: moves cash, no position"]


@pytest.mark.parametrize(
    "row",
    [
        booked("FEE", symbol="AAPL", net_amount="0"),
        booked("DIV", symbol="AAPL", net_amount="0"),
        booked("CIL", net_amount="3"),
        booked("ACATS", qty="3"),
    ],
)
def test_what_says_nothing_is_left_out(row):
    found = all_of(row)
    assert found.activities == []
    assert len(found.ignored) == 1


def test_a_time_that_cannot_be_read_falls_back_on_the_day():
    trade = only(fill(at="this afternoon"))
    assert trade.at == at("2026-11-20T23:59:59-05:00")
    assert only(fill(at="2026-11-20T14:30:00")).at == at("2026-11-20T14:30:00Z")


def test_a_deposit_of_coins_is_a_transfer():
    moved = only(booked("CSD", symbol="BTCUSD", qty="0.5"))
    assert (moved.type, moved.symbol, moved.quantity) == ("transfer", "BTC/USD", exact("0.5"))


def test_a_kind_that_is_not_known_is_named_and_not_guessed():
    found = all_of(booked("WONDER", symbol="AAPL", qty="7"))
    assert found.activities == []
    assert found.ignored == ["1 x WONDER: a kind that Tieout does not know, not booked"]


def test_what_is_not_executed_yet_waits():
    found = all_of(booked("JNLS", symbol="AAPL", qty="7", status="pending"))
    assert found.ignored == ["1 x JNLS: status pending, booked once it is executed"]


def test_corrected_by_hand_is_as_valid_as_executed():
    row = booked("ACATS", symbol="AAPL", qty="7")
    assert only({**row, "status": "correct"}) == only(row)


@pytest.mark.parametrize(
    "row",
    [
        booked("ACATS", symbol="AAPL", qty="7"),
        booked("DIV", symbol="AAPL", net_amount="3"),
        booked("CIL", symbol="AAPL", net_amount="3"),
        booked("OPEXP", symbol=OPTION, qty="-1"),
        booked("SPLIT", symbol="AAPL", qty="-1", old_rate="1", new_rate="4", group_id="g"),
        booked("NC", old_symbol="RNA", new_symbol="RNAM", qty="-1", group_id="g"),
    ],
)
def test_what_is_canceled_later_is_taken_back_under_an_id_of_its_own(row):
    before, after = only(row), only({**row, "status": "canceled"})
    assert after.id == f"{before.id}#canceled"
    assert after.cancels == before.id
    assert is_negation(after, before)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date": "2026-11-19"}, "2026-11-19T23:59:59-05:00"),
        ({"date": "2026-07-01"}, "2026-07-01T23:59:59-04:00"),
        ({"date": "2026-11-19T00:00:00Z"}, "2026-11-19T23:59:59-05:00"),
        ({"date": "2026-11-19", "created_at": "2026-11-19T21:00:00Z"}, "2026-11-19T21:00:00Z"),
        ({"date": "2026-11-19", "created_at": "2026-11-21T01:00:00Z"}, "2026-11-19T23:59:59-05:00"),
        ({"date": None, "created_at": "2026-11-19T21:00:00Z"}, "2026-11-19T21:00:00Z"),
        ({"date": None, "id": "20261119000000000::x"}, "2026-11-19T23:59:59-05:00"),
    ],
)
def test_a_payment_counts_at_the_end_of_its_day_and_no_later_than_written(fields, expected):
    assert only(booked("DIV", symbol="T", net_amount="1", **fields)).at == at(expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "2026-11-19T00:00:00-05:00"),
        ({"date": "2026-11-18", "ex_date": "2026-11-19"}, "2026-11-19T00:00:00-05:00"),
        ({"created_at": "2026-11-18T22:30:42Z"}, "2026-11-18T22:30:42Z"),
        ({"created_at": "2026-11-18T22:30:42Z", "ex_date": "2026-11-19"}, "2026-11-18T22:30:42Z"),
        ({"transaction_time": "2026-11-19T15:00:00Z"}, "2026-11-19T15:00:00Z"),
    ],
)
def test_a_corporate_action_counts_before_the_open_or_from_when_it_was_written(fields, expected):
    row = booked("SPLIT", symbol="AAPL", qty="-1", old_rate="1", new_rate="4", group_id="g")
    assert only({**row, **fields}).at == at(expected)


def test_the_same_rows_give_the_same_activities_in_any_order_and_company():
    rows = [
        fill(1),
        booked("OPEXP", symbol=OPTION, qty="-1"),
        booked("SPLIT", 1, symbol="AAPL", qty="-1", old_rate="1", new_rate="4", group_id="g"),
        booked("SPLIT", 2, symbol="AAPL", qty="4", old_rate="1", new_rate="4", group_id="g"),
        booked("DIV", symbol="T", net_amount="1"),
    ]
    whole = {each.id: content_digest(each) for each in all_of(*rows).activities}
    for part in (rows[::-1], rows[:3], rows[3:], rows[1:4]):
        for each in all_of(*part).activities:
            assert whole[each.id] == content_digest(each)


def test_the_same_id_with_other_content_is_for_the_core_to_report():
    found = all_of(fill(1), fill(1, qty="11"))
    assert [each.id for each in found.activities] == [fill(1)["id"]] * 2
