"""Rule 16: what we booked ourselves, until a snapshot or a fill agrees."""

import pytest

from scenario import check

OPENED = """
        book    MSFT 1 @ 1
        local   open AAPL 5 @ 100
        =>      created AAPL 0 -> 5 @ 100 OPENING PENDING realized nothing by nothing  not judged
"""
CLOSED = """
        book    MSFT 1 @ 1
        book    AAPL 10 @ 100
        local   close AAPL @ 110
        =>      closed AAPL 10 -> 0 @ ? CLOSING PENDING realized 100 USD estimated by nothing
"""
REDUCED = """
        book    AAPL 10 @ 100
        local   reduce AAPL 4 @ 110
        =>      reduced AAPL 10 -> 6 @ 100 REDUCED PENDING realized 40 USD estimated by nothing
"""


def test_rule_16_an_open_that_a_snapshot_shows_is_open():
    check(f"""{OPENED}
        ---
        broker  MSFT 1 @ 1
        broker  AAPL 5 @ 100
        =>      nothing else  tied out  book AAPL 5 @ 100 OPEN SYNCED
    """)


def test_rule_16_a_fill_confirms_it_and_replaces_its_price_and_fees():
    check(f"""{OPENED}
        ---
        fill f1 AAPL 5 @ 101 fee 1
        =>      restated AAPL 5 -> 5 @ 101 OPEN realized nothing by f1  book AAPL 5 actual
        ---
        fill f2 AAPL -5 @ 110
        =>      closed 5 -> 0 realized 44 USD final (gross 45 fees 1)
    """)


def test_rule_16_a_fill_never_adds_to_it():
    check(f"""{OPENED}
        ---
        fill f1 AAPL 3 @ 101
        =>      restated AAPL 5 -> 5 @ 100.6
        ---
        fill f2 AAPL 2 @ 102
        =>      restated AAPL 5 -> 5 @ 101.4 OPEN  book AAPL 5 actual
    """)


def test_rule_16_what_a_fill_has_beyond_the_booking_is_a_trade():
    check(f"""{OPENED}
        ---
        fill f1 AAPL 7 @ 101
        =>      increased AAPL 5 -> 7 @ 101 OPEN by f1
    """)


def test_rule_16_after_the_confirmation_fills_are_new():
    check(f"""{OPENED}
        ---
        broker  MSFT 1 @ 1
        broker  AAPL 5 @ 100
        ---
        fill f1 AAPL 5 @ 101
        =>      increased AAPL 5 -> 10
    """)


def test_rule_16_a_fill_on_the_other_side_confirms_nothing():
    check(f"""{OPENED}
        ---
        fill f1 AAPL -2 @ 101
        =>      reduced AAPL 5 -> 3 by f1
    """)


@pytest.mark.parametrize("seconds", ["01", "30", "59", "60"])
def test_rule_16_within_the_grace_period_a_booking_not_yet_shown_is_no_break(seconds):
    time = "15:01:00" if seconds == "60" else f"15:00:{seconds}"
    check(f"""{OPENED}
        ---
        at      {time}
        broker  MSFT 1 @ 1
        =>      nothing else  tied out  book AAPL 5 OPENING
    """)


def test_rule_16_after_it_it_is_a_timing_break():
    check(f"""{OPENED}
        ---
        at      15:01:01
        broker  MSFT 1 @ 1
        =>      break timing AAPL open seen 1  and more  not tied out  book AAPL 5 OPENING
    """)


def test_rule_16_a_grace_period_may_be_longer_than_a_calendar_goes():
    check(f"""
        policy  grace_s 1e400
        {OPENED}
        ---
        at      15:05
        broker  MSFT 1 @ 1
        =>      nothing else  tied out  book AAPL 5 OPENING
    """)


def test_rule_16_the_grace_period_can_be_set():
    check(f"""
        policy  grace_s 300
        {OPENED}
        ---
        at      15:05
        broker  MSFT 1 @ 1
        =>      nothing else  tied out
        ---
        at      15:05:01
        broker  MSFT 1 @ 1
        =>      break timing AAPL seen 1  and more  not tied out
    """)


def test_rule_16_an_open_that_is_never_confirmed_ends_without_pnl():
    check(f"""{OPENED}
        ---
        at      15:05
        broker  MSFT 1 @ 1
        =>      break timing AAPL seen 1  and more
        ---
        broker  MSFT 1 @ 1
        =>      closed AAPL 5 -> 0 CLOSED realized nothing reason unconfirmed
        =>      break timing AAPL resolved  tied out
        =>      ended AAPL unconfirmed realized nothing  total nothing
    """)


def test_rule_16_under_flag_it_stays():
    check(f"""
        policy  on_missing flag
        {OPENED}
        ---
        at      15:05
        broker  MSFT 1 @ 1
        ---
        broker  MSFT 1 @ 1
        =>      break timing AAPL seen 2  and more  not tied out  book AAPL 5 OPENING
    """)


def test_rule_16_a_close_that_a_snapshot_confirms_is_closed():
    check(f"""{CLOSED}
        =>      book AAPL 0 @ ? CLOSING  ended nothing  total USD net 100
        ---
        broker  MSFT 1 @ 1
        =>      nothing else  tied out  ended AAPL local net 100 estimated
    """)


def test_rule_16_a_close_that_a_fill_confirms_is_restated_by_the_difference():
    check(f"""{CLOSED}
        ---
        fill f1 AAPL -10 @ 112 fee 1
        =>      restated AAPL 0 -> 0 CLOSED realized 19 USD final (gross 20 fees 1) by f1
        =>      ended AAPL fill net 119 final  total USD net 119
    """)


def test_rule_16_a_fill_without_a_difference_is_not_listed():
    check(f"""{CLOSED}
        ---
        fill f1 AAPL -10 @ 110
        =>      nothing else  book MSFT 1  ended AAPL fill net 100 final
    """)


def test_rule_16_a_close_that_the_venue_still_shows_within_the_grace_period_is_no_break():
    check(f"""{CLOSED}
        ---
        at      15:00:30
        broker  MSFT 1 @ 1
        broker  AAPL 10 @ 100
        =>      nothing else  tied out  book AAPL 0 CLOSING
    """)


def test_rule_16_after_it_the_position_goes_back():
    check(f"""{CLOSED}
        ---
        at      15:05
        broker  MSFT 1 @ 1
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 @ 100 OPEN DRIFT realized -100 USD
        =>      break timing AAPL 0 -> 10 open  not tied out  book AAPL 10 @ 100 OPEN
        =>      ended nothing  total nothing
    """)


def test_rule_16_one_that_was_reduced_goes_back_to_reduced():
    check("""
        book    MSFT 1 @ 1
        book    AAPL 10 @ 100 REDUCED
        local   close AAPL @ 110
        =>      closed AAPL 10 -> 0 CLOSING
        ---
        at      15:05
        broker  MSFT 1 @ 1
        broker  AAPL 10 @ 100
        =>      and more  book AAPL 10 REDUCED
    """)


def test_rule_16_a_reduce_realizes_in_its_step_and_a_snapshot_confirms_it():
    check(f"""{REDUCED}
        ---
        broker  AAPL 6 @ 100
        =>      nothing else  tied out  book AAPL 6 REDUCED SYNCED  total USD net 40
    """)


def test_rule_16_a_fill_replaces_the_estimate_of_a_reduce():
    check(f"""{REDUCED}
        ---
        fill f1 AAPL -4 @ 109 fee 1
        broker  AAPL 6 @ 100
        =>      restated AAPL 6 -> 6 realized -5 USD final (gross -4 fees 1) by f1  tied out
        =>      total USD net 35
    """)


def test_rule_16_a_short_is_opened_by_its_side_or_sign():
    check("""
        local   open AAPL -5 @ 100
        local   open MSFT 5 @ 100 side short
        =>      created AAPL 0 -> -5 OPENING  created MSFT 0 -> -5 OPENING
    """)


def test_rule_16_an_account_without_a_connection_confirms_at_once():
    check("""
        account venue local
        local   open AAPL 10 @ 100
        =>      created AAPL 0 -> 10 @ 100 OPEN SYNCED  not judged
        ---
        local   reduce AAPL 4 @ 110
        =>      reduced AAPL 10 -> 6 REDUCED SYNCED realized 40 USD final
        ---
        local   close AAPL @ 120
        =>      closed AAPL 6 -> 0 CLOSED SYNCED realized 120 USD final reason local
        =>      ended AAPL local net 160 final  book nothing
    """)


@pytest.mark.parametrize(
    "booking", ["reduce AAPL 1 @ 1", "close AAPL @ 1", "reduce MSFT 2 @ 1", "reduce MSFT 1.1 @ 1"]
)
def test_rule_16_what_is_not_held_cannot_be_sold(booking):
    check(f"""
        book    MSFT 1 @ 1
        local   {booking}
        =>      error {booking.split()[1]}  partial  book MSFT 1
    """)


def test_rule_16_a_close_that_fills_confirm_bit_by_bit_is_closing_until_the_last():
    """(111 - 110) x 4 = 4, then (108 - 110) x 6 = -12, with 0.50 each."""
    check(f"""{CLOSED}
        ---
        fill f1 AAPL -4 @ 111 fee 0.50
        =>      restated AAPL 0 -> 0 CLOSING PENDING realized 3.50 USD estimated by f1
        =>      book AAPL 0 CLOSING  ended nothing  total USD net 103.50
        ---
        fill f2 AAPL -6 @ 108 fee 0.50
        =>      restated AAPL 0 -> 0 CLOSED realized -12.50 USD final by f2
        =>      book MSFT 1  ended AAPL fill net 91 final  total USD net 91
    """)


def test_rule_16_of_a_close_that_was_filled_in_part_only_the_rest_goes_back():
    """Six of ten were never sold: 6 x 10 go back; 4 x 11 stay."""
    check(f"""{CLOSED}
        ---
        fill f1 AAPL -4 @ 111
        =>      restated AAPL 0 -> 0 CLOSING
        ---
        at      15:10
        broker  MSFT 1 @ 1
        broker  AAPL 6 @ 100 price 112
        =>      created AAPL 0 -> 6 @ 100 REDUCED DRIFT realized -60 USD
        =>      break timing AAPL 0 -> 6  not tied out  ended nothing  total USD net 44
    """)
