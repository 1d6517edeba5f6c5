"""Rules 1 and 1a: unexplained movement where the broker is right, and adoption."""

import pytest

from scenario import check

# 1. Unexplained movement


def test_rule_1_an_unexplained_reduction_is_followed_at_the_venues_price():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        =>      reduced 10 -> 6 @ 100 REDUCED DRIFT realized 40 USD estimated (fees 0) by nothing
        =>      break quantity AAPL 10 -> 6 remainder -4 seen 1 open before 10 after nothing
        =>      applied  not tied out  listed updated AAPL
    """)


def test_rule_1_an_unexplained_increase_is_followed():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 12 @ 101 price 110
        =>      increased 10 -> 12 @ 101 OPEN DRIFT realized nothing by nothing
        =>      break quantity AAPL 10 -> 12 remainder 2 seen 1 open  not tied out
    """)


def test_rule_1_an_unexplained_holding_is_created():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100
        broker  MSFT 5 @ 300
        =>      created MSFT 0 -> 5 @ 300 OPEN DRIFT realized nothing by nothing
        =>      break missing_in_book MSFT 0 -> 5 remainder 5 seen 1 open
        =>      not tied out  listed created MSFT
    """)


def test_rule_1_an_unexplained_flip_ends_one_episode_and_begins_another():
    check("""
        book    AAPL 100 @ 10
        broker  AAPL -50 @ 12 price 12
        =>      flipped 100 -> -50 @ 12 OPEN DRIFT realized 200 USD estimated by nothing
        =>      break quantity AAPL 100 -> -50 remainder -150 seen 1 open  not tied out
        =>      ended AAPL unexplained net 200 USD estimated  book AAPL -50 @ 12 venue
    """)


def test_rule_1_a_zero_row_closes():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 0 @ null price 110
        =>      closed 10 -> 0 CLOSED DRIFT realized 100 USD estimated by nothing reason flat
        =>      break quantity AAPL 10 -> 0 remainder -10 seen 1 open  not tied out
    """)


def test_rule_1_without_a_price_the_last_mark_counts():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100 price 108
        ---
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6 realized 32 USD estimated  and more
    """)


def test_rule_1_with_no_price_at_all_the_figure_is_incomplete_and_not_0():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100
        =>      reduced 10 -> 6 realized incomplete (fees 0)  and more
        =>      total USD net 0 incomplete
    """)


def test_rule_1_the_next_run_that_agrees_resolves_the_break():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        broker  AAPL 6 @ 100 price 111
        =>      break quantity AAPL remainder -4 seen 1 resolved  tied out
        =>      book AAPL 6 REDUCED SYNCED
    """)


def test_rule_1_a_next_run_that_does_not_agree_keeps_it():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 6 @ 100 price 110
        ---
        broker  AAPL 5 @ 100 price 110
        =>      reduced 6 -> 5 DRIFT realized 10 USD estimated
        =>      break quantity AAPL 6 -> 5 remainder -1 seen 2 open  not tied out
    """)


def test_rule_1_the_estimate_stays_marked_until_an_activity_replaces_it():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 0 @ null price 110
        ---
        broker  AAPL 0 @ null
        =>      break quantity AAPL seen 1 resolved  tied out
        =>      ended AAPL flat net 100 estimated
        ---
        fill f1 AAPL -10 @ 112 fee 1 at 14:59
        broker  nothing
        =>      restated AAPL 0 -> 0 realized 19 USD final (gross 20 fees 1) by f1  tied out
        =>      ended AAPL fill net 119 final at 14:59  total USD net 119
    """)


def test_rule_1_no_kind_adjusted_where_only_a_part_is_explained():
    check("""
        book    AAPL 14 @ 100
        fill f1 AAPL -4 @ 110
        broker  AAPL 9 @ 100 price 120
        =>      reduced 14 -> 9 REDUCED DRIFT realized 60 USD estimated by f1
        =>      break quantity AAPL 10 -> 9 remainder -1 seen 1 open before 14 after fill f1 -4
        =>      not tied out
    """)


# 1a. Adoption


def test_rule_1a_the_first_complete_snapshot_is_adopted():
    check("""
        broker  AAPL 10 @ 100
        broker  BTC/USD -1 @ 30000
        =>      created AAPL 0 -> 10 @ 100 OPEN SYNCED realized nothing by nothing
        =>      created BTC/USD 0 -> -1 @ 30000 OPEN SYNCED  tied out
        =>      book AAPL 10 venue  total nothing
    """)


def test_rule_1a_an_incomplete_one_is_not():
    check("""
        broker  incomplete
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 DRIFT break incomplete_source
        =>      break missing_in_book AAPL 0 -> 10  partial  not tied out
    """)


def test_rule_1a_a_failed_fetch_before_it_is_no_history():
    check("""
        broker  fails unavailable "503"
        ---
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 SYNCED break incomplete_source resolved  tied out
    """)


def test_rule_1a_truth_book_adopts_nothing():
    check("""
        policy  truth book
        broker  AAPL 10 @ 100
        =>      break missing_in_book AAPL 0 -> 10 open seen 1  not tied out  book nothing
    """)


def test_rule_1a_an_account_that_booked_before_has_history_even_if_it_is_flat():
    check("""
        fill f1 MSFT 5 @ 300
        fill f2 MSFT -5 @ 301
        ---
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 DRIFT  break missing_in_book AAPL  not tied out
    """)


def test_rule_1a_an_empty_account_is_adopted_as_empty():
    check("""
        broker  nothing
        =>      nothing else  tied out
        ---
        broker  AAPL 10 @ 100
        =>      created AAPL 0 -> 10 DRIFT  break missing_in_book AAPL  not tied out
    """)


def test_rule_1a_full_history_that_accounts_for_all_is_applied():
    check("""
        fill f1 AAPL 20 @ 100 fee 2
        fill f2 AAPL -10 @ 110 fee 1
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 REDUCED SYNCED realized 98 USD (gross 100 fees 2) by f1 f2
        =>      book AAPL 10 actual  tied out
    """)


def test_rule_1a_full_history_that_ends_flat_is_applied_too():
    check("""
        fill f1 AAPL 10 @ 5
        fill f2 AAPL -10 @ 6
        broker  nothing
        =>      closed AAPL 0 -> 0 CLOSED SYNCED realized 10 USD by f1 f2 reason fill  tied out
        =>      ended AAPL fill net 10  total USD net 10
    """)


def test_rule_1a_full_history_that_does_not_account_for_all_changes_nothing():
    check("""
        fill f1 AAPL 4 @ 90
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 OPEN SYNCED realized nothing by nothing  tied out
        =>      book AAPL 10 @ 100 venue
        ---
        fill f1 AAPL 4 @ 90 at 14:59:30
        broker  AAPL 10 @ 100
        =>      nothing else  tied out
    """)


def test_rule_1a_full_history_that_ends_elsewhere_than_flat_changes_nothing():
    check("""
        fill f1 AAPL 4 @ 90
        broker  nothing
        =>      nothing else  tied out  book nothing  total nothing
    """)


def test_rule_1a_partial_history_gives_average_and_lots_and_realizes_nothing():
    check("""
        account history partial
        fill f1 AAPL 20 @ 100 fee 2
        fill f2 AAPL -10 @ 110 fee 1
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 SYNCED realized nothing  tied out
        =>      book AAPL 10 actual  total nothing
    """)


def test_rule_1a_partial_history_that_ends_flat_realizes_nothing():
    check("""
        account history partial
        fill f1 AAPL 10 @ 5
        fill f2 AAPL -10 @ 6
        broker  nothing
        =>      nothing else  tied out  ended nothing  total nothing
    """)


def test_rule_1a_partial_history_that_does_not_account_for_all_changes_nothing():
    check("""
        account history partial
        fill f1 AAPL 4 @ 90
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 SYNCED by nothing  tied out  book AAPL 10 venue
    """)


def test_rule_1a_earlier_activities_that_come_later_count_once_they_give_the_whole():
    check("""
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 SYNCED
        ---
        fill f1 AAPL 4 @ 90 at 14:00
        broker  AAPL 10 @ 100
        =>      nothing else  tied out  book AAPL 10 @ 100 venue
        ---
        fill f2 AAPL 6 @ 95 at 14:30
        broker  AAPL 10 @ 93
        =>      restated 10 -> 10 @ 93 SYNCED realized nothing  tied out  book AAPL 10 @ 93 actual
    """)


def test_rule_1a_what_came_later_and_does_not_fit_takes_nothing_back():
    """The activities known by then accounted for all of it: only the later one does not count."""
    check("""
        fill f1 AAPL 20 @ 100 at 14:00
        fill f2 AAPL -10 @ 110 at 14:10
        broker  AAPL 10 @ 100
        =>      created 0 -> 10 @ 100 REDUCED SYNCED realized 100 USD by f1 f2
        ---
        fill f3 AAPL 5 @ 90 at 14:20
        broker  AAPL 10 @ 100
        =>      nothing else  tied out  book AAPL 10 @ 100 actual  total USD net 100
        ---
        fill f4 AAPL -5 @ 95 at 14:30
        broker  AAPL 10 @ 96.666667
        =>      restated AAPL realized -8.333333333333333333 USD by f3 f4  tied out
    """)


def test_rule_1a_a_split_of_the_day_that_comes_after_the_adoption_counts_after_it():
    """Only its day is told, and what was adopted was whole without it."""
    check("""
        fill f1 AAPL 10 @ 60 at 2026-11-19T15:00:00Z
        broker  AAPL 10 @ 60 price 61
        =>      created 0 -> 10 @ 60 SYNCED by f1
        ---
        split s1 AAPL 3 for 2 at 2026-11-20T05:00:00Z
        broker  AAPL 15 @ 40 price 41
        =>      split AAPL 10 -> 15 @ 40 SYNCED by s1 realized nothing  nothing else  tied out
        =>      book AAPL 15 @ 40 actual
    """)


def test_rule_1a_units_transferred_on_the_day_of_the_adoption_count_after_it():
    check("""
        fill f1 AAPL 10 @ 60 at 14:00
        broker  AAPL 10 @ 60
        ---
        transfer t1 MSFT 4 at 2026-11-20T05:00:00Z
        transfer t2 AAPL -3 at 2026-11-20T05:00:00Z
        broker  AAPL 7 @ 60
        broker  MSFT 4 @ 157.44
        =>      reduced AAPL 10 -> 7 @ 60 OPEN SYNCED realized nothing by t2
        =>      created MSFT 0 -> 4 @ ? SYNCED realized nothing by t1  nothing else  tied out
    """)


def test_rule_1a_a_transfer_of_the_day_that_was_adopted_with_the_rest_counts_before_it():
    check("""
        fill f1 AAPL 6 @ 60 at 14:00
        broker  AAPL 10 @ 60
        ---
        transfer t1 AAPL 4 cost 200 at 2026-11-20T05:00:00Z
        broker  AAPL 10 @ 56
        =>      restated 10 -> 10 @ 56 SYNCED realized nothing  tied out  book AAPL 10 @ 56 actual
    """)


@pytest.mark.parametrize("at", ["2026-11-19T05:00:00Z", "2026-11-20T05:00:01Z"])
def test_rule_1a_a_split_of_another_day_or_of_a_known_moment_was_before(at):
    check(f"""
        fill f1 AAPL 10 @ 60 at 2026-11-18T15:00:00Z
        broker  AAPL 10 @ 60 price 61
        ---
        split s1 AAPL 2 for 1 at {at}
        broker  AAPL 10 @ 60 price 61
        =>      nothing else  tied out  book AAPL 10 @ 60 actual
    """)


def test_rule_1a_a_later_activity_counts_at_once():
    check("""
        broker  AAPL 10 @ 100
        ---
        fill f1 AAPL 4 @ 90
        broker  AAPL 14 @ 97.142857
        =>      increased 10 -> 14 by f1 SYNCED  tied out
    """)
