"""Rule 14: venues that keep long and short apart."""

import pytest

from scenario import check

LEGS = """
        account venue ccxt:bybit
        book    BTC 3 @ 100 side long
        book    BTC -2 @ 110 side short
"""


def test_rule_14_the_sides_are_two_positions():
    check(f"""{LEGS}
        broker  BTC 3 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      nothing else  tied out  book BTC long 3  book BTC short -2
    """)


def test_rule_14_closing_one_leaves_the_other_alone():
    check(f"""{LEGS}
        fill f1 BTC 2 @ 105 side short
        broker  BTC 3 @ 100 side long
        =>      closed BTC short -2 -> 0 realized 10 USD by f1  tied out  book BTC long 3
    """)


def test_rule_14_differences_are_by_side():
    check(f"""{LEGS}
        broker  BTC 4 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      increased BTC long 3 -> 4 DRIFT  break quantity BTC long 3 -> 4
    """)


def test_rule_14_changes_are_ordered_by_side():
    check(f"""{LEGS}
        fill f1 BTC 1 @ 105 side short
        fill f2 BTC 1 @ 105 side long
        =>      increased BTC long 3 -> 4  reduced BTC short -2 -> -1
    """)


def test_rule_14_an_activity_without_a_side_is_an_error():
    check(f"""{LEGS}
        fill f1 BTC 1 @ 105
        fill f2 BTC 1 @ 105 side long
        broker  BTC 4 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      increased BTC long 3 -> 4 by f2  error f1 side  partial  and more
    """)


def test_rule_14_a_row_without_a_side_that_is_the_sum_is_a_match():
    check(f"""{LEGS}
        broker  BTC 1 @ null
        =>      nothing else  tied out  book BTC long 3 SYNCED  book BTC short -2 SYNCED
    """)


def test_rule_14_one_that_is_not_is_a_side_break_that_is_never_applied():
    check(f"""{LEGS}
        broker  BTC 2 @ null
        =>      break side BTC 1 -> 2 remainder 1 open  not tied out
        =>      book BTC long 3  book BTC short -2
        ---
        broker  BTC 2 @ null
        =>      break side BTC seen 2 open  not tied out  book BTC long 3
        ---
        broker  BTC 1 @ null
        =>      break side BTC resolved  tied out
    """)


def test_rule_14_legs_are_adopted_by_side():
    check("""
        account venue ccxt:okx
        broker  BTC 0.003 @ 37000 side long
        broker  BTC -0.003 @ 37416.5 side short
        =>      created BTC long 0 -> 0.003  created BTC short 0 -> -0.003  tied out
    """)


@pytest.mark.parametrize(
    ("leg", "held", "closing", "late"),
    [("long", "2", "-3", "1"), ("short", "-2", "3", "-1")],
    ids=["long", "short"],
)
def test_rule_14_a_leg_does_not_go_through_zero(leg, held, closing, late):
    check(f"""
        account venue ccxt:bybit
        book    BTC {held} @ 100 side {leg}
        fill f1 BTC {closing} @ 110 side {leg} at 14:00
        =>      error f1 "{leg} leg"  partial  book BTC {leg} {held} @ 100 OPEN
        ---
        fill f0 BTC {late} @ 100 side {leg} at 13:00
        =>      closed BTC {leg} {held} -> 0 by f0 f1  applied
    """)


def test_rule_14_a_leg_may_be_closed_to_the_last_unit():
    check("""
        account venue ccxt:bybit
        book    BTC 2 @ 100 side long
        book    BTC -1 @ 100 side short
        fill f1 BTC -2 @ 110 side long
        =>      closed BTC long 2 -> 0 realized 20 USD by f1  book BTC short -1
    """)


def test_rule_14_a_long_leg_is_not_opened_by_a_sale():
    check("""
        account venue ccxt:bybit
        book    M 1 @ 1
        fill f1 BTC -3 @ 110 side long
        fill f2 BTC -3 @ 110 side short
        =>      created BTC short 0 -> -3 by f2  error f1 "long leg"  partial
    """)
