"""One commit, written to SQLite in one transaction."""

import sqlite3

from tieout.ports import Commit
from tieout.store import statements
from tieout.store.closings import ClosingRow, closing_rows
from tieout.store.episodes import sealed
from tieout.store.kept import Kept
from tieout.store.reading import SqliteStored
from tieout.store.written import (
    Ends,
    Prepared,
    Reached,
    account_row,
    anchored_run,
    check_fence,
    ends,
)


def write(
    connection: sqlite3.Connection,
    commit: Commit,
    prepared: Prepared,
    *,
    before: Kept,
    reached: Reached,
) -> None:
    """Write all of a commit. Raises StaleVersion before anything."""
    stored = SqliteStored(connection, commit.account.id)
    reached("begin")
    fence = connection.execute(statements.FENCE, (commit.account.id,)).fetchone()
    *_, seal = check_fence(commit, fence)
    ended = ends(commit, before, stored)
    closings = closing_rows(commit, before.ledgers, stored.lines_of)
    reached("ledgers")
    connection.executemany(statements.PUT_LEDGER, prepared.ledgers)
    reached("positions")
    _write_positions(connection, prepared, ended)
    reached("closings")
    connection.executemany(statements.PUT_CLOSING, closings)
    reached("journal")
    connection.executemany(statements.PUT_ENTRY, prepared.journal)
    reached("breaks")
    _write_breaks(connection, prepared, account=commit.account.id)
    reached("digests")
    connection.executemany(statements.PUT_ACTIVITY, prepared.activities)
    reached("marks")
    _write_marks(connection, commit, prepared)
    reached("account")
    seal = sealed(seal, added=ended.added, removed=ended.removed)
    _advance(connection, commit, prepared, ended_seal=seal)
    _write_run(connection, commit, prepared, closings, reached=reached)
    reached("before_commit")


def _write_positions(connection: sqlite3.Connection, prepared: Prepared, ended: Ends) -> None:
    """First the rows that go; an episode that ended has its open row and comes back ended."""
    gone = [(row.account, row.ledger, row.episode) for row in ended.removed]
    connection.executemany(statements.DROP_POSITION, [*prepared.left, *gone])
    connection.executemany(statements.PUT_POSITION, ended.added)
    connection.executemany(statements.PUT_POSITION, prepared.opened)


def _write_breaks(connection: sqlite3.Connection, prepared: Prepared, *, account: str) -> None:
    connection.executemany(statements.PUT_BREAK, prepared.breaks)
    over = [(account, each) for each in prepared.ended_breaks]
    connection.executemany(statements.END_BREAK, over)


def _write_marks(connection: sqlite3.Connection, commit: Commit, prepared: Prepared) -> None:
    account = commit.account.id
    if prepared.marks is not None:
        marks = (account, prepared.marks_digest, prepared.marks)
        connection.execute(statements.PUT_MARKS, marks)
    if prepared.instruments is not None:
        connection.execute(statements.PUT_INSTRUMENTS, (account, prepared.instruments))


def _advance(
    connection: sqlite3.Connection, commit: Commit, prepared: Prepared, *, ended_seal: str
) -> None:
    """The account's new version and head, if nobody moved them since."""
    row = account_row(commit, prepared, ended_seal=ended_seal)
    if not commit.version:
        connection.execute(statements.PUT_ACCOUNT, row)
        return
    done = connection.execute(statements.ADVANCE, (*row[1:], row.account, commit.version))
    assert done.rowcount == 1, "the fence was checked in this transaction"


def _write_run(
    connection: sqlite3.Connection,
    commit: Commit,
    prepared: Prepared,
    closings: list[ClosingRow],
    *,
    reached: Reached,
) -> None:
    reached("run")
    connection.execute(statements.PUT_RUN, anchored_run(commit, prepared, closings))
    reached("outbox")
    connection.executemany(statements.PUT_EVENT, prepared.outbox)
    reached("evidence")
    connection.executemany(statements.PUT_EVIDENCE, prepared.evidence)
