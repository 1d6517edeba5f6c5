"""Rule 14 with others: legs that are missing, flat, decided about, guarded and adopted."""

import pytest

from scenario import check

LEGS = """
        account venue ccxt:bybit
        book    BTC 3 @ 100 side long
        book    BTC -2 @ 110 side short
"""


def test_rule_14_one_leg_is_missing_and_the_other_is_there():
    check(f"""{LEGS}
        broker  BTC 3 @ 100 side long price 105
        broker  BTC -2 @ 110 side short price 105
        ---
        broker  BTC 3 @ 100 side long price 105
        =>      missing BTC short -2 -> -2 PENDING
        =>      break missing_at_broker BTC short -2 -> ? remainder 2 seen 1  not tied out
        =>      book BTC long 3 SYNCED
        ---
        broker  BTC 3 @ 100 side long price 105
        =>      closed BTC short -2 -> 0 realized 10 USD estimated reason missing
        =>      break missing_at_broker BTC short seen 2  book BTC long 3
    """)


def test_rule_14_a_zero_row_closes_the_leg_it_names():
    check(f"""{LEGS}
        broker  BTC 3 @ 100 side long
        broker  BTC 0 @ null side short price 105
        =>      closed BTC short -2 -> 0 realized 10 USD estimated reason flat
        =>      break quantity BTC short -2 -> 0  not tied out  book BTC long 3 SYNCED
    """)


def test_rule_14_a_zero_row_without_a_side_agrees_with_legs_that_cancel_out():
    check("""
        account venue ccxt:bybit
        book    BTC 2 @ 100 side long
        book    BTC -2 @ 110 side short
        broker  BTC 0 @ null
        =>      nothing else  tied out  book BTC long 2 SYNCED  book BTC short -2 SYNCED
    """)


def test_rule_14_a_zero_row_without_a_side_closes_no_leg():
    check(f"""{LEGS}
        broker  BTC 0 @ null price 105
        =>      break side BTC 1 -> 0 remainder -1  not tied out
        =>      book BTC long 3 OPEN DRIFT  book BTC short -2 OPEN DRIFT  ended nothing
    """)


def test_rule_14_fills_of_both_legs_are_in_the_sum():
    check(f"""{LEGS}
        fill f1 BTC 1 @ 104 side long
        fill f2 BTC 1 @ 104 side short
        broker  BTC 3 @ null
        =>      increased BTC long 3 -> 4 @ 101 by f1
        =>      reduced BTC short -2 -> -1 realized 6 USD by f2  tied out
    """)


def test_rule_14_accepting_the_broker_about_a_sum_says_nothing_about_the_legs():
    """Theirs is 2 in all: nobody knows which leg has one more, so nothing moves."""
    check(f"""
        policy  truth manual
        {LEGS}
        broker  BTC 2 @ null
        =>      break side BTC 1 -> 2 remainder 1  not tied out
        ---
        local   accept_broker BTC
        broker  BTC 2 @ null
        =>      error BTC "which leg"  break side BTC 1 -> 2 seen 2 open  not tied out  partial
        =>      book BTC long 3 @ 100 OPEN  book BTC short -2 @ 110 OPEN  alert break BTC
    """)


def test_rule_14_a_fill_with_its_side_settles_the_sum():
    check(f"""{LEGS}
        broker  BTC 2 @ null
        =>      break side BTC 1 -> 2 seen 1
        ---
        fill f1 BTC 1 @ 109 side short at 14:59
        broker  BTC 2 @ null
        =>      reduced BTC short -2 -> -1 realized 1 USD by f1  break side BTC resolved  tied out
    """)


def test_rule_14_an_ignored_sum_stays_so_while_it_is_the_same():
    check(f"""{LEGS}
        broker  BTC 2 @ null
        ---
        local   ignore_break BTC
        broker  BTC 2 @ null
        =>      break side BTC 1 -> 2 seen 2 ignored  tied out
        ---
        broker  BTC 2 @ null
        =>      break side BTC ignored  tied out
        ---
        broker  BTC 3 @ null
        =>      break side BTC 1 -> 3 remainder 2 seen 1 open  not tied out
    """)


@pytest.mark.parametrize(
    ("side", "change", "other"),
    [
        ("long", "increased BTC long 3 -> 4 SYNCED", "book BTC short -2 DRIFT"),
        ("short", "reduced BTC short -2 -> -1 REDUCED SYNCED", "book BTC long 3 DRIFT"),
    ],
)
def test_rule_14_a_person_decides_about_the_leg_they_name(side, change, other):
    rest = "short -2 -> -1" if side == "long" else "long 3 -> 4"
    rows = """
        broker  BTC 4 @ 100 side long price 105
        broker  BTC -1 @ 110 side short price 105
    """
    kinds = ("break quantity BTC long", "break quantity BTC short")
    mine, theirs = kinds if side == "long" else kinds[::-1]
    first, second = sorted((f"{mine} resolved", f"{theirs.split(' BTC')[0]} BTC {rest} seen 2"))
    check(f"""
        policy  truth manual
        {LEGS}
        {rows}
        =>      break quantity BTC long 3 -> 4  break quantity BTC short -2 -> -1
        ---
        local   accept_broker BTC side {side}
        {rows}
        =>      {change}  {first}  {second}  alert break BTC  not tied out  {other}
    """)


def test_rule_14_without_a_side_a_person_decides_about_both():
    check(f"""
        policy  truth manual
        {LEGS}
        broker  BTC 4 @ 100 side long price 105
        broker  BTC -1 @ 110 side short price 105
        ---
        local   accept_broker BTC
        broker  BTC 4 @ 100 side long price 105
        broker  BTC -1 @ 110 side short price 105
        =>      increased BTC long 3 -> 4 SYNCED  reduced BTC short -2 -> -1 SYNCED
        =>      break quantity BTC long resolved  break quantity BTC short resolved  tied out
    """)


def test_rule_14_the_guard_counts_each_leg():
    check("""
        account venue ccxt:bybit
        book    A 1 @ 1 side long
        book    A -1 @ 1 side short
        book    B 1 @ 1 side long
        book    B -1 @ 1 side short
        broker  A 1 @ 1 side long
        =>      missing A short  missing B long  missing B short  held  and more
    """)


def test_rule_14_funding_of_a_leg_is_its_own():
    check(f"""{LEGS}
        funding n1 BTC cash -1 side long
        funding n2 BTC cash 0.50 side short
        broker  BTC 3 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      restated BTC long 3 -> 3 realized 0 USD (funding -1) by n1
        =>      restated BTC short -2 -> -2 realized 0 USD (funding 0.50) by n2
        =>      tied out  total USD net 0 funding -0.50
    """)


@pytest.mark.parametrize("event", ["funding n1 BTC cash -1", "transfer n1 BTC 1",
                                   "liquidation n1 BTC -1 @ 90"])  # fmt: skip
def test_rule_14_every_kind_of_activity_needs_its_side(event):
    check(f"""{LEGS}
        {event}
        broker  BTC 3 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      error n1 "side"  partial  not tied out
    """)


def test_rule_14_a_leg_is_liquidated_and_the_other_lives():
    check(f"""{LEGS}
        liquidation l1 BTC -3 @ 80 side long
        broker  BTC -2 @ 110 side short
        =>      closed BTC long 3 -> 0 LIQUIDATED realized -60 USD by l1 reason liquidation
        =>      tied out  book BTC short -2 OPEN
    """)


def test_rule_14_a_row_that_comes_twice_for_one_leg():
    check(f"""{LEGS}
        broker  BTC 3 @ 100 side long
        broker  BTC 3 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      break duplicate BTC long open  tied out
        ---
        broker  BTC 3 @ 100 side long
        broker  BTC 4 @ 100 side long
        broker  BTC -2 @ 110 side short
        =>      invalid BTC long 3 -> 3 FAILED  error BTC  partial  book BTC short -2 SYNCED
        =>      and more
    """)


def test_rule_14_each_leg_has_its_own_average_and_episode():
    check("""
        account venue ccxt:okx
        fill f1 BTC 2 @ 100 side long at 14:00
        fill f2 BTC -2 @ 100 side short at 14:00
        fill f3 BTC -2 @ 110 side long at 14:10
        fill f4 BTC 2 @ 110 side short at 14:10
        =>      closed BTC long 0 -> 0 realized 20 USD by f1 f3
        =>      closed BTC short 0 -> 0 realized -20 USD by f2 f4  total USD net 0
        =>      ended BTC long fill net 20  ended BTC short fill net -20
    """)


def test_rule_14_a_person_may_keep_the_legs_as_they_are():
    check(f"""{LEGS}
        broker  BTC 2 @ null
        =>      break side BTC 1 -> 2 seen 1 open  not tied out
        ---
        local   keep_book BTC
        broker  BTC 2 @ null
        =>      break side BTC resolved  tied out
        =>      book BTC long 3 OPEN SYNCED  book BTC short -2 OPEN SYNCED
        ---
        broker  BTC 2 @ null
        =>      nothing else  tied out
        ---
        broker  BTC 3 @ null
        =>      break side BTC 1 -> 3 seen 1 open  not tied out
        ---
        broker  BTC 1 @ null
        =>      break side BTC resolved  tied out
    """)


def test_rule_14_a_kept_sum_of_the_size_of_one_leg_takes_nothing_back():
    check(f"""{LEGS}
        broker  BTC 4 @ 100 side long price 105
        broker  BTC -2 @ 110 side short
        =>      increased BTC long 3 -> 4 and more
        ---
        broker  BTC 4 @ null
        =>      break side BTC 2 -> 4  break quantity BTC long resolved  not tied out
        ---
        local   keep_book BTC
        broker  BTC 4 @ null
        =>      break side BTC resolved  tied out  book BTC long 4  book BTC short -2
    """)
