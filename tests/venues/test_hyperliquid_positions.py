"""Positions and balances of Hyperliquid as holdings."""

import pytest

from tieout.core.numbers import exact
from venues.hyperliquid import balance, only
from venues.hyperliquid_stub import position


def test_a_normal_short_row(hl):
    """Edge case 60: the value is unsigned, and a far liquidation price is a figure like any."""
    hl.stub.main.positions = [
        position(
            "BTC",
            "-0.0017",
            "82348.0",
            positionValue="135.7382",
            unrealizedPnl="4.2534",
            marginUsed="6.78691",
            liquidationPx="16881583.4135119393",
        )
    ]
    found = only(hl.read())
    assert (found.symbol, found.quantity, found.average_price) == ("BTC", "-0.0017", "82348.0")
    assert found.price == "79846"
    assert (found.leverage, found.margin_mode) == ("20", "cross")
    assert found.liquidation_price == "16881583.4135119393"


@pytest.mark.parametrize(
    ("leverage", "expected"),
    [
        ({"type": "isolated", "value": 20, "rawUsd": "-475.23904"}, ("20", "isolated")),
        ({"type": "cross", "value": 20}, ("20", "cross")),
        ({"type": "cross", "value": "20"}, ("20", "cross")),
        (None, (None, None)),
    ],
)
def test_leverage_is_an_object(hl, leverage, expected):
    """Edge case 61."""
    hl.stub.main.positions = [position("BTC", "1", "60000", leverage=leverage)]
    found = only(hl.read())
    assert (found.leverage, found.margin_mode) == expected


def test_another_leverage_at_the_same_size_opens_and_closes_nothing(hl):
    """Edge case 61: the figure is another, the position is the same."""
    hl.stub.trade("BTC", "1", "60000")
    hl.tie_out()
    lower = {"type": "isolated", "value": 10, "rawUsd": "-1.0"}
    hl.stub.main.positions = [position("BTC", "1", "60000", leverage=lower)]
    plan = hl.tie_out()
    assert plan.tied_out
    assert not [change for change in plan.changes if change.kind not in ("unchanged", "marked")]
    assert [row.leverage for row in hl.book.marks.values()] == ["10"]


@pytest.mark.parametrize("written", [None, "NaN", "", ...])
def test_a_liquidation_price_that_is_not_reported_is_none(hl, written):
    hl.stub.main.positions = [position("BTC", "1", "60000", liquidationPx=written)]
    assert only(hl.read()).liquidation_price is None


def test_a_row_of_size_zero_says_that_it_is_flat(hl):
    """As in the API's own example: no entry, a liquidation price of NaN, a value of 0."""
    hl.stub.main.positions = [position("BTC", "0.0", "1", entryPx=None, liquidationPx="NaN")]
    found = only(hl.read())
    assert (found.quantity, found.average_price, found.price) == ("0.0", None, None)


@pytest.mark.parametrize("written", [None, "NaN", ...])
def test_a_size_that_is_not_reported_is_not_zero(hl, written):
    hl.stub.main.positions = [position("BTC", "1", "60000", szi=written)]
    assert only(hl.read()).quantity in (None, "NaN")
    plan = hl.tie_out()
    assert [change.kind for change in plan.changes] == ["invalid"]


def test_the_mark_has_the_decimals_of_the_venues_prices(hl):
    hl.stub.main.positions = [position("BTC", "0.00003", "60000", positionValue="1.799999")]
    assert only(hl.read()).price == "60000"


def test_the_price_decimals_are_six_less_those_of_the_size(hl):
    hl.stub.main.positions = [position("ETH", "1", "2000"), position("GONE", "1", "5")]
    listed = {each.symbol: each.price_decimals for each in hl.read().instruments}
    assert listed == {"ETH": 2, "GONE": None}


def test_spot_balances_contain_what_is_on_hold_and_their_cost_is_a_total(hl):
    """Edge case 68: 2000 of which 100 are on hold, bought for 1234.56; dollars are cash."""
    hl.stub.main.balances = [
        balance("USDC", "14.625485"),
        balance("PURR", "2000", "1234.56", hold="100"),
        balance("HYPE", "5.2", "75.4"),
    ]
    found = hl.read()
    assert [
        (each.symbol, each.quantity, each.average_price, each.price, each.asset_class)
        for each in found.snapshot.holdings
    ] == [
        ("PURR/USDC", "2000", "0.61728", "0.2", "spot"),
        ("HYPE/USDC", "5.2", "14.5", "24.31", "spot"),
    ]
    assert found.ignored == ("spot money, which is no position: 14.625485 USDC",)


def test_a_spot_token_and_the_perpetual_of_the_same_name_are_two(hl):
    hl.stub.metas[""]["universe"].append({"name": "HYPE", "szDecimals": 2})
    hl.stub.main.positions = [position("HYPE", "-5", "24")]
    hl.stub.main.balances = [balance("HYPE", "5.2", "75.4")]
    plan = hl.tie_out()
    held = {row.instrument.symbol: row.position.quantity for row in hl.book.ledgers.values()}
    assert held == {"HYPE": exact("-5"), "HYPE/USDC": exact("5.2")}
    assert plan.tied_out


def test_an_outcome_is_in_its_own_money(hl):
    hl.stub.main.balances = [balance("+10", "25", "12.5")]
    found = hl.read()
    held = only(found)
    assert (held.symbol, held.average_price, held.currency) == ("+10", "0.5", "USDH")
    assert found.instruments[0].spellings == ("#10",)


def test_one_unreadable_row_leaves_the_others_and_is_not_complete(hl):
    hl.stub.main.positions = [position("BTC", "1", "60000"), {"type": "oneWay"}, 7]
    hl.stub.main.balances = ["nothing", balance("PURR", "1", "1")]
    found = hl.read().snapshot
    assert not found.complete
    assert [each.symbol for each in found.holdings] == ["BTC", "", "", "", "PURR/USDC"]
    assert len(found.problems) == 3


def test_a_hedged_row_is_refused_and_not_guessed(hl):
    row = position("BTC", "1", "60000")
    hl.stub.main.positions = [{**row, "type": "twoWay"}]
    found = hl.read().snapshot
    assert "unknown kind twoWay" in found.problems[0]
    assert not found.complete


def test_more_digits_than_a_float_has_survive(hl):
    hl.stub.main.balances = [balance("PURR", "12345678901234567.123456789", "1")]
    assert only(hl.read()).quantity == "12345678901234567.123456789"
    hl.stub.main.balances = []
    hl.stub.main.positions = [position("BTC", "1", "60000", szi=0.1234567890123456)]
    assert only(hl.read()).quantity == "0.1234567890123456"


def test_a_short_in_a_portfolio_margin_account_may_be_a_token_that_was_borrowed(hl):
    hl.stub.main.balances = [balance("HYPE", "-3", "-75")]
    found = only(hl.read())
    assert (found.quantity, found.average_price) == ("-3", "-25")
