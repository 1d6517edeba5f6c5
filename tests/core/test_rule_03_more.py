"""Rule 3 with others: what arrives late takes its place in time, whatever kind it is."""

from scenario import check


def test_rule_3_a_late_split_makes_the_sale_after_it_one_of_new_units():
    """Five at 60 were a loss of 200; of 20 @ 50 they are a gain of 50."""
    check("""
        book    X 10 @ 100
        fill f1 X -5 @ 60 at 14:50
        =>      reduced 10 -> 5 @ 100 realized -200 USD
        ---
        split s1 X 2 for 1 at 14:40
        =>      split 5 -> 15 @ 50 realized 250 USD final by s1  total USD net 50
    """)


def test_rule_3_a_late_transfer_without_a_cost_makes_the_sale_incomplete():
    check("""
        book    X 10 @ 100
        fill f1 X -5 @ 110 at 14:50
        =>      reduced 10 -> 5 realized 50 USD
        ---
        transfer t1 X 10 at 14:40
        =>      increased 5 -> 15 @ ? realized incomplete by t1  total USD net 0 incomplete
        ---
        local   set_cost X @ 90
        =>      restated 15 -> 15 @ 95 realized 75 USD  total USD net 75 complete
    """)


def test_rule_3_a_late_transfer_with_a_cost_changes_the_average_of_the_sale():
    """(10 x 100 + 900) / 20 = 95: five at 110 are 75, of which 50 were booked."""
    check("""
        book    X 10 @ 100
        fill f1 X -5 @ 110 at 14:50
        ---
        transfer t1 X 10 cost 900 at 14:40
        =>      increased 5 -> 15 @ 95 realized 25 USD by t1  total USD net 75
    """)


def test_rule_3_a_late_transfer_under_fifo_changes_no_sale_of_older_lots():
    check("""
        policy  cost_basis fifo
        fill f0 X 10 @ 100 at 14:00
        fill f1 X -5 @ 110 at 14:50
        =>      created 0 -> 5 @ 100 realized 50 USD
        ---
        transfer t1 X 10 cost 900 at 14:40
        =>      increased 5 -> 15 @ ~93.33 realized nothing by t1  total USD net 50
    """)


def test_rule_3_a_late_opening_turns_a_short_into_a_closing():
    """Sold four at 110 for 1.00; of the ten bought at 100 for 2.00 they cost 0.80."""
    check("""
        book    M 1 @ 1
        fill f2 X -4 @ 110 fee 1 at 14:50
        =>      created X 0 -> -4 @ 110 realized nothing
        ---
        fill f1 X 10 @ 100 fee 2 at 14:40
        =>      flipped X -4 -> 6 @ 100 REDUCED realized 38.20 USD (gross 40 fees 1.80) by f1
        =>      ended nothing  total USD net 38.20
    """)


def test_rule_3_a_late_purchase_within_an_ended_episode_opens_it_again():
    """1210 for twelve; ten went at 120: 1200 - 10 x 1210 / 12 = 191.67 instead of 200."""
    check("""
        fill f1 X 10 @ 100 at 14:10
        fill f3 X -10 @ 120 at 14:30
        =>      closed X 0 -> 0 realized 200 USD
        ---
        fill f2 X 2 @ 105 at 14:20
        =>      created X 0 -> 2 @ ~100.8333 REDUCED realized ~-8.3333 USD by f2
        =>      ended nothing  total USD net ~191.6667
    """)


def test_rule_3_a_late_sale_within_an_episode_ends_it_earlier():
    check("""
        fill f1 X 10 @ 100 at 14:10
        fill f3 X 5 @ 120 at 14:30
        =>      created X 0 -> 15 realized nothing
        ---
        fill f2 X -10 @ 110 at 14:20
        =>      reduced X 15 -> 5 @ 120 realized 100 USD final by f2
        =>      ended X fill net 100 at 14:20  book X 5 @ 120 OPEN
    """)


def test_rule_3_a_purchase_of_an_ended_episode_that_is_taken_back_leaves_a_short():
    """Ten at 20 each instead of those and two at 15; two were sold that nobody had."""
    check("""
        fill f1 X 10 @ 100 at 14:10
        fill f2 X 2 @ 105 at 14:20
        fill f3 X -12 @ 120 at 14:30
        =>      closed X 0 -> 0 realized 230 USD
        ---
        fill f4 X -2 @ 105 cancels f2 at 14:40
        =>      created X 0 -> -2 @ 120 realized -30 USD by f4  ended X fill net 200
    """)


def test_rule_3_a_corrected_price_of_an_ended_episode_is_restated():
    check("""
        fill f1 X 10 @ 100 at 14:10
        fill f2 X -10 @ 120 at 14:20
        ---
        fill f3 X -10 @ 121 cancels f2 at 14:20
        =>      restated X 0 -> 0 CLOSED realized 10 USD final by f3  ended X fill net 210
    """)


def test_rule_3_what_explained_a_difference_and_is_taken_back_leaves_it_unexplained():
    check("""
        book    X 10 @ 100
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 6 realized 40 USD estimated and more
        ---
        fill f1 X -4 @ 112 at 14:50
        broker  X 6 @ 100 price 110
        =>      restated 6 -> 6 realized 8 USD final by f1  break quantity X resolved  tied out
        ---
        fill f2 X 4 @ 112 cancels f1 at 15:01:30
        broker  X 6 @ 100 price 110
        =>      restated 6 -> 6 DRIFT realized -8 USD estimated by f2
        =>      break quantity X 10 -> 6 remainder -4 seen 1 open  not tied out
        =>      total USD net 40
    """)


def test_rule_3_a_late_merger_takes_along_what_was_bought_before_it():
    check("""
        fill f1 OLD 10 @ 100 at 14:10
        fill f2 NEW -3 @ 220 at 14:30
        =>      created NEW 0 -> -3 @ 220  created OLD 0 -> 10 @ 100
        ---
        merger m1 OLD to NEW 1 for 2 at 14:20
        =>      flipped NEW -3 -> 2 @ 200 REDUCED realized 60 USD by m1
        =>      closed OLD 10 -> 0 realized nothing by m1 reason merger  total USD net 60
    """)


def test_rule_3_a_late_rename_joins_what_came_under_both_names():
    check("""
        fill f1 FB 10 @ 100 at 14:10
        fill f2 META -4 @ 120 at 14:30
        =>      created FB 0 -> 10 @ 100  created META 0 -> -4 @ 120
        ---
        rename r1 FB to META at 14:20
        =>      reduced META 10 -> 6 @ 100 realized 80 USD was FB and more  total USD net 80
    """)


def test_rule_3_activities_of_one_moment_are_taken_as_they_arrive():
    """Bought and sold at once: whichever is told first opens."""
    check("""
        fill f1 X -5 @ 11 at 14:00
        fill f2 X 5 @ 10 at 14:00
        =>      closed X 0 -> 0 realized 5 USD by f1 f2
        ---
        fill f3 X 5 @ 10 at 14:10
        fill f4 X -8 @ 11 at 14:10
        =>      closed X 0 -> 0 realized 5 USD by f3 f4  created X 0 -> -3 @ 11 by f4
    """)


def test_rule_3_an_activity_of_the_snapshots_own_moment_is_in_it():
    check("""
        book    X 10 @ 100
        fill f1 X -4 @ 110 at 15:00
        broker  X 6 @ 100
        =>      reduced 10 -> 6 SYNCED by f1  tied out
    """)


def test_rule_3_a_snapshot_that_lags_its_own_activities_differs_and_then_agrees():
    """The book follows the broker back to ten, and away again with the next snapshot."""
    check("""
        book    X 10 @ 100
        fill f1 X -4 @ 110 at 14:59
        broker  X 10 @ 100 price 110
        =>      break quantity X 6 -> 10 remainder 4 before 10 after fill f1 -4
        =>      restated 10 -> 10 realized 40 USD by f1  not tied out and more
        ---
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 6  break quantity X 10 -> 6 seen 2  not tied out and more
        ---
        broker  X 6 @ 100 price 110
        =>      break quantity X resolved  tied out
    """)
