"""Books as this process last saw them, so that a run does not read again what has not changed.

A kept book counts only while the database still has the version it was read at, which is asked
every time; the same version fences the commit.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tieout.core.book import Account, AccountId, Book
from tieout.core.instrument import Instrument
from tieout.core.journal import GENESIS
from tieout.ports import Commit, StoredBook
from tieout.store.ledgers import ReadLedgers

KEPT_LEDGERS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A book with all that the next commit must know. `book.ledgers` is left empty here."""

    book: Book
    ledgers: ReadLedgers = field(default_factory=lambda: ReadLedgers({}, texts=0))
    version: int = 0
    sequence: int = 0
    head: str = GENESIS
    cursor: str | None = None
    marks_digest: str | None = None
    instruments_digest: str | None = None

    def stored(self, account: Account) -> StoredBook:
        """The book as the port hands it out."""
        return StoredBook(
            book=replace(self.book, account=account, ledgers=self.ledgers.fastest),
            version=self.version,
            cursor=self.cursor,
            head=self.head,
            sequence=self.sequence,
        )

    def after(
        self, commit: Commit, *, marks_digest: str | None, instruments_digest: str | None
    ) -> "Kept":
        """The book once a commit is written."""
        plan, last = commit.plan, commit.entries[-1]
        changed = {
            entry.ledger: plan.ledgers[entry.ledger]
            for entry in commit.entries
            if entry.ledger is not None and entry.ledger in plan.ledgers
        }
        return Kept(
            book=replace(
                self.book,
                account=commit.account,
                marks=self.book.marks if plan.marks is None else plan.marks,
                open_breaks=plan.open_breaks,
                instruments=merged(self.book.instruments, commit.instruments),
                state=plan.account,
            ),
            ledgers=self.ledgers.with_changes(changed) if changed else self.ledgers,
            version=commit.version + 1,
            sequence=last.sequence,
            head=last.hash,
            cursor=self.cursor if commit.cursor is None else commit.cursor,
            marks_digest=self.marks_digest if marks_digest is None else marks_digest,
            instruments_digest=instruments_digest,
        )


def merged(known: tuple[Instrument, ...], told: tuple[Instrument, ...]) -> tuple[Instrument, ...]:
    """The known instruments that nothing told renews, then those that were told.

    One renews another of the same symbol that shares an id with it, or where one has none.
    """
    if not told or set(told) <= set(known):
        return known
    news: dict[str, list[Instrument]] = {}
    for instrument in told:
        news.setdefault(instrument.symbol, []).append(instrument)
    kept = [
        each for each in known if not any(_is_same(each, new) for new in news.get(each.symbol, ()))
    ]
    return (*kept, *told)


def _is_same(one: Instrument, other: Instrument) -> bool:
    ids = {*one.venue_ids}
    return not ids or not other.venue_ids or not ids.isdisjoint(other.venue_ids)


class Shelf:
    """The kept books of all accounts, the longest unused ones given up beyond a limit."""

    def __init__(self, ledgers_max: int = KEPT_LEDGERS_MAX) -> None:
        self._ledgers_max = ledgers_max
        self._books: OrderedDict[AccountId, Kept] = OrderedDict()
        self._changing = threading.Lock()

    def get(self, account: AccountId, *, version: int) -> Kept | None:
        """The book at a version, if it is here."""
        with self._changing:
            kept = self._books.get(account)
            if kept is None or kept.version != version:
                return None
            self._books.move_to_end(account)
            return kept

    def put(self, account: AccountId, kept: Kept) -> None:
        with self._changing:
            self._books[account] = kept
            self._books.move_to_end(account)
            while len(self._books) > 1 and _size(self._books.values()) > self._ledgers_max:
                self._books.popitem(last=False)

    def drop(self, account: AccountId) -> None:
        with self._changing:
            self._books.pop(account, None)


def _size(books: Iterable[Kept]) -> int:
    return sum(len(kept.ledgers) for kept in books)
