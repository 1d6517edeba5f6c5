"""Rule 9: a row with quantity 0 reports flat."""

import pytest

from scenario import check


@pytest.mark.parametrize("on_missing", ["flag", "close", "delete"])
def test_rule_9_it_closes_in_this_run_under_every_policy(on_missing):
    check(f"""
        policy  on_missing {on_missing}, missing_confirmations 5
        book    AAPL 10 @ 100
        book    MSFT 1 @ 1
        broker  AAPL 0 @ null price 110
        broker  MSFT 1 @ 1
        =>      closed AAPL 10 -> 0 @ ? CLOSED DRIFT realized 100 USD estimated reason flat
        =>      break quantity AAPL 10 -> 0 remainder -10 seen 1 open  not tied out
        =>      listed removed AAPL
        ---
        broker  AAPL 0 @ null
        broker  MSFT 1 @ 1
        =>      break quantity AAPL resolved  tied out
    """)


def test_rule_9_it_is_not_missing_when_the_row_is_gone_later():
    check("""
        book    AAPL 10 @ 100
        book    MSFT 1 @ 1
        broker  AAPL 0 @ null price 110
        broker  MSFT 1 @ 1
        ---
        broker  MSFT 1 @ 1
        =>      break quantity AAPL resolved  tied out
    """)


def test_rule_9_it_does_not_count_for_the_guard():
    check("""
        book    A 1 @ 1
        book    B 1 @ 1
        book    C 1 @ 1
        broker  A 0 @ null price 1
        broker  B 0 @ null price 1
        broker  C 0 @ null price 1
        =>      closed A reason flat closed B reason flat closed C reason flat
        =>      applied  book nothing  and more
    """)


def test_rule_9_a_closing_that_an_activity_explains_is_no_break():
    check("""
        book    AAPL 10 @ 100
        fill f1 AAPL -10 @ 110
        broker  AAPL 0 @ null
        =>      closed 10 -> 0 CLOSED SYNCED realized 100 USD final by f1 reason fill  tied out
    """)


def test_rule_9_without_a_price_its_figure_is_incomplete():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 0 @ null
        =>      closed 10 -> 0 realized incomplete reason flat  break quantity AAPL
    """)


@pytest.mark.parametrize("zero", ["0", "0.00", "-0", "0e5"])
def test_rule_9_for_a_position_we_do_not_have_it_is_ignored(zero):
    check(f"""
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        broker  AAPL {zero} @ null
        =>      nothing else  tied out
    """)


def test_rule_9_at_adoption_it_is_ignored():
    check("""
        broker  AAPL 0 @ null
        broker  MSFT 1 @ 1
        =>      created MSFT 0 -> 1  tied out
    """)


@pytest.mark.parametrize("null", ["null", '""', "NaN"])
def test_rule_9_what_was_not_reported_is_not_flat(null):
    check(f"""
        book    AAPL 10 @ 100
        broker  AAPL {null} @ null price 110
        =>      invalid AAPL 10 -> 10 OPEN FAILED  and more  partial  book AAPL 10
    """)
