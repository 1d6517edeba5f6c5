"""Rule 1a with others: what the first complete snapshot makes of what was known by then."""

import pytest

from scenario import check


def test_a_rename_before_the_adoption_is_part_of_the_history():
    check("""
        fill f1 OLD 10 @ 5 at 14:00
        rename r1 OLD to NEW at 14:10
        broker  NEW 10 @ 5
        =>      created NEW 0 -> 10 @ 5 OPEN SYNCED by f1 r1  tied out  book NEW 10 actual
    """)


def test_a_merger_before_the_adoption_ends_the_old_company():
    check("""
        fill f1 OLD 10 @ 5 fee 1 at 14:00
        merger m1 OLD to NEW 1 for 2 at 14:10
        broker  NEW 5 @ 10
        =>      created NEW 0 -> 5 @ 10 OPEN SYNCED by m1
        =>      closed OLD 0 -> 0 CLOSED by f1 m1 reason merger  tied out  book NEW 5 actual
    """)


def test_a_split_before_the_adoption_counts_in_the_quantity():
    """10 @ 60 are 15 @ 40; five go at 50."""
    check("""
        fill f1 X 10 @ 60 at 14:00
        split s1 X 3 for 2 at 14:10
        fill f2 X -5 @ 50 at 14:20
        broker  X 10 @ 40
        =>      created 0 -> 10 @ 40 REDUCED SYNCED realized 50 USD by f1 s1 f2  tied out
    """)


def test_a_flip_before_the_adoption_is_an_ending_and_a_beginning():
    check("""
        fill f1 X 10 @ 60 at 14:00
        fill f2 X -15 @ 70 at 14:20
        broker  X -5 @ 70
        =>      closed X 0 -> 0 SYNCED realized 100 USD by f1 f2 reason fill
        =>      created X 0 -> -5 @ 70 SYNCED realized nothing by f2  tied out
    """)


def test_several_episodes_before_the_adoption_are_kept():
    check("""
        fill f1 X 10 @ 60 at 14:00
        fill f2 X -10 @ 70 at 14:10
        fill f3 X -5 @ 65 at 14:20
        fill f4 X 5 @ 66 at 14:30
        broker  nothing
        =>      closed X realized 100 USD by f1 f2  closed X realized -5 USD by f3 f4  tied out
        =>      ended X fill net 100  ended X fill net -5  total USD net 95
    """)


def test_partial_history_with_the_same_episodes_keeps_none():
    check("""
        account history partial
        fill f1 X 10 @ 60 at 14:00
        fill f2 X -15 @ 70 at 14:10
        broker  X -5 @ 71
        =>      created 0 -> -5 @ 70 SYNCED realized nothing  tied out
        =>      book X -5 @ 70 OPEN actual  ended nothing  total nothing
        ---
        fill f3 X 5 @ 60
        =>      closed -5 -> 0 realized 50 USD by f3  ended X fill net 50
    """)


def test_partial_history_gives_the_lots_with_their_fees():
    """Of 4 @ 90 for 1 and 6 @ 95 for 3, the first four go: 4 x 20 - 1."""
    check("""
        account history partial
        policy  cost_basis fifo
        fill f1 X 4 @ 90 fee 1 at 14:00
        fill f2 X 6 @ 95 fee 3 at 14:10
        broker  X 10 @ 93
        =>      created 0 -> 10 @ 93 SYNCED realized nothing  tied out
        ---
        fill f3 X -4 @ 110
        =>      reduced 10 -> 6 @ 95 realized 79 USD (gross 80 fees 1)
    """)


def test_a_fee_in_the_coin_before_the_adoption_counts_in_the_quantity():
    for history in ("full", "partial"):
        check(f"""
            account history {history}
            fill f1 ETH/USD 1 @ 2000 fee 0.0025 ETH at 14:00
            broker  ETH/USD 0.9975 @ 2005
            =>      created 0 -> 0.9975 @ 2000 SYNCED realized nothing  tied out
            =>      book ETH/USD 0.9975 actual
        """)


def test_units_that_came_without_a_cost_have_none_after_the_adoption_either():
    check("""
        transfer t1 X 4 at 14:00
        broker  X 4 @ 150 price 160
        =>      created X 0 -> 4 @ ? SYNCED by t1  tied out  book X 4 @ ? unrealized ?
    """)


def test_the_legs_of_a_hedging_venue_are_judged_one_by_one():
    """The fills account for the long leg; of the short one the venue holds more."""
    check("""
        account venue ccxt:bybit
        fill f1 BTC 3 @ 100 side long at 14:00
        fill f2 BTC -2 @ 110 side short at 14:00
        broker  BTC 3 @ 101 side long
        broker  BTC -4 @ 111 side short
        =>      created BTC long 0 -> 3 @ 100 SYNCED by f1
        =>      created BTC short 0 -> -4 @ 111 SYNCED by nothing  tied out
        =>      book BTC long 3 actual  book BTC short -4 venue
    """)


def test_positions_are_judged_one_by_one():
    check("""
        fill f1 X 10 @ 60 at 14:00
        fill f2 Y 10 @ 60 at 14:00
        fill f3 Z 10 @ 60 at 14:00
        fill f4 Z -10 @ 61 at 14:10
        broker  X 10 @ 60
        broker  Y 9 @ 59
        =>      created X 0 -> 10 by f1  created Y 0 -> 9 @ 59 by nothing
        =>      closed Z 0 -> 0 realized 10 USD by f3 f4  tied out
        =>      book X 10 actual  book Y 9 venue
    """)


def test_at_adoption_another_average_is_no_break():
    """Every holding is created and SYNCED, no breaks; the next run may find a difference."""
    check("""
        fill f1 X 10 @ 60 at 14:00
        broker  X 10 @ 61
        =>      created 0 -> 10 @ 60 SYNCED by f1  tied out
    """)


@pytest.mark.parametrize("early", ["dividend d1 X cash 2", "fee e1 X cash -2"])
def test_money_alone_accounts_for_no_quantity(early):
    check(f"""
        {early} at 14:10
        broker  X 4 @ 5
        =>      created 0 -> 4 SYNCED realized nothing by nothing  tied out  total nothing
    """)


def test_money_beside_fills_that_account_for_all_counts():
    check("""
        fill f1 X 4 @ 5 at 14:00
        dividend d1 X cash 2 at 14:10
        broker  X 4 @ 5
        =>      created 0 -> 4 SYNCED realized 0 USD (income 2) by f1 d1  total USD net 0 income 2
    """)


def test_what_is_dated_after_the_adopted_snapshot_is_added_to_it():
    """Six adopted, four came ten seconds later: (6 x 4 + 4 x 5) / 10 = 4.4."""
    check("""
        fill f1 X 4 @ 5 at 14:59:50
        broker  as of 14:59:40
        broker  X 6 @ 4
        =>      created 0 -> 10 @ 4.4 SYNCED by f1  tied out  book X 10 venue
    """)


def test_early_activities_count_once_they_give_the_adopted_quantity_whatever_came_since():
    """12 - 2 are the ten adopted, at 90: 2 x 5 at once, and 5 x 20 instead of 5 x 10 later."""
    check("""
        broker  X 10 @ 100
        ---
        fill f3 X -5 @ 110
        broker  X 5 @ 100
        =>      reduced 10 -> 5 @ 100 realized 50 USD by f3  tied out
        ---
        fill f1 X 12 @ 90 at 14:00
        broker  X 5 @ 100
        =>      nothing else  tied out  total USD net 50
        ---
        fill f2 X -2 @ 95 at 14:10
        broker  X 5 @ 90
        =>      restated 5 -> 5 @ 90 REDUCED realized 60 USD final by f1 f2  tied out
        =>      total USD net 110
    """)


def test_early_activities_of_a_partial_history_then_give_average_and_lots_only():
    """5 x (110 - 90) = 100 instead of 50; the 2 x 5 of before are not realized here."""
    check("""
        account history partial
        broker  X 10 @ 100
        ---
        fill f3 X -5 @ 110
        broker  X 5 @ 100
        =>      reduced 10 -> 5 @ 100 realized 50 USD by f3  tied out
        ---
        fill f1 X 12 @ 90 at 14:00
        fill f2 X -2 @ 95 at 14:10
        broker  X 5 @ 90
        =>      restated 5 -> 5 @ 90 realized 50 USD  tied out  total USD net 100
    """)


def test_early_activities_that_give_a_flat_position_count_where_nothing_was_adopted():
    check("""
        broker  X 4 @ 5
        ---
        fill f1 Z 3 @ 5 at 14:00
        broker  X 4 @ 5
        =>      nothing else  tied out
        ---
        fill f2 Z -3 @ 6 at 14:10
        broker  X 4 @ 5
        =>      restated Z 0 -> 0 realized 3 USD by f1 f2  tied out  ended Z fill net 3
    """)


def test_early_activities_one_too_many_change_nothing_again():
    check("""
        broker  X 10 @ 100
        ---
        fill f1 X 10 @ 90 at 14:00
        broker  X 10 @ 90
        =>      restated 10 -> 10 @ 90 tied out  book X 10 actual
        ---
        fill f2 X 1 @ 91 at 14:10
        broker  X 10 @ 100
        =>      restated 10 -> 10 @ 100 SYNCED realized nothing  tied out  book X 10 venue
    """)


@pytest.mark.parametrize(
    "before",
    [
        "broker fails refused 401",
        "broker incomplete",
        "broker as of 14:00\nbroker incomplete",
    ],
)
def test_runs_that_booked_nothing_are_no_history(before):
    check(f"""
        {before}
        =>      failed  and more
        ---
        broker  X 10 @ 100
        =>      created 0 -> 10 SYNCED  tied out  and more
    """)


@pytest.mark.parametrize(
    "before",
    ["fill f1 Y 1 @ 1", "dividend d1 Y cash 1", "local open Y 1 @ 1", "broker nothing"],
)
def test_runs_that_booked_something_are(before):
    check(f"""
        {before}
        ---
        broker  Y 1 @ 1
        broker  X 10 @ 100
        =>      created X 0 -> 10 DRIFT  break missing_in_book X  not tied out  and more
    """)


def test_under_manual_nothing_is_adopted_and_each_holding_waits():
    check("""
        policy  truth manual
        broker  X 10 @ 100
        =>      break missing_in_book X 0 -> 10 open  not tied out  book nothing
        ---
        local   accept_broker X
        broker  X 10 @ 100
        =>      created X 0 -> 10 @ 100 SYNCED  break missing_in_book X resolved  tied out
    """)


def test_an_unreadable_row_is_not_adopted_as_flat():
    check("""
        broker  X NaN @ 5
        broker  Y 1 @ 1
        =>      invalid X  created Y 0 -> 1 SYNCED  error X  partial  not tied out
        ---
        broker  X 4 @ 5
        broker  Y 1 @ 1
        =>      created X 0 -> 4  and more
    """)


def test_fractions_of_a_coin_are_adopted_to_the_last_digit():
    check("""
        fill f1 BTC/USD 0.100000000000000001 @ 30000 at 14:00
        fill f2 BTC/USD 0.2 @ 30000 at 14:01
        broker  BTC/USD 0.300000000000000001 @ 30000
        =>      created 0 -> 0.300000000000000001 by f1 f2  tied out  book BTC/USD \
0.300000000000000001 actual
    """)


def test_a_contract_whose_size_nobody_states_is_not_adopted():
    check("""
        broker  ESZ6 2 @ 5000 future
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 invalid ESZ6 and more  partial  not tied out  book AAPL 10
    """)
