"""Rule 21 with others: decisions about what the book has followed, and how long they hold."""

import pytest

from scenario import check


def test_rule_21_an_ignored_difference_that_was_gone_is_a_new_one_when_it_comes_back():
    check("""
        policy  truth manual
        book    X 10 @ 100
        broker  X 6 @ 100
        ---
        local   ignore_break X
        broker  X 6 @ 100
        =>      break quantity X ignored seen 2  tied out
        ---
        broker  X 10 @ 100
        =>      break quantity X resolved  tied out
        ---
        broker  X 6 @ 100
        =>      break quantity X open seen 1  not tied out
    """)


def test_rule_21_a_kept_difference_that_was_gone_is_a_new_one_when_it_comes_back():
    check("""
        policy  truth manual
        book    X 10 @ 100
        broker  X 6 @ 100
        ---
        local   keep_book X
        broker  X 6 @ 100
        =>      break quantity X resolved  tied out
        ---
        broker  X 10 @ 100
        =>      nothing else  tied out
        ---
        broker  X 6 @ 100
        =>      break quantity X open seen 1  not tied out  book X 10 DRIFT
    """)


def test_rule_21_a_kept_absence_stays_kept_while_the_row_is_away():
    check("""
        policy  truth manual
        book    X 10 @ 100
        book    M 1 @ 1
        broker  M 1 @ 1
        =>      missing X PENDING  break missing_at_broker X
        ---
        local   keep_book X
        broker  M 1 @ 1
        =>      break missing_at_broker X resolved  tied out  book X 10 OPEN SYNCED
        ---
        broker  M 1 @ 1
        =>      nothing else  tied out
        ---
        broker  M 1 @ 1
        broker  X 10 @ 100
        =>      nothing else  tied out
        ---
        broker  M 1 @ 1
        =>      missing X PENDING  break missing_at_broker X seen 1  not tied out
    """)


def test_rule_21_a_kept_difference_is_no_longer_that_one_after_a_split():
    check("""
        policy  truth manual
        book    X 10 @ 100
        broker  X 6 @ 100
        ---
        local   keep_book X
        broker  X 6 @ 100
        ---
        split s1 X 2 for 1
        broker  X 12 @ 50
        =>      split X 10 -> 20 @ 50 DRIFT  break quantity X 20 -> 12 seen 1 after split s1 10
        =>      not tied out
    """)


def test_rule_21_keep_book_takes_an_increase_back_that_the_book_had_followed():
    check("""
        book    X 10 @ 100
        broker  X 15 @ 102 price 110
        =>      increased 10 -> 15 @ 102 DRIFT  break quantity X
        ---
        local   keep_book X
        broker  X 15 @ 102 price 110
        =>      reduced 15 -> 10 @ 100 OPEN SYNCED realized nothing  break quantity X resolved
        =>      tied out  total nothing
        ---
        broker  X 15 @ 102 price 110
        =>      nothing else  tied out
        ---
        broker  X 16 @ 102 price 110
        =>      increased 10 -> 16 DRIFT  break quantity X 10 -> 16 seen 1  not tied out
    """)


def test_rule_21_keep_book_takes_a_flip_back_with_what_it_realized():
    check("""
        book    X 10 @ 100
        broker  X -5 @ 120 price 120
        =>      flipped 10 -> -5 realized 200 USD estimated  break quantity X
        ---
        local   keep_book X
        broker  X -5 @ 120 price 120
        =>      flipped -5 -> 10 @ 100 OPEN SYNCED realized -200 USD  break quantity X resolved
        =>      tied out  ended nothing  total nothing
    """)


def test_rule_21_keep_book_takes_a_split_back_that_nobody_had_announced():
    check("""
        book    X 10 @ 60
        broker  X 15 @ 40
        =>      split 10 -> 15 @ 40  break corporate_action X
        ---
        local   keep_book X
        broker  X 15 @ 40
        =>      reduced 15 -> 10 @ 60 SYNCED realized nothing  break corporate_action X resolved
        =>      tied out
    """)


def test_rule_21_keep_book_takes_a_creation_back():
    check("""
        book    M 1 @ 1
        broker  M 1 @ 1
        broker  X 5 @ 10 price 11
        =>      created X 0 -> 5 DRIFT  break missing_in_book X
        ---
        local   keep_book X
        broker  M 1 @ 1
        broker  X 5 @ 10 price 11
        =>      closed X 5 -> 0 realized nothing  break missing_in_book X resolved  tied out
        =>      book M 1  ended nothing
        ---
        broker  M 1 @ 1
        broker  X 5 @ 10 price 12
        =>      nothing else  tied out
        ---
        broker  M 1 @ 1
        =>      nothing else  tied out
    """)


def test_rule_21_keep_book_takes_a_zero_row_back():
    check("""
        book    M 1 @ 1
        book    X 5 @ 10
        broker  M 1 @ 1
        broker  X 0 @ null price 11
        =>      closed X 5 -> 0 realized 5 USD estimated reason flat  break quantity X 5 -> 0
        ---
        local   keep_book X
        broker  M 1 @ 1
        broker  X 0 @ null price 11
        =>      created X 0 -> 5 @ 10 OPEN SYNCED realized -5 USD  break quantity X resolved
        =>      tied out  ended nothing  total nothing
    """)


def test_rule_21_a_fill_that_explains_what_was_taken_back_moves_the_book():
    """What had been assumed is gone; the fill is news, and the difference with it."""
    check("""
        book    X 10 @ 100
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 6 realized 40 USD estimated and more
        ---
        local   keep_book X
        broker  X 6 @ 100 price 110
        =>      increased 6 -> 10 realized -40 USD  break quantity X resolved  tied out
        ---
        fill f1 X -4 @ 111 at 14:59
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 6 @ 100 REDUCED SYNCED realized 44 USD final by f1  tied out
    """)


@pytest.mark.parametrize("truth", ["book", "manual"])
@pytest.mark.parametrize(
    ("theirs", "kind", "change"),
    [
        ("X 12 @ 101 price 110", "quantity", "increased 10 -> 12 @ 101 OPEN"),
        ("X -3 @ 120 price 120", "quantity", "flipped 10 -> -3 @ 120 OPEN"),
        ("X 0 @ null price 110", "quantity", "closed 10 -> 0 CLOSED"),
        ("X 10 @ 105", "cost", "restated 10 -> 10 @ 105 OPEN"),
        ("X 20 @ 50 price 51", "corporate_action", "split 10 -> 20 @ 50 OPEN"),
    ],
)
def test_rule_21_accept_broker_gives_the_change_the_kind_of_its_movement(
    truth, theirs, kind, change
):
    check(f"""
        policy  truth {truth}
        book    X 10 @ 100
        broker  {theirs}
        =>      break {kind} X open seen 1  not tied out  book X 10 @ 100 DRIFT
        ---
        local   accept_broker X
        broker  {theirs}
        =>      {change} SYNCED by nothing  break {kind} X resolved  tied out
        ---
        broker  {theirs}
        =>      nothing else  tied out
    """)


def test_rule_21_under_book_a_zero_row_and_an_absence_are_one_waiting_break():
    check("""
        policy  truth book
        book    X 10 @ 100
        book    M 1 @ 1
        broker  M 1 @ 1
        =>      missing X PENDING  break missing_at_broker X seen 1
        ---
        broker  M 1 @ 1
        broker  X 0 @ null price 90
        =>      break missing_at_broker X 10 -> 0 seen 2 open  not tied out and more
        =>      book X 10 @ 100 DRIFT
    """)


def test_rule_21_under_book_activities_still_count():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill f1 X -4 @ 110
        broker  X 5 @ 100
        =>      reduced 10 -> 6 DRIFT realized 40 USD final by f1
        =>      break quantity X 6 -> 5 remainder -1  not tied out  book X 6 DRIFT
    """)


def test_rule_21_under_book_what_an_activity_explains_is_closed():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill f1 X -10 @ 110
        broker  nothing
        =>      closed X 10 -> 0 CLOSED SYNCED realized 100 USD by f1  tied out
    """)


def test_rule_21_an_activity_may_settle_what_waits():
    check("""
        policy  truth manual
        book    X 10 @ 100
        broker  X 6 @ 100
        =>      break quantity X seen 1 open
        ---
        fill f1 X -4 @ 110 at 14:59
        broker  X 6 @ 100
        =>      reduced 10 -> 6 SYNCED realized 40 USD final by f1  break quantity X resolved
        =>      tied out
    """)


def test_rule_21_a_break_accepted_after_a_part_was_explained_is_for_the_rest():
    check("""
        policy  truth manual
        book    X 10 @ 100
        broker  X 6 @ 100 price 110
        ---
        fill f1 X -1 @ 112 at 14:59
        broker  X 6 @ 100 price 110
        =>      reduced 10 -> 9 realized 12 USD final by f1  break quantity X 9 -> 6 seen 2
        =>      alert break X
        ---
        local   accept_broker X
        broker  X 6 @ 100 price 110
        =>      reduced 9 -> 6 SYNCED realized 30 USD estimated by nothing
        =>      break quantity X resolved  tied out  total USD net 42
    """)


def test_rule_21_the_person_decides_about_one_position_and_the_other_waits():
    check("""
        policy  truth manual
        book    A 10 @ 100
        book    B 10 @ 100
        broker  A 9 @ 100 price 100
        broker  B 8 @ 100 price 100
        ---
        local   accept_broker A
        broker  A 9 @ 100 price 100
        broker  B 8 @ 100 price 100
        =>      reduced A 10 -> 9 SYNCED  break quantity A resolved  break quantity B seen 2 open
        =>      alert break B  not tied out
    """)


def test_rule_21_keep_book_about_an_average_takes_back_no_quantity_followed_before():
    check("""
        book    AAPL 10 lots 10 @ 100 2026-01-02
        broker  AAPL 6 @ 100 price 110
        =>      reduced AAPL 10 -> 6 and more
        ---
        broker  AAPL 6 @ 120 price 110
        =>      break cost AAPL open and more
        ---
        local   keep_book AAPL
        broker  AAPL 6 @ 120 price 110
        =>      break cost AAPL resolved  tied out  book AAPL 6 @ 100
    """)
