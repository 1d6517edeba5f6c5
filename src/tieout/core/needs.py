"""Which histories a run needs: those of the ledgers that it may have to fold again."""

from collections.abc import Iterable, Sequence

from tieout.core.activity import Activity
from tieout.core.book import Book
from tieout.core.instrument import LedgerId
from tieout.core.matching import Names, is_revalued
from tieout.core.snapshot import Failure, Local, Snapshot


def history_needed(
    book: Book,
    snapshot: Snapshot | Failure | None,
    activities: Sequence[Activity],
    local: Sequence[Local] = (),
) -> frozenset[LedgerId]:
    """The ledgers whose facts `tie_out` may ask for; more than it will use, never fewer."""
    if not book.ledgers:
        return frozenset()
    names = Names(
        book.ledgers, book.instruments, venue=book.account.venue, currency=book.account.currency
    )
    if any(each.cancels is not None and each.id not in book.digests for each in activities):
        return frozenset(book.ledgers)  # what is taken back may stand anywhere
    needed: set[LedgerId] = set()
    for name in _symbols(activities, local):
        needed.update(names.all_of(name))
    needed.update(
        key for key, ledger in book.ledgers.items() if ledger.booked or ledger.has_waiting
    )
    if isinstance(snapshot, Snapshot):
        needed.update(_of_rows(book, snapshot, names))
    if book.state.held is not None:
        needed.update(_of_rows(book, book.state.held.snapshot, names))
    return frozenset(_with_links(book, needed))


def _symbols(activities: Iterable[Activity], local: Iterable[Local]) -> Iterable[str]:
    for activity in activities:
        yield activity.symbol
        if activity.to is not None:
            yield activity.to
    for booking in local:
        yield booking.symbol


def _of_rows(book: Book, snapshot: Snapshot, names: Names) -> Iterable[LedgerId]:
    """Ledgers that moved after the snapshot's time, and rows whose average will be compared."""
    for key, ledger in book.ledgers.items():
        if ledger.last_at is not None and ledger.last_at >= snapshot.as_of:
            yield key
    loud = {*book.state.restless, *(each.ledger for each in book.open_breaks.values())}
    by_id: dict[str, list[LedgerId]] = {}
    for row in snapshot.holdings:
        keys = names.all_of_row(row)
        if row.venue_id is not None:
            # One row may teach the id by which a later one is found.
            keys += by_id.get(row.venue_id, ())
            by_id[row.venue_id] = keys
        for key in keys:
            position = book.ledgers[key].position
            known = book.marks.get(key)
            is_new = known is None or known.average_price != row.average_price
            is_actual = position is not None and position.basis == "actual"
            if (is_actual and (is_new or key in loud)) or is_revalued(
                book.ledgers[key].instrument, row
            ):
                yield key


def _with_links(book: Book, keys: Iterable[LedgerId]) -> set[LedgerId]:
    found = set(keys)
    waiting = list(found)
    while waiting:
        for linked in book.ledgers[waiting.pop()].links:
            if linked not in found:
                found.add(linked)
                waiting.append(linked)
    return found
