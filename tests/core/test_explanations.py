"""A break says what the activities of its run moved: before, plus the causes, is ours."""

import pytest

from scenario import check, run


@pytest.mark.parametrize(
    ("book", "happens", "ours", "moved"),
    [
        ("ETH/USD 1 @ 2000", "fill a ETH/USD 1 @ 2000 fee 0.01 ETH", "1.99", "fill a 0.99"),
        ("ETH/USD 1 @ 2000", "fill a ETH/USD -0.5 @ 2000 fee 0.01 ETH", "0.49", "fill a -0.51"),
        ("ETH/USD 1 @ 2000", "fee a ETH/USD -0.01 @ 2000", "0.99", "fee a -0.01"),
        ("X 10 @ 60", "split a X 3 for 2", "15", "split a 5"),
        ("X 10 @ 60", "split a X 1 for 4 cash 30", "2", "split a -8"),
        ("X -10 @ 60", "fill a X 4 @ 60", "-6", "fill a 4"),
        ("X 10 @ 60", "transfer a X -3", "7", "transfer a -3"),
        ("X 10 @ 60", "dividend a X cash 5", "10", "dividend a 0"),
        ("AAPL270115C00150000 3 @ 2", "expiry a AAPL270115C00150000 -2", "1", "expiry a -2"),
    ],
)
def test_each_cause_has_what_it_moved(book, happens, ours, moved):
    symbol = book.split()[0]
    check(f"""
        policy  truth book
        book    {book}
        {happens}
        broker  {symbol} 77 @ 1 price 1
        =>      break quantity {symbol} {ours} -> 77 before {book.split()[1]} after {moved}
        =>      and more  not tied out
    """)


def test_causes_come_in_order_of_time_and_add_up():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill c  X -3 @ 100 at 14:30
        split b X 2 for 1 at 14:20
        fill a  X 5 @ 100 at 14:10
        broker  X 30 @ 1
        =>      break quantity X 27 -> 30 before 10 after fill a 5, split b 15, fill c -3
        =>      and more
    """)


def test_units_of_a_spin_off_are_a_cause_for_the_child_and_none_for_the_parent():
    result = run("""
        policy  truth book
        book    GE 16 @ 10
        book    GEV 1 @ 10
        spin_off p GE to GEV 1 for 4
        broker  GE 15 @ 10
        broker  GEV 6 @ 10
    """)
    causes = {found["symbol"]: found["explanation"] for found in result["steps"][0]["breaks"]}
    assert causes["GE"] == [{"cause": "spin_off", "id": "p", "quantity": "0"}]
    assert causes["GEV"] == [{"cause": "spin_off", "id": "p", "quantity": "4"}]


def test_both_companies_of_a_merger_have_it_as_a_cause():
    check("""
        policy  truth book
        book    OLD 10 @ 10
        book    NEW 1 @ 10
        merger m OLD to NEW 1 for 2
        broker  NEW 7 @ 10
        =>      break quantity NEW 6 -> 7 remainder 1 before 1 after merger m 5  and more
    """)


def test_what_did_not_count_is_no_cause():
    check("""
        policy  truth book, cost_basis specific
        book    X 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
        fill a  X -5 @ 110 lot unknown
        fill b  X 2 @ 100
        broker  X 7 @ 100
        =>      break quantity X 12 -> 7 remainder -5 before 10 after fill b 2
        =>      error a "lot unknown"  and more  partial
    """)


def test_what_waits_for_its_target_is_no_cause():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill b  X -5 @ 10 cancels a
        broker  X 7 @ 100
        =>      break quantity X 10 -> 7 before 10 after nothing  not tied out
    """)


def test_what_takes_another_back_moved_what_it_says():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill a  X -4 @ 110
        =>      reduced X 10 -> 6
        ---
        fill b  X 4 @ 110 cancels a
        broker  X 7 @ 100
        =>      increased X 6 -> 10  break quantity X 10 -> 7 before 6 after fill b 4  and more
    """)


def test_what_happened_after_the_snapshot_is_no_cause():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill a  X -4 @ 110 at 14:40
        fill b  X -1 @ 110 at 14:55
        broker  as of 14:50
        broker  X 7 @ 100
        =>      break quantity X 6 -> 7 remainder 1 before 10 after fill a -4
        =>      reduced X 10 -> 5 DRIFT by a b  not tied out
    """)


def test_what_was_explained_in_an_earlier_run_is_not_told_again():
    check("""
        policy  truth book
        book    X 10 @ 100
        fill a  X -4 @ 110
        broker  X 5 @ 100
        =>      break quantity X 6 -> 5 before 10 after fill a -4  and more
        ---
        broker  X 5 @ 100
        =>      break quantity X 6 -> 5 before 6 after nothing seen 2
    """)
