"""Books in one SQLite file: the BookStore of one machine."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tieout.core.activity import ActivityId
from tieout.core.book import Account, AccountId
from tieout.core.errors import StoreError
from tieout.ports import Commit, Event, RawReply, RunRecord, RunTotals, StoredBook
from tieout.store import migrations, statements
from tieout.store.access import SqliteAccess
from tieout.store.archive import SqliteArchive
from tieout.store.codec import time_text
from tieout.store.connections import BUSY_TIMEOUT_S, Connections, is_writable
from tieout.store.episodes import PositionRow, sealed
from tieout.store.evidence import evidence_rows
from tieout.store.kept import Kept, Shelf
from tieout.store.lease import FileLeases, MemoryLeases
from tieout.store.reading import read_kept
from tieout.store.rows import lone_event_row, run_row
from tieout.store.service import SqliteService
from tieout.store.totals import RunCounts, last_sync
from tieout.store.writing import write
from tieout.store.written import Reached, nowhere, prepare

Alone = Callable[[], AbstractContextManager[None]]


class SqliteStore(SqliteArchive, SqliteAccess, SqliteService):
    """Books in the file at `path`; None keeps them in memory, for tests.

    A new file is set up, an older one brought up to date; StoreError where it is a newer
    Tieout's or another program's. With `is_there` it must hold a book already, and for those
    who only look (`is_reading`) it may also be one that this user may not write. `reached` is
    called with a name at each point of a commit, for tests that end the process there; `pragmas`
    are set on every connection after our own.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        pragmas: Mapping[str, str | int] | None = None,
        reached: Reached = nowhere,
        is_there: bool = False,
        is_reading: bool = False,
    ) -> None:
        if path is not None:
            path = path.resolve()  # one book is one file, whatever names lead to it
            _check_place(path)
        self._is_there = is_there
        self._is_read_only = is_reading and path is not None and not is_writable(path)
        super().__init__(
            Connections(
                None if path is None else str(path),
                busy_timeout_s=busy_timeout_s,
                pragmas=pragmas,
                is_there=is_there,
                is_read_only=self._is_read_only,
            )
        )
        self.path = path
        self._reached = reached
        self._shelf = Shelf()
        self._counts = RunCounts()
        self._leases: FileLeases | MemoryLeases = MemoryLeases()
        alone: Alone = nullcontext
        if path is not None:
            self._leases = leases = FileLeases(path.with_name(f"{path.name}.leases"))
            alone = leases.upgrading
        self._bring_up_to_date(alone)
        self._inode = None if path is None else _inode_of(path)

    def _bring_up_to_date(self, alone: Alone) -> None:
        place = self.connections.place
        try:
            with self.connections.alone() as connection:
                revision = migrations.check(connection, place=place)
                if revision is None and self._is_there:
                    raise StoreError(f"{place} is empty, it is no book; `tieout sync` makes one")
                if revision != migrations.NEWEST and self._is_read_only:
                    message = f"{place} is one of an older Tieout and may not be written"
                    raise StoreError(f"{message}; once, run `tieout db upgrade` as its owner")
                if revision != migrations.NEWEST:
                    migrations.upgrade(connection, place=place, alone=alone)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.connections.close()

    def lease(self, account: AccountId) -> AbstractContextManager[None]:
        return self._leases.held(account)

    @contextmanager
    def serving(self, since: datetime) -> Iterator[None]:
        with self._leases.serving(since):
            with self.connections.reading() as connection:  # a newer Tieout may have come between
                migrations.check(connection, place=self.connections.place)
            yield

    def load(self, account: Account, *, activity_ids: Iterable[ActivityId] = ()) -> StoredBook:
        asked = list(activity_ids)
        digests: dict[ActivityId, str] = {}
        with self.connections.reading() as connection:
            kept = self._kept(connection, account)
            if asked:
                question = (json.dumps(asked), account.id)
                digests = dict(connection.execute(statements.DIGESTS, question).fetchall())
        stored = kept.stored(account)
        return replace(stored, book=replace(stored.book, digests=digests))

    def _kept(self, connection: sqlite3.Connection, account: Account) -> Kept:
        """The book as it is in the database, from memory where that is the same."""
        fence = connection.execute(statements.FENCE, (account.id,)).fetchone()
        kept = self._shelf.get(account.id, version=fence[0] if fence else 0)
        if kept is None:
            kept = read_kept(connection, account)
            self._shelf.put(account.id, kept)
        return kept

    def commit(self, commit: Commit) -> int:
        self._require_file()
        account = commit.account.id
        before = self._shelf.get(account, version=commit.version)
        if before is None:
            with self.connections.reading() as connection:
                before = self._kept(connection, commit.account)
        prepared = prepare(commit, before)
        try:
            with self.connections.writing() as connection:
                write(connection, commit, prepared, before=before, reached=self._reached)
        except BaseException:
            self._shelf.drop(account)
            raise
        self._reached("after_commit")
        after = before.after(
            commit,
            marks_digest=prepared.marks_digest,
            instruments_digest=prepared.instruments_digest,
        )
        self._shelf.put(account, after)
        return after.version

    def record_run(self, account: Account, run: RunRecord, evidence: Iterable[RawReply]) -> None:
        self._require_file()
        replies = evidence_rows(account.id, run.id, evidence)
        with self.connections.writing() as connection:
            connection.execute(statements.PUT_RUN, run_row(run, replies))
            connection.executemany(statements.PUT_EVIDENCE, replies)

    def check(self) -> None:
        self._require_file()
        for transaction in (self.connections.reading, self.connections.writing):
            with transaction() as connection:
                connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchall()
        self._check_space()

    def run_totals(self, account: AccountId | None = None) -> RunTotals:
        with self.connections.reading() as connection:
            totals = self._counts.read(connection, account)
            return replace(totals, last=last_sync(connection, account))

    def add_event(self, event: Event, *, account: AccountId | None) -> int:
        with self.connections.writing() as connection:
            row = lone_event_row(event, account=account)
            number = connection.execute(statements.PUT_EVENT, row).lastrowid
        assert number is not None, row
        return number

    def _require_file(self) -> None:
        """What is written to a file that was taken away is gone when the process ends."""
        if self.path is not None and _inode_of(self.path) != self._inode:
            raise StoreError(f"{self.connections.place} was taken away; put it back and restart")

    # Letting go

    def clear_ended(self, before: datetime, *, account: AccountId | None = None) -> int:
        with self.connections.writing() as connection:
            accounts = connection.execute(statements.ENDED_SEALS).fetchall()
            cleared = [
                _clear(connection, key, seal, before=time_text(before))
                for key, seal in accounts
                if account is None or key == account
            ]
        return sum(cleared)

    def forget_evidence(self, before: datetime) -> int:
        with self.connections.writing() as connection:
            return connection.execute(statements.FORGET_EVIDENCE, (time_text(before),)).rowcount

    def forget_events(self, before: datetime) -> int:
        with self.connections.writing() as connection:
            return connection.execute(statements.FORGET_EVENTS, (time_text(before),)).rowcount


def _check_place(path: Path) -> None:
    """Refuse a folder that is not there, a second name, and the remains of a book taken away."""
    if not path.absolute().parent.is_dir():
        raise StoreError(f"the folder of {path} is not there; make it, or name another file")
    log = path.with_name(f"{path.name}-wal")
    names = path.stat().st_nlink if path.is_file() else 1
    if names > 1:
        raise StoreError(
            f"the book {path} has {names} names (hard links), and what is written last to a book"
            " lies beside one name only, so programs at two of them would spoil it; take the others"
            f" away (to find them: find / -samefile {path})"
        )
    is_gone = not path.exists() or (path.is_file() and not path.stat().st_size)
    if is_gone and log.exists() and log.stat().st_size:
        raise StoreError(
            f"the book {path} is gone, and {log.name}, the last that was written to it, is still"
            f" there; put the book back, or take {log.name} and {path.name}-shm away as well"
        )


def _inode_of(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _clear(connection: sqlite3.Connection, account: str, seal: str, *, before: str) -> int:
    found = connection.execute(statements.ENDED_BEFORE, (account, before)).fetchall()
    rows = [PositionRow._make(row) for row in found]
    gone = [(row.account, row.ledger, row.episode) for row in rows]
    connection.executemany(statements.DROP_POSITION, gone)
    left = sealed(seal, added=(), removed=rows)
    connection.execute(statements.SET_ENDED_SEAL, (left, account))
    return len(rows)
