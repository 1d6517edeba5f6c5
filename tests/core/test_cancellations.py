"""A cancellation takes its target back wherever it stands: ids are unique in an account."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from scenario import check
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.needs import history_needed
from tieout.core.policy import Policy
from tieout.core.tieout import tie_out

D10 = Decimal(10)

VERSIONS = ("x.01 AAPL 10", "x.02 AAPL 9", "x.03 AAPL 8")
CORRECTS = {VERSIONS[1]: "cancels x.01", VERSIONS[2]: "cancels x.02"}


def test_a_target_under_another_symbol_is_taken_back():
    check("""
        fill f1    FB 10 @ 100.00
        =>         book FB 10 @ 100.00 and more
        ---
        fill x1    META -10 @ 100.00 cancels f1
        =>         closed FB 10 -> 0 realized nothing by x1
        =>         book nothing
    """)


def test_a_cancellation_that_came_first_takes_back_what_comes_under_another_symbol():
    check("""
        fill x1    META -10 @ 100.00 cancels f1
        =>         book nothing  nothing else
        ---
        fill f1    FB 10 @ 100.00
        =>         book nothing
    """)


def test_both_in_one_run_are_as_if_neither_had_been():
    check("""
        fill x1    META -10 @ 100.00 cancels f1
        fill f1    FB 10 @ 100.00
        fill f2    FB 4 @ 90.00
        =>         created FB 0 -> 4 @ 90.00
        =>         book FB 4 @ 90.00
    """)


def test_one_that_is_more_than_a_negation_counts_under_its_own_symbol():
    check("""
        fill f1    FB 10 @ 100.00
        ---
        fill x1    META 8 @ 101.00 cancels f1
        =>         closed FB 10 -> 0 by x1
        =>         created META 0 -> 8 @ 101.00 by x1
    """)


def test_a_merger_may_take_back_what_stands_in_one_ledger():
    check("""
        fill f1    OLD 10 @ 10.00
        fill f2    OLD 4 @ 10.00
        ---
        merger m1  OLD to NEW 1 for 2 cancels f2
        =>         closed OLD 14 -> 0 and more
        =>         book NEW 5 @ 20.00
    """)


def test_a_merger_is_taken_back_by_what_names_only_the_new_company():
    check("""
        fill f1    OLD 10 @ 10.00
        merger m1  OLD to NEW 1 for 2
        =>         book NEW 5 @ 20.00 and more
        ---
        merger x1  NEW to OTHER 1 for 2 cancels m1
        =>         book OLD 10 @ 10.00 and more
    """)


def test_a_cancellation_is_taken_back_across_symbols_too():
    check("""
        fill f1    FB 10 @ 100.00
        fill x1    META -10 @ 100.00 cancels f1
        =>         book nothing
        ---
        fill x2    OTHER 10 @ 100.00 cancels x1
        =>         created FB 0 -> 10 @ 100.00 by f1
    """)


def test_a_cancellation_that_was_taken_back_takes_nothing_back_whenever_it_is_dated():
    check("""
        fill f1    FB 10 @ 100.00 at 14:00
        fill x1    FB -10 @ 100.00 cancels f1 at 14:30
        fill x2    FB 10 @ 100.00 cancels x1 at 14:10
        =>         created FB 0 -> 10 @ 100.00 and more
    """)


def test_a_cancellation_that_was_taken_back_takes_nothing_back_when_its_target_comes():
    check("""
        fill x1    META -10 @ 100.00 cancels f1
        fill x2    OTHER 10 @ 100.00 cancels x1
        =>         book nothing
        ---
        fill f1    FB 10 @ 100.00
        =>         created FB 0 -> 10 @ 100.00 by f1
        ---
        fill x3    AAPL -10 @ 100.00 cancels x2
        =>         closed FB 10 -> 0 realized nothing
        =>         book nothing
    """)


def test_a_correction_of_a_correction_does_not_bring_the_first_version_back():
    check("""
        account venue ibkr
        book       AAPL 100 @ 150.00
        fill x.01  AAPL -40 @ 160.00 fee 1 at 14:00
        ---
        fill x.02  AAPL -30 @ 160.00 fee 1 cancels x.01 at 14:00
        =>         increased AAPL 60 -> 70 realized -100 by x.02
        ---
        fill x.03  AAPL -20 @ 160.00 fee 1 cancels x.02 at 14:00
        =>         increased AAPL 70 -> 80 realized -100 by x.03
        =>         total USD net 199
    """)


@pytest.mark.parametrize("order", list(permutations(VERSIONS)))
def test_versions_of_one_fill_come_to_the_last_in_any_order_of_arrival(order):
    told = (f"fill {each} @ 10.00 {CORRECTS.get(each, '')} at 14:00" for each in order)
    arrivals = "\n---\n".join(told)
    check(f"{arrivals}\n=> book AAPL 8 @ 10.00 and more")


def test_a_corrected_fill_that_is_busted_leaves_nothing_of_either_version():
    check("""
        fill x.01  AAPL 10 @ 100.00
        fill x.02  AAPL 9 @ 100.00 cancels x.01
        fill x.03  AAPL -9 @ 100.00 cancels x.02
        =>         book nothing
    """)


def test_cancellations_in_a_circle_come_to_something():
    check("""
        fill x1    FB 10 @ 100.00 cancels x2 at 14:00
        fill x2    META 10 @ 100.00 cancels x1 at 14:30
        =>         created META 0 -> 10 and more
    """)


def test_what_is_taken_back_twice_is_taken_back_once():
    check("""
        fill f1    FB 10 @ 100.00
        fill x1    META -10 @ 100.00 cancels f1
        fill x2    OTHER -10 @ 100.00 cancels f1
        =>         book nothing
    """)


def test_a_target_in_another_ledger_is_found_when_little_of_the_book_is_loaded():
    """The run asks for every history while it does not know where the target stands."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    fills = [
        Activity(
            id=ActivityId(f"f{n}"), type="fill", symbol=f"S{n}", at=at, quantity=D10, price=D10
        )
        for n in range(3)
    ]
    undone = replace(fills[1], id=ActivityId("x1"), symbol="NEW", quantity=-D10, cancels="f1")
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    book = book.after(tie_out(book, None, fills, policy=Policy(), now=at))
    assert history_needed(book, None, [undone]) == {"S0", "S1", "S2"}
    book = book.after(tie_out(book, None, [undone], policy=Policy(), now=at))
    assert [ledger.quantity for ledger in book.ledgers.values()] == [D10, 0, D10, 0]
    assert history_needed(book, None, [undone]) == {"S1", "NEW"}


def test_both_companies_of_a_spin_off_say_what_took_it_back():
    """The 40 that went along with the new units come back: 16 @ 10."""
    for named in ("GE", "GEV"):
        check(f"""
            book          GE 16 @ 10
            spin_off p1   GE to GEV 1 for 4 cost 40
            =>            restated GE 16 -> 16 @ 7.50  created GEV 0 -> 4 @ 10
            ---
            spin_off p2   {named} cancels p1
            =>            restated GE 16 -> 16 @ 10 realized nothing by p2
            =>            closed GEV 4 -> 0 realized nothing by p2  ended nothing  total nothing
        """)


def test_both_companies_of_a_merger_say_what_took_it_back():
    check("""
        book         OLD 10 @ 100
        merger m1    OLD to NEW 1 for 2 cash 1300
        =>           created NEW 0 -> 5 @ 0  closed OLD realized 300 USD  total USD net 300
        ---
        merger m2    OLD cancels m1
        =>           closed NEW 5 -> 0 realized nothing by m2
        =>           created OLD 0 -> 10 @ 100 realized -300 USD by m2
        =>           ended nothing  total nothing  book OLD 10 @ 100
    """)
