"""What a run makes of activities and bookings that the book has not met before."""

from datetime import UTC, datetime
from decimal import Decimal

from scenario import check
from tieout.core.book import Account, AccountId, Book
from tieout.core.policy import Policy
from tieout.core.snapshot import Local
from tieout.core.tieout import tie_out

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_first_fill_says_in_which_currency_an_instrument_is_traded():
    check("""
        fill f1 SAP 4 @ 90 cash 0 EUR
        =>      created SAP 0 -> 4 @ 90
        ---
        fill f2 SAP -4 @ 100
        =>      closed 4 -> 0 realized 40 EUR  total EUR net 40
    """)


def test_the_currency_of_a_dividend_is_not_that_of_the_instrument():
    check("""
        dividend d1 SAP cash 5 EUR
        fill f1     SAP 4 @ 90
        ---
        fill f2     SAP -4 @ 100
        =>          closed 4 -> 0 realized 40 USD  total EUR net 0 total USD net 40
    """)


def test_a_booking_without_a_price_is_an_error_and_books_nothing():
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    booking = Local(action="open", symbol="AAPL", quantity=Decimal(5), at=NOON)
    plan = tie_out(book, None, (), policy=Policy(), now=NOON, local=(booking,))
    assert [each.message for each in plan.errors] == ["local open needs a price"]
    assert plan.outcome == "partial"
    assert not book.after(plan).ledgers


def test_a_booking_without_a_quantity_is_an_error_and_books_nothing():
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    booking = Local(action="open", symbol="AAPL", price=Decimal(100), at=NOON)
    plan = tie_out(book, None, (), policy=Policy(), now=NOON, local=(booking,))
    assert [each.message for each in plan.errors] == ["local open needs a quantity"]
    assert not book.after(plan).ledgers
