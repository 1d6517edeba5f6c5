"""What people and programs ask of the books in a SQLite file, each in one reading transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from tieout.core.book import Account, AccountId
from tieout.core.breaks import Break
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.journal import Entry, facts_in
from tieout.core.position import Episode, Ledger
from tieout.ports import RawReply, Realized, RunRecord, StoredEvent
from tieout.store import outbox, statements
from tieout.store.closings import ClosingRow, realized_of
from tieout.store.codec import time_text
from tieout.store.connections import Connections
from tieout.store.episodes import PositionRow, episode_of
from tieout.store.evidence import EvidenceRow, reply_of
from tieout.store.inspection import Inspection, sqlite_inspection
from tieout.store.reading import account_of, facts_by_ledger, last_ledger, read_entry
from tieout.store.rows import AccountRow, BreakRow, JournalRow, RunRow, break_of, run_of

ENTRIES_PER_PAGE = 500
BEFORE_ALL = ""
AFTER_ALL = "9999"


class SqliteArchive:
    """The questions of the BookStore port that change nothing."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def accounts(self) -> Sequence[Account]:
        with self.connections.reading() as connection:
            found = connection.execute(statements.ACCOUNTS)
            return [account_of(AccountRow._make(row)) for row in found]

    def inspected(self) -> Sequence[AccountId]:
        """Every account of which there is a row in any table of the book, known or not."""
        with self.connections.reading() as connection:
            return sorted(each for (each,) in connection.execute(statements.ACCOUNTS_OF_ROWS))

    def inspection(self, account: AccountId) -> AbstractContextManager[Inspection]:
        """Everything that is stored of an account, for `verify`."""
        return sqlite_inspection(self.connections, account)

    # The journal and past states

    def entries(
        self, account: AccountId, *, after: int = 0, ledger: LedgerId | None = None
    ) -> Iterator[Entry]:
        while page := self._page(account, after, ledger):
            yield from page
            after = page[-1].sequence

    def _page(self, account: AccountId, after: int, ledger: LedgerId | None) -> list[Entry]:
        asked = (account, after) if ledger is None else (account, ledger, after)
        statement = statements.ENTRIES if ledger is None else statements.ENTRIES_OF_LEDGER
        with self.connections.reading() as connection:
            found = connection.execute(statement, (*asked, ENTRIES_PER_PAGE))
            return [read_entry(JournalRow._make(row)) for row in found]

    def history(
        self, account: AccountId, ledgers: Iterable[LedgerId] | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        if ledgers is None:
            return facts_by_ledger(self.entries(account))
        return {ledger: tuple(self._facts(account, ledger)) for ledger in ledgers}

    def _facts(self, account: AccountId, ledger: LedgerId) -> Iterator[Fact]:
        for entry in self.entries(account, ledger=ledger):
            yield from facts_in(entry)

    def facts_until(
        self, account: AccountId, at: datetime, *, known_at: datetime | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        entries = self.entries(account)
        if known_at is not None:
            entries = (entry for entry in entries if entry.known_at <= known_at)
        return facts_by_ledger(entries, until=at)

    def ledgers_as_of(self, account: AccountId, known_at: datetime) -> Mapping[LedgerId, Ledger]:
        asked = (account, time_text(known_at))
        with self.connections.reading() as connection:
            last = connection.execute(statements.LAST_ENTRIES, asked).fetchall()
            found = [last_ledger(connection, account, key, sequence=at) for key, at in last]
        return {ledger.id: ledger for ledger in found if ledger is not None}

    # What ended and what it realized

    def ended(
        self, account: AccountId, *, ledger: LedgerId | None = None, limit: int = 1000
    ) -> Sequence[tuple[LedgerId, Episode]]:
        with self.connections.reading() as connection:
            found = connection.execute(statements.ENDED, (account, ledger, ledger, limit))
            return [episode_of(PositionRow._make(row)) for row in found]

    def realized(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Sequence[Realized]:
        asked = (
            account,
            BEFORE_ALL if since is None else time_text(since),
            AFTER_ALL if until is None else time_text(until),
            AFTER_ALL if known_at is None else time_text(known_at),
        )
        with self.connections.reading() as connection:
            found = connection.execute(statements.CLOSINGS, asked)
            return [realized_of(ClosingRow._make(row)) for row in found]

    # Runs and breaks

    def runs(
        self, account: AccountId | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[RunRecord]:
        asked = [each for each in (account, before, limit) if each is not None]
        match account is None, before is None:
            case True, True:
                statement = statements.RUNS
            case True, False:
                statement = statements.RUNS_BEFORE
            case False, True:
                statement = statements.RUNS_OF_ACCOUNT
            case _:
                statement = statements.RUNS_OF_ACCOUNT_BEFORE
        with self.connections.reading() as connection:
            found = connection.execute(statement, asked)
            return [run_of(RunRow._make(row)) for row in found]

    def run(self, run_id: str) -> RunRecord | None:
        with self.connections.reading() as connection:
            found = connection.execute(statements.RUN, (run_id,)).fetchone()
        return None if found is None else run_of(RunRow._make(found))

    def evidence(self, run_id: str) -> Sequence[RawReply]:
        with self.connections.reading() as connection:
            found = connection.execute(statements.EVIDENCE, (run_id,))
            return [reply_of(EvidenceRow._make(row)) for row in found]

    def breaks(self, account: AccountId | None = None, *, every: bool = False) -> Sequence[Break]:
        statement = statements.BREAKS if every else statements.OPEN_BREAKS
        accounts = [each.id for each in self.accounts()] if account is None else [account]
        with self.connections.reading() as connection:
            found = [row for each in accounts for row in connection.execute(statement, (each,))]
        return [break_of(BreakRow._make(row).body) for row in found]

    # Events

    def events(self, *, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        with self.connections.reading() as connection:
            return outbox.events(connection, after=after, limit=limit)

    def last_event(self) -> int:
        with self.connections.reading() as connection:
            return outbox.last_event(connection)
