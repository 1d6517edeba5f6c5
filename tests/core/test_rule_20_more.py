"""Rule 20 with others: options that end bit by bit, liquidations, and which states follow which."""

import pytest

from scenario import check

CALL = "AAPL270115C00150000"
OLD_CALL = "AAPL261119C00150000"


def test_rule_20_a_partial_deleveraging_has_its_own_reason():
    check("""
        account venue hyperliquid
        book    BTC -4 @ 100
        liquidation l1 BTC 1 @ 90 deleveraged
        =>      reduced -4 -> -3 REDUCED realized 10 USD by l1 reason deleveraged
        ---
        liquidation l2 BTC 3 @ 95 deleveraged
        =>      closed -3 -> 0 CLOSED realized 15 USD by l2 reason deleveraged
        =>      ended BTC deleveraged net 25
    """)


def test_rule_20_of_two_kinds_in_a_step_the_last_gives_the_reason():
    check("""
        account venue hyperliquid
        book    BTC 10 @ 100
        liquidation l1 BTC -2 @ 90 at 14:57
        liquidation l2 BTC -1 @ 95 deleveraged at 14:58
        fill f1 BTC -1 @ 99 at 14:59
        =>      reduced 10 -> 6 REDUCED realized -26 USD by l1 l2 f1 reason deleveraged
    """)


def test_rule_20_a_liquidation_by_fills_in_the_end_is_an_ordinary_close():
    check("""
        account venue hyperliquid
        book    BTC 10 @ 100
        liquidation l1 BTC -2 @ 90
        =>      reduced 10 -> 8 reason liquidation
        ---
        fill f1 BTC -8 @ 95
        =>      closed 8 -> 0 CLOSED realized -40 USD reason fill  ended BTC fill net -60
    """)


def test_rule_20_a_liquidated_position_that_is_opened_again_is_another_episode():
    check("""
        account venue hyperliquid
        book    BTC 10 @ 100
        liquidation l1 BTC -10 @ 90 fee 5
        =>      closed 10 -> 0 LIQUIDATED realized -105 USD (gross -100 fees 5)
        ---
        fill f1 BTC 1 @ 80
        =>      created 0 -> 1 @ 80 OPEN realized nothing  ended BTC liquidation net -105
    """)


def test_rule_20_a_liquidation_fill_through_zero_ends_one_side_by_it():
    check("""
        account venue hyperliquid
        book    BTC 4 @ 100
        liquidation l1 BTC -6 @ 90
        =>      flipped 4 -> -2 @ 90 OPEN realized -40 USD by l1
        =>      ended BTC liquidation net -40
    """)


def test_rule_20_options_that_end_in_different_ways():
    """Of three written at 1.50, one assigned, one bought back at 2, one expired."""
    check(f"""
        book    {CALL} -3 @ 1.50
        assignment a1 {CALL} 1 at 14:00
        =>      reduced -3 -> -2 OPEN realized 150 USD by a1
        ---
        fill f1 {CALL} 1 @ 2 fee 0.65
        =>      reduced -2 -> -1 REDUCED realized -50.65 USD by f1
        ---
        expiry  x1 {CALL}
        =>      closed -1 -> 0 CLOSED realized 150 USD by x1 reason expiry
        =>      ended {CALL} expiry net 249.35 gross 250 fees 0.65
    """)


def test_rule_20_an_event_for_more_than_is_held_is_an_error_until_the_fill_is_there():
    check(f"""
        book    {CALL} 1 @ 1.50
        expiry  x1 {CALL} -2
        =>      error x1 "does not end"  partial  book {CALL} 1
        ---
        fill f1 {CALL} 1 @ 2 at 14:00
        =>      closed {CALL} 1 -> 0 realized -350 USD by f1 x1 reason expiry  applied
    """)


@pytest.mark.parametrize("event", ["expiry", "assignment", "exercise"])
def test_rule_20_an_event_on_the_wrong_side_is_an_error(event):
    check(f"""
        book    {CALL} 1 @ 1.50
        {event} x1 {CALL} 1
        =>      error x1  partial  book {CALL} 1 @ 1.50
    """)


@pytest.mark.parametrize("event", ["expiry", "assignment", "exercise"])
def test_rule_20_an_event_for_all_of_nothing_is_nothing(event):
    check(f"""
        book    MSFT 1 @ 1
        fill f1 {CALL} 1 @ 1.50 at 14:00
        fill f2 {CALL} -1 @ 1.60 at 14:10
        {event} x1 {CALL} at 14:20
        =>      closed {CALL} 0 -> 0 realized 10 USD and more  applied
    """)


def test_rule_20_a_put_assigned_brings_stock_by_a_fill_of_its_own():
    """Two puts at 4 written; one assigned at 150: 400 realized, 100 shares at 150."""
    put = "AAPL270115P00150000"
    check(f"""
        book    {put} -2 @ 4
        assignment a1 {put} 1
        fill a2 AAPL 100 @ 150
        broker  {put} -1 @ 4
        broker  AAPL 100 @ 150
        =>      created AAPL 0 -> 100 @ 150 OPEN SYNCED by a2
        =>      reduced {put} -2 -> -1 @ 4 OPEN SYNCED realized 400 USD by a1  tied out
    """)


def test_rule_20_delivered_stock_may_close_what_was_short():
    check(f"""
        book    AAPL -100 @ 160
        book    {CALL} 1 @ 5
        exercise x1 {CALL} -1
        fill x2 AAPL 100 @ 150
        broker  nothing
        =>      closed AAPL -100 -> 0 realized 1000 USD by x2 reason fill
        =>      closed {CALL} 1 -> 0 realized -500 USD by x1 reason exercise  tied out
        =>      total USD net 500
    """)


def test_rule_20_a_price_at_the_end_counts():
    check("""
        instrument SPXW option x100
        book    SPXW 2 @ 3
        expiry  x1 SPXW -2 @ 4.25
        =>      closed 2 -> 0 reason expiry by x1 realized 250 USD final
    """)


def test_rule_17_an_assumed_expiry_gives_way_part_by_part():
    """Two were assumed worthless; one was assigned, of the other nothing is known yet."""
    check(f"""
        book    {OLD_CALL} -2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {OLD_CALL} -2 -> 0 realized 300 USD estimated reason expiry and more
        ---
        assignment a1 {OLD_CALL} 1 at 2026-11-19T21:00:00Z
        broker  MSFT 1 @ 1
        =>      tied out  ended {OLD_CALL} expiry net 300 estimated and more
        ---
        assignment a2 {OLD_CALL} 1 at 2026-11-19T21:00:00Z
        broker  MSFT 1 @ 1
        =>      tied out  ended {OLD_CALL} assignment net 300 final and more
    """)


def test_rule_17_a_sale_that_is_heard_of_later_changes_the_figure():
    """One sold at 1.00 for 0.65: +100 - 0.65 beside the one that expired: -150."""
    check(f"""
        book    {OLD_CALL} 2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {OLD_CALL} realized -300 USD estimated and more
        ---
        fill f1 {OLD_CALL} -1 @ 1.00 fee 0.65 at 2026-11-19T18:00:00Z
        broker  MSFT 1 @ 1
        =>      restated {OLD_CALL} 0 -> 0 realized 99.35 USD estimated by f1  tied out
        =>      total USD net -200.65
        ---
        expiry  x1 {OLD_CALL} -1 at 2026-11-19T21:00:00Z
        broker  MSFT 1 @ 1
        =>      tied out  ended {OLD_CALL} expiry net -200.65 final  total USD net -200.65 and more
    """)


def test_rule_17_a_short_future_settles_at_the_last_mark_until_its_price_is_known():
    """Sold at 5000 x 50: at 4990 +1000; settled at 4988: +200 more."""
    check("""
        instrument ESX6 future x50 expires 2026-11-20
        book    ESX6 -2 @ 5000
        book    MSFT 1 @ 1
        broker  ESX6 -2 @ 5000 price 4990
        broker  MSFT 1 @ 1
        ---
        at      2026-11-21T15:00:00Z
        broker  MSFT 1 @ 1
        =>      closed ESX6 -2 -> 0 realized 1000 USD estimated reason expiry and more
        ---
        expiry  x1 ESX6 2 @ 4988 at 2026-11-20T22:00:00Z
        broker  MSFT 1 @ 1
        =>      restated ESX6 0 -> 0 realized 200 USD final by x1  tied out
        =>      ended ESX6 expiry net 1200 final
    """)


def test_rule_17_what_expires_beside_something_missing_is_told_apart():
    check(f"""
        book    {OLD_CALL} 1 @ 1.50
        book    MSFT 1 @ 1
        book    TSLA 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {OLD_CALL} SYNCED reason expiry  missing TSLA PENDING
        =>      break missing_at_broker TSLA seen 1  not tied out  and more
    """)


def test_rule_17_truth_manual_does_not_keep_what_has_expired():
    check(f"""
        policy  truth manual
        book    {OLD_CALL} 1 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {OLD_CALL} 1 -> 0 CLOSED reason expiry  tied out  and more
    """)


def test_rule_20_a_pnl_break_lasts_for_its_run():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 pnl 50
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6  break pnl AAPL open seen 1  tied out
        ---
        broker  AAPL 6 @ 100
        =>      break pnl AAPL resolved seen 1  tied out
        ---
        broker  AAPL 6 @ 100
        =>      nothing else  tied out
    """)


@pytest.mark.parametrize(
    ("venue", "figure", "breaks"),
    [
        ("alpaca", "10", ""),
        ("alpaca", "9.989", "break pnl BTC open"),
        ("alpaca", "9.99", ""),
        ("hyperliquid", "9", "break pnl BTC open"),  # its figure is gross
        ("ibkr", "9", ""),  # its figure has the fees inside
    ],
)
def test_rule_20_whose_figure_has_fees_inside(venue, figure, breaks):
    check(f"""
        account venue {venue}
        instrument BTC perpetual
        book    M 1 @ 1
        fill f1 BTC 1 @ 100 at 14:00
        fill f2 BTC -1 @ 110 fee 1 pnl {figure} at 14:10
        broker  M 1 @ 1
        =>      closed BTC 0 -> 0 realized 9 USD (gross 10 fees 1)  {breaks}  tied out
    """)


def test_rule_20_of_a_flip_the_venues_figure_is_about_the_old_side():
    check("""
        account venue hyperliquid
        book    BTC 2 @ 100
        fill f1 BTC -5 @ 110 pnl 20
        broker  BTC -3 @ 110
        =>      flipped 2 -> -3 realized 20 USD  tied out
    """)


def test_rule_20_of_an_opening_there_is_no_figure_to_compare():
    check("""
        account venue hyperliquid
        book    ETH 1 @ 1
        fill f1 BTC 5 @ 110 pnl 0
        broker  ETH 1 @ 1
        broker  BTC 5 @ 110
        =>      created BTC 0 -> 5 SYNCED  tied out
    """)


def test_rule_20_states_over_the_life_of_a_short():
    check("""
        fill f1 X -10 @ 100
        =>      created 0 -> -10 OPEN
        ---
        fill f2 X 4 @ 90
        =>      reduced -10 -> -6 REDUCED
        ---
        fill f3 X -1 @ 95
        =>      increased -6 -> -7 OPEN
        ---
        transfer t1 X 2
        =>      reduced -7 -> -5 OPEN realized nothing
        ---
        local   close X @ 80
        =>      closed -5 -> 0 CLOSING
        ---
        fill f4 X 5 @ 81
        =>      restated X 0 -> 0 CLOSED
        ---
        fill f5 X 1 @ 70
        =>      created 0 -> 1 @ 70 OPEN
    """)


def test_rule_20_a_transfer_of_what_was_reduced_leaves_it_reduced():
    check("""
        book    X 10 @ 100
        fill f1 X -4 @ 100
        =>      reduced 10 -> 6 REDUCED
        ---
        transfer t1 X -1
        =>      reduced 6 -> 5 REDUCED
        ---
        transfer t2 X 3 cost 300
        =>      increased 5 -> 8 @ 100 OPEN
    """)
