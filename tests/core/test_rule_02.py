"""Rule 2: one change per position and step, from the state before to the state after."""

from scenario import check


def test_rule_2_several_fills_are_one_change():
    check("""
        book    AAPL 10 @ 100
        fill f2 AAPL -2 @ 120 fee 1 at 14:59
        fill f1 AAPL -3 @ 110 fee 2 at 14:58
        broker  AAPL 5 @ 100
        =>      reduced 10 -> 5 @ 100 realized 67 USD final (gross 70 fees 3) by f1 f2  tied out
    """)


def test_rule_2_two_positions_are_two_changes_in_order_of_symbol():
    check("""
        book    MSFT 10 @ 100
        book    AAPL 10 @ 100
        fill f1 MSFT -3 @ 110
        fill f2 AAPL 3 @ 110
        =>      increased AAPL 10 -> 13 by f2  reduced MSFT 10 -> 7 by f1  not judged
    """)


def test_rule_2_an_episode_that_ended_is_a_change_of_its_own():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 110 at 14:58
        fill f2 AAPL 5 @ 111 at 14:59
        broker  AAPL 5 @ 111
        =>      closed 10 -> 0 @ ? CLOSED realized 100 USD by f1 reason fill
        =>      created 0 -> 5 @ 111 OPEN realized nothing by f2  tied out
    """)


def test_rule_2_a_fill_through_zero_is_one_flip():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 at 14:58
        broker  AAPL -5 @ 110
        =>      flipped 10 -> -5 @ 110 OPEN realized 100 USD by f1 opened 14:58  tied out
        =>      ended AAPL fill net 100 at 14:58
    """)


def test_rule_2_a_flip_goes_to_where_the_new_side_stands_after_the_step():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 at 14:58
        fill f2 AAPL -5 @ 120 at 14:59
        broker  AAPL -10 @ 115
        =>      flipped 10 -> -10 @ 115 OPEN realized 100 USD opened 14:58  tied out
    """)


def test_rule_2_two_fills_that_meet_at_zero_are_no_flip():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 110 at 14:58
        fill f2 AAPL -5 @ 120 at 14:59
        =>      closed 10 -> 0 realized 100 USD by f1  created 0 -> -5 @ 120 by f2
    """)


def test_rule_2_a_flip_whose_old_episode_began_in_the_step_is_closed_and_created():
    check("""
        fill f1 AAPL 10 @ 100 at 14:57
        fill f2 AAPL -15 @ 110 at 14:58
        =>      closed 0 -> 0 CLOSED realized 100 USD reason fill  created 0 -> -5 @ 110 OPEN
        =>      ended AAPL fill net 100 opened 14:57 at 14:58
    """)


def test_rule_2_a_flip_whose_new_side_ends_in_the_step_is_flipped_then_closed():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 at 14:57
        fill f2 AAPL 5 @ 108 at 14:58
        =>      flipped 10 -> 0 @ ? realized 100 USD
        =>      closed 0 -> 0 CLOSED realized 10 USD  book nothing
    """)


def test_rule_2_a_second_flip_in_a_step_is_closed_and_created():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 at 14:57
        fill f2 AAPL 8 @ 108 at 14:58
        =>      flipped 10 -> 0 @ ? realized 100 USD
        =>      closed 0 -> 0 realized 10 USD  created 0 -> 3 @ 108  total USD net 110
    """)


def test_rule_2_the_state_before_is_that_of_the_step():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL 5 @ 100 at 14:57
        fill f2 AAPL -12 @ 100 at 14:58
        =>      reduced 10 -> 3 realized 0 USD by f1 f2
    """)


def test_rule_2_no_net_movement_is_restated():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL 10 @ 110 at 14:57
        fill f2 AAPL -10 @ 120 at 14:58
        =>      restated 10 -> 10 @ 105 REDUCED realized 150 USD by f1 f2
    """)


def test_rule_2_missing_is_listed_when_first_seen_and_when_its_reconciliation_changes():
    check("""
        policy  on_missing flag
        book    AAPL 10 @ 100
        book    MSFT 10 @ 100
        broker  AAPL 10 @ 100
        =>      missing MSFT 10 -> 10 @ 100 OPEN PENDING realized nothing and more
        ---
        broker  AAPL 10 @ 100
        =>      missing MSFT 10 -> 10 OPEN DRIFT  break missing_at_broker MSFT seen 2 open
        ---
        broker  AAPL 10 @ 100
        =>      break missing_at_broker MSFT seen 3 open  not tied out
    """)


def test_rule_2_what_moved_and_is_missing_is_told_once():
    check("""
        policy  on_missing flag
        book    AAPL 10 @ 100
        book    MSFT 10 @ 100
        fill f1 MSFT 2 @ 100
        fill f2 TSLA 1 @ 50
        broker  AAPL 10 @ 100
        =>      increased MSFT 10 -> 12 OPEN PENDING by f1  created TSLA 0 -> 1 PENDING by f2
        =>      break missing_at_broker MSFT seen 1  break missing_at_broker TSLA seen 1
        =>      listed created TSLA  listed updated MSFT
        ---
        broker  AAPL 10 @ 100
        =>      missing MSFT 12 -> 12 OPEN DRIFT  missing TSLA 1 -> 1 OPEN DRIFT  and more
    """)


def test_rule_2_what_moved_and_has_an_unusable_row_is_told_once():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL 2 @ 100
        broker  AAPL nan
        =>      increased AAPL 10 -> 12 OPEN FAILED by f1  error AAPL  partial
        ---
        broker  AAPL nan
        =>      invalid AAPL 12 -> 12 OPEN FAILED  error AAPL  partial
    """)


def test_rule_2_a_fill_through_zero_explains_the_end_and_the_beginning():
    """Told as two changes, since the old episode began in the step; neither is unexplained."""
    check("""
        fill f1 AAPL 10 @ 100 at 14:57
        fill f2 AAPL -15 @ 110 at 14:58
        =>      closed 0 -> 0 realized 100 USD by f1 f2  created 0 -> -5 @ 110 by f2
        ---
        fill f3 AAPL -1 @ 110
        =>      increased -5 -> -6 by f3
    """)


def test_rule_2_of_three_episodes_in_a_step_each_has_the_fills_that_touched_it():
    check("""
        fill f1 AAPL 10 @ 100 at 14:55
        fill f2 AAPL -15 @ 110 at 14:56
        fill f3 AAPL 7 @ 109 at 14:57
        fill f4 AAPL 1 @ 109 at 14:58
        =>      closed 0 -> 0 realized 100 USD by f1 f2
        =>      closed 0 -> 0 realized 5 USD by f2 f3
        =>      created 0 -> 3 @ 109 by f3 f4
    """)


def test_rule_2_a_flip_tells_its_fill_once():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -15 @ 110 at 14:57
        fill f2 AAPL 5 @ 108 at 14:58
        =>      flipped 10 -> 0 by f1  closed 0 -> 0 by f2
    """)


def test_rule_2_what_nobody_explains_ends_and_begins_by_nothing():
    """Opened by a fill of the same step; that it turned round, nobody told."""
    check("""
        book    MSFT 1 @ 1
        fill f1 AAPL 10 @ 100
        broker  MSFT 1 @ 1
        broker  AAPL -5 @ 110 price 110
        =>      closed AAPL 0 -> 0 realized 100 USD estimated by f1 reason unexplained
        =>      created AAPL 0 -> -5 @ 110 DRIFT by nothing
        =>      break quantity AAPL 10 -> -5 before 0 after fill f1 10  not tied out
    """)
