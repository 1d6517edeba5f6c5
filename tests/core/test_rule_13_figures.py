"""Rule 13: an average or a price that is there and cannot be read is never "not reported"."""

import pytest

from scenario import check

UNREADABLE = ["zz", "[]", "true", "1e999999999", "0x10", "1,000"]
NOT_REPORTED = ["null", "NaN", "Infinity"]


@pytest.mark.parametrize("written", UNREADABLE)
def test_rule_13_an_unreadable_average_makes_the_row_invalid(written: str):
    check(f"""
        book    A 4 @ 10
        book    B 4 @ 10
        broker  A 4 @ {written} price 11
        broker  B 4 @ 10
        =>      invalid A 4 -> 4 @ 10 OPEN FAILED  error A  partial  not tied out
        =>      book B 4 @ 10 SYNCED
    """)


@pytest.mark.parametrize("written", UNREADABLE)
def test_rule_13_an_unreadable_price_makes_the_row_invalid(written: str):
    check(f"""
        book    A 4 @ 10
        book    B 4 @ 10
        broker  A 4 @ 10 price {written}
        broker  B 4 @ 10
        =>      invalid A 4 -> 4 @ 10 OPEN FAILED  error A  partial  not tied out
    """)


@pytest.mark.parametrize("written", UNREADABLE)
def test_rule_13_a_price_that_becomes_unreadable_is_seen_though_nothing_else_changed(written: str):
    check(f"""
        book    A 4 @ 10
        broker  A 4 @ 10 price 11
        =>      tied out
        ---
        broker  A 4 @ 10 price {written}
        =>      invalid A 4 -> 4 @ 10 OPEN FAILED  error A  partial  not tied out
        ---
        broker  A 4 @ 10 price 12
        =>      tied out
    """)


@pytest.mark.parametrize("written", NOT_REPORTED)
def test_rule_13_what_is_not_reported_is_no_fault(written: str):
    check(f"""
        book    A 4 @ 10
        broker  A 4 @ {written} price {written}
        =>      tied out
    """)
