"""Rule 20: states, and the reasons for which a position ends."""

import pytest

from scenario import check

CALL = "AAPL270115C00150000"


def test_rule_20_a_trade_that_reduces_makes_reduced():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 100
        =>      reduced 10 -> 6 REDUCED
        ---
        fill f2 AAPL 1 @ 100
        =>      increased 6 -> 7 OPEN
    """)


def test_rule_20_an_unexplained_reduction_does_too():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 100
        =>      reduced 10 -> 6 REDUCED  break quantity AAPL
    """)


def test_rule_20_a_partial_transfer_does_not():
    check("""
        book    AAPL 10 @ 100
        transfer t1 AAPL -4
        =>      reduced 10 -> 6 OPEN
    """)


def test_rule_20_a_fee_in_kind_does_not():
    check("""
        book    ETH/USD 10 @ 100
        fee e1  ETH/USD -0.1 @ 100
        =>      reduced 10 -> 9.9 OPEN
    """)


def test_rule_20_a_partial_liquidation_is_reduced_with_its_reason():
    check("""
        account venue hyperliquid
        book    BTC 10 @ 100000
        liquidation l1 BTC -2 @ 90000
        =>      reduced 10 -> 8 REDUCED realized -20000 USD by l1 reason liquidation
        ---
        liquidation l2 BTC -8 @ 89000
        =>      closed 8 -> 0 LIQUIDATED realized -88000 USD by l2 reason liquidation
        =>      ended BTC liquidation net -108000
    """)


def test_rule_20_auto_deleveraging_is_closed():
    check("""
        account venue hyperliquid
        book    BTC -1 @ 100
        liquidation l1 BTC 1 @ 90 deleveraged
        =>      closed -1 -> 0 CLOSED realized 10 USD reason deleveraged
    """)


@pytest.mark.parametrize(
    ("event", "reason", "net"),
    [
        (f"fill a1 {CALL} -2 @ 2", "fill", "100"),
        (f"expiry a1 {CALL} -2", "expiry", "-300"),
        (f"expiry a1 {CALL}", "expiry", "-300"),
        (f"expiry a1 {CALL} -2 @ 0.50", "expiry", "-200"),
        (f"assignment a1 {CALL} -2", "assignment", "-300"),
        (f"exercise a1 {CALL} -2", "exercise", "-300"),
        (f"exercise a1 {CALL} -2 @ 5", "exercise", "700"),
    ],
)
def test_rule_20_an_option_event_without_price_ends_it_at_0(event, reason, net):
    check(f"""
        book    {CALL} 2 @ 1.50
        {event}
        broker  nothing
        =>      closed 2 -> 0 CLOSED SYNCED realized {net} USD final by a1 reason {reason}  tied out
    """)


def test_rule_20_stock_delivered_is_a_fill_of_its_own():
    check(f"""
        book    {CALL} 2 @ 3.00
        exercise x1 {CALL} -2
        fill x2 AAPL 200 @ 150
        broker  AAPL 200 @ 150
        =>      created AAPL 0 -> 200 @ 150 OPEN SYNCED by x2
        =>      closed {CALL} 2 -> 0 realized -600 USD by x1 reason exercise  tied out
    """)


def test_rule_20_an_exercise_of_a_part_leaves_the_rest():
    check(f"""
        book    {CALL} 3 @ 1.50
        exercise x1 {CALL} -2
        =>      reduced 3 -> 1 @ 1.50 realized -300 USD
    """)


def test_rule_20_a_stock_that_expires_at_0_is_worthless():
    check("""
        book    XYZ 10 @ 5
        expiry x1 XYZ -10 @ 0
        broker  nothing
        =>      closed 10 -> 0 CLOSED realized -50 USD by x1 reason worthless  tied out
    """)


def test_rule_20_a_future_that_expires_does_so_at_its_price():
    check("""
        instrument ESZ6 future x50
        book    ESZ6 2 @ 5000
        expiry x1 ESZ6 -2 @ 5010
        =>      closed 2 -> 0 realized 1000 USD final reason expiry
    """)


def test_rule_20_a_future_at_0_is_an_expiry_still():
    check("""
        instrument ESZ6 future x50
        book    ESZ6 2 @ 5000
        expiry x1 ESZ6 -2 @ 0
        =>      closed 2 -> 0 realized -500000 USD reason expiry
    """)


@pytest.mark.parametrize(
    ("theirs", "breaks"),
    [("40", ""), ("40.01", ""), ("39.99", ""), ("40.011", "break pnl AAPL open")],
)
def test_rule_20_the_venues_realized_figure_may_differ_by_a_cent(theirs, breaks):
    check(f"""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 pnl {theirs}
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6 realized 40 USD  {breaks}  tied out  applied
    """)


def test_rule_20_a_difference_that_the_venues_method_explains_is_none():
    check("""
        account venue hyperliquid
        instrument BTC perpetual decimals 1
        fill f1 BTC 1000 @ 10.04 at 14:00
        fill f2 BTC 2000 @ 10.10 at 14:10
        fill f3 BTC -3000 @ 11 pnl 3000 at 14:20
        broker  nothing
        =>      closed BTC realized 2760 USD  tied out  and more
    """)


def test_rule_20_a_pnl_break_stays_until_resolved_and_prevents_nothing():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 pnl 50
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6  break pnl AAPL open  tied out  exit 0
    """)


def test_rule_20_a_closed_position_that_is_bought_again_is_another_episode():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 110
        =>      closed 10 -> 0 realized 100 USD
        ---
        fill f2 AAPL 10 @ 50
        =>      created 0 -> 10 @ 50 OPEN realized nothing  total USD net 100
    """)
