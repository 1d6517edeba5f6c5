"""Our own bookings when the venue shows something else than we booked."""

from datetime import UTC, datetime
from decimal import Decimal

from scenario import check, run
from tieout.core.facts import Booked, Confirmed, Observed, Opening, Withdrawn
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot
from tieout.core.movements import Method
from tieout.core.numbers import NOTHING, money
from tieout.core.position import Ledger, Position
from tieout.core.rollforward import fold
from tieout.core.working import Folded

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
A = LedgerId("A")


def test_another_quantity_within_the_grace_period_is_a_break_of_its_own():
    check("""
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100 price 100
        ---
        local   open AAPL 5 @ 101
        broker  AAPL 20 @ 105 price 110
        =>      break quantity AAPL 15 -> 20 and more
        =>      book AAPL 20 and more
    """)


def test_after_the_grace_period_another_quantity_settles_the_booking():
    check("""
        policy  grace_s 10
        book    AAPL 10 @ 100
        broker  AAPL 10 @ 100 price 100
        ---
        local   open AAPL 5 @ 101
        =>      increased AAPL 10 -> 15 and more
        ---
        broker  AAPL 12 @ 100 price 110
        =>      reduced AAPL 15 -> 12  break timing AAPL 15 -> 12 and more
        ---
        broker  AAPL 12 @ 100 price 110
        =>      book AAPL 12 SYNCED  tied out and more
        ---
        fill f1 AAPL 5 @ 101
        broker  AAPL 17 @ 100 price 110
        =>      increased AAPL 12 -> 17 by f1 and more
    """)


def test_a_row_that_is_closing_is_closed_by_its_fill():
    check("""
        book     AAPL 10 @ 100 CLOSING
        fill f1  AAPL -10 @ 110
        broker   nothing
        =>       closed AAPL 10 -> 0 CLOSED realized 100 USD by f1 reason fill  tied out
    """)


def test_keeping_the_book_twice_is_keeping_it_once():
    check("""
        policy  truth manual
        book    AAPL 10 @ 100
        broker  AAPL 9 @ 100
        ---
        local   keep_book AAPL
        broker  AAPL 9 @ 100
        =>      tied out and more
        ---
        local   keep_book AAPL
        broker  AAPL 9 @ 100
        =>      nothing else  tied out  book AAPL 10 @ 100 SYNCED
    """)


def test_a_book_row_may_get_its_contract_size_later():
    """Two at 5000, believed to be of size 1, are of size 50: their cost is 500000."""
    check("""
        book    ESZ6 2 @ 5000
        broker  ESZ6 2 @ 5000 x50 future price 5010
        =>      book ESZ6 2 @ 5000 unrealized 1000 and more
    """)


# Facts of a position that is not there any more


def folded(*facts) -> Folded:
    start = {A: Ledger(id=A, instrument=Instrument(symbol="A"))}
    return fold(start, facts, method=Method(cost_basis="average"))[A]


def position(quantity: str, *lots: tuple[str, str], opened_by: str) -> Position:
    return Position(
        quantity=Decimal(quantity),
        lots=tuple(
            Lot(id=name, quantity=Decimal(size), cost=money(Decimal(0)), fees=NOTHING, at=NOON)
            for name, size in lots
        ),
        basis="actual", status="OPEN", opened_at=NOON, opened_by=opened_by,
    )  # fmt: skip


def test_a_rounding_of_nothing_does_nothing():
    rounding = Observed(ledger=A, order=1, at=NOON, movement=Decimal("0.5"), is_rounding=True)
    assert folded(rounding).position is None


def test_a_confirmation_of_what_is_gone_only_forgets_the_booking():
    start = {A: Ledger(id=A, instrument=Instrument(symbol="A"), booked=(1,))}
    confirmed = Confirmed(ledger=A, order=2, at=NOON, booking=1)
    found = fold(start, [confirmed], method=Method(cost_basis="average"))[A]
    assert found.position is None
    assert found.booked == ()


def test_an_unconfirmed_opening_leaves_what_others_opened():
    held = position("15", ("a", "10"), ("booked:2", "5"), opened_by="a")
    facts = [
        Opening(ledger=A, order=1, at=NOON, position=held),
        Withdrawn(ledger=A, order=3, at=NOON, target=2, ends_unconfirmed=True),
    ]
    start = {A: Ledger(id=A, instrument=Instrument(symbol="A"))}
    found = fold(start, facts, method=Method(cost_basis="lifo"))[A]
    assert [(lot.id, lot.quantity) for lot in found.position.lots] == [("a", 10)]


def test_an_unconfirmed_opening_that_left_no_units_changes_nothing():
    facts = [
        Opening(ledger=A, order=1, at=NOON, position=position("10", ("a", "10"), opened_by="a")),
        Withdrawn(ledger=A, order=3, at=NOON, target=2, ends_unconfirmed=True),
    ]
    assert folded(*facts).quantity == 10


def test_what_fills_confirmed_stays_when_the_rest_is_withdrawn():
    """Ten booked, four filled: the six that nobody confirmed leave."""
    booking = Booked(
        ledger=A, order=1, at=NOON, action="open", quantity=Decimal(6), price=Decimal(100)
    )
    filled = position("4", ("f1", "4"), opened_by="f1")
    facts = [
        Opening(ledger=A, order=0, at=NOON, position=filled),
        booking,
        Withdrawn(ledger=A, order=3, at=NOON, target=1, ends_unconfirmed=True),
    ]
    start = {A: Ledger(id=A, instrument=Instrument(symbol="A"))}
    assert fold(start, facts, method=Method(cost_basis="fifo"))[A].quantity == 4


def test_a_fill_after_an_opening_ended_unconfirmed_is_a_new_trade():
    result = run("""
        policy       grace_s 0, missing_confirmations 1
        book         MSFT 1 @ 10.00
        local open   AAPL 10 @ 100.00
        ---
        broker       MSFT 1 @ 10.00
        ---
        fill f1      AAPL 10 @ 120.00
        =>           created AAPL 0 -> 10 @ 120.00 by f1
    """)
    assert [each["reason"] for each in result["closed"]] == ["unconfirmed"]
