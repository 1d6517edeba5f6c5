"""Prices: what they change, and what they make a position worth."""

from datetime import UTC, datetime
from decimal import Decimal

from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.marking import mark, unrealized_pnl
from tieout.core.numbers import NOTHING, money
from tieout.core.position import Ledger, Position
from tieout.core.snapshot import Holding

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A, B, C = LedgerId("A"), LedgerId("B"), LedgerId("C")


def row(symbol: str, price: str | None) -> Holding:
    return Holding(symbol=symbol, quantity="1", price=price)


def test_a_new_price_marks_and_the_same_price_does_not():
    known = {A: row("A", "10"), B: row("B", "20")}
    marks = mark({A: row("A", "11"), B: row("B", "20"), C: row("C", "5")}, before=known, changed=())
    assert (marks.marked, marks.unchanged) == (2, 1)
    assert marks.rows == {A: row("A", "11"), B: row("B", "20"), C: row("C", "5")}


def test_the_very_row_of_before_is_unchanged():
    known = row("A", "10")
    assert mark({A: known}, before={A: known}, changed=()).unchanged == 1


def test_what_changed_otherwise_is_counted_elsewhere():
    marks = mark({A: row("A", "11"), B: row("B", "2")}, before={}, changed=[A])
    assert (marks.marked, marks.unchanged) == (1, 0)
    assert marks.rows[A] == row("A", "11")


def test_rows_that_did_not_arrive_keep_their_price_and_gone_ones_leave():
    known = {A: row("A", "10"), B: row("B", "20")}
    assert mark({}, before=known, changed=()).rows == known
    assert mark({}, before=known, changed=(), gone=[B, C]).rows == {A: row("A", "10")}


def held(quantity: str, cost: str) -> Ledger:
    lot = Lot(id="a", quantity=Decimal(quantity), cost=money(Decimal(cost)), fees=NOTHING, at=NOON)
    position = Position(
        quantity=Decimal(quantity), lots=(lot,), basis="actual", status="OPEN", opened_at=NOON,
        opened_by="a",
    )  # fmt: skip
    return Ledger(id=A, instrument=Instrument(symbol="A"), position=position)


def test_unrealized_needs_a_position_a_row_and_a_price():
    long = held("10", "1000")
    made = unrealized_pnl(long, row("A", "101.50"))
    assert made is not None
    assert made.text() == "15.00"
    assert unrealized_pnl(long, None) is None
    assert unrealized_pnl(long, row("A", None)) is None
    assert unrealized_pnl(long, row("A", "NaN")) is None
    assert unrealized_pnl(Ledger(id=A, instrument=Instrument(symbol="A")), row("A", "1")) is None
