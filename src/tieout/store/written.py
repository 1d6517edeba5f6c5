"""What a commit writes, as rows, worked out before and within its transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tieout.core.codec import canonical, to_text
from tieout.core.errors import StaleVersion
from tieout.core.instrument import LedgerId
from tieout.core.journal import GENESIS, RUN_KIND, Entry
from tieout.core.plan import Plan
from tieout.core.position import Ledger
from tieout.ports import Commit, Realized
from tieout.store.closings import ClosingRow, as_digested
from tieout.store.codec import breaks_in, digest_of, ledger_in, marks_text, state_in
from tieout.store.episodes import NO_SEALS, PositionRow, ended_row, open_row
from tieout.store.evidence import EvidenceRow, evidence_rows
from tieout.store.kept import Kept, merged
from tieout.store.rows import (
    AccountRow,
    ActivityRow,
    BreakRow,
    JournalRow,
    LedgerRow,
    OutboxRow,
    RunRow,
    account_digest,
    activity_rows,
    break_row,
    event_link,
    journal_row,
    links_of,
    outbox_row,
    run_row,
    with_digests,
)

POINTS = (
    "begin", "ledgers", "positions", "closings", "journal", "breaks", "digests", "marks", "account",
    "run", "outbox", "evidence", "before_commit", "after_commit",
)  # fmt: skip

Reached = Callable[[str], None]  # told the name of each point of a commit, just before it
Fence = tuple[int, int, str, str]  # version, sequence, head, sum of the seals
NO_FENCE: Fence = (0, 0, GENESIS, NO_SEALS)


def nowhere(_point: str) -> None:
    """What a commit tells its progress when nobody asked."""


class Stored(Protocol):
    """What a commit must look up of what is stored of its account."""

    def ended_of(self, ledger: LedgerId) -> Sequence[PositionRow]: ...

    def ended_among(self, episodes: Iterable[tuple[LedgerId, str]]) -> Sequence[PositionRow]: ...

    def lines_of(self, ledger: LedgerId) -> Sequence[Realized]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The rows that follow from a commit and the book before it.

    `opened` are the rows of open episodes that change, `left` the (account, ledger, episode)
    of those that are open no longer. `marks` and `instruments` are the texts of the mark set and of
    the instruments, None where they stay; `cursor` is how far the account will have been read.
    """

    journal: list[JournalRow]
    ledgers: list[LedgerRow]
    left: list[tuple[str, str, str]]
    opened: list[PositionRow]
    breaks: list[BreakRow]
    ended_breaks: list[str]
    activities: list[ActivityRow]
    marks_digest: str | None
    marks: str | None
    cursor: str | None
    instruments_digest: str | None
    instruments: str | None
    outbox: list[OutboxRow]
    evidence: list[EvidenceRow]


def prepare(commit: Commit, before: Kept) -> Prepared:
    """All rows that need no look at the database."""
    account, plan = commit.account.id, commit.plan
    assert commit.entries, "a commit ends with the entry of its run"
    assert commit.entries[-1].kind == RUN_KIND, commit.entries[-1].kind
    ledgers = [_ledger_row(entry) for entry in commit.entries if entry.ledger in plan.ledgers]
    assert len(ledgers) == len(plan.ledgers), "a changed ledger has no journal entry"
    touched = [
        ledger
        for key, ledger in plan.ledgers.items()
        if not _has_same_row(before.ledgers.get(key), ledger)
    ]
    marks = None if plan.marks is None else marks_text(plan.marks)
    marks_digest = None if marks is None else digest_of(marks)
    is_new = marks_digest != before.marks_digest
    instruments, instruments_digest = _instruments(commit, before)
    return Prepared(
        journal=[journal_row(entry) for entry in commit.entries],
        ledgers=ledgers,
        left=[
            (account, ledger.id, known.position.opened_by)
            for ledger in touched
            if (known := before.ledgers.get(ledger.id)) and known.position
            if ledger.position is None or ledger.position.opened_by != known.position.opened_by
        ],
        opened=[
            open_row(account, ledger, ledger.position)
            for ledger in touched
            if ledger.position is not None
        ],
        breaks=_break_rows(commit, before),
        ended_breaks=_ended_breaks(commit, before),
        activities=activity_rows(commit),
        marks_digest=marks_digest,
        marks=marks.decode() if marks is not None and is_new else None,
        cursor=before.cursor if commit.cursor is None else commit.cursor,
        instruments_digest=instruments_digest,
        instruments=instruments,
        outbox=[outbox_row(commit, event) for event in commit.events],
        evidence=evidence_rows(account, commit.run.id, commit.evidence),
    )


def _instruments(commit: Commit, before: Kept) -> tuple[str | None, str | None]:
    """The text of the instruments, None where they stay, and its digest, None for none."""
    known = before.book.instruments
    told = merged(known, commit.instruments)
    if told is known and (before.instruments_digest is not None or not known):
        return None, before.instruments_digest
    text = to_text(told)
    return (None if told is known else text), digest_of(text.encode())


def _ledger_row(entry: Entry) -> LedgerRow:
    body = ledger_in(entry.payload)
    assert entry.ledger is not None, entry.sequence
    assert body is not None, entry.ledger
    return LedgerRow(
        account=entry.account,
        ledger=entry.ledger,
        created=entry.sequence,
        sequence=entry.sequence,
        body=body,
    )


def _has_same_row(before: Ledger | None, after: Ledger) -> bool:
    return (
        before is not None
        and before.position == after.position
        and before.reconciliation == after.reconciliation
        and before.instrument == after.instrument
        and before.side == after.side
    )


def _break_rows(commit: Commit, before: Kept) -> list[BreakRow]:
    """The breaks that the run lists, and those that it changed without listing them."""
    known, still_open = before.book.open_breaks, commit.plan.open_breaks
    listed = {found.id: found for found in commit.plan.breaks}
    for key, found in still_open.items():
        assert key == found.id, key
        if known.get(key) != found:
            listed.setdefault(found.id, found)
    account, told = commit.account.id, breaks_in(commit.entries[-1].payload)
    texts = dict(zip((found.id for found in commit.plan.breaks), told, strict=True))
    return [
        break_row(account, found, is_open=key in still_open, body=texts.get(found.id))
        for key, found in listed.items()
    ]


def _ended_breaks(commit: Commit, before: Kept) -> list[str]:
    """The breaks that are over though this run does not list them."""
    listed = {found.id for found in commit.plan.breaks}
    return [
        found.id
        for key, found in before.book.open_breaks.items()
        if key not in commit.plan.open_breaks and found.id not in listed
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Rows of ended episodes that come (or are written anew) and those that go."""

    added: list[PositionRow]
    removed: list[PositionRow]


def ends(commit: Commit, before: Kept, stored: Stored) -> Ends:
    """How the ended positions change: those of this run, and every one of a `past`."""
    ended = [each for each in commit.plan.ended if each[0] not in commit.pasts]
    opened = _opened(commit, before)
    known = stored.ended_among([*((key, each.opened_by) for key, each in ended), *opened])
    added = [
        ended_row(commit.account.id, _ledger(commit, before, key), episode)
        for key, episode in ended
        if not (key in commit.deleted and episode.reason == "missing")
    ]
    removed = list(known)
    fresh = {(key, each.opened_by) for key, each in commit.plan.ended if key not in commit.deleted}
    for key in commit.pasts:
        known_rows = stored.ended_of(key)
        told = fresh | {(key, row.episode) for row in known_rows}
        rows = _past_rows(commit, _ledger(commit, before, key), told)
        unchanged = {*known_rows} & {*rows}
        added += [row for row in rows if row not in unchanged]
        removed += [row for row in known_rows if row not in unchanged]
    return Ends(added=added, removed=removed)


def _opened(commit: Commit, before: Kept) -> list[tuple[LedgerId, str]]:
    """Episodes that are open now and were not: one of them may have been taken for ended."""
    opened = []
    for key, ledger in commit.plan.ledgers.items():
        known = before.ledgers.get(key)
        if known is None or ledger.position is None or key in commit.pasts:
            continue
        if known.position is None or known.position.opened_by != ledger.position.opened_by:
            opened.append((key, ledger.position.opened_by))
    return opened


def _past_rows(
    commit: Commit, ledger: Ledger, told: Collection[tuple[str, str]]
) -> list[PositionRow]:
    """The rows of a past, without the missing episodes that are deleted now or were before."""
    return [
        ended_row(commit.account.id, ledger, episode)
        for episode in commit.pasts[ledger.id].ended
        if episode.reason != "missing" or (ledger.id, episode.opened_by) in told
    ]


def _ledger(commit: Commit, before: Kept, key: LedgerId) -> Ledger:
    return commit.plan.ledgers.get(key) or before.ledgers[key]


def account_row(commit: Commit, prepared: Prepared, *, ended_seal: str) -> AccountRow:
    """The account after the commit."""
    account, last = commit.account, commit.entries[-1]
    return AccountRow(
        account=account.id,
        venue=account.venue,
        currency=account.currency,
        history=account.history,
        version=commit.version + 1,
        sequence=last.sequence,
        head=last.hash,
        cursor=prepared.cursor,
        state=state_in(last.payload),
        ended_seal=ended_seal,
    )


def anchored_run(commit: Commit, prepared: Prepared, closings: Iterable[ClosingRow]) -> RunRow:
    """The run's own row, with the digests of all that it wrote."""
    left = account_row(commit, prepared, ended_seal=NO_SEALS)
    row = run_row(commit.run, prepared.evidence)._replace(
        version=commit.version + 1,
        first_sequence=commit.entries[0].sequence,
        last_sequence=commit.entries[-1].sequence,
        head=commit.entries[-1].hash,
        links=links_of(commit.entries),
        marks_digest=prepared.marks_digest,
        closings_digest=rows_digest(as_digested(each) for each in closings),
        activities_digest=rows_digest(prepared.activities),
        account_digest=account_digest(left),
        instruments_digest=prepared.instruments_digest,
        breaks_digest=breaks_digest(_open_breaks(commit.plan, prepared.breaks)),
        events_links=b"".join(map(event_link, prepared.outbox)),
    )
    return with_digests(row)


def rows_digest(rows: Iterable[Sequence[object]]) -> str | None:
    """The hash of rows that are never changed, None for no rows."""
    texts = [canonical(list(row)) for row in rows]
    return digest_of("\n".join(texts).encode()) if texts else None


def _open_breaks(plan: Plan, written: Iterable[BreakRow]) -> Iterator[tuple[str, str]]:
    """The breaks that a plan leaves open, as their rows have them."""
    texts: dict[str, str] = {row.id: row.body for row in written}
    for key, found in plan.open_breaks.items():
        yield key, texts.get(found.id) or to_text(found)


def breaks_digest(open_breaks: Iterable[tuple[str, str]]) -> str:
    """The hash of the open breaks, each with its id and text, whatever their order."""
    return digest_of(canonical([list(each) for each in sorted(open_breaks)]).encode())


def check_fence(commit: Commit, fence: Fence | None) -> Fence:
    """The fence, if the commit was made for the book that is stored; StaleVersion if not."""
    version, sequence, head, _seal = found = fence or NO_FENCE
    if version != commit.version:
        raise StaleVersion(
            f"the book of {commit.account.id} is at version {version}, this run worked on"
            f" {commit.version}: somebody else wrote first. Nothing was written; run again"
        )
    first = commit.entries[0]
    assert first.sequence == sequence + 1, first.sequence
    assert first.previous == head, first.previous
    return found
