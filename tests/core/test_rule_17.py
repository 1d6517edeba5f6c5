"""Rule 17: what has expired and is missing."""

import pytest

from scenario import check

CALL = "AAPL261119C00150000"


def test_rule_17_an_option_ends_at_0():
    check(f"""
        book    {CALL} 2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {CALL} 2 -> 0 CLOSED SYNCED realized -300 USD estimated reason expiry
        =>      tied out  and more  ended {CALL} expiry net -300 estimated
    """)


def test_rule_17_a_written_option_gains():
    check(f"""
        book    {CALL} -2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {CALL} -2 -> 0 realized 300 USD estimated reason expiry  and more
    """)


def test_rule_17_a_future_ends_at_the_last_mark():
    check("""
        instrument ESX6 future x50 expires 2026-11-20
        book    ESX6 2 @ 5000
        book    MSFT 1 @ 1
        broker  ESX6 2 @ 5000 price 5010
        broker  MSFT 1 @ 1
        ---
        at      2026-11-21T15:00:00Z
        broker  MSFT 1 @ 1
        =>      closed ESX6 2 -> 0 CLOSED SYNCED realized 1000 USD estimated reason expiry
        =>      tied out  and more
    """)


def test_rule_17_a_future_without_a_mark_is_incomplete():
    check("""
        book    ESX6 2 @ 5000 x50 expires 2026-11-19
        instrument ESX6 future x50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed ESX6 2 -> 0 realized incomplete reason expiry  and more
    """)


@pytest.mark.parametrize("on_missing", ["flag", "close", "delete"])
def test_rule_17_under_every_policy(on_missing):
    check(f"""
        policy  on_missing {on_missing}
        book    {CALL} 2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      closed {CALL} reason expiry  and more  tied out
    """)


def test_rule_17_on_its_last_day_it_has_not_expired():
    check("""
        book    AAPL261120C00150000 2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        =>      missing AAPL261120C00150000 PENDING  break missing_at_broker AAPL261120C00150000
    """)


@pytest.mark.parametrize(
    ("at", "kind"),
    [("2026-11-21T04:59:59Z", "missing"), ("2026-11-21T05:00:00Z", "closed")],
)
def test_rule_17_the_day_is_that_of_new_york(at, kind):
    check(f"""
        book    AAPL261120C00150000 2 @ 1.50
        book    MSFT 1 @ 1
        at      {at}
        broker  MSFT 1 @ 1
        =>      {kind} AAPL261120C00150000  and more
    """)


def test_rule_17_one_that_is_still_reported_goes_on():
    check(f"""
        book    {CALL} 2 @ 1.50
        broker  {CALL} 2 @ 1.50
        =>      nothing else  tied out
    """)


def test_rule_17_until_an_activity_says_otherwise():
    check(f"""
        book    {CALL} 2 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        ---
        fill f1 {CALL} -2 @ 1.00 at 2026-11-19T20:59:00Z
        broker  MSFT 1 @ 1
        =>      restated {CALL} 0 -> 0 realized 200 USD final by f1  and more
        =>      ended {CALL} fill net -100 final  total USD net -100
    """)


def test_rule_17_an_assignment_that_comes_a_day_later_gives_its_reason():
    check(f"""
        book    {CALL} -1 @ 1.50
        book    MSFT 1 @ 1
        broker  MSFT 1 @ 1
        ---
        assignment a1 {CALL} 1 at 2026-11-19T21:00:00Z
        broker  MSFT 1 @ 1
        =>      and more  ended {CALL} assignment net 150 final
    """)
