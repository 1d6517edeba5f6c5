"""All rows of one account at one moment, as `verify` looks at them."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tieout.core.book import AccountId
from tieout.store import statements
from tieout.store.closings import ClosingRow
from tieout.store.connections import Connections
from tieout.store.episodes import PositionRow
from tieout.store.evidence import EvidenceRow
from tieout.store.rows import (
    AccountRow,
    ActivityRow,
    BreakRow,
    JournalRow,
    LedgerRow,
    OutboxRow,
    RunRow,
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is stored of an account, unread: texts stay texts, however wrong they are.

    `entries` and `runs` (those that wrote entries) come in order, `activities` by id; `records`
    are all runs. `marks` is the digest and the text of the mark set, `instruments` a text.
    `complaints` are the database's own.
    """

    account: AccountRow | None
    marks: tuple[str, str] | None
    instruments: str | None
    complaints: tuple[str, ...]
    entries: Callable[[], Iterable[JournalRow]]
    runs: Callable[[], Iterable[RunRow]]
    records: Callable[[], Iterable[RunRow]]
    ledgers: Callable[[], Iterable[LedgerRow]]
    positions: Callable[[], Iterable[PositionRow]]
    closings: Callable[[], Iterable[ClosingRow]]
    activities: Callable[[], Iterable[ActivityRow]]
    breaks: Callable[[], Iterable[BreakRow]]
    evidence: Callable[[], Iterable[EvidenceRow]]
    events: Callable[[], Iterable[OutboxRow]]


@contextmanager
def sqlite_inspection(connections: Connections, account: AccountId) -> Iterator[Inspection]:
    """An account as one reading transaction sees it; bytes that are no text are replaced."""
    with connections.reading() as connection:
        connection.text_factory = _any_text
        try:
            yield _inspection(connection, account)
        finally:
            connection.text_factory = str


def _any_text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _inspection(connection: sqlite3.Connection, account: AccountId) -> Inspection:
    mine = (account,)
    row = connection.execute(statements.ACCOUNT, mine).fetchone()

    def all_of(statement: str, make: Callable[[Iterable[object]], Row]) -> Iterator[Row]:
        return map(make, connection.execute(statement, mine))

    return Inspection(
        account=None if row is None else AccountRow._make(row),
        marks=connection.execute(statements.MARKS, mine).fetchone(),
        instruments=next(
            iter(connection.execute(statements.INSTRUMENTS, mine).fetchone() or ()), None
        ),
        complaints=tuple(_complaints(connection)),
        entries=lambda: all_of(statements.ALL_ENTRIES, JournalRow._make),
        runs=lambda: all_of(statements.ANCHORED_RUNS, RunRow._make),
        records=lambda: all_of(statements.ALL_RUNS, RunRow._make),
        ledgers=lambda: all_of(statements.LEDGERS, LedgerRow._make),
        positions=lambda: all_of(statements.POSITIONS, PositionRow._make),
        closings=lambda: all_of(statements.ALL_CLOSINGS, ClosingRow._make),
        activities=lambda: all_of(statements.ACTIVITIES, ActivityRow._make),
        breaks=lambda: all_of(statements.BREAKS, BreakRow._make),
        evidence=lambda: all_of(statements.EVIDENCE_OF_ACCOUNT, EvidenceRow._make),
        events=lambda: all_of(statements.EVENTS_OF_RUNS, OutboxRow._make),
    )


def _complaints(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite finds wrong with the file itself, such as an index that misses a row."""
    for (message,) in connection.execute("PRAGMA integrity_check"):
        if message != "ok":
            yield message
