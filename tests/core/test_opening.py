"""The book that an account starts with, from rows that somebody else kept."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tieout.core.book import Account, AccountId, BookRow, RowLot
from tieout.core.instrument import Instrument
from tieout.core.numbers import money
from tieout.core.opening import open_book
from tieout.core.pnl import Figures, Totals
from tieout.core.policy import Policy
from tieout.core.position import Position

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FUTURE = Instrument(symbol="ESZ6", asset_class="future", multiplier=Decimal(50))


def opened(*rows: BookRow, basis="average", instruments=()):
    account = Account(id=AccountId("main"), venue="alpaca")
    return open_book(
        account, rows, instruments=instruments, policy=Policy(cost_basis=basis), at=NOON
    )


def position(row: BookRow, **options) -> Position:
    (ledger,) = opened(row, **options).ledgers.values()
    assert ledger.position is not None
    return ledger.position


def row(quantity="10", **fields) -> BookRow:
    return BookRow(symbol=fields.pop("symbol", "AAPL"), quantity=Decimal(quantity), **fields)


def test_a_row_becomes_a_position_on_the_venues_basis():
    made = position(row(average_price=Decimal("100.00"), status="REDUCED"))
    (lot,) = made.lots
    assert (made.quantity, made.status, made.basis) == (10, "REDUCED", "venue")
    assert (lot.id, lot.cost) == ("2026-11-20T12:00:00Z", money(Decimal("1000.00")))
    assert (made.opened_at, made.opened_by) == (NOON, "book:2026-11-20T12:00:00Z")


def test_a_row_may_say_when_it_was_opened_and_on_what_basis():
    earlier = NOON - timedelta(days=3)
    made = position(row(average_price=Decimal(5), opened_at=earlier, basis="actual"))
    assert (made.opened_at, made.basis) == (earlier, "actual")
    assert made.lots[0].at == earlier


def test_a_row_without_average_has_no_cost():
    assert position(row()).lots[0].cost is None
    unknown = Instrument(symbol="AAPL", asset_class="future", multiplier=None)
    assert position(row(average_price=Decimal(5)), instruments=[unknown]).lots[0].cost is None


LOTS = (
    RowLot(quantity=Decimal(4), price=Decimal("90.00"), at=NOON - timedelta(days=2)),
    RowLot(
        quantity=Decimal(6), price=Decimal("100.50"), at=NOON - timedelta(days=1),
        fees=Decimal("0.60"),
    ),
)  # fmt: skip


def test_a_row_with_lots_has_the_basis_actual_and_begins_with_the_oldest():
    made = position(row(lots=LOTS), basis="fifo")
    assert made.basis == "actual"
    assert made.opened_at == NOON - timedelta(days=2)
    assert [(lot.id, lot.quantity, lot.cost.text(), lot.fees.text()) for lot in made.lots] == [
        ("2026-11-18T12:00:00Z", 4, "360.00", "0"),
        ("2026-11-19T12:00:00Z", 6, "603.00", "0.60"),
    ]


def test_under_average_lots_are_one_pool():
    (lot,) = position(row(lots=LOTS)).lots
    assert (lot.quantity, lot.cost.text(), lot.fees.text()) == (10, "963.00", "0.60")


def test_lots_of_an_unknown_contract_size_have_no_cost():
    unknown = Instrument(symbol="AAPL", asset_class="future", multiplier=None)
    assert position(row(lots=LOTS), instruments=[unknown]).lots[0].cost is None


def test_a_row_tells_what_its_instrument_is():
    given = row(
        average_price=Decimal(5), multiplier=Decimal(20), currency="EUR", venue_id="7",
        expires=date(2026, 12, 18),
    )  # fmt: skip
    book = opened(given)
    (ledger,) = book.ledgers.values()
    assert ledger.instrument == Instrument(
        symbol="AAPL", multiplier=Decimal(20), currency="EUR", venue_ids=("7",),
        expires=date(2026, 12, 18),
    )  # fmt: skip
    assert ledger.position.lots[0].cost.text() == "1000"


def test_a_declared_instrument_and_its_id_are_kept():
    known = Instrument(
        symbol="ESZ6", asset_class="future", multiplier=Decimal(50), venue_ids=("7",)
    )
    (ledger,) = opened(row(symbol="ESZ6", venue_id="7"), instruments=[known]).ledgers.values()
    assert ledger.instrument == known


def test_what_an_episode_realized_before_counts_in_the_episode_alone():
    book = opened(row(average_price=Decimal(5), realized=Decimal("12.50")))
    (ledger,) = book.ledgers.values()
    figures = Figures(gross=money(Decimal("12.50")), closings=1)
    assert ledger.position.totals == Totals({"USD": figures})
    assert book.realized.is_nothing


def test_legs_and_twins_have_ledgers_of_their_own():
    book = opened(
        row("1", symbol="BTC", side="long"),
        row("-1", symbol="BTC", side="short"),
        row(symbol="ABC", venue_id="1"),
        row(symbol="ABC", venue_id="2"),
    )
    assert list(book.ledgers) == ["BTC|long", "BTC|short", "ABC", "ABC#2"]


def test_a_flat_row_is_a_ledger_without_position():
    book = opened(row("0"))
    (ledger,) = book.ledgers.values()
    assert ledger.position is None
    assert book.facts == {}


def test_a_book_with_rows_has_a_history():
    assert opened(row()).state.has_history
    assert not opened().state.has_history
    assert opened(row(), row(symbol="MSFT")).state.next_order == 3
