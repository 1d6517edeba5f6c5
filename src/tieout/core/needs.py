"""Which histories a run needs: those of the ledgers that it may have to fold again."""

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter

from tieout.core.activity import Activity
from tieout.core.book import Book
from tieout.core.instrument import LedgerId, spelling_key
from tieout.core.matching import Names, is_revalued, names_of
from tieout.core.snapshot import Failure, Holding, Local, Snapshot


def history_needed(
    book: Book,
    snapshot: Snapshot | Failure | None,
    activities: Sequence[Activity],
    local: Sequence[Local] = (),
) -> frozenset[LedgerId]:
    """The ledgers whose facts `tie_out` may ask for; more than it will use, never fewer."""
    if not book.ledgers:
        return frozenset()
    if any(each.cancels is not None and each.id not in book.digests for each in activities):
        return frozenset(book.ledgers)  # what is taken back may stand anywhere
    needed = {
        key
        for key in book.state.restless
        if book.ledgers[key].booked or book.ledgers[key].has_waiting
    }
    if activities or local:
        names = _names(book)
        for meant in _meant(activities, local):
            needed.update(names.all_of_row(meant))
    if isinstance(snapshot, Snapshot):
        needed.update(_of_rows(book, snapshot))
    if book.state.held is not None:
        needed.update(_of_rows(book, book.state.held.snapshot))
    return frozenset(_with_links(book, needed))


def _names(book: Book) -> Names:
    account = book.account
    return Names(book.ledgers, book.instruments, venue=account.venue, currency=account.currency)


def _meant(activities: Iterable[Activity], local: Iterable[Local]) -> Iterable[Holding]:
    """Names and ids as they stand in rows, since they find their ledgers as those do."""
    for activity in activities:
        yield Holding(symbol=activity.symbol, venue_id=activity.venue_id)
        if activity.to is not None:
            yield Holding(symbol=activity.to)
    for booking in local:
        yield Holding(symbol=booking.symbol)


def _of_rows(book: Book, snapshot: Snapshot) -> Iterable[LedgerId]:
    """Ledgers that moved after the snapshot's time, and rows whose average will be compared.

    What moved after the last applied snapshot is restless; an older snapshot needs a look at all.
    """
    last = book.state.as_of
    is_newer = last is not None and snapshot.as_of > last
    for key in book.state.restless if is_newer else book.ledgers:
        last_at = book.ledgers[key].last_at
        if last_at is not None and last_at >= snapshot.as_of:
            yield key
    loud = {*book.state.restless, *(each.ledger for each in book.open_breaks.values())}
    rows = _news(book, snapshot, loud)
    if rows:
        yield from _to_compare(book, rows, loud)


def _news(book: Book, snapshot: Snapshot, loud: Collection[LedgerId | None]) -> list[Holding]:
    """The rows that say something new, or that may be about a ledger that needs a look anyway."""
    known = set(map(_said, book.marks.values()))
    ledgers = [book.ledgers[key] for key in loud if key is not None and key in book.ledgers]
    names = {name for ledger in ledgers for name in names_of(ledger)}
    ids = {each for ledger in ledgers for each in ledger.instrument.venue_ids}
    return [
        row
        for row in snapshot.holdings
        if _said(row) not in known
        or (names and spelling_key(row.symbol) in names)
        or row.venue_id in ids
    ]


def _to_compare(
    book: Book, rows: Iterable[Holding], loud: Collection[LedgerId | None]
) -> Iterable[LedgerId]:
    names = _names(book)
    by_id: dict[str, list[LedgerId]] = {}
    for row in rows:
        keys = names.all_of_row(row)
        if row.venue_id is not None:
            # One row may teach the id by which a later one is found.
            keys += by_id.get(row.venue_id, ())
            by_id[row.venue_id] = keys
        for key in keys:
            position = book.ledgers[key].position
            mark = book.marks.get(key)
            is_new = mark is None or mark.average_price != row.average_price
            is_actual = position is not None and position.basis == "actual"
            if (is_actual and (is_new or key in loud)) or is_revalued(
                book.ledgers[key].instrument, row
            ):
                yield key


# What a row says but for quantity and price: its name, average, class, currency and contract size.
_said = itemgetter(0, 2, 4, 5, 6, 7, 8)


def _with_links(book: Book, keys: Iterable[LedgerId]) -> set[LedgerId]:
    found = set(keys)
    waiting = list(found)
    while waiting:
        for linked in book.ledgers[waiting.pop()].links:
            if linked not in found:
                found.add(linked)
                waiting.append(linked)
    return found
