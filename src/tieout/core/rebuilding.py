"""A book folded again: how its ledgers began, by which method, and what comes of their facts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from tieout.core.book import Account, Book
from tieout.core.facts import BEFORE_ALL
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.movements import Method
from tieout.core.pnl import NO_TOTALS
from tieout.core.policy import CostBasis
from tieout.core.position import Ledger, Position
from tieout.core.rollforward import fold
from tieout.core.working import Folded


def blank(ledger: Ledger) -> Ledger:
    """A ledger before its first fact, under the name it had then."""
    instrument = ledger.instrument
    if ledger.first_names:
        symbol, *spellings = ledger.first_names
        instrument = replace(instrument, symbol=symbol, spellings=tuple(spellings))
    return without_facts(ledger, instrument)


def without_facts(ledger: Ledger, instrument: Instrument) -> Ledger:
    """A ledger of this instrument to which nothing has happened yet."""
    return replace(
        ledger, instrument=instrument, position=None, booked=(), totals=NO_TOTALS, last_at=None
    )


def bases_after(
    known: tuple[tuple[datetime, CostBasis], ...], wanted: CostBasis, *, now: datetime
) -> tuple[tuple[datetime, CostBasis], ...]:
    """The cost bases of an account when a run asks for `wanted`."""
    if not known:
        return ((BEFORE_ALL, wanted),)
    return known if known[-1][1] == wanted else (*known, (now, wanted))


def method_of(account: Account, bases: tuple[tuple[datetime, CostBasis], ...]) -> Method:
    """How cost is kept in an account, now and before."""
    return Method(
        cost_basis=bases[-1][1],
        truncates=account.venue == "hyperliquid",
        has_fees_inside=account.venue == "ibkr",
        since=bases,
        base_currency=account.currency,
    )


def method_of_book(book: Book) -> Method:
    """How cost is kept in the account of this book, now and before."""
    return method_of(book.account, book.state.cost_bases or ((BEFORE_ALL, "average"),))


def is_as_folded(stored: Position | None, folded: Position | None) -> bool:
    """Whether a stored position is what its facts give.

    One that was written before positions kept their sum in base currency has none.
    """
    if stored is None or folded is None or stored.base is not None:
        return stored == folded
    return stored == replace(folded, base=None)


def rebuild(book: Book) -> Mapping[LedgerId, Ledger]:
    """Every ledger folded again from all of its facts, for comparison with what is stored."""
    start = {key: blank(each) for key, each in book.ledgers.items()}
    facts = [fact for key in book.ledgers for fact in book.facts.get(key, ())]
    return {
        key: folded_into(start[key], folded)
        for key, folded in fold(start, facts, method=method_of_book(book)).items()
    }


def folded_into(ledger: Ledger, folded: Folded) -> Ledger:
    """The ledger with what a fold made of it."""
    return replace(
        ledger,
        instrument=folded.instrument,
        position=folded.position,
        last_at=folded.last_at,
        booked=folded.booked,
        has_waiting=bool(folded.not_counted),
        totals=folded.totals,
    )
