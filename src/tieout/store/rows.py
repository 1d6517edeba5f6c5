"""Rows of the tables, column by column as `tables` has them, and the values they stand for."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import NamedTuple

from tieout.core.book import AccountId
from tieout.core.breaks import Break
from tieout.core.codec import canonical, from_plain, to_text
from tieout.core.instrument import LedgerId
from tieout.core.journal import Entry
from tieout.ports import Commit, Event, RunRecord, StoredEvent
from tieout.store.codec import digest_of, time_of, time_text
from tieout.store.evidence import LINK_BYTES, EvidenceRow, evidence_links


class AccountRow(NamedTuple):
    """An account, the fence its writers pass, and the end of its journal."""

    account: str
    venue: str
    currency: str
    history: str
    version: int
    sequence: int
    head: str
    cursor: str | None
    state: str
    ended_seal: str


class LedgerRow(NamedTuple):
    """One ledger; `body` is the text its last journal entry has of it."""

    account: str
    ledger: str
    created: int
    sequence: int
    body: str


class JournalRow(NamedTuple):
    """One journal entry, field by field."""

    account: str
    sequence: int
    run: str
    kind: str
    ledger: str | None
    happened_at: str
    known_at: str
    payload: str
    previous: str
    hash: str


class BreakRow(NamedTuple):
    """One break as it was last listed."""

    account: str
    id: str
    kind: str
    ledger: str | None
    symbol: str | None
    side: str | None
    status: str
    seen: int
    first_at: str
    last_at: str
    is_open: int
    body: str


class ActivityRow(NamedTuple):
    """An activity that has been taken, by the digest of its content."""

    account: str
    id: str
    digest: str
    sequence: int


class RunRow(NamedTuple):
    """A run, with the digests that anchor what it wrote."""

    account: str
    id: str
    started_by: str
    started_at: str
    finished_at: str
    outcome: str
    reason: str | None
    tied_out: int | None
    counts: str
    venue_calls: int
    errors: str
    statement: str
    version: int | None = None
    first_sequence: int | None = None
    last_sequence: int | None = None
    head: str | None = None
    links: bytes | None = None
    marks_digest: str | None = None
    closings_digest: str | None = None
    activities_digest: str | None = None
    account_digest: str | None = None
    instruments_digest: str | None = None
    breaks_digest: str | None = None
    record_digest: str | None = None
    evidence_links: bytes | None = None
    events_links: bytes | None = None
    program: str | None = None
    noted_digest: str | None = None


class OutboxRow(NamedTuple):
    """An event that waits to be published; the id is the database's."""

    account: str
    run: str
    type: str
    at: str
    payload: str


def account_digest(row: AccountRow) -> str:
    """The hash of what an account is: its venue, currency, history, and how far it was read."""
    return digest_of(canonical([row.venue, row.currency, row.history, row.cursor]).encode())


def journal_row(entry: Entry) -> JournalRow:
    return JournalRow(
        account=entry.account,
        sequence=entry.sequence,
        run=entry.run,
        kind=entry.kind,
        ledger=entry.ledger,
        happened_at=entry.happened_at.isoformat(),
        known_at=entry.known_at.isoformat(),
        payload=entry.payload,
        previous=entry.previous,
        hash=entry.hash,
    )


def entry_of(row: JournalRow) -> Entry:
    """The entry a row stands for; ValueError where a time is not written as we write it."""
    return Entry(
        account=row.account,
        sequence=row.sequence,
        run=row.run,
        kind=row.kind,
        ledger=None if row.ledger is None else LedgerId(row.ledger),
        happened_at=time_of(row.happened_at),
        known_at=time_of(row.known_at),
        payload=row.payload,
        previous=row.previous,
        hash=row.hash,
    )


def run_row(run: RunRecord, evidence: Iterable[EvidenceRow]) -> RunRow:
    row = RunRow(
        account=run.account,
        id=run.id,
        started_by=run.trigger,
        started_at=time_text(run.started_at),
        finished_at=time_text(run.finished_at),
        outcome=run.outcome,
        reason=run.reason,
        tied_out=None if run.tied_out is None else int(run.tied_out),
        counts=canonical(dict(run.counts)),
        venue_calls=run.venue_calls,
        errors=canonical(list(run.errors)),
        statement=run.statement,
        evidence_links=evidence_links(evidence),
        events_links=b"",
        program=program_version(),
    )
    return with_digests(row)


def with_digests(row: RunRow) -> RunRow:
    """The row of a run with the digests of itself, once everything else is in it."""
    row = row._replace(record_digest=record_digest(row))
    return row._replace(noted_digest=noted_digest(row))


@cache
def program_version() -> str:
    """The version of Tieout that is running."""
    return version("tieout")


def record_digest(row: RunRow) -> str:
    """The hash of what a run says of itself."""
    return digest_of(canonical(list(row[: RunRow._fields.index("version")])).encode())


def noted_digest(row: RunRow) -> str:
    """The hash of what a run noted of what it wrote, the digest of its words included."""
    noted = row[RunRow._fields.index("version") : RunRow._fields.index("noted_digest")]
    texts = [each.hex() if isinstance(each, bytes) else each for each in noted]
    return digest_of(canonical(texts).encode())


def run_of(row: RunRow) -> RunRecord:
    return RunRecord(
        id=row.id,
        account=AccountId(row.account),
        trigger=row.started_by,  # type: ignore[arg-type]
        started_at=time_of(row.started_at),
        finished_at=time_of(row.finished_at),
        outcome=row.outcome,
        reason=row.reason,
        tied_out=None if row.tied_out is None else bool(row.tied_out),
        counts=json.loads(row.counts),
        venue_calls=row.venue_calls,
        errors=tuple(json.loads(row.errors)),
        statement=row.statement,
    )


def break_row(account: str, found: Break, *, is_open: bool, body: str | None = None) -> BreakRow:
    """The row of a break; `body` is its text, where the journal has it already."""
    return BreakRow(
        account=account,
        id=found.id,
        kind=found.kind,
        ledger=found.ledger,
        symbol=found.symbol,
        side=found.side,
        status=found.status,
        seen=found.seen,
        first_at=time_text(found.first_at),
        last_at=time_text(found.last_at),
        is_open=int(is_open),
        body=to_text(found) if body is None else body,
    )


def break_of(body: str) -> Break:
    found: Break = from_plain(Break, json.loads(body))
    return found


def activity_rows(commit: Commit) -> list[ActivityRow]:
    """The activities that are new with this commit, by id."""
    account, sequence = commit.account.id, commit.entries[-1].sequence
    return [
        ActivityRow(account=account, id=each, digest=digest, sequence=sequence)
        for each, digest in sorted(commit.plan.digests.items())
    ]


def outbox_row(commit: Commit, event: Event) -> OutboxRow:
    return OutboxRow(
        account=commit.account.id,
        run=commit.run.id,
        type=event.type,
        at=time_text(event.at),
        payload=event.payload,
    )


def event_link(row: OutboxRow) -> bytes:
    """The beginning of the hash of an event, by which its run knows it again."""
    said = "\x1f".join((row.type, row.at, row.payload))
    return hashlib.sha256(said.encode()).digest()[:LINK_BYTES]


def lone_event_row(event: Event, *, account: AccountId | None) -> OutboxRow:
    """An event of no run."""
    return OutboxRow(
        account=account or "", run="", type=event.type, at=time_text(event.at),
        payload=event.payload,
    )  # fmt: skip


def event_of(number: int, row: OutboxRow) -> StoredEvent:
    return StoredEvent(
        id=number,
        account=AccountId(row.account) if row.account else None,
        run=row.run or None,
        event=Event(type=row.type, at=time_of(row.at), payload=row.payload),
    )


def row_of_event(stored: StoredEvent) -> OutboxRow:
    """The row of an event that is kept as a value."""
    event = stored.event
    return OutboxRow(
        account=stored.account or "", run=stored.run or "", type=event.type,
        at=time_text(event.at), payload=event.payload,
    )  # fmt: skip


def links_of(entries: tuple[Entry, ...]) -> bytes:
    """The start of each entry's hash, by which a journal that was linked anew is found out."""
    return b"".join(bytes.fromhex(entry.hash)[:LINK_BYTES] for entry in entries)
