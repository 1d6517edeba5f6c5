"""Books in the memory of this process: for tests, and for tie-outs that leave nothing behind.

It keeps the same rows as a database would, so that `verify` looks at it in the same way.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

from tieout.core.activity import ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.breaks import Break
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.journal import Entry, ledger_after
from tieout.core.position import Episode, Ledger
from tieout.ports import Commit, RawReply, Realized, RunRecord, StoredBook, StoredEvent
from tieout.store.closings import ClosingRow, closing_rows, realized_of
from tieout.store.codec import time_text
from tieout.store.episodes import PositionRow, episode_of, sealed
from tieout.store.evidence import EvidenceRow, evidence_rows, reply_of
from tieout.store.kept import Kept
from tieout.store.lease import MemoryLeases
from tieout.store.reading import facts_by_ledger
from tieout.store.rows import (
    AccountRow,
    ActivityRow,
    BreakRow,
    JournalRow,
    LedgerRow,
    RunRow,
    break_of,
    entry_of,
    event_of,
    run_of,
    run_row,
)
from tieout.store.written import (
    Prepared,
    account_row,
    anchored_run,
    check_fence,
    ends,
    prepare,
)


@dataclass
class Shelved:
    """All that is kept of one account."""

    kept: Kept
    row: AccountRow | None = None
    ledgers: dict[str, LedgerRow] = field(default_factory=dict)
    positions: dict[tuple[str, str], PositionRow] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    closings: list[ClosingRow] = field(default_factory=list)
    breaks: dict[str, BreakRow] = field(default_factory=dict)
    activities: dict[str, ActivityRow] = field(default_factory=dict)
    marks: tuple[str, str] | None = None

    def ended_of(self, ledger: LedgerId) -> list[PositionRow]:
        return [row for row in self.positions.values() if row.closed_at and row.ledger == ledger]

    def ended_one(self, ledger: LedgerId, episode: str) -> PositionRow | None:
        row = self.positions.get((ledger, episode))
        return row if row is not None and row.closed_at else None

    def lines_of(self, ledger: LedgerId) -> list[Realized]:
        return [realized_of(row) for row in self.closings if row.ledger == ledger]
