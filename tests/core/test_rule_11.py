"""Rule 11: which runs count as confirmations."""

import pytest

from scenario import check

HELD = """
        book    A 1 @ 10
        book    B 1 @ 10
        broker  A 1 @ 10 price 10
        broker  B 1 @ 10 price 10
        ---
        broker  A 1 @ 10
        =>      missing B PENDING  break missing_at_broker B seen 1
"""


def test_rule_11_two_complete_snapshots_in_a_row_confirm():
    check(f"""{HELD}
        ---
        broker  A 1 @ 10
        =>      closed B reason missing  break missing_at_broker B seen 2
    """)


@pytest.mark.parametrize(
    "between",
    [
        'broker fails unavailable "503"',
        "broker incomplete\nbroker A 1 @ 10",
        "broker as of 14:00\nbroker A 1 @ 10",
        "broker nothing",
        "fill f1 A 1 @ 10 \n fill f2 A -1 @ 10",
    ],
    ids=["failed", "incomplete", "rejected", "held", "without a snapshot"],
)
def test_rule_11_other_runs_neither_count_nor_reset(between):
    check(f"""{HELD}
        ---
        {between}
        ---
        broker  A 1 @ 10
        =>      closed B reason missing  break missing_at_broker B seen 2  and more
    """)


@pytest.mark.parametrize(
    "first",
    [
        "broker incomplete\nbroker A 1 @ 10",
        'broker fails unavailable "503"',
        "broker as of 14:00\nbroker A 1 @ 10",
    ],
    ids=["incomplete", "failed", "rejected"],
)
def test_rule_11_what_does_not_count_is_no_first_miss(first):
    check(f"""
        book    A 1 @ 10
        book    B 1 @ 10
        broker  A 1 @ 10 price 10
        broker  B 1 @ 10 price 10
        ---
        {first}
        ---
        broker  A 1 @ 10
        =>      missing B PENDING  break missing_at_broker B seen 1  and more
    """)


def test_rule_11_the_rows_return_resets():
    check(f"""{HELD}
        ---
        broker  A 1 @ 10
        broker  B 1 @ 10
        =>      break missing_at_broker B seen 1 resolved  tied out
        ---
        broker  A 1 @ 10
        =>      missing B PENDING  break missing_at_broker B seen 1 open
    """)


@pytest.mark.parametrize("row", ["B 1 @ 10", "B 2 @ 10 price 10"], ids=["agrees", "differs"])
def test_rule_11_the_rows_return_in_an_incomplete_snapshot_resets_too(row):
    check(f"""{HELD}
        ---
        broker  incomplete
        broker  {row}
        =>      break missing_at_broker B seen 1 resolved  partial  and more
        ---
        broker  A 1 @ 10
        =>      missing B PENDING  break missing_at_broker B seen 1 open  and more
        ---
        broker  A 1 @ 10
        =>      closed B reason missing  break missing_at_broker B seen 2
    """)


def test_rule_11_a_row_of_zero_in_an_incomplete_snapshot_is_no_return():
    check(f"""{HELD}
        ---
        broker  incomplete
        broker  B 0
        =>      partial and more
        ---
        broker  A 1 @ 10
        =>      closed B reason missing  break missing_at_broker B seen 2  and more
    """)


@pytest.mark.parametrize(("confirmations", "steps"), [(1, 1), (2, 2), (3, 3)])
def test_rule_11_the_number_can_be_set(confirmations, steps):
    waiting = "---\n broker A 1 @ 10\n => and more  book B 1\n" * (steps - 1)
    check(f"""
        policy  missing_confirmations {confirmations}
        book    A 1 @ 10
        book    B 1 @ 10
        broker  A 1 @ 10
        broker  B 1 @ 10 price 10
        {waiting}
        ---
        broker  A 1 @ 10
        =>      closed B reason missing  break missing_at_broker B seen {steps} open
    """)


def test_rule_11_seen_starts_at_1_again_after_a_break_closed_itself():
    check("""
        policy  truth book
        book    A 1 @ 10
        broker  A 2 @ 10
        =>      break quantity A seen 1
        ---
        broker  A 2 @ 10
        =>      break quantity A seen 2
        ---
        broker  A 1 @ 10
        =>      break quantity A seen 2 resolved  tied out
        ---
        broker  A 2 @ 10
        =>      break quantity A seen 1 open
    """)


def test_rule_11_a_break_alerts_when_it_is_seen_in_two_runs():
    check("""
        policy  truth book
        book    A 1 @ 10
        broker  A 2 @ 10
        =>      break quantity A seen 1  no alert
        ---
        broker  A 2 @ 10
        =>      break quantity A seen 2  alert break A
        ---
        broker  A 2 @ 10
        =>      break quantity A seen 3  no alert
    """)
