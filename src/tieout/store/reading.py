"""Reading an account's book and journal from SQLite, in a transaction that somebody else opened."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from tieout.core.book import Account, AccountId, Book
from tieout.core.codec import from_plain
from tieout.core.errors import JournalError, UnreadableBook
from tieout.core.facts import Fact
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.journal import Entry, facts_in
from tieout.core.plan import AccountState
from tieout.core.position import Ledger
from tieout.ports import Realized
from tieout.store import statements
from tieout.store.closings import ClosingRow, realized_of
from tieout.store.codec import ledger_in, read_ledger, read_marks
from tieout.store.episodes import PositionRow
from tieout.store.kept import Kept
from tieout.store.ledgers import ReadLedgers
from tieout.store.rows import AccountRow, BreakRow, JournalRow, break_of, entry_of


def read_kept(connection: sqlite3.Connection, account: Account) -> Kept:
    """The whole book of an account; an empty one for an account that has none."""
    found = connection.execute(statements.ACCOUNT, (account.id,)).fetchone()
    if found is None:
        return Kept(book=Book(account=account))
    return _read_kept(connection, account, AccountRow._make(found))


@contextmanager
def _readable(account: AccountId, *, table: str) -> Iterator[None]:
    """Whatever is no longer what was written there is an error that names the place."""
    try:
        yield
    except (LookupError, TypeError, ValueError) as failure:
        finding = f"the row of {account} in the table {table} cannot be read ({failure})"
        raise UnreadableBook(finding) from failure


def _read_kept(connection: sqlite3.Connection, account: Account, row: AccountRow) -> Kept:
    mine = (account.id,)
    digest, marks = connection.execute(statements.MARKS, mine).fetchone() or (None, "{}")
    instruments = connection.execute(statements.INSTRUMENTS, mine).fetchone() or ("[]",)
    asked = (account.id, row.version)
    noted = connection.execute(statements.INSTRUMENTS_DIGEST, asked).fetchone() or (None,)
    opened = [BreakRow._make(each) for each in connection.execute(statements.OPEN_BREAKS, mine)]
    with _readable(account.id, table="accounts"):
        state = from_plain(AccountState, json.loads(row.state))
    with _readable(account.id, table="marks"):
        holdings = read_marks(marks)
    with _readable(account.id, table="instruments"):
        known = tuple(from_plain(Instrument, each) for each in json.loads(instruments[0]))
    with _readable(account.id, table="breaks"):
        open_breaks = {each.id: break_of(each.body) for each in opened}
    texts: dict[LedgerId, Ledger | str] = dict(connection.execute(statements.BODIES, mine))
    return Kept(
        book=Book(
            account=account,
            marks=holdings,
            open_breaks=open_breaks,
            instruments=known,
            state=state,
        ),
        ledgers=ReadLedgers(texts, texts=len(texts)),
        version=row.version,
        sequence=row.sequence,
        head=row.head,
        cursor=row.cursor,
        marks_digest=digest,
        instruments_digest=noted[0],
    )


def account_of(row: AccountRow) -> Account:
    return Account(
        id=AccountId(row.account),
        venue=row.venue,
        currency=row.currency,
        history=row.history,  # type: ignore[arg-type]
    )


def read_entry(row: JournalRow) -> Entry:
    """The entry of a row; JournalError where it was changed so that it is none."""
    try:
        return entry_of(row)
    except (TypeError, ValueError) as failure:
        raise JournalError(
            f"entry {row.sequence} of {row.account} cannot be read ({failure}); `tieout verify`"
            " looks at the whole journal",
            sequence=row.sequence,
        ) from failure


def last_ledger(
    connection: sqlite3.Connection, account: AccountId, ledger: LedgerId, *, sequence: int
) -> Ledger | None:
    """A ledger as the journal left it at an entry, looking back over entries of facts alone."""
    asked = (account, ledger, sequence)
    for row in connection.execute(statements.LATEST_OF_LEDGER, asked):
        text = ledger_in(JournalRow._make(row).payload)
        if text is not None:
            return read_ledger(text)
    return None


def facts_by_ledger(
    entries: Iterable[Entry], *, until: datetime | None = None
) -> dict[LedgerId, tuple[Fact, ...]]:
    """The facts of journal entries in order of arrival, those after `until` left out."""
    found: dict[LedgerId, list[Fact]] = {}
    for fact in _facts(entries):
        if until is None or fact.at <= until:
            found.setdefault(fact.ledger, []).append(fact)
    return {ledger: tuple(facts) for ledger, facts in found.items()}


def _facts(entries: Iterable[Entry]) -> Iterator[Fact]:
    for entry in entries:
        yield from facts_in(entry)


@dataclass(frozen=True, slots=True)
class SqliteStored:
    """What a commit looks up of its account, inside its own transaction."""

    connection: sqlite3.Connection
    account: AccountId

    def ended_of(self, ledger: LedgerId) -> list[PositionRow]:
        found = self.connection.execute(statements.ENDED_OF_LEDGER, (self.account, ledger))
        return [PositionRow._make(row) for row in found]

    def ended_among(self, episodes: Iterable[tuple[LedgerId, str]]) -> list[PositionRow]:
        asked = list(episodes)
        if not asked:
            return []
        question = (json.dumps(asked), self.account)
        found = self.connection.execute(statements.ENDED_AMONG, question)
        return [PositionRow._make(row) for row in found]

    def lines_of(self, ledger: LedgerId) -> list[Realized]:
        found = self.connection.execute(statements.CLOSINGS_OF_LEDGER, (self.account, ledger))
        return [realized_of(ClosingRow._make(row)) for row in found]
