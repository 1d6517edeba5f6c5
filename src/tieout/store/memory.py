"""Books in the memory of this process: for tests, and for tie-outs that leave nothing behind.

It keeps the same rows as a database would, so that `verify` looks at it in the same way.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from tieout.core.activity import ActivityId
from tieout.core.book import Account, AccountId, Book
from tieout.core.breaks import Break
from tieout.core.errors import StoreError
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.journal import Entry, ledger_after
from tieout.core.position import Episode, Ledger
from tieout.ports import (
    Commit,
    Event,
    RawReply,
    Realized,
    RunRecord,
    RunTotals,
    StoredBook,
    StoredEvent,
)
from tieout.store.access import SqliteAccess
from tieout.store.closings import ClosingRow, closing_rows, realized_of
from tieout.store.codec import time_text
from tieout.store.episodes import PositionRow, episode_of, sealed
from tieout.store.evidence import EvidenceRow, evidence_rows, reply_of
from tieout.store.inspection import Inspection
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
    lone_event_row,
    row_of_event,
    run_of,
    run_row,
)
from tieout.store.service import SqliteService, memory_connections
from tieout.store.totals import totals_of
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
    instruments: str | None = None

    def ended_of(self, ledger: LedgerId) -> list[PositionRow]:
        return [row for row in self.positions.values() if row.closed_at and row.ledger == ledger]

    def ended_among(self, episodes: Iterable[tuple[LedgerId, str]]) -> list[PositionRow]:
        found = [self.positions[each] for each in episodes if each in self.positions]
        return [row for row in found if row.closed_at]

    def lines_of(self, ledger: LedgerId) -> list[Realized]:
        return [realized_of(row) for row in self.closings if row.ledger == ledger]


class MemoryStore(SqliteAccess, SqliteService):
    """The Store that is gone with its process. Access and service are in tables in memory."""

    def __init__(self) -> None:
        self.connections = memory_connections()
        self._accounts: dict[AccountId, Shelved] = {}
        self._runs: dict[str, RunRow] = {}
        self._evidence: list[EvidenceRow] = []
        self._events: list[StoredEvent] = []
        self._last_event = 0
        self._leases = MemoryLeases()
        self._one_at_a_time = threading.RLock()

    def close(self) -> None:
        """Let go of the tables in memory."""
        self.connections.close()

    def lease(self, account: AccountId) -> AbstractContextManager[None]:
        return self._leases.held(account)

    def serving(self, since: datetime) -> AbstractContextManager[None]:
        return self._leases.serving(since)

    def shelved(self, account: AccountId) -> Shelved:
        """What is kept of an account; something empty for one without a book."""
        found = self._accounts.get(account)
        return found or Shelved(kept=Kept(book=Book(account=Account(id=account, venue=""))))

    def inspected(self) -> Sequence[AccountId]:
        """Every account of which something is kept."""
        return sorted(self._accounts)

    @contextmanager
    def inspection(self, account: AccountId) -> Iterator[Inspection]:
        """Everything that is kept of an account, for `verify`."""
        with self._one_at_a_time:
            shelved = self.shelved(account)
            mine = [run for run in self._runs.values() if run.account == account and run.version]
            yield Inspection(
                account=shelved.row,
                marks=shelved.marks,
                instruments=shelved.instruments,
                complaints=(),
                entries=lambda: shelved.journal,
                runs=lambda: sorted(mine, key=lambda run: run.version or 0),
                records=lambda: [run for run in self._runs.values() if run.account == account],
                ledgers=shelved.ledgers.values,
                positions=shelved.positions.values,
                closings=lambda: shelved.closings,
                activities=lambda: sorted(shelved.activities.values()),
                breaks=shelved.breaks.values,
                evidence=lambda: [row for row in self._evidence if row.account == account],
                events=lambda: map(row_of_event, self._events_of_runs(account)),
            )

    def _events_of_runs(self, account: AccountId) -> list[StoredEvent]:
        return [each for each in self._events if each.account == account and each.run]

    # The book

    def accounts(self) -> Sequence[Account]:
        return [self._accounts[key].kept.book.account for key in sorted(self._accounts)]

    def load(self, account: Account, *, activity_ids: Iterable[ActivityId] = ()) -> StoredBook:
        with self._one_at_a_time:
            shelved = self.shelved(account.id)
            stored = shelved.kept.stored(account)
            known = [each for each in activity_ids if each in shelved.activities]
            digests = {each: shelved.activities[each].digest for each in known}
            return replace(stored, book=replace(stored.book, digests=digests))

    def commit(self, commit: Commit) -> int:
        with self._one_at_a_time:
            shelved = self.shelved(commit.account.id)
            row = shelved.row
            fence = (row.version, row.sequence, row.head, row.ended_seal) if row else None
            *_, seal = check_fence(commit, fence)
            prepared = prepare(commit, shelved.kept)
            self._refuse_repeats(shelved, commit)
            self._write(shelved, commit, prepared, seal=seal)
            after = shelved.kept.after(
                commit,
                marks_digest=prepared.marks_digest,
                instruments_digest=prepared.instruments_digest,
            )
            shelved.kept = after
            self._accounts[commit.account.id] = shelved
            return after.version

    def _refuse_repeats(self, shelved: Shelved, commit: Commit) -> None:
        repeated = [each for each in commit.plan.digests if each in shelved.activities]
        if repeated or commit.run.id in self._runs:
            raise StoreError(f"{[*repeated, commit.run.id][0]} is there already")

    def _write(self, shelved: Shelved, commit: Commit, prepared: Prepared, *, seal: str) -> None:
        ended = ends(commit, shelved.kept, shelved)
        closings = closing_rows(commit, shelved.kept.ledgers, shelved.lines_of)
        run = anchored_run(commit, prepared, closings)
        seal = sealed(seal, added=ended.added, removed=ended.removed)
        shelved.row = account_row(commit, prepared, ended_seal=seal)
        for ledger in prepared.ledgers:
            known = shelved.ledgers.get(ledger.ledger, ledger)
            shelved.ledgers[ledger.ledger] = ledger._replace(created=known.created)
        _write_positions(shelved, prepared, ended.added, ended.removed)
        shelved.journal += prepared.journal
        shelved.closings += closings
        shelved.breaks.update({row.id: row for row in prepared.breaks})
        for over in prepared.ended_breaks:
            shelved.breaks[over] = shelved.breaks[over]._replace(is_open=0)
        shelved.activities.update({row.id: row for row in prepared.activities})
        if prepared.marks is not None and prepared.marks_digest is not None:
            shelved.marks = (prepared.marks_digest, prepared.marks)
        if prepared.instruments is not None:
            shelved.instruments = prepared.instruments
        self._runs[run.id] = run
        self._evidence += prepared.evidence
        for event in prepared.outbox:
            self._last_event += 1
            self._events.append(event_of(self._last_event, event))

    def record_run(self, account: Account, run: RunRecord, evidence: Iterable[RawReply]) -> None:
        with self._one_at_a_time:
            replies = evidence_rows(account.id, run.id, evidence)
            self._runs[run.id] = run_row(run, replies)
            self._evidence += replies

    # The journal and past states

    def entries(
        self, account: AccountId, *, after: int = 0, ledger: LedgerId | None = None
    ) -> Iterator[Entry]:
        for row in self.shelved(account).journal[after:]:
            if ledger is None or row.ledger == ledger:
                yield entry_of(row)

    def history(
        self, account: AccountId, ledgers: Iterable[LedgerId] | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        found = facts_by_ledger(self.entries(account))
        return found if ledgers is None else {each: found.get(each, ()) for each in ledgers}

    def facts_until(
        self, account: AccountId, at: datetime, *, known_at: datetime | None = None
    ) -> Mapping[LedgerId, tuple[Fact, ...]]:
        return facts_by_ledger(self._known(account, known_at), until=at)

    def ledgers_as_of(self, account: AccountId, known_at: datetime) -> Mapping[LedgerId, Ledger]:
        found = [ledger_after(entry) for entry in self._known(account, known_at)]
        return {ledger.id: ledger for ledger in found if ledger is not None}

    def _known(self, account: AccountId, known_at: datetime | None) -> Iterator[Entry]:
        for entry in self.entries(account):
            if known_at is None or entry.known_at <= known_at:
                yield entry

    # What ended and what it realized

    def ended(
        self, account: AccountId, *, ledger: LedgerId | None = None, limit: int = 1000
    ) -> Sequence[tuple[LedgerId, Episode]]:
        rows = [row for row in self.shelved(account).positions.values() if row.closed_at]
        mine = [row for row in rows if ledger is None or row.ledger == ledger]
        mine.sort(key=lambda row: (row.ledger, row.episode))
        mine.sort(key=lambda row: row.closed_at or "", reverse=True)
        return [episode_of(row) for row in mine[:limit]]

    def realized(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Sequence[Realized]:
        rows = sorted(
            self.shelved(account).closings,
            key=lambda row: (row.happened_at, row.sequence, row.number),
        )
        return [
            line
            for line in map(realized_of, rows)
            if (since is None or line.happened_at >= since)
            and (until is None or line.happened_at < until)
            and (known_at is None or line.known_at <= known_at)
        ]

    # Runs, breaks and events

    def runs(
        self, account: AccountId | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[RunRecord]:
        mine = [run for run in self._runs.values() if account in (None, run.account)]
        mine.sort(key=lambda run: (run.started_at, run.id), reverse=True)
        if before is not None:
            last = self._runs.get(before)
            place = (last.started_at, last.id) if last else ("", "")
            mine = [run for run in mine if (run.started_at, run.id) < place]
        return [run_of(run) for run in mine[:limit]]

    def run(self, run_id: str) -> RunRecord | None:
        found = self._runs.get(run_id)
        return None if found is None else run_of(found)

    def evidence(self, run_id: str) -> Sequence[RawReply]:
        return [reply_of(row) for row in self._evidence if row.run == run_id]

    def breaks(self, account: AccountId | None = None, *, every: bool = False) -> Sequence[Break]:
        accounts = sorted(self._accounts) if account is None else [account]
        rows = [row for each in accounts for row in self.shelved(each).breaks.values()]
        return [break_of(row.body) for row in rows if every or row.is_open]

    def events(self, *, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        return [event for event in self._events if event.id > after][:limit]

    def last_event(self) -> int:
        return self._last_event

    def add_event(self, event: Event, *, account: AccountId | None) -> int:
        with self._one_at_a_time:
            self._last_event += 1
            row = lone_event_row(event, account=account)
            self._events.append(event_of(self._last_event, row))
            return self._last_event

    def check(self) -> None:
        """Memory is always there."""

    def run_totals(self, account: AccountId | None = None) -> RunTotals:
        mine = self.runs(account, limit=len(self._runs))
        return totals_of(mine)

    # Letting go

    def clear_ended(self, before: datetime, *, account: AccountId | None = None) -> int:
        with self._one_at_a_time:
            mine = [each for key, each in self._accounts.items() if account in (None, key)]
            return sum(_clear(shelved, before=time_text(before)) for shelved in mine)

    def forget_evidence(self, before: datetime) -> int:
        with self._one_at_a_time:
            known = len(self._evidence)
            at = time_text(before)
            self._evidence = [row for row in self._evidence if row.received_at >= at]
            return known - len(self._evidence)

    def forget_events(self, before: datetime) -> int:
        with self._one_at_a_time:
            known = len(self._events)
            self._events = [each for each in self._events if each.event.at >= before]
            return known - len(self._events)


def _write_positions(
    shelved: Shelved,
    prepared: Prepared,
    added: Iterable[PositionRow],
    removed: Iterable[PositionRow],
) -> None:
    for _account, ledger, episode in prepared.left:
        del shelved.positions[ledger, episode]
    for row in removed:
        del shelved.positions[row.ledger, row.episode]
    for row in (*added, *prepared.opened):
        shelved.positions[row.ledger, row.episode] = row


def _clear(shelved: Shelved, *, before: str) -> int:
    gone = [row for row in shelved.positions.values() if row.closed_at and row.closed_at < before]
    for row in gone:
        del shelved.positions[row.ledger, row.episode]
    if shelved.row is not None:
        seal = sealed(shelved.row.ended_seal, added=(), removed=gone)
        shelved.row = shelved.row._replace(ended_seal=seal)
    return len(gone)
