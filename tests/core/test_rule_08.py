"""Rule 8: what is within a tolerance is no break, and the book keeps its own value."""

import pytest

from scenario import check


@pytest.mark.parametrize("theirs", ["10.5", "9.5", "10.4", "10"])
def test_rule_8_a_quantity_within_the_tolerance_is_no_break(theirs):
    check(f"""
        policy  tolerance.quantity 0.5
        book    AAPL 10 @ 100
        broker  AAPL {theirs} @ 100
        =>      nothing else  tied out  book AAPL 10 SYNCED
    """)


@pytest.mark.parametrize("theirs", ["10.5000001", "9.4999999"])
def test_rule_8_a_quantity_outside_of_it_is_one(theirs):
    check(f"""
        policy  tolerance.quantity 0.5
        book    AAPL 10 @ 100
        broker  AAPL {theirs} @ 100
        =>      break quantity AAPL 10 -> {theirs} open  and more  not tied out  book AAPL {theirs}
    """)


def test_rule_8_quantity_is_exact_by_default():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10.000000000000000001 @ 100
        =>      break quantity AAPL remainder 0.000000000000000001  and more
    """)


@pytest.mark.parametrize(
    ("settings", "ours", "within", "outside"),
    [
        ("instrument XYZ decimals 2", "100", "100.01", "100.0101"),
        ("instrument XYZ decimals 2", "100", "99.99", "99.9899"),
        ("instrument XYZ decimals 2", "20000", "20000.02", "20000.0201"),  # relative is larger
        ("instrument XYZ decimals 0", "100", "101", "101.1"),
        ("instrument XYZ", "100", "100.0001", "100.00011"),  # relative only
        ("policy tolerance.average_price 0.5", "100", "100.5", "100.51"),
        ("policy tolerance.average_price 0.5", "1000000", "1000001", "1000001.01"),
        ("policy tolerance.average_price 0", "100", "100.0001", "100.00011"),
    ],
)
def test_rule_8_an_average_has_an_absolute_and_a_relative_part(settings, ours, within, outside):
    for theirs, expected in ((within, "nothing else  tied out"), (outside, "break cost XYZ")):
        check(f"""
            account venue file
            {settings}
            book    XYZ 10 @ {ours} actual
            broker  XYZ 10 @ {theirs}
            =>      {expected}  book XYZ 10 @ {ours} actual
        """)


def test_rule_8_the_setting_replaces_the_declared_digit():
    check("""
        account venue file
        policy  tolerance.average_price 0.001
        instrument XYZ decimals 2
        book    XYZ 10 @ 100 actual
        broker  XYZ 10 @ 100.005
        =>      break cost XYZ 100 -> 100.005
    """)


def test_rule_8_within_it_the_book_keeps_its_own_value_on_basis_venue_too():
    check("""
        instrument AAPL decimals 2
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100.01
        =>      nothing else  tied out  book AAPL 10 @ 100 venue
    """)


def test_rule_8_it_never_unmakes_a_position():
    check("""
        policy  tolerance.quantity 5
        book    AAPL 3 @ 100
        broker  AAPL 0 @ null price 100
        =>      closed 3 -> 0 reason flat  break quantity AAPL 3 -> 0  not tied out
    """)


def test_rule_8_it_never_makes_a_position_go_missing_silently():
    check("""
        policy  tolerance.quantity 5
        book    AAPL 3 @ 100
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      missing AAPL PENDING  break missing_at_broker AAPL  not tied out
    """)


def test_rule_8_it_never_makes_a_position():
    check("""
        policy  tolerance.quantity 5
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        broker  AAPL 3 @ 100
        =>      created AAPL 0 -> 3 DRIFT  break missing_in_book AAPL  not tied out
    """)
