"""Rules 1, 1b and 3 over several runs: what was assumed, what explains it, and what it leaves."""

import pytest

from scenario import check

HELD = """
        book    M 1 @ 1
        book    X 10 @ 100
        broker  M 1 @ 1
        broker  X 10 @ 100 price 110
"""


def test_one_fill_explains_two_unexplained_changes():
    """2 x 10 and 3 x 20 were assumed, 80; the fill makes 5 x 15 - 1 = 74."""
    check("""
        book    X 10 @ 100
        broker  X 8 @ 100 price 110
        =>      reduced 10 -> 8 realized 20 USD estimated  break quantity X seen 1
        ---
        broker  X 5 @ 100 price 120
        =>      reduced 8 -> 5 realized 60 USD estimated
        =>      break quantity X 8 -> 5 remainder -3 seen 2 open  alert break X
        ---
        fill f1 X -5 @ 115 fee 1 at 14:59
        broker  X 5 @ 100 price 120
        =>      restated 5 -> 5 realized -6 USD final (gross -5 fees 1) by f1
        =>      break quantity X seen 2 resolved  tied out  total USD net 74
    """)


def test_two_fills_explain_one_change_in_whatever_order_they_come():
    for first, second in (
        ("f1 X -1 @ 112 at 14:50", "f2 X -3 @ 111 at 14:55"),
        ("f2 X -3 @ 111 at 14:55", "f1 X -1 @ 112 at 14:50"),
    ):
        check(f"""
            book    X 10 @ 100
            broker  X 6 @ 100 price 110
            =>      reduced 10 -> 6 realized 40 USD estimated and more
            ---
            fill {first}
            =>      restated 6 -> 6 REDUCED and more
            ---
            fill {second}
            broker  X 6 @ 100 price 110
            =>      restated 6 -> 6 REDUCED  tied out and more
            =>      total USD net 45
        """)


def test_an_increase_that_a_fill_explains_is_actual_again():
    """10 x 100 + 2 x 106 = 1212; the venue's 101 agrees with it."""
    check("""
        book    M 1 @ 1
        fill f0 X 10 @ 100 at 14:00
        broker  M 1 @ 1
        broker  X 10 @ 100
        ---
        broker  M 1 @ 1
        broker  X 12 @ 101 price 110
        =>      increased X 10 -> 12 @ 101 DRIFT  break quantity X  book X 12 venue
        ---
        fill f1 X 2 @ 106 at 15:00:30
        broker  M 1 @ 1
        broker  X 12 @ 101 price 110
        =>      break quantity X resolved  tied out  book X 12 @ 101 actual
    """)


def test_an_increase_that_a_fill_explains_at_another_price_than_the_venues_average():
    check("""
        book    M 1 @ 1
        fill f0 X 10 @ 100 at 14:00
        broker  M 1 @ 1
        broker  X 10 @ 100
        ---
        broker  M 1 @ 1
        broker  X 12 @ 101 price 110
        =>      increased X 10 -> 12 @ 101  break quantity X
        ---
        fill f1 X 2 @ 112 at 15:00:30
        broker  M 1 @ 1
        broker  X 12 @ 102 price 110
        =>      restated X 12 -> 12 @ 102 SYNCED by f1  break quantity X resolved  tied out
    """)


def test_a_holding_that_nobody_explained_is_ours_once_its_fill_comes():
    check("""
        book    M 1 @ 1
        broker  M 1 @ 1
        broker  X 5 @ 100 price 101
        =>      created X 0 -> 5 @ 100 DRIFT by nothing  break missing_in_book X seen 1
        ---
        fill f1 X 5 @ 99 fee 1 at 14:50
        broker  M 1 @ 1
        broker  X 5 @ 99 price 101
        =>      restated X 5 -> 5 @ 99 SYNCED by f1  break missing_in_book X resolved  tied out
        =>      book X 5 @ 99 actual
        ---
        fill f2 X -5 @ 101
        =>      closed X 5 -> 0 realized 9 USD (gross 10 fees 1)
    """)


def test_of_an_unexplained_holding_only_a_part_is_explained():
    check("""
        book    M 1 @ 1
        broker  M 1 @ 1
        broker  X 5 @ 100 price 101
        ---
        fill f1 X 3 @ 99 at 14:50
        broker  M 1 @ 1
        broker  X 5 @ 99.40 price 101
        =>      restated X 5 -> 5 @ 99.40 SYNCED  break missing_in_book X resolved  tied out
        =>      book X 5 @ 99.40 venue
    """)


def test_a_flip_that_one_fill_explains():
    """10 x (118 - 100) - 2 = 178 for 200 assumed; the short begins at 118 with a fee of 1."""
    check("""
        book    X 10 @ 100
        broker  X -5 @ 120 price 120
        =>      flipped 10 -> -5 @ 120 realized 200 USD estimated  break quantity X 10 -> -5
        ---
        fill f1 X -15 @ 118 fee 3 at 14:50
        broker  X -5 @ 118 price 120
        =>      restated -5 -> -5 @ 118 SYNCED realized -22 USD final (gross -20 fees 2) by f1
        =>      break quantity X resolved  tied out  ended X fill net 178 at 14:50
        ---
        fill f2 X 5 @ 110
        =>      closed -5 -> 0 realized 39 USD (gross 40 fees 1)
    """)


def test_a_flip_that_two_fills_explain_one_by_one():
    check("""
        book    X 10 @ 100
        broker  X -5 @ 120 price 120
        =>      flipped 10 -> -5 @ 120 realized 200 USD estimated  break quantity X
        ---
        fill f1 X -10 @ 118 fee 1 at 14:50
        broker  X -5 @ 120 price 120
        =>      restated -5 -> -5 @ 120 realized -21 USD final by f1
        =>      break quantity X resolved  tied out  ended X fill net 179
        ---
        fill f2 X -5 @ 119 at 14:51
        broker  X -5 @ 119 price 120
        =>      restated -5 -> -5 @ 119 SYNCED realized nothing by f2  tied out
        =>      book X -5 @ 119 actual
    """)


def test_a_position_closed_by_its_policy_takes_the_fill_that_comes_later():
    check(f"""
        policy  missing_confirmations 1
        {HELD}
        ---
        broker  M 1 @ 1
        =>      closed X 10 -> 0 DRIFT realized 100 USD estimated reason missing
        =>      break missing_at_broker X seen 1 open
        ---
        fill f1 X -10 @ 111 fee 1 at 15:00:30
        broker  M 1 @ 1
        =>      restated X 0 -> 0 CLOSED realized 9 USD final (gross 10 fees 1) by f1
        =>      break missing_at_broker X resolved  tied out
        =>      ended X fill net 109 at 15:00:30
    """)


def test_a_position_closed_by_its_policy_that_is_there_again_is_another_episode():
    check(f"""
        policy  missing_confirmations 1
        {HELD}
        ---
        broker  M 1 @ 1
        =>      closed X 10 -> 0 reason missing and more
        ---
        broker  M 1 @ 1
        broker  X 10 @ 100 price 110
        =>      created X 0 -> 10 @ 100 OPEN DRIFT
        =>      break missing_at_broker X resolved  break missing_in_book X seen 1 open
        =>      not tied out  ended X missing net 100
    """)


@pytest.mark.parametrize(
    ("event", "reason", "money"),
    [
        ("fill e X -10 @ 120 at 15:10", "fill", "200 USD final"),
        ("transfer e X -10 at 15:10", "transfer", "nothing"),
        ("expiry e X -10 @ 0 at 15:10", "worthless", "-1000 USD final"),
        ("merger e X cash 1500 at 15:10", "merger", "500 USD final"),
    ],
)
def test_a_missing_position_is_closed_as_soon_as_something_explains_it(event, reason, money):
    check(f"""
        policy  on_missing flag
        {HELD}
        ---
        at      2026-11-20T15:30:00Z
        broker  M 1 @ 1
        =>      missing X PENDING  break missing_at_broker X seen 1
        ---
        {event}
        broker  M 1 @ 1
        =>      closed X 10 -> 0 CLOSED SYNCED realized {money} by e reason {reason}
        =>      break missing_at_broker X resolved seen 1  tied out
    """)


def test_a_missing_position_of_which_a_part_is_explained_goes_on_missing():
    """6 x 10 by the fill, 4 x 10 at the last mark."""
    check(f"""{HELD}
        ---
        broker  M 1 @ 1
        =>      missing X 10 -> 10 PENDING  break missing_at_broker X 10 -> ? seen 1
        ---
        fill f1 X -6 @ 110 at 15:00:30
        broker  M 1 @ 1
        =>      closed X 10 -> 0 DRIFT realized 100 USD estimated by f1 reason missing
        =>      break missing_at_broker X 4 -> ? remainder -4 seen 2 before 10 after fill f1 -6
        =>      not tied out
        ---
        broker  M 1 @ 1
        =>      break missing_at_broker X resolved  tied out
    """)


def test_a_flagged_position_that_comes_back_smaller_is_another_break():
    check(f"""
        policy  on_missing flag
        {HELD}
        ---
        broker  M 1 @ 1
        =>      missing X PENDING  break missing_at_broker X seen 1
        ---
        broker  M 1 @ 1
        =>      missing X DRIFT  break missing_at_broker X seen 2  alert break X
        ---
        broker  M 1 @ 1
        broker  X 7 @ 100 price 112
        =>      reduced X 10 -> 7 REDUCED DRIFT realized 36 USD estimated
        =>      break missing_at_broker X seen 2 resolved  break quantity X 10 -> 7 seen 1 open
        ---
        broker  M 1 @ 1
        broker  X 7 @ 100 price 112
        =>      break quantity X seen 1 resolved  tied out
    """)


def test_a_flagged_position_that_comes_back_as_it_was_is_synced():
    check(f"""
        policy  on_missing flag
        {HELD}
        ---
        broker  M 1 @ 1
        ---
        broker  M 1 @ 1
        =>      missing X DRIFT  break missing_at_broker X seen 2
        ---
        broker  M 1 @ 1
        broker  X 10 @ 100 price 110
        =>      break missing_at_broker X seen 2 resolved  tied out  book X 10 OPEN SYNCED
    """)


def test_a_flagged_option_ends_on_the_day_after_its_last():
    check("""
        policy  on_missing flag
        book    AAPL261120C00150000 1 @ 2
        book    M 1 @ 1
        broker  M 1 @ 1
        =>      missing AAPL261120C00150000 PENDING  break missing_at_broker AAPL261120C00150000
        ---
        at      2026-11-21T15:00:00Z
        broker  M 1 @ 1
        =>      closed AAPL261120C00150000 1 -> 0 SYNCED realized -200 USD estimated reason expiry
        =>      break missing_at_broker AAPL261120C00150000 resolved  tied out
    """)


def test_under_delete_the_row_leaves_and_its_end_is_told():
    check(f"""
        policy  on_missing delete
        {HELD}
        ---
        broker  M 1 @ 1
        =>      missing X PENDING and more  listed removed nothing
        ---
        broker  M 1 @ 1
        =>      closed X 10 -> 0 CLOSED realized 100 USD estimated reason missing
        =>      break missing_at_broker X seen 2  listed removed X  ended X missing net 100
    """)


def test_an_unexplained_reduction_then_a_split_then_the_fill_of_before_it():
    """Four went at 112, which was 110 assumed: 8 more. The split is of what was left."""
    check("""
        book    X 10 @ 100
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 6 realized 40 USD estimated and more
        ---
        split s1 X 2 for 1
        broker  X 12 @ 50 price 55
        =>      split 6 -> 12 @ 50 REDUCED SYNCED by s1  break quantity X resolved  tied out
        ---
        fill f1 X -4 @ 112 at 14:50
        broker  X 12 @ 50 price 55
        =>      restated 12 -> 12 @ 50 realized 8 USD final by f1  tied out  total USD net 48
    """)


def test_a_fill_of_after_the_split_explains_in_units_of_after_it():
    check("""
        book    X 10 @ 100
        split s1 X 2 for 1
        broker  X 12 @ 50 price 55
        =>      increased 10 -> 12 realized 40 USD estimated and more
        ---
        fill f1 X -8 @ 56 at 14:59:45
        broker  X 12 @ 50 price 55
        =>      restated 12 -> 12 @ 50 realized 8 USD final by f1  tied out and more
    """)
