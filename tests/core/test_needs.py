"""A run asks for the history of every position that it may have to fold again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.needs import history_needed
from tieout.core.policy import Policy
from tieout.core.snapshot import Holding, Snapshot
from tieout.core.tieout import tie_out

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy()


def bought(symbol: str, quantity: str) -> Activity:
    return Activity(
        id=ActivityId(f"f-{symbol}"), type="fill", symbol=symbol, at=NOON,
        quantity=Decimal(quantity), price=Decimal(100),
    )  # fmt: skip


def seen(minutes: int, *rows: tuple[str, str, str]) -> Snapshot:
    holdings = [
        Holding(symbol=name, quantity=held, average_price=cost) for name, held, cost in rows
    ]
    return Snapshot(as_of=NOON + minutes * MINUTE, holdings=tuple(holdings))


def after(book: Book, snapshot: Snapshot | None, *activities: Activity) -> Book:
    """The book after a run that is given the history it asked for, and no more."""
    needed = history_needed(book, snapshot, activities)
    lean = replace(book, facts={key: book.facts.get(key, ()) for key in needed})
    now = snapshot.as_of if snapshot is not None else NOON
    return book.after(tie_out(lean, snapshot, activities, policy=POLICY, now=now))


def test_an_average_that_goes_on_disagreeing_is_compared_in_every_run():
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    book = after(book, None, bought("AAPL", "10"), bought("MSFT", "5"))
    for minutes in (1, 2, 3):
        snapshot = seen(minutes, ("AAPL", "10", "120.00"), ("MSFT", "5", "100.00"))
        book = after(book, snapshot)
    assert [each.kind for each in book.open_breaks.values()] == ["cost"]
    assert history_needed(book, snapshot, ()) >= {"AAPL"}


def test_an_average_is_compared_once_an_unexplained_quantity_is_booked():
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    book = after(book, None, bought("AAPL", "10"))
    for minutes in (1, 2, 3):
        book = after(book, seen(minutes, ("AAPL", "6", "120.00")))
    assert [each.kind for each in book.open_breaks.values()] == ["cost"]


def test_a_fill_under_a_new_name_needs_the_history_of_its_id():
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    fill = replace(bought("AAPL", "10"), venue_id="1")
    book = after(book, None, fill)
    late = replace(bought("NEW", "5"), venue_id="1")
    assert history_needed(book, None, (late,)) == {"AAPL"}
    assert history_needed(book, None, (replace(late, venue_id="2"),)) == frozenset()


def test_what_moved_after_the_time_of_a_snapshot_is_needed_to_judge_it():
    """Of restless positions at a newer snapshot, of any at an older one."""
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    book = after(book, seen(1, ("AAPL", "10", "100.00"), ("MSFT", "5", "100.00")))
    later = replace(bought("AAPL", "2"), at=NOON + 9 * MINUTE)
    book = after(book, None, later)
    agreed = (("AAPL", "10", "100.00"), ("MSFT", "5", "100.00"))
    assert history_needed(book, seen(5, *agreed), ()) == {"AAPL"}
    assert history_needed(book, seen(0, *agreed), ()) == {"AAPL", "MSFT"}


def test_an_approval_needs_what_the_held_snapshot_would_have_compared():
    """Two buy AAPL after the time of the snapshot that is held: 12, and 10 at its time."""
    book = Book(account=Account(id=AccountId("main"), venue="alpaca"))
    names = ("AAPL", "B", "C", "D")
    book = after(book, seen(1, *((name, "10", "100.00") for name in names)))
    book = after(book, seen(2, ("AAPL", "10", "100.00")))
    assert book.state.held is not None
    assert history_needed(book, None, ()) == frozenset()
    later = replace(bought("AAPL", "2"), at=NOON + 9 * MINUTE)
    book = after(book, None, later)
    assert history_needed(book, None, ()) == {"AAPL"}
