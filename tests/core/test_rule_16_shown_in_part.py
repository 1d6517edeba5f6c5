"""Rule 16: bookings of our own that the venue shows only in part."""

from scenario import check

CLOSED = """
        policy  grace_s 10
        book    X 10 @ 100
        local   close X @ 110
        =>      closed X 10 -> 0 CLOSING realized 100 USD estimated and more
"""
REDUCED = """
        policy  grace_s 10
        book    X 10 @ 100
        local   reduce X 4 @ 110
        =>      reduced X 10 -> 6 REDUCED realized 40 USD estimated and more
"""
OPENED = """
        policy  grace_s 10
        book    M 1 @ 1
        local   open X 5 @ 100
        =>      created X 0 -> 5 OPENING and more
"""


def test_rule_16_what_the_venue_still_shows_of_a_close_goes_back():
    check(f"""{CLOSED}
        ---
        broker  X 4 @ 100 price 111
        =>      created X 0 -> 4 @ 100 REDUCED DRIFT realized -40 USD estimated by nothing
        =>      break timing X 0 -> 4 remainder 4 seen 1  not tied out
        =>      ended nothing  total USD net 60
        ---
        fill f1 X -6 @ 109 fee 1 at 15:00:10
        broker  X 4 @ 100 price 111
        =>      restated X 4 -> 4 REDUCED realized -7 USD final (gross -6 fees 1) by f1
        =>      break timing X resolved  tied out
        =>      book X 4 @ 100 REDUCED  ended nothing  total USD net 53
        ---
        fill f2 X -4 @ 120
        broker  nothing
        =>      closed X 4 -> 0 CLOSED realized 80 USD reason fill  tied out
        =>      ended X fill net 133  total USD net 133
    """)


def test_rule_16_within_the_grace_period_a_part_is_no_break_either():
    check(f"""{CLOSED}
        ---
        at      15:00:10
        broker  X 4 @ 100 price 111
        =>      nothing else  tied out  book X 0 CLOSING PENDING  total USD net 100
    """)


def test_rule_16_what_the_venue_still_shows_of_a_reduce_goes_back():
    check(f"""{REDUCED}
        ---
        broker  X 8 @ 100 price 111
        =>      increased X 6 -> 8 REDUCED DRIFT realized -20 USD estimated
        =>      break timing X 6 -> 8 seen 1  not tied out  total USD net 20
        ---
        fill f1 X -2 @ 110 at 15:00:10
        broker  X 8 @ 100 price 111
        =>      break timing X resolved  tied out  total USD net 20
    """)


def test_rule_16_more_than_there_was_before_a_close_is_a_break_of_its_own():
    check(f"""{CLOSED}
        ---
        broker  X 12 @ 100 price 111
        =>      created X 0 -> 12 OPEN DRIFT realized -100 USD
        =>      break quantity X 10 -> 12  break timing X 0 -> 10
        =>      total nothing
    """)


def test_rule_16_less_than_was_booked_is_a_break_of_its_own():
    check(f"""{REDUCED}
        ---
        broker  X 5 @ 100 price 111
        =>      reduced X 6 -> 5 realized 11 USD estimated  break quantity X 6 -> 5
        =>      total USD net 51
    """)


def test_rule_16_only_what_no_fill_has_confirmed_can_go_back():
    check(f"""{CLOSED}
        ---
        fill f1 X -3 @ 112 at 15:00:05
        ---
        broker  X 7 @ 100 price 111
        =>      created X 0 -> 7 @ 100 REDUCED realized -70 USD  break timing X 0 -> 7
        =>      total USD net 36
    """)


def test_rule_16_of_several_bookings_the_last_goes_back_first():
    check("""
        policy  grace_s 10
        book    X 10 @ 100
        local   reduce X 2 @ 110
        local   reduce X 3 @ 120
        =>      reduced X 10 -> 5 realized 80 USD estimated and more
        ---
        broker  X 6 @ 100 price 111
        =>      increased X 5 -> 6 realized -20 USD estimated  break timing X 5 -> 6
        =>      total USD net 60
        ---
        broker  X 6 @ 100 price 111
        =>      break timing X resolved  tied out
    """)


def test_rule_16_a_booking_on_the_other_side_does_not_go_back():
    check("""
        policy  grace_s 10
        book    X 10 @ 100
        local   open X 4 @ 100
        local   reduce X 8 @ 110
        =>      reduced X 10 -> 6 realized 80 USD estimated and more
        ---
        broker  X 9 @ 100 price 111
        =>      increased X 6 -> 9 realized -30 USD estimated  break timing X 6 -> 9
    """)


def test_rule_16_what_the_venue_does_not_show_of_an_open_leaves_without_pnl():
    check(f"""{OPENED}
        ---
        broker  M 1 @ 1
        broker  X 3 @ 100 price 90
        =>      reduced X 5 -> 3 @ 100 OPEN DRIFT realized nothing  break timing X 5 -> 3
        ---
        fill f1 X 3 @ 99 at 15:00:10
        broker  M 1 @ 1
        broker  X 3 @ 99 price 90
        =>      restated X 3 -> 3 @ 99  break timing X resolved  tied out
        =>      book X 3 actual and more  total nothing
    """)


def test_rule_16_an_open_that_turns_out_to_be_the_other_side_leaves_without_pnl():
    check(f"""{OPENED}
        ---
        broker  M 1 @ 1
        broker  X -2 @ 100 price 90
        =>      closed X 5 -> 0 realized nothing reason unconfirmed
        =>      created X 0 -> -2 realized nothing
        =>      break missing_in_book X 0 -> -2  break timing X 5 -> 0
        =>      ended X unconfirmed realized nothing
    """)


def test_rule_16_an_open_beside_a_row_of_zero_leaves_without_pnl():
    check("""
        policy  grace_s 10
        book    X 10 @ 100
        local   open X 5 @ 120
        =>      increased X 10 -> 15 and more
        ---
        broker  X 0 price 90
        =>      closed X 15 -> 0 realized -100 USD estimated reason flat
        =>      break quantity X 10 -> 0  break timing X 15 -> 10
    """)


def test_rule_16_an_incomplete_snapshot_ends_nothing_of_a_booking():
    check("""
        policy  grace_s 10
        book    X 10 @ 100
        local   open X 5 @ 120
        ---
        broker  incomplete
        broker  X 0 price 90
        =>      break incomplete_source  partial  book X 15 FAILED
    """)


def test_rule_16_a_snapshot_from_before_a_booking_does_not_confirm_it():
    check("""
        policy  grace_s 10
        book    X 10 @ 100
        local   close X @ 110
        broker  as of 14:59:58
        broker  X 10 @ 100 price 111
        =>      closed X 10 -> 0 CLOSING and more
        ---
        fill f1 X -10 @ 112 at 15:00:10
        =>      restated X 0 -> 0 CLOSED realized 20 USD final by f1
        =>      ended X fill net 120  book nothing
    """)


def test_rule_16_neither_does_the_snapshot_with_which_an_account_begins():
    check("""
        local   open X 5 @ 100
        broker  as of 14:59:58
        broker  X 3 @ 90 price 100
        =>      created X 0 -> 8 PENDING
        ---
        fill f1 X 5 @ 101 at 15:00:10
        =>      restated X 8 -> 8 by f1
    """)


def test_rule_16_one_that_shows_it_does():
    check("""
        local   open X 5 @ 100
        broker  X 5 @ 100 price 100
        =>      created X 0 -> 5 @ 100 OPEN SYNCED  tied out
    """)


FILLED_IN_PART = f"""{OPENED}
        ---
        at      15:00:05
        fill f1 X 2 @ 101 at 15:00:03
        =>      restated X 5 -> 5 @ 100.4 OPENING by f1
        ---
"""


def test_rule_16_of_an_open_that_was_filled_in_part_only_the_rest_leaves():
    check(f"""{FILLED_IN_PART}
        broker  M 1 @ 1
        broker  X 2 @ 101 price 90
        =>      break timing X 5 -> 2 seen 1  not tied out
        ---
        broker  M 1 @ 1
        broker  X 2 @ 101 price 90
        =>      reduced X 5 -> 2 @ 101 OPEN realized nothing  break timing X resolved  tied out
        =>      book X 2 @ 101 actual and more  ended nothing  total nothing
    """)


def test_rule_16_what_a_fill_confirmed_and_is_missing_later_has_pnl_the_rest_has_none():
    check(f"""{FILLED_IN_PART}
        at      15:00:08
        broker  M 1 @ 1
        broker  X 2 @ 101 price 90
        =>      nothing else  tied out
        ---
        broker  M 1 @ 1
        =>      missing X 5 -> 5 and more
        ---
        broker  M 1 @ 1
        =>      closed X 5 -> 0 realized -22 USD estimated reason missing and more
    """)
