"""Rule 6: which lots a closing takes, and what the average of the others is."""

import pytest

from scenario import check


@pytest.mark.parametrize(
    ("method", "average", "net"),
    [
        ("average", "101", "63"),
        ("fifo", "101.75", "69"),  # 5 @ 99 and 2 @ 103 go
        ("lifo", "100.5", "59"),  # 5 @ 101 and 2 @ 103
        ("hifo", "99.75", "53"),  # 5 @ 103 and 2 @ 101
    ],
)
def test_rule_6_the_average_of_a_long_is_that_of_the_lots_that_are_left(method, average, net):
    check(f"""
        policy  cost_basis {method}
        book    AAPL 15 lots 5 @ 99 2026-01-02, 5 @ 103 2026-01-03, 5 @ 101 2026-01-04
        fill f1 AAPL -7 @ 110
        =>      reduced 15 -> 8 @ {average} realized {net} USD
    """)


@pytest.mark.parametrize(
    ("method", "average", "net"),
    [
        ("average", "101", "77"),
        ("fifo", "101.75", "71"),
        ("lifo", "100.5", "81"),
        ("hifo", "102.25", "67"),  # the cheapest sales gain least: 5 @ 99 and 2 @ 101
    ],
)
def test_rule_6_the_average_of_a_short_is_that_of_the_lots_that_are_left(method, average, net):
    check(f"""
        policy  cost_basis {method}
        book    AAPL -15 lots -5 @ 99 2026-01-02, -5 @ 103 2026-01-03, -5 @ 101 2026-01-04
        fill f1 AAPL 7 @ 90
        =>      reduced -15 -> -8 @ {average} realized {net} USD
    """)


def test_rule_6_of_equally_dear_lots_hifo_takes_the_oldest():
    check("""
        policy  cost_basis hifo
        book    AAPL 10 lots 5 @ 103 2026-01-03 fees 1, 5 @ 103 2026-01-04 fees 2
        fill f1 AAPL -5 @ 110
        =>      reduced 10 -> 5 realized 34 USD (gross 35 fees 1)
    """)


def test_rule_6_a_whole_closing_is_the_same_under_every_method():
    for method in ("average", "fifo", "lifo", "hifo", "specific"):
        check(f"""
            policy  cost_basis {method}
            book    AAPL 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
            fill f1 AAPL -5 @ 110 lot 2026-01-02T00:00:00Z at 14:00
            fill f2 AAPL -5 @ 110 lot 2026-01-03T00:00:00Z at 14:10
            =>      closed 10 -> 0 realized 100 USD by f1 f2
        """)


def test_rule_6_specific_takes_the_lot_that_is_named():
    check("""
        policy  cost_basis specific
        fill f1 AAPL 5 @ 99 at 14:00
        fill f2 AAPL 5 @ 103 at 14:10
        ---
        fill f3 AAPL -4 @ 110 lot f2
        =>      reduced 10 -> 6 @ ~99.67 realized 28 USD by f3
    """)


def test_rule_6_a_lot_of_the_book_is_named_by_its_time():
    check("""
        policy  cost_basis specific
        book    AAPL 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
        fill f1 AAPL -5 @ 110 lot 2026-01-03T00:00:00Z
        =>      reduced 10 -> 5 @ 99 realized 45 USD
    """)


def test_rule_6_specific_without_a_lot_is_an_error_for_that_activity():
    check("""
        policy  cost_basis specific
        book    AAPL 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
        fill f1 AAPL -5 @ 110
        fill f2 AAPL 1 @ 100
        =>      increased 10 -> 11 by f2  error f1 lot  partial
    """)


def test_rule_6_an_unknown_lot_counts_once_it_arrives():
    check("""
        policy  cost_basis specific
        fill f1 AAPL 5 @ 99 at 14:00
        fill f3 AAPL -5 @ 110 lot f2 at 14:30
        =>      created AAPL 0 -> 5 @ 99 by f1  error f3 f2  partial
        ---
        fill f2 AAPL 5 @ 103 at 14:10
        =>      restated AAPL 5 -> 5 @ 99 realized 35 USD  applied
    """)


def test_rule_6_a_lot_that_holds_less_is_an_error():
    check("""
        policy  cost_basis specific
        book    AAPL 10 lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03
        fill f1 AAPL -6 @ 110 lot 2026-01-03T00:00:00Z
        =>      error f1  partial  book AAPL 10
    """)


def test_rule_6_a_closing_that_loses_its_lot_to_a_late_one_is_an_error_when_that_arrives():
    check("""
        policy  cost_basis specific
        fill a  X 10 @ 10 at 14:00
        fill b  X 10 @ 14 at 14:01
        fill d  X -10 @ 20 lot a at 14:03
        =>      created X 0 -> 10 @ 14 realized 100 USD  applied
        ---
        fill e  X -10 @ 21 lot a at 14:02
        =>      restated X 10 -> 10 @ 14 realized 10 USD by e  error d "lot a"  partial
        ---
        fill c  X 1 @ 15 at 14:04
        =>      increased X 10 -> 11 by c  applied  total USD net 110
    """)


def test_rule_6_a_closing_that_keeps_its_lot_is_none():
    check("""
        policy  cost_basis specific
        fill a  X 10 @ 10 at 14:00
        fill b  X 10 @ 14 at 14:01
        fill d  X -10 @ 20 lot a at 14:03
        ---
        fill e  X -10 @ 21 lot b at 14:02
        =>      closed X 10 -> 0 realized 70 USD by e  applied
    """)
