"""Rule 13: rows and activities that cannot be used, and rows that come twice."""

from datetime import UTC, datetime

import pytest

from scenario import check
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.numbers import ONE
from tieout.core.plan import StepError
from tieout.core.policy import Policy
from tieout.core.tieout import tie_out

TWO = """
        book    A 4 @ 10
        book    B 4 @ 10
"""


def test_rule_13_identical_rows_are_one_row_and_a_harmless_break():
    check(f"""{TWO}
        broker  A 4 @ 10 price 11
        broker  A 4 @ 10 price 11
        broker  B 4 @ 10
        =>      break duplicate A open  applied  tied out  book A 4 SYNCED
        ---
        broker  A 4 @ 10 price 11
        broker  B 4 @ 10
        =>      break duplicate A resolved  tied out
    """)


@pytest.mark.parametrize("other", ["A 5 @ 10", "A 4 @ 11", '"A " 5 @ 10'])
def test_rule_13_different_rows_for_one_key_are_invalid(other):
    check(f"""{TWO}
        broker  A 4 @ 10 price 11
        broker  {other} price 11
        broker  B 5 @ 10 price 10
        =>      invalid A 4 -> 4 @ 10 OPEN FAILED realized nothing
        =>      increased B 4 -> 5  error A  break quantity B  partial  not tied out
    """)


def test_rule_13_a_key_is_the_instrument_under_any_of_its_names():
    """Matching is by instrument, not spelling: two rows are never added up."""
    check("""
        account venue coinbase
        book    BTC-USD 4 @ 10
        book    ETH-USD 4 @ 10
        broker  BTC-USD 4 @ 10
        broker  BTC-USDC 5 @ 10 price 11
        broker  ETH-USD 4 @ 10
        broker  ETH-USDC 4 @ 10
        =>      invalid BTC-USD 4 -> 4 @ 10 OPEN FAILED  error BTC-USD
        =>      break duplicate ETH-USDC open  partial  not tied out
        =>      book BTC-USD 4 @ 10 FAILED  book ETH-USD 4 @ 10 SYNCED
        ---
        broker  BTC-USD 4 @ 10
        broker  ETH-USD 4 @ 10
        =>      break duplicate ETH-USDC resolved  applied  tied out
    """)


def test_rule_13_two_names_of_what_was_not_held_are_nothing_to_go_by():
    check("""
        account venue coinbase
        book    ETH-USD 4 @ 10
        broker  ETH-USD 4 @ 10
        broker  BTC-USD 4 @ 10
        broker  BTC-USDC 5 @ 10
        broker  BTC 6 @ 10
        =>      invalid BTC-USD 0 -> 0  error BTC-USD  partial  book ETH-USD 4 SYNCED
        ---
        broker  ETH-USD 4 @ 10
        broker  BTC-USD 4 @ 10 price 10
        =>      created BTC-USD 0 -> 4  break missing_in_book BTC-USD
    """)


@pytest.mark.parametrize(
    "quantity", ["null", '""', "NaN", "Infinity", "-Infinity", "ten", "1e9999"]
)
def test_rule_13_a_quantity_that_is_none_makes_the_row_invalid(quantity):
    check(f"""{TWO}
        broker  A {quantity} @ 99 price 99
        broker  B 4 @ 10
        =>      invalid A 4 -> 4 @ 10 OPEN FAILED realized nothing by nothing
        =>      error A  partial  not tied out  book A 4 @ 10 FAILED  book B 4 SYNCED
    """)


@pytest.mark.parametrize("price", ["null", '""', "NaN"])
def test_rule_13_a_missing_price_does_not(price):
    check(f"""{TWO}
        broker  A 4 @ {price} price {price}
        broker  B 4 @ 10
        =>      nothing else  applied  tied out  book A 4 @ 10 SYNCED price ? unrealized ?
    """)


def test_rule_13_an_invalid_row_does_not_let_others_go_missing():
    check(f"""{TWO}
        book    C 4 @ 10
        policy  missing_confirmations 1
        broker  A NaN @ 10
        broker  B 4 @ 10
        =>      invalid A  error A  and more  partial  book C 4
    """)


def test_rule_13_the_good_row_after_a_bad_one_is_synced():
    check(f"""{TWO}
        broker  A NaN @ 10
        broker  B 4 @ 10
        ---
        broker  A 4 @ 10
        broker  B 4 @ 10
        =>      nothing else  applied  tied out  book A 4 SYNCED
    """)


def test_rule_13_an_activity_with_quantity_0_is_an_error_for_it():
    check(f"""{TWO}
        fill f1 A 0 @ 10
        fill f2 A 1 @ 10
        broker  A 5 @ 10
        broker  B 4 @ 10
        =>      increased A 4 -> 5 by f2  error f1  partial  not tied out
    """)


def test_rule_13_prices_may_be_any_finite_number():
    check("""
        instrument CLK0 future x1000
        fill f1 CLK0 1 @ -37.63
        fill f2 CLK0 -1 @ 10.01
        =>      closed CLK0 realized 47640 USD
    """)


def test_rule_13_a_price_of_0_is_one():
    check(f"""{TWO}
        fill f1 A -4 @ 0
        =>      closed A 4 -> 0 realized -40 USD final
    """)


def test_rule_13_a_row_without_a_symbol_is_an_error_with_its_number():
    check(f"""{TWO}
        broker  A 4 @ 10
        broker  B 4 @ 10
        broker  "" 4 @ 10
        =>      error row 3  partial  not tied out  and more
    """)


@pytest.mark.parametrize("symbol", ["", " "])
def test_rule_13_an_activity_without_a_symbol_is_an_error_for_it(symbol):
    """Nothing says what was traded: no position without a name comes of it."""
    at = datetime(2026, 11, 20, 15, tzinfo=UTC)
    trade = Activity(
        id=ActivityId("f1"), type="fill", symbol=symbol, at=at, quantity=ONE, price=ONE
    )
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    plan = tie_out(book, None, (trade,), policy=Policy(), now=at)
    assert plan.errors == (StepError(activity=trade.id, message="a fill needs a symbol"),)
    assert plan.changes == ()
    assert book.after(plan).ledgers == {}
