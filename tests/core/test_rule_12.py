"""Rule 12: snapshots that are incomplete, failed or stale, and steps without one."""

import pytest

from scenario import check

TWO = """
        book    A 4 @ 10
        book    B 4 @ 10
"""


def test_rule_12_the_rows_of_an_incomplete_snapshot_are_applied_the_others_failed():
    check(f"""{TWO}
        broker  incomplete
        broker  A 3 @ 10 price 12
        =>      reduced A 4 -> 3 DRIFT realized 2 USD estimated
        =>      break incomplete_source seen 1 open  break quantity A 4 -> 3
        =>      partial  not tied out  book B 4 OPEN FAILED
    """)


def test_rule_12_rows_that_agree_are_synced():
    check(f"""{TWO}
        broker  incomplete
        broker  A 4 @ 10 price 12
        =>      break incomplete_source  partial  not tied out
        =>      book A 4 SYNCED price 12  book B 4 FAILED
    """)


def test_rule_12_it_closes_nothing_not_even_by_a_zero_row():
    check(f"""{TWO}
        broker  incomplete
        broker  A 0 @ null price 12
        =>      and more  partial  book A 4  book B 4 FAILED  ended nothing  total nothing
    """)


def test_rule_12_an_activity_that_explains_it_closes_all_the_same():
    check(f"""{TWO}
        fill f1 A -4 @ 12
        broker  incomplete
        broker  B 4 @ 10
        =>      closed A 4 -> 0 realized 8 USD by f1  break incomplete_source  partial
    """)


def test_rule_12_new_rows_of_it_are_created():
    check(f"""{TWO}
        broker  incomplete
        broker  C 1 @ 10
        =>      created C 0 -> 1 DRIFT  break incomplete_source  break missing_in_book C  partial
    """)


def test_rule_12_the_next_complete_one_makes_all_well():
    check(f"""{TWO}
        broker  incomplete
        broker  A 4 @ 10
        ---
        broker  A 4 @ 10
        broker  B 4 @ 10
        =>      break incomplete_source resolved  applied  tied out  book B 4 SYNCED
    """)


@pytest.mark.parametrize("nothing", ['broker fails unavailable "503"', "broker incomplete"])
def test_rule_12_a_fetch_that_brought_nothing_changes_nothing(nothing):
    check(f"""{TWO}
        broker  A 4 @ 10 price 11
        broker  B 4 @ 10 price 11
        ---
        {nothing}
        =>      break incomplete_source seen 1 open  failed  not tied out
        =>      book A 4 @ 10 OPEN FAILED price 11 unrealized 4  book B 4 FAILED  total nothing
        ---
        fill f1 A 1 @ 10
        =>      increased A 4 -> 5  not judged  book B 4 FAILED
        ---
        broker  A 5 @ 10
        broker  B 4 @ 10
        =>      break incomplete_source resolved  tied out  book A 5 SYNCED  book B 4 SYNCED
    """)


def test_rule_12_a_stale_snapshot_is_rejected_and_changes_nothing():
    check(f"""{TWO}
        broker  A 4 @ 10 price 11
        broker  B 4 @ 10 price 11
        ---
        broker  as of 14:59
        broker  A 1 @ 99 price 99
        =>      break stale_source seen 1 open  rejected  not tied out
        =>      book A 4 @ 10 SYNCED price 11  book B 4 SYNCED price 11
    """)


def test_rule_12_one_of_the_same_moment_is_not_stale():
    check(f"""{TWO}
        broker  A 4 @ 10 price 11
        broker  B 4 @ 10 price 11
        ---
        broker  as of 15:00
        broker  A 4 @ 10 price 12
        broker  B 4 @ 10 price 11
        =>      applied  tied out  book A 4 price 12
    """)


def test_rule_12_only_applied_snapshots_make_others_stale():
    check(f"""{TWO}
        broker  nothing
        =>      held  and more
        ---
        broker  as of 14:30
        broker  A 4 @ 10
        broker  B 4 @ 10
        =>      applied  tied out  and more
    """)


def test_rule_12_a_step_without_a_snapshot_is_not_judged():
    check(f"""{TWO}
        fill f1 A 1 @ 10
        fill f2 C 1 @ 10
        =>      increased A 4 -> 5 OPEN PENDING  created C 0 -> 1 OPEN PENDING
        =>      applied  not judged  book A 5 PENDING  book B 4 SYNCED
        ---
        broker  A 5 @ 10
        broker  B 4 @ 10
        broker  C 1 @ 10
        =>      nothing else  tied out  book A 5 SYNCED  book C 1 SYNCED
    """)


def test_rule_12_what_fills_have_closed_is_pending_too():
    check(f"""{TWO}
        fill f1 A -4 @ 11
        =>      closed A 4 -> 0 CLOSED PENDING reason fill  not judged
    """)
