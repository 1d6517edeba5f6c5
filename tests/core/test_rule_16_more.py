"""Rule 16 with others: bookings of shorts, coins, legs and splits, and of accounts of our own."""

import pytest

from scenario import check


def test_rule_16_a_short_is_confirmed_in_part_and_then_by_a_snapshot():
    """(3 x 101 + 2 x 100) / 5 = 100.60."""
    check("""
        book    M 1 @ 1
        local   open X -5 @ 100
        =>      created X 0 -> -5 @ 100 OPENING PENDING
        ---
        fill f1 X -3 @ 101 fee 1
        =>      restated X -5 -> -5 @ 100.60 OPENING by f1 realized nothing
        ---
        broker  M 1 @ 1
        broker  X -5 @ 100.60
        =>      nothing else  tied out  book X -5 @ 100.60 OPEN SYNCED
        ---
        fill f2 X 5 @ 90
        =>      closed X -5 -> 0 realized 52 USD (gross 53 fees 1)
    """)


def test_rule_16_a_short_is_reduced_and_a_fill_of_less_replaces_its_part():
    """Four at 90 are 40; three of them at 91 for 1.00 are 27 - 1."""
    check("""
        book    X -10 @ 100
        local   reduce X 4 @ 90
        =>      reduced X -10 -> -6 @ 100 REDUCED realized 40 USD estimated
        ---
        fill f1 X 3 @ 91 fee 1
        =>      restated X -6 -> -6 realized -4 USD estimated (gross -3 fees 1) by f1
        ---
        broker  X -6 @ 100
        =>      nothing else  tied out  total USD net 36
    """)


def test_rule_16_a_short_is_closed():
    check("""
        book    X -10 @ 100
        local   close X @ 90
        =>      closed X -10 -> 0 CLOSING realized 100 USD estimated
        ---
        fill f1 X 10 @ 91 fee 1
        =>      restated X 0 -> 0 CLOSED realized -11 USD final (gross -10 fees 1) by f1
        =>      ended X fill net 89 final  book nothing
    """)


def test_rule_16_two_bookings_are_confirmed_one_after_the_other():
    check("""
        book    M 1 @ 1
        local   open X 5 @ 100
        local   open X 5 @ 110
        =>      created X 0 -> 10 @ 105 OPENING
        ---
        fill f1 X 5 @ 101
        =>      restated X 10 -> 10 @ 105.50 OPENING by f1
        ---
        fill f2 X 5 @ 111
        =>      restated X 10 -> 10 @ 106 OPEN by f2  book X 10 actual
    """)


def test_rule_16_one_fill_confirms_two_bookings():
    check("""
        book    M 1 @ 1
        local   open X 5 @ 100
        local   open X 5 @ 110
        ---
        fill f1 X 10 @ 104 fee 1
        =>      restated X 10 -> 10 @ 104 OPEN by f1
        ---
        fill f2 X -10 @ 105
        =>      closed X 10 -> 0 realized 9 USD
    """)


def test_rule_16_a_booking_and_its_fill_in_one_step_are_one_trade():
    check("""
        book    M 1 @ 1
        local   open X 5 @ 100
        fill f1 X 8 @ 101 at 15:00:10
        =>      created X 0 -> 8 @ 101 OPEN by f1  book X 8 actual
    """)


def test_rule_16_a_fill_with_its_fee_in_the_coin_confirms_the_whole_booking():
    check("""
        book    M 1 @ 1
        local   open ETH/USD 1 @ 2000
        =>      created ETH/USD 0 -> 1 OPENING
        ---
        fill f1 ETH/USD 1 @ 2001 fee 0.0025 ETH
        broker  M 1 @ 1
        broker  ETH/USD 0.9975 @ 2001
        =>      reduced ETH/USD 1 -> 0.9975 @ 2001 OPEN SYNCED realized nothing by f1  tied out
    """)


def test_rule_16_so_does_a_sale():
    """1.01 went at 2000, 0.01 of it as the fee: 1010 - 20 for 1000 assumed."""
    check("""
        book    ETH/USD 2 @ 1000
        local   reduce ETH/USD 1 @ 2000
        =>      reduced ETH/USD 2 -> 1 realized 1000 USD estimated
        ---
        fill f1 ETH/USD -1 @ 2000 fee 0.01 ETH
        broker  ETH/USD 0.99 @ 1000
        =>      reduced ETH/USD 1 -> 0.99 @ 1000 realized -10 USD final (gross 10 fees 20) by f1
        =>      tied out  total USD net 990
    """)


def test_rule_16_a_leg_of_a_hedging_venue_is_booked_by_its_side():
    check("""
        account venue ccxt:bybit
        book    BTC 3 @ 100 side long
        book    BTC -3 @ 100 side short
        local   reduce BTC 1 @ 110 side long
        local   reduce BTC 2 @ 90 side short
        =>      reduced BTC long 3 -> 2 realized 10 USD estimated
        =>      reduced BTC short -3 -> -1 realized 20 USD estimated
        ---
        fill f1 BTC -1 @ 111 side long fee 1
        =>      restated BTC long 2 -> 2 realized 0 USD final (gross 1 fees 1) by f1
        ---
        broker  BTC 2 @ 100 side long
        broker  BTC -1 @ 100 side short
        =>      nothing else  tied out
    """)


def test_rule_16_a_split_before_the_confirmation_scales_the_booking():
    check("""
        book    M 1 @ 1
        local   open X 5 @ 100
        ---
        split s1 X 2 for 1
        =>      split X 5 -> 10 @ 50 OPENING
        ---
        broker  M 1 @ 1
        broker  X 10 @ 50
        =>      nothing else  tied out  book X 10 @ 50 OPEN
    """)


def test_rule_16_after_a_close_a_purchase_of_the_same_step_is_a_new_episode():
    check("""
        book    X 10 @ 100
        book    M 1 @ 1
        local   close X @ 110
        =>      closed X 10 -> 0 CLOSING realized 100 USD estimated
        ---
        fill f1 X -10 @ 111 at 15:00:10
        fill f2 X 4 @ 112 at 15:00:20
        broker  M 1 @ 1
        broker  X 4 @ 112
        =>      restated X 0 -> 0 CLOSED realized 10 USD final by f1
        =>      created X 0 -> 4 @ 112 OPEN SYNCED by f2  tied out  ended X fill net 110
    """)


def test_rule_16_a_fill_that_comes_after_the_grace_period_settles_the_timing_break():
    check("""
        book    M 1 @ 1
        local   open X 5 @ 100
        ---
        at      15:05
        broker  M 1 @ 1
        =>      break timing X 5 -> ? seen 1  not tied out and more  book X 5 OPENING DRIFT
        ---
        fill f1 X 5 @ 99 at 15:00:20
        broker  M 1 @ 1
        broker  X 5 @ 99
        =>      restated X 5 -> 5 @ 99 OPEN SYNCED by f1  break timing X resolved  tied out
    """)


def test_rule_16_what_was_opened_on_top_of_a_position_and_never_shown_leaves_it_as_it_was():
    check("""
        book    X 10 @ 100
        local   open X 5 @ 130
        =>      increased X 10 -> 15 @ 110 OPEN PENDING
        ---
        at      15:10
        broker  X 10 @ 100
        =>      break timing X 15 -> 10 remainder -5 seen 1  not tied out  book X 15 DRIFT
        ---
        broker  X 10 @ 100
        =>      reduced X 15 -> 10 @ 100 realized nothing  and more
        =>      book X 10 @ 100 OPEN  total nothing
    """)


def test_rule_16_a_failed_fetch_confirms_nothing():
    check("""
        book    X 10 @ 100
        local   close X @ 110
        broker  fails unavailable "503"
        =>      closed X 10 -> 0 CLOSING FAILED  break incomplete_source  failed
        ---
        broker  nothing
        =>      break incomplete_source resolved  tied out  ended X local net 100 estimated
    """)


@pytest.mark.parametrize("action", ["open X 5", "reduce X 5", "close X"])
def test_rule_16_a_booking_needs_its_numbers(action):
    check(f"""
        account venue local
        book    M 1 @ 1
        local   {action} @ 10
        =>      {"created X 0 -> 5 OPEN SYNCED" if "open" in action else "error X  partial"}
    """)


# An account without a connection


def test_rule_16_a_local_short_from_its_opening_to_its_end():
    check("""
        account venue local
        local   open X -5 @ 100
        =>      created X 0 -> -5 @ 100 OPEN SYNCED  book X -5 actual
        ---
        local   reduce X 2 @ 90
        =>      reduced X -5 -> -3 @ 100 REDUCED SYNCED realized 20 USD final by nothing
        ---
        local   close X @ 95
        =>      closed X -3 -> 0 CLOSED SYNCED realized 15 USD final reason local
        =>      ended X local net 35
    """)


@pytest.mark.parametrize(
    ("basis", "average", "realized"), [("average", "110", "100"), ("fifo", "120", "150"),
                                       ("lifo", "100", "50"), ("hifo", "100", "50")],
)  # fmt: skip
def test_rule_16_a_local_account_has_a_cost_basis_too(basis, average, realized):
    check(f"""
        account venue local
        policy  cost_basis {basis}
        local   open X 5 @ 100
        local   open X 5 @ 120
        =>      created X 0 -> 10 @ 110
        ---
        local   reduce X 5 @ 130
        =>      reduced X 10 -> 5 @ {average} realized {realized} USD final
    """)


def test_rule_16_a_local_account_never_waits_for_anybody():
    check("""
        account venue local
        local   open X 5 @ 100
        ---
        at      16:00
        local   open X 1 @ 106
        =>      increased X 5 -> 6 @ 101 OPEN SYNCED
    """)


def test_rule_16_a_contract_of_our_own_counts_its_multiplier():
    check("""
        account venue local
        instrument ESZ6 future x50
        local   open ESZ6 2 @ 5000
        local   close ESZ6 @ 5010
        =>      closed ESZ6 0 -> 0 realized 1000 USD final reason local
    """)


def test_rule_16_what_a_fill_of_the_same_step_opened_can_be_reduced_in_it():
    """A bot may buy and sell between two runs: 3 x 30 of the 4 that it bought at 90."""
    check("""
        fill f1 X 4 @ 90 at 14:00
        local   reduce X 3 @ 120
        =>      created X 0 -> 1 @ 90 REDUCED realized 90 USD estimated by f1
        ---
        fill f2 X -3 @ 121
        =>      restated X 1 -> 1 realized 3 USD by f2  total USD net 93
    """)


def test_rule_16_what_a_fill_of_the_same_step_opened_can_be_closed_in_it():
    check("""
        fill f1 X 4 @ 90 at 14:00
        local   close X @ 120
        =>      book X 0 CLOSING and more  total USD net 120
        ---
        fill f2 X -4 @ 121
        =>      restated X 0 -> 0 CLOSED realized 4 USD by f2  total USD net 124
    """)


def test_rule_16_what_a_fill_of_the_same_step_has_sold_already_is_not_sold_again():
    """3 x 31, and 1 is left: the booking of what was sold comes after its fill."""
    check("""
        fill f1 X 4 @ 90 at 14:00
        fill f2 X -3 @ 121 at 14:10
        local   reduce X 3 @ 120
        =>      created X 0 -> 1 @ 90 REDUCED realized 93 USD final by f1 f2
        =>      error X "local reduce needs a quantity of at most 1"  partial
    """)


def test_rule_16_two_reductions_of_a_step_sell_no_more_than_its_fills_bought():
    check("""
        fill f1 X 4 @ 90 at 14:00
        local   reduce X 3 @ 120
        local   reduce X 2 @ 120
        =>      created X 0 -> 1 @ 90 REDUCED realized 90 USD estimated by f1
        =>      error X "local reduce needs a quantity of at most 1"  partial
    """)


def test_rule_16_bookings_of_one_position_keep_their_order():
    """What is opened after a reduction that has to wait is nothing that it could reduce."""
    check("""
        local   reduce X 3 @ 120
        local   open X 5 @ 100
        =>      created X 0 -> 5 @ 100 OPENING realized nothing by nothing
        =>      error X "there is no open position in X to reduce"  partial
    """)


def test_rule_16_a_reduction_may_count_on_what_a_fill_of_the_same_step_added():
    """Average 95 of 8; 6 of them at 105."""
    check("""
        book    X 4 @ 90
        fill f1 X 4 @ 100 at 14:59
        local   reduce X 6 @ 105
        =>      reduced X 4 -> 2 @ 95 REDUCED realized 60 USD estimated by f1
    """)


def test_rule_16_more_than_all_fills_of_the_step_made_is_an_error():
    check("""
        fill f1 X 4 @ 90 at 14:00
        local   reduce X 5 @ 120
        =>      created X 0 -> 4 and more
        =>      error X "local reduce needs a quantity of at most 4"  partial
    """)


def test_rule_16_what_no_fill_opened_cannot_be_reduced():
    check("""
        fill f1 Y 4 @ 90 at 14:00
        local   reduce X 3 @ 120
        =>      created Y 0 -> 4 and more
        =>      error X "there is no open position in X to reduce"  partial
    """)


def test_rule_16_a_fill_after_the_booking_is_not_what_it_reduced():
    check("""
        fill f1 X 4 @ 90 at 14:30
        local   reduce X 3 @ 120 at 14:20
        =>      created X 0 -> 4 and more
        =>      error X "there is no open position in X to reduce"  partial
    """)
