"""Rows of positions, as they are and as they should not be."""

import json

import pytest

from tieout.core.numbers import exact
from venues.alpaca import only, position, read
from venues.stub import POSITIONS, Said, said


@pytest.mark.parametrize(
    ("side", "reported", "quantity"),
    [("short", "-5", "-5"), ("short", "5", "-5"), ("long", "5", "5"), ("short", "0", "0")],
)
def test_the_sign_comes_from_the_side(stub, venue, side, reported, quantity):
    stub.positions = [position(side=side, qty=reported)]
    assert only(read(venue)).quantity == quantity


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"side": "long", "qty": "-5"}, "the side is long, but the quantity is -5"),
        ({"side": "sideways"}, "must be long or short"),
        ({"side": ...}, "must be long or short"),
    ],
)
def test_a_contradiction_is_the_rows_problem_and_not_guessed(stub, venue, fields, problem):
    stub.positions = [position(**fields), position("MSFT")]
    found = read(venue)
    bad, good = found.snapshot.holdings
    assert problem in (bad.problem or "")
    assert good.problem is None
    assert found.snapshot.complete


def test_a_quantity_that_is_no_number_stays_for_the_core_to_refuse(stub, venue):
    for text in ("NaN", "", "1_000", "0x10"):
        stub.positions = [position(qty=text)]
        assert only(read(venue)).quantity == text
    stub.positions = [position(qty=None)]
    assert only(read(venue)).quantity is None


@pytest.mark.parametrize("nothing", [None, "", "NaN", "nan", "Infinity"])
def test_a_price_that_is_not_reported_is_none_and_never_0(stub, venue, nothing):
    stub.positions = [position(current_price=nothing, avg_entry_price=nothing, market_value=None)]
    found = read(venue)
    assert (only(found).price, only(found).average_price) == (None, None)
    assert only(found).quantity == "2"
    assert found.snapshot.complete


def test_json_numbers_are_read_by_their_characters(stub, venue):
    text = json.dumps([position(qty="Q", avg_entry_price="A", current_price="P")])
    for mark, literal in [("Q", "2.61937"), ("A", "19660.5738784516887649"), ("P", "1944400")]:
        text = text.replace(f'"{mark}"', literal)
    stub.say(POSITIONS, Said(body=text.encode()))
    found = only(read(venue))
    assert found.quantity == "2.61937"
    assert found.average_price == "19660.5738784516887649"
    assert found.price == "1944400"


def test_a_row_with_numbers_does_not_spoil_the_others(stub, venue):
    stub.positions = [position(qty=-100, side="short"), position("MSFT", qty="7")]
    holdings = read(venue).snapshot.holdings
    assert [(each.symbol, each.quantity) for each in holdings] == [("AAPL", "-100"), ("MSFT", "7")]


def test_what_tieout_does_not_use_may_be_anything(stub, venue):
    stub.positions = [
        position(exchange="MOONBASE", cost_basis=None, asset_id=None, brand_new=[{"deep": 1}])
    ]
    found = read(venue)
    assert only(found).venue_id is None
    assert found.snapshot.complete


def test_the_same_row_twice_is_passed_on_twice(stub, venue):
    stub.positions = [position(), position(), position(qty="3")]
    found = read(venue)
    assert [each.quantity for each in found.snapshot.holdings] == ["2", "2", "3"]
    assert found.snapshot.complete


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("AAPL", "a row is a text, not an object"),
        (None, "a row is null, not an object"),
        (position(symbol=...), "a row has no symbol"),
        (position(symbol=" "), "a row has no symbol"),
    ],
)
def test_a_row_that_names_nothing_makes_absences_doubtful(stub, venue, row, problem):
    stub.positions = [position("MSFT"), row]
    found = read(venue)
    assert not found.snapshot.complete
    assert found.snapshot.problems == (f"row 2 of the positions: {problem}",)
    good, bad = found.snapshot.holdings
    assert good.symbol == "MSFT"
    assert (bad.symbol, bad.problem) == ("", problem)


def test_a_symbol_with_a_space_behind_it_is_the_symbol(stub, venue):
    stub.positions = [position("AAPL ")]
    assert only(read(venue)).symbol == "AAPL"


def test_an_option_is_a_hundred_shares_and_expires(stub, venue):
    stub.positions = [position("AAPL230721C00150000", asset_class="us_option", qty="2")]
    found = read(venue)
    assert (only(found).asset_class, only(found).multiplier) == ("option", "100")
    (instrument,) = found.instruments
    assert instrument.multiplier == exact("100")
    assert str(instrument.expires) == "2023-07-21"


@pytest.mark.parametrize(
    ("written", "shown", "currency"),
    [
        ("BTCUSD", "BTC/USD", "USD"),
        ("USDCUSD", "USDC/USD", "USD"),
        ("ETHBTC", "ETH/BTC", "BTC"),
        ("BTC/USDT", "BTC/USDT", "USDT"),
    ],
)
def test_a_pair_is_shown_with_its_slash_and_keeps_its_spelling(
    stub, venue, written, shown, currency
):
    stub.positions = [position(written, asset_class="crypto", qty="0.5")]
    found = read(venue)
    assert (only(found).symbol, only(found).asset_class) == (shown, "spot")
    assert only(found).currency == currency
    (instrument,) = found.instruments
    assert instrument.symbol == shown
    assert instrument.spellings == (() if written == shown else (written,))
    assert instrument.venue_ids == (position()["asset_id"],)
    assert stub.calls() == 3


def test_only_a_pair_that_cannot_be_split_asks_for_the_asset_list_and_only_once(stub, venue):
    stub.positions = [
        position("WIFXYZ", asset_class="crypto"),
        position("ODD", asset_class="crypto"),
    ]
    stub.say("/v2/assets", said([{"symbol": "WIF/XYZ"}, {"symbol": "BTC/USD"}]))
    for _ in range(2):
        symbols = [each.symbol for each in read(venue).snapshot.holdings]
        assert symbols == ["WIF/XYZ", "ODD"]
    assert stub.calls("/v2/assets") == 1


def test_a_class_that_is_new_is_left_to_the_symbol(stub, venue):
    stub.positions = [position("AAPL", asset_class="us_moon")]
    found = read(venue)
    assert only(found).asset_class is None
    assert found.instruments[0].asset_class == "stock"


def test_more_digits_than_a_float_has_survive(stub, venue):
    stub.positions = [
        position("BTCUSD", asset_class="crypto", qty="0.000000001",
                 avg_entry_price="19660.5738784516887649")
    ]  # fmt: skip
    stub.activities = []
    assert only(read(venue)).average_price == "19660.5738784516887649"
    assert only(read(venue)).quantity == "0.000000001"


def test_the_average_of_an_option_is_of_one_unit(stub, venue):
    stub.positions = [position("F260109C00006000", asset_class="us_option", avg_entry_price="9.3")]
    stub.activities = []
    assert only(read(venue)).average_price == "9.3"
