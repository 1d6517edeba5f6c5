"""What a row teaches about an instrument counts for what was booked before, too."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.driving import Step, last_book
from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.policy import Policy
from tieout.core.position import Ledger
from tieout.core.snapshot import Holding, Snapshot

ES = LedgerId("ESZ6")
ROW = Holding(
    symbol="ESZ6", quantity="1", average_price="5000", price="5010", asset_class="future",
    multiplier="50",
)  # fmt: skip
BUY = Activity(
    id=ActivityId("f1"), type="fill", symbol="ESZ6", quantity=Decimal(1), price=Decimal(5000),
    fee=Decimal("2.25"), at=datetime(2026, 11, 20, 15, 1, tzinfo=UTC),
)  # fmt: skip


def at(minute: int) -> datetime:
    return datetime(2026, 11, 20, 15, minute, tzinfo=UTC)


def seen(minute: int, *rows: Holding) -> Step:
    return Step(snapshot=Snapshot(as_of=at(minute), holdings=rows), now=at(minute))


def account(*instruments: Instrument) -> Book:
    return Book(account=Account(id=AccountId("main"), venue="ibkr"), instruments=instruments)


def in_one_run(row: Holding) -> list[Step]:
    sight = Snapshot(as_of=at(3), holdings=(row,))
    return [seen(0), Step(activities=(BUY,), snapshot=sight, now=at(3))]


def in_two_runs(row: Holding) -> list[Step]:
    return [seen(0), Step(activities=(BUY,), now=at(2)), seen(3, row)]


def without_history(row: Holding) -> list[Step]:
    return [Step(activities=(BUY,), now=at(2)), seen(3, row)]


def es(book: Book) -> Ledger:
    return book.ledgers[ES]


def money_of(ledger: Ledger) -> tuple[str, str]:
    """Average price and what the position would make at 5010."""
    assert ledger.position is not None
    made = ledger.position.unrealized_pnl(ledger.instrument, Decimal(5010))
    assert made is not None
    return str(ledger.position.average_price(ledger.instrument)), made.text()


@pytest.mark.parametrize("steps", [in_one_run, in_two_runs, without_history])
def test_a_contract_size_that_comes_later_counts_from_the_first_fill(steps):
    book = last_book(account(), steps(ROW), Policy())
    assert es(book).instrument.multiplier == 50
    assert es(book).instrument.asset_class == "future"
    assert money_of(es(book)) == ("5000", "500")


@pytest.mark.parametrize("steps", [in_one_run, in_two_runs])
def test_a_fill_waits_for_the_contract_size_and_then_counts(steps):
    unknown = Instrument(symbol="ESZ6", asset_class="future", multiplier=None)
    book = last_book(account(unknown), steps(ROW), Policy())
    assert money_of(es(book)) == ("5000", "500")
    assert not es(book).has_waiting
    assert es(book).position.basis == "actual"


@pytest.mark.parametrize("steps", [in_one_run, in_two_runs])
def test_a_currency_that_comes_later_is_that_of_what_was_realized_before(steps):
    sale = Activity(
        id=ActivityId("f2"), type="fill", symbol="ESZ6", quantity=Decimal("-0.5"),
        price=Decimal(5020), at=datetime(2026, 11, 20, 15, 1, 30, tzinfo=UTC),
    )  # fmt: skip
    row = ROW._replace(quantity="0.5", currency="EUR")
    given = steps(row)
    given[1] = Step(activities=(BUY, sale), snapshot=given[1].snapshot, now=given[1].now)
    book = last_book(account(), given, Policy())
    assert set(book.realized.by_currency) == {"EUR"}
    assert book.realized.of("EUR").gross.text() == "500"


def test_the_change_is_told_once_as_restated():
    book = account()
    for step in in_two_runs(ROW)[:2]:
        book = last_book(book, [step], Policy())
    told = last_book(book, [seen(3, ROW)], Policy())
    assert money_of(es(told)) == ("5000", "500")
    again = last_book(told, [seen(4, ROW)], Policy())
    assert es(again) == es(told)
