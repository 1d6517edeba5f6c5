"""Rule 18: a split that nobody announced, and the rounding of one that was."""

import pytest

from scenario import check


def test_rule_18_it_is_booked_and_is_a_corporate_action_break():
    check("""
        book    XYZ 10 @ 60
        broker  XYZ 15 @ 40
        =>      split 10 -> 15 @ 40 OPEN DRIFT realized nothing by nothing
        =>      break corporate_action XYZ 10 -> 15 seen 1 open  not tied out  total nothing
        ---
        broker  XYZ 15 @ 40
        =>      break corporate_action XYZ resolved  tied out  book XYZ 15 @ 40 OPEN SYNCED
    """)


def test_rule_18_a_reverse_split_sells_the_fraction_at_the_current_price():
    check("""
        book    XYZ 33 @ 6
        broker  XYZ 1 @ 120 price 130
        =>      split 33 -> 1 @ 120 OPEN DRIFT realized 6.50 USD estimated by nothing
        =>      break corporate_action XYZ 33 -> 1  not tied out
    """)


def test_rule_18_an_average_with_fees_inside_is_compared_with_the_one_before():
    check("""
        fill f1  XYZ +25 @ 872 fee 1
        broker  XYZ 25 @ 872.04 price 870
        =>      created
        ---
        broker  XYZ 100 @ 218.01 price 217
        =>      split 25 -> 100 @ 218 OPEN DRIFT
        =>      break corporate_action XYZ 25 -> 100
    """)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("10 @ 60", "40 @ 15"),
        ("7 @ 30", "21 @ 10"),
        ("-10 @ 60", "-15 @ 40"),
        ("100 @ 1", "1 @ 100"),
        ("1 @ 100", "100 @ 1"),
        ("0.54796447 @ 62.32", "0.821946705 @ 41.5467"),
        ("25 @ 8", "10 @ 20"),
    ],
)
def test_rule_18_what_is_a_split(ours, theirs):
    check(f"""
        book    XYZ {ours}
        broker  XYZ {theirs} price 100
        =>      split  break corporate_action XYZ
    """)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("1 @ 101", "101 @ 1"),  # not up to 100
        ("10 @ 60", "15 @ 41"),  # other cost
        ("10 @ 60", "16 @ 40"),  # more than the ratio gives
        ("10 @ 60", "13.9 @ 40"),  # more than one unit missing
        ("10 @ 60", "14 @ 40"),  # exactly one unit missing
        ("10 @ 60", "-15 @ 40"),
        ("10 @ 60", "15 @ null"),
        ("10", "15 @ 40"),
    ],
)
def test_rule_18_what_is_none(ours, theirs):
    check(f"""
        book    XYZ {ours}
        broker  XYZ {theirs} price 40
        =>      break quantity XYZ  and more
    """)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("9 @ 96.5", "8 @ 106"),  # 10 for 11 would be 106.15
        ("10 @ 100", "9 @ 111"),  # 9 for 10 would be 111.11
        ("3 @ 100", "2 @ 149"),  # 37 for 55 would be 148.65
        ("3 @ 10", "2 @ 14.90"),  # 51 for 76 would be 14.902: cents do not tell such ratios apart
    ],
)
def test_rule_18_an_average_that_no_ratio_gives_is_none_however_few_digits_it_has(ours, theirs):
    check(f"""
        book    XYZ {ours}
        broker  XYZ {theirs} price 107
        =>      reduced XYZ  break quantity XYZ
    """)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("10 @ 100", "15 @ 66.67"),
        ("10 @ 100", "30 @ 33.33"),
        ("33 @ 6.053333", "1 @ 121.07"),
        ("9 @ 96.5", "8 @ 106.15"),
        ("76 @ 10", "51 @ 14.9019608"),
    ],
)
def test_rule_18_an_average_that_the_venue_rounded_is_one(ours, theirs):
    check(f"""
        book    XYZ {ours}
        broker  XYZ {theirs} price 107
        =>      split XYZ  break corporate_action XYZ
    """)


@pytest.mark.parametrize(("decimals", "kind"), [(0, "corporate_action"), (2, "quantity")])
def test_rule_18_the_venue_rounds_to_the_decimals_it_declares(decimals, kind):
    check(f"""
        instrument XYZ stock decimals {decimals}
        book    XYZ 10 @ 100
        broker  XYZ 15 @ 67 price 67
        =>      break {kind} XYZ 10 -> 15  and more
    """)


def test_rule_18_the_price_must_have_moved_with_it():
    check("""
        book    XYZ 10 @ 60
        broker  XYZ 10 @ 60 price 70
        ---
        broker  XYZ 15 @ 40 price 70
        =>      increased 10 -> 15 @ 40  break quantity XYZ
    """)


def test_rule_18_where_the_price_moved_it_is_one():
    check("""
        book    XYZ 10 @ 60
        broker  XYZ 10 @ 60 price 70
        ---
        broker  XYZ 15 @ 40 price 47
        =>      split 10 -> 15 @ 40  break corporate_action XYZ
    """)


@pytest.mark.parametrize("instrument", ["BTC/USD", "BTC-PERP"])
def test_rule_18_coins_and_perpetuals_do_not_split(instrument):
    check(f"""
        book    {instrument} 10 @ 60
        broker  {instrument} 15 @ 40
        =>      increased 10 -> 15  break quantity {instrument}
    """)


def test_rule_18_lots_are_scaled_and_keep_their_cost():
    check("""
        policy  cost_basis fifo
        book    XYZ 10 lots 4 @ 50 2026-01-02, 6 @ 100 2026-01-03
        broker  XYZ 20 @ 40
        =>      split 10 -> 20 @ 40  break corporate_action XYZ
        ---
        fill f1 XYZ -8 @ 30
        =>      reduced 20 -> 12 @ 50 realized 40 USD
    """)


def test_rule_18_the_activity_that_comes_later_explains_it():
    check("""
        book    XYZ 10 @ 60
        broker  XYZ 15 @ 40
        ---
        split s1 XYZ 3 for 2 at 14:00
        broker  XYZ 15 @ 40
        =>      break corporate_action XYZ resolved  tied out  book XYZ 15 @ 40
    """)


def test_rule_18_an_announced_split_is_no_break():
    check("""
        book    XYZ 10 @ 60
        split s1 XYZ 3 for 2
        broker  XYZ 15 @ 40
        =>      split 10 -> 15 @ 40 OPEN SYNCED realized nothing by s1  tied out
    """)


def test_rule_18_the_venues_rounding_after_an_announced_split_is_taken():
    check("""
        book    XYZ 0.333 @ 60
        split s1 XYZ 3 for 2
        broker  XYZ 0.499 @ 40.04
        =>      split 0.333 -> 0.499 @ ~40.0401 SYNCED realized nothing by s1  tied out
    """)


def test_rule_18_a_whole_unit_of_the_last_digit_is_no_rounding():
    check("""
        book    XYZ 0.333 @ 60
        split s1 XYZ 3 for 2
        broker  XYZ 0.4985 @ 40
        =>      break quantity XYZ  and more  not tied out
    """)


def test_rule_18_rounding_is_for_splits_and_mergers_only():
    check("""
        book    XYZ 0.3335 @ 60
        broker  XYZ 0.333 @ 60
        =>      break quantity XYZ  and more  not tied out
    """)


def test_rule_18_the_rounding_of_a_merger_is_taken_too():
    check("""
        book    OLD 1 @ 60
        merger m1 OLD to NEW 1 for 3
        broker  NEW 0.333 @ 180
        =>      created NEW 0 -> 0.333 @ ~180.18 SYNCED  closed OLD reason merger  tied out
    """)


SPLIT_SEEN = """
        book    M 1 @ 1
        book    X 10 @ 100
        broker  M 1 @ 1
        broker  X 20 @ 50 price 50
        =>      split X 10 -> 20  break corporate_action X
"""


def test_rule_18_trades_that_come_later_and_explain_all_of_it_replace_it():
    check(f"""{SPLIT_SEEN}
        ---
        fill a X -10 @ 90 at 14:00
        fill b X 20 @ 50 at 14:30
        broker  M 1 @ 1
        broker  X 20 @ 50 price 50
        =>      restated X 20 -> 20 @ 50 realized -100 USD final by a b
        =>      break corporate_action X resolved  tied out  book X 20 @ 50 actual SYNCED
        =>      ended X fill net -100  total USD net -100
    """)


def test_rule_18_so_do_trades_that_come_one_by_one():
    check(f"""{SPLIT_SEEN}
        ---
        fill b X 20 @ 50 at 14:30
        ---
        fill a X -10 @ 90 at 14:00
        broker  M 1 @ 1
        broker  X 20 @ 50 price 50
        =>      tied out  and more  book X 20 @ 50  total USD net -100
    """)


def test_rule_18_what_they_explained_explains_nothing_else():
    check(f"""{SPLIT_SEEN}
        ---
        broker  M 1 @ 1
        broker  X 25 @ 50 price 50
        =>      increased X 20 -> 25 and more
        ---
        fill a X -10 @ 90 at 14:00
        fill b X 20 @ 50 at 14:30
        broker  M 1 @ 1
        broker  X 25 @ 50 price 50
        =>      tied out  and more  book X 25 @ 50 venue  total USD net -100
    """)


def test_rule_18_trades_that_explain_less_do_not():
    check(f"""{SPLIT_SEEN}
        ---
        fill a X -1 @ 90 at 14:00
        =>      reduced X 20 -> 18 @ 50 by a
    """)


def test_rule_18_a_trade_that_was_known_explains_nothing_later():
    check("""
        book    M 1 @ 1
        book    X 10 @ 100
        fill a X -2 @ 90 at 14:00
        broker  M 1 @ 1
        broker  X 16 @ 50 price 50
        =>      break corporate_action X 8 -> 16  and more
        ---
        fill c X 4 @ 60
        broker  M 1 @ 1
        broker  X 20 @ 52 price 60
        =>      increased X 16 -> 20 @ 52 by c  tied out  and more
    """)
