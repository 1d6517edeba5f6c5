"""Fills of Hyperliquid as activities."""

import pytest

from tieout.core.activity import missing_fields
from tieout.core.numbers import exact
from tieout.venues.moments import moment_of
from venues.hyperliquid_stub import AGENT, MAIN


def one(found):
    (activity,) = found.activities
    return activity


def test_a_fill_has_its_fee_and_the_venues_own_figure_beside_it(hl):
    """Edge case 28: `closedPnl` is without the fee."""
    fill = hl.stub.trade("BTC", "-0.001", "66653.0", fee="0.009997", closedPnl="4.25")
    found = one(hl.read())
    assert (found.type, found.symbol) == ("fill", "BTC")
    assert (found.quantity, found.price) == (exact("-0.001"), exact("66653.0"))
    assert (found.fee, found.fee_currency) == (exact("0.009997"), "USD")
    assert found.realized_pnl == exact("4.25")
    assert found.at == moment_of(fill["time"])
    assert not missing_fields(found)


def test_a_rebate_is_a_negative_fee(hl):
    hl.stub.trade("BTC", "1", "60000", fee="-0.25")
    assert one(hl.read()).fee == exact("-0.25")


def test_both_sides_of_a_self_trade_are_kept(hl):
    hl.stub.trade("BTC", "1", "60000", tid=5, oid=1)
    hl.stub.trade("BTC", "-1", "60000", tid=5, oid=2)
    found = hl.read()
    assert [each.quantity for each in found.activities] == [exact("1"), exact("-1")]
    assert len({each.id for each in found.activities}) == 2


@pytest.mark.parametrize("tid", [0, None])
def test_fills_without_a_trade_id_are_told_apart_by_what_they_say(hl, tid):
    for size in ("1", "2"):
        hl.stub.trade("BTC", size, "60000", tid=tid, oid=1, hash="0x0")
    found = hl.read()
    assert len({each.id for each in found.activities}) == 2
    assert {each.id for each in hl.read().activities} == {each.id for each in found.activities}


@pytest.mark.parametrize(
    ("victim", "kind"), [(MAIN.upper().replace("0X", "0x"), "liquidation"), (AGENT, "fill")]
)
def test_a_liquidation_is_only_that_of_the_one_who_is_liquidated(hl, victim, kind):
    """The counterparty's fill names the same liquidation."""
    liquidation = {"liquidatedUser": victim, "markPx": "66607.0", "method": "market"}
    hl.stub.trade("BTC", "-0.001", "66653.0", liquidation=liquidation)
    found = one(hl.read())
    assert (found.type, found.deleveraged) == (kind, False)


def test_a_liquidation_of_old_is_told_by_its_direction(hl):
    hl.stub.trade("BTC", "-1", "60000", dir="Liquidated Cross Long")
    assert one(hl.read()).type == "liquidation"


def test_deleveraging_is_no_liquidation_of_ones_own(hl):
    liquidation = {"liquidatedUser": AGENT, "markPx": "66607.0", "method": "market"}
    hl.stub.trade("BTC", "-1", "60000", dir="Auto-Deleveraging", liquidation=liquidation)
    found = one(hl.read())
    assert (found.type, found.deleveraged) == ("liquidation", True)


def test_strange_directions_are_booked_by_side(hl):
    """Edge case 63: the word is only noted."""
    hl.stub.trade("BTC", "-114.3", "0.08495", dir="Net Child Vaults")
    known = hl.read()
    assert one(known).quantity == exact("-114.3")
    assert known.ignored == ()
    hl.stub.trade("BTC", "1", "0.1", dir="Foo")
    found = hl.read()
    assert [each.quantity for each in found.activities] == [exact("-114.3"), exact("1")]
    (word,) = found.ignored
    assert "'Foo'" in word
    assert found.snapshot.complete


@pytest.mark.parametrize(
    "fields", [{"side": "X"}, {"sz": "NaN"}, {"sz": None}, {"px": ""}, {"fee": "much"}]
)
def test_a_fill_that_cannot_be_read_is_not_left_out_in_silence(hl, fields):
    hl.stub.trade("BTC", "1", "60000", **fields)
    found = hl.read()
    assert found.activities == ()
    assert not found.snapshot.complete


def test_a_row_that_is_no_fill_makes_the_snapshot_incomplete(hl):
    hl.stub.main.fills = [{"time": 5, "coin": None}]
    found = hl.read().snapshot
    assert not found.complete
    assert "userFillsByTime: a fill is an object without a coin or time" in found.problems


def test_the_fee_of_a_spot_purchase_is_in_the_coin(hl):
    hl.stub.trade("@107", "1.267", "160.32", fee="0.00088689", feeToken="HYPE", dir="Buy")
    hl.stub.main.positions = []
    found = one(hl.read())
    assert (found.symbol, found.fee_currency) == ("HYPE/USDC", "HYPE")
    assert (found.quantity, found.fee) == (exact("1.267"), exact("0.00088689"))


def test_the_coin_may_be_bought_in_another_dollar(hl):
    """What it cost is in USDH, the position is kept in USD: the amount is sure, the cost is not."""
    hl.stub.trade("@232", "2", "24", fee="0.01", feeToken="HYPE", dir="Buy")
    hl.stub.main.positions = []
    found = hl.read()
    activity = one(found)
    assert (activity.type, activity.symbol) == ("transfer", "HYPE/USDC")
    assert activity.quantity == exact("1.99")
    assert (activity.price, activity.cost) == (None, None)
    assert "HYPE in USDH" in found.ignored[0]


def test_a_pair_that_no_table_lists_is_a_problem(hl):
    hl.stub.trade("@9999", "2", "24", dir="Buy")
    hl.stub.main.positions = []
    found = hl.read()
    assert not found.snapshot.complete
    assert "@9999" in found.snapshot.problems[0]


def test_a_dust_conversion_has_no_figure_of_the_venue(hl):
    hl.stub.trade("@107", "-0.0000086141", "104730.168", tid=0, dir="Spot Dust Conversion")
    hl.stub.main.positions = []
    found = one(hl.read())
    assert found.quantity == exact("-0.0000086141")
    assert found.realized_pnl is None
