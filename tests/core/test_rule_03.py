"""Rule 3: activities take effect in the order of their times, however they arrive."""

import itertools

import pytest

from scenario import check, run

FILLS = (
    "fill f1 AAPL 10 @ 100 fee 1 at 14:10",
    "fill f2 AAPL -4 @ 110 fee 0.5 at 14:20",
    "fill f3 AAPL -10 @ 120 fee 1 at 14:30",
    "fill f4 AAPL 4 @ 115 at 14:40",
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("between", ["", "---"])
def test_rule_3_the_result_is_that_of_the_order_of_time(order, between):
    arrived = run(f"\n{between}\n".join(FILLS[place] for place in order))
    in_time = run("\n".join(FILLS))
    for part in ("book", "closed", "realized"):
        assert arrived[part] == in_time[part]


def test_rule_3_equal_times_are_taken_in_order_of_arrival():
    check("""
        fill f1 AAPL 5 @ 10 at 14:00
        fill f2 AAPL -5 @ 11 at 14:00
        =>      closed AAPL 0 -> 0 realized 5 USD  and more
        =>      ended AAPL fill net 5
    """)


def test_rule_3_a_late_one_shows_as_the_net_movement_and_the_difference_to_what_was_booked():
    check("""
        fill f2 AAPL -10 @ 110 at 14:50
        =>      created AAPL 0 -> -10 @ 110
        ---
        fill f1 AAPL 10 @ 100 at 14:40
        =>      closed AAPL -10 -> 0 realized 100 USD final
        =>      ended AAPL fill net 100 opened 14:40 at 14:50  total USD net 100
    """)


def test_rule_3_a_late_one_that_moves_nothing_is_restated():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      reduced 10 -> 6 realized 40 USD estimated and more
        ---
        fill f1 AAPL -4 @ 112 fee 1 at 14:55
        broker  AAPL 6 @ 100
        =>      restated 6 -> 6 @ 100 realized 7 USD final (gross 8 fees 1) by f1
        =>      break quantity AAPL resolved  tied out  total USD net 47
    """)


def test_rule_3_estimated_says_whether_an_estimate_is_still_in_the_figure():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        fill f1 AAPL -1 @ 112 at 14:55
        broker  AAPL 6 @ 100
        =>      restated 6 -> 6 realized 2 USD estimated by f1  and more
        ---
        fill f2 AAPL -3 @ 112 at 14:56
        broker  AAPL 6 @ 100
        =>      restated 6 -> 6 realized 6 USD final by f2  tied out
    """)


def test_rule_3_one_that_moves_nothing_and_changes_no_figure_is_not_listed():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        broker  AAPL 6 @ 100
        ---
        fill f1 AAPL -4 @ 110 at 14:55
        broker  AAPL 6 @ 100
        =>      nothing else  tied out
    """)


def test_rule_3_what_is_left_of_an_explaining_activity_moves_the_book():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        fill f1 AAPL -5 @ 112 at 14:55
        broker  AAPL 5 @ 100
        =>      reduced 6 -> 5 realized 20 USD final by f1
        =>      break quantity AAPL resolved  tied out  total USD net 60
    """)


def test_rule_3_an_activity_the_other_way_explains_nothing():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        broker  AAPL 6 @ 100 price 110
        ---
        fill f1 AAPL 2 @ 100 at 14:55
        =>      increased 6 -> 8 by f1  not judged
        ---
        broker  AAPL 6 @ 100 price 110
        =>      reduced 8 -> 6 DRIFT  break quantity AAPL 8 -> 6 open  not tied out
    """)


def test_rule_3_the_oldest_unexplained_change_is_explained_first():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 8 @ 100 price 110
        ---
        broker  AAPL 5 @ 100 price 120
        =>      reduced 8 -> 5 realized 60 USD estimated and more
        ---
        fill f1 AAPL -2 @ 111 at 14:50
        broker  AAPL 5 @ 100
        =>      restated 5 -> 5 realized 2 USD by f1  and more  total USD net 82
    """)


def test_rule_3_an_activity_after_the_snapshot_explains_nothing_of_it():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        broker  AAPL 6 @ 100 price 110
        ---
        fill f1 AAPL -4 @ 112 at 15:01:30
        broker  AAPL 2 @ 100
        =>      reduced 6 -> 2 realized 48 USD final by f1  tied out
    """)


def test_rule_3_a_closed_episode_takes_the_time_and_reason_of_what_explains_it():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 0 @ null price 90
        =>      ended AAPL flat net -100 estimated at 15:00  and more
        ---
        transfer t1 AAPL -10 at 14:45
        broker  nothing
        =>      ended AAPL transfer at 14:45  and more
    """)


def test_rule_3_a_snapshot_is_compared_at_its_own_time():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 at 14:55
        broker  as of 14:50
        broker  AAPL 10 @ 100
        =>      reduced 10 -> 6 realized 40 USD by f1  tied out  book AAPL 6 SYNCED
    """)


def test_rule_3_what_the_snapshot_lacks_at_its_time_is_a_break_before_later_activities():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 at 14:55
        broker  as of 14:50
        broker  AAPL 9 @ 100 price 105
        =>      reduced 10 -> 5 DRIFT realized 45 USD estimated by f1
        =>      break quantity AAPL 10 -> 9 remainder -1 open  not tied out
    """)


def test_rule_3_a_position_opened_after_the_snapshot_is_not_missing():
    check("""
        book    MSFT 1 @ 1
        fill f1 AAPL 5 @ 100 at 14:55
        broker  as of 14:50
        broker  MSFT 1 @ 1
        =>      created AAPL 0 -> 5 SYNCED by f1  tied out
    """)


def test_rule_3_an_exact_negation_takes_its_target_back():
    check("""
        book    MSFT 1 @ 1
        fill f1 AAPL 5 @ 10 fee 1
        ---
        fill f2 AAPL -5 @ 10 cancels f1
        =>      closed AAPL 5 -> 0 realized nothing by f2  total nothing  ended nothing
        =>      book MSFT 1
    """)


def test_rule_3_a_cancelled_closing_is_restated_with_the_figure_negated():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 110
        =>      closed 10 -> 0 realized 100 USD
        ---
        fill f2 AAPL 10 @ 110 cancels f1
        =>      created AAPL 0 -> 10 @ 100 realized -100 USD by f2  ended nothing  total nothing
    """)


def test_rule_3_another_content_counts_itself():
    check("""
        fill f1 AAPL 100 @ 10.00
        ---
        fill f2 AAPL 100 @ 10.05 cancels f1
        =>      restated AAPL 100 -> 100 @ 10.05 realized nothing by f2
    """)


def test_rule_3_before_its_target_a_cancelling_one_waits():
    check("""
        book    MSFT 1 @ 1
        fill f2 AAPL -5 @ 10 cancels f1
        broker  MSFT 1 @ 1
        =>      nothing else  tied out  applied
        ---
        fill f1 AAPL 5 @ 10 at 14:00
        broker  MSFT 1 @ 1
        =>      nothing else  tied out
    """)


def test_rule_3_a_waiting_correction_does_not_count_either():
    check("""
        book    MSFT 1 @ 1
        fill f2 AAPL 7 @ 10 cancels f1
        =>      nothing else
        ---
        fill f1 AAPL 5 @ 10 at 14:00
        =>      created AAPL 0 -> 7 @ 10
    """)


def test_rule_3_the_same_id_with_the_same_content_is_ignored():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110.0 at 14:00
        ---
        fill f1 AAPL -4 @ 110.00 at 14:00
        broker  AAPL 6 @ 100
        =>      nothing else  tied out
    """)


def test_rule_3_the_same_one_twice_in_a_step_counts_once():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110
        fill f1 AAPL -4 @ 110
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6 by f1  tied out
    """)


def test_rule_3_the_same_id_with_other_content_is_an_error_and_a_duplicate_break():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -4 @ 110 at 14:00
        ---
        fill f1 AAPL -5 @ 110 at 14:00
        broker  AAPL 6 @ 100
        =>      error f1  break duplicate AAPL open  partial  not tied out  book AAPL 6
        ---
        broker  AAPL 6 @ 100
        =>      break duplicate AAPL resolved  tied out  applied
    """)


def test_what_was_heard_of_first_explains_first():
    """Bought and sold twice, heard of backwards: the broker shows nothing each time."""
    check("""
        policy      missing_confirmations 1
        book        MSFT 1 @ 10.00
        fill f4     AAPL -4 @ 110.00 at 14:31
        broker      MSFT 1 @ 10.00
        ---
        fill f1     AAPL -6 @ 100.00 at 14:01
        fill f3     AAPL 4 @ 100.00 at 14:30
        broker      MSFT 1 @ 10.00
        ---
        fill f2     AAPL 6 @ 90.00 at 14:10
        broker      MSFT 1 @ 10.00
        =>          book MSFT 1  total USD net 100.00 and more
        ---
        broker      MSFT 1 @ 10.00
        =>          tied out
    """)


@pytest.mark.parametrize(
    ("first", "again"),
    [("BTC/USD", "BTCUSD"), ("BTCUSD", "btc-usd"), ("ESZ6", '"ES 20261218"'), ("OLD", "NEW")],
)
def test_rule_3_the_same_id_under_another_spelling_is_the_same(first, again):
    check(f"""
        instrument ESZ6 stock spelling "ES 20261218"
        fill f1 {first} 5 @ 120 at 14:00
        rename r1 OLD to NEW at 14:30
        ---
        fill f1 {again} 5.0 @ 120.00 at 14:00
        =>      nothing else  applied
    """)


@pytest.mark.parametrize("again", ["ETHUSD 5 @ 120", "BTCUSD 5 @ 121"])
def test_rule_3_under_another_name_or_with_another_price_it_is_not(again):
    check(f"""
        book    ETH/USD 1 @ 1
        fill f1 BTC/USD 5 @ 120 at 14:00
        ---
        fill f1 {again} at 14:00
        =>      error f1 "other content"  break duplicate  partial
    """)


def test_rule_3_a_spelling_of_what_an_activity_leads_to_is_no_other_content():
    check("""
        book    OLD 10 @ 5
        merger m1 OLD to BTC/USD 1 for 2 at 14:00
        =>      and more
        ---
        merger m1 OLD to BTCUSD 1 for 2 at 14:00
        =>      nothing else  applied
        ---
        merger m1 OLD to ETHUSD 1 for 2 at 14:00
        =>      error m1 "other content"  break duplicate  partial
    """)
