"""Rows against the journal: what each table should say, given what the entries told."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.core.book import AccountId
from tieout.core.codec import canonical
from tieout.core.instrument import LedgerId
from tieout.core.journal import GENESIS, LEDGER_KIND, Entry
from tieout.core.movements import Method
from tieout.core.pnl import NO_TOTALS, Totals
from tieout.core.position import Ledger
from tieout.store.closings import ClosingRow, as_digested, realized_of
from tieout.store.codec import digest_of, ledger_in, read_ledger, state_in
from tieout.store.episodes import NO_SEALS, open_row, seal_of, sealed
from tieout.store.evidence import LINK_BYTES, link_of
from tieout.store.inspection import Inspection
from tieout.store.rows import (
    RunRow,
    account_digest,
    break_of,
    break_row,
    event_link,
    noted_digest,
    record_digest,
)
from tieout.store.succession import Succession
from tieout.store.written import breaks_digest, rows_digest


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the table, what it is, and the journal entry or row it is at."""

    place: str
    message: str
    sequence: int | None = None
    key: str | None = None


class Told:
    """What the entries of a journal told, gathered while following the chain."""

    def __init__(self, account: AccountId, method: Method | None = None) -> None:
        self.account = account
        self.succession = Succession(method)
        self.sequence = 0
        self.head = GENESIS
        self.links = bytearray()
        self.hash_at_anchor: str | None = None
        self.created: dict[LedgerId, int] = {}
        self.last: dict[LedgerId, tuple[int, str]] = {}
        self.ends: dict[int, dict[str, Any]] = {}
        self.breaks: dict[str, Any] = {}
        self.state: str | None = None

    def take(self, entry: Entry) -> None:
        """Remember what an entry says; the chain has proved that it is as it was written."""
        self.sequence, self.head = entry.sequence, entry.hash
        self.links += bytes.fromhex(entry.hash)[:LINK_BYTES]
        self.succession.take(entry)
        if entry.kind != LEDGER_KIND or entry.ledger is None:
            self.state = state_in(entry.payload)
            material = json.loads(entry.payload)
            self.ends[entry.sequence] = {
                "outcome": material["outcome"],
                "reason": material["reason"],
                "tied_out": material["tied_out"],
                "head": entry.hash,
            }
            self.breaks |= {each["id"]: each for each in material["breaks"]}
            return
        text = ledger_in(entry.payload)
        if text is not None:
            self.created.setdefault(entry.ledger, entry.sequence)
            self.last[entry.ledger] = (entry.sequence, text)

    def ledgers(self) -> Iterator[tuple[LedgerId, Ledger]]:
        """The ledgers as the last entries left them."""
        for key, (_sequence, text) in self.last.items():
            yield key, read_ledger(text)


def row_problems(found: Inspection, told: Told) -> Iterator[Problem]:
    """Everything in the tables that the journal and the run records do not bear out."""
    runs = list(found.runs())
    yield from _guarded("account", lambda: _account(found, told, runs))
    yield from _guarded("run", lambda: _runs(runs, told))
    yield from _guarded("ledger", lambda: _ledgers(found, told))
    yield from _guarded("position", lambda: _open_positions(found, told))
    yield from _guarded("position", lambda: _ended_positions(found))
    yield from _guarded("closing", lambda: _closings(found, told, runs))
    yield from _guarded("activity", lambda: _activities(found, runs))
    yield from _guarded("mark", lambda: _marks(found, runs))
    yield from _guarded("instrument", lambda: _instruments(found, runs))
    yield from _guarded("break", lambda: _breaks(found, told, runs))
    yield from _guarded("run", lambda: _records(found))
    yield from _guarded("evidence", lambda: _evidence(found))
    yield from _guarded("event", lambda: _events(found))


def _guarded(place: str, check: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    """A check that stumbles over a value that cannot be read has found something as well."""
    try:
        yield from check()
    except (ArithmeticError, LookupError, TypeError, ValueError) as failure:
        yield Problem(place, f"a row cannot be read: {failure!r}")


def _account(found: Inspection, told: Told, runs: Sequence[RunRow]) -> Iterator[Problem]:
    row = found.account
    if row is None:
        if _has_rows(found):
            yield Problem("account", "there are rows of it, and it is not in the book")
        return
    if row.state != told.state:
        yield Problem("account", "its state is not what the last run left")
    noted = [each.account_digest for each in runs]
    if not _is_as_noted(noted, account_digest(row)):
        message = "its venue, currency, history or cursor is not what the last run left"
        yield Problem("account", message)


def _has_rows(found: Inspection) -> bool:
    tables = (found.ledgers, found.positions, found.closings, found.activities, found.breaks)
    has_rows = any(True for table in tables for _row in table())
    return has_rows or found.marks is not None or found.instruments is not None


def _is_as_noted(noted: Sequence[str | None], digest: str | None) -> bool:
    """Whether the last run noted this digest; runs of an older Tieout noted none."""
    return not any(noted) or noted[-1] == digest


def _instruments(found: Inspection, runs: Sequence[RunRow]) -> Iterator[Problem]:
    text = found.instruments
    digest = None if text is None else digest_of(text.encode())
    if not _is_as_noted([each.instruments_digest for each in runs], digest):
        yield Problem("instrument", "the instruments are not those that the last run left")


def _runs(runs: Iterable[RunRow], told: Told) -> Iterator[Problem]:
    for run in runs:
        said = told.ends.get(run.last_sequence or 0)
        tied_out = None if run.tied_out is None else bool(run.tied_out)
        shown = {
            "outcome": run.outcome,
            "reason": run.reason,
            "tied_out": tied_out,
            "head": run.head,
        }
        if said is None or any(said[name] != value for name, value in shown.items()):
            yield Problem("run", f"run {run.id} does not say what the journal says", key=run.id)


def _ledgers(found: Inspection, told: Told) -> Iterator[Problem]:
    expected = dict(told.last)
    for row in found.ledgers():
        key = LedgerId(row.ledger)
        said = expected.pop(key, None)
        if said is None:
            yield Problem("ledger", f"{key} is not in the journal", key=key)
        elif (row.sequence, row.body) != said or row.created != told.created[key]:
            message = f"{key} is not as entry {said[0]} left it"
            yield Problem("ledger", message, key=key)
    for key in expected:
        yield Problem("ledger", f"{key} is gone", key=key)


def _open_positions(found: Inspection, told: Told) -> Iterator[Problem]:
    expected = {
        (ledger.id, ledger.position.opened_by): open_row(told.account, ledger, ledger.position)
        for _key, ledger in told.ledgers()
        if ledger.position is not None
    }
    for row in found.positions():
        if row.closed_at is not None:
            continue
        said = expected.pop((LedgerId(row.ledger), row.episode), None)
        if said is None:
            message = f"{row.symbol} ({row.episode}) is shown as open and is not"
            yield Problem("position", message, key=row.ledger)
        elif row != said:
            names = [name for name in row._fields if getattr(row, name) != getattr(said, name)]
            message = f"{row.symbol}: {', '.join(names)} not as the journal says"
            yield Problem("position", message, key=row.ledger)
    for key, said in expected.items():
        yield Problem("position", f"{said.symbol} ({said.episode}) is gone", key=key[0])


def _ended_positions(found: Inspection) -> Iterator[Problem]:
    ended = [row for row in found.positions() if row.closed_at is not None]
    edited = [row for row in ended if row.seal != seal_of(row)]
    for row in edited:
        message = f"{row.symbol} (ended, {row.episode}) was changed after it was written"
        yield Problem("position", message, key=row.ledger)
    expected = found.account.ended_seal if found.account else NO_SEALS
    if not edited and sealed(NO_SEALS, added=ended, removed=()) != expected:
        yield Problem("position", "an ended position was added or is gone")


def _closings(found: Inspection, told: Told, runs: Iterable[RunRow]) -> Iterator[Problem]:
    by_run: dict[str, list[ClosingRow]] = defaultdict(list)
    sums: dict[LedgerId, Totals] = defaultdict(Totals)
    for row in found.closings():
        by_run[row.run].append(row)
        key = LedgerId(row.ledger)
        sums[key] = sums[key].with_figures(row.currency, realized_of(row).figures)
    for run in runs:
        rows = [as_digested(each) for each in by_run.pop(run.id, [])]
        if rows_digest(rows) != run.closings_digest:
            message = f"the closings of run {run.id} are not those that it wrote"
            yield Problem("closing", message, key=run.id)
    for run_id in by_run:
        yield Problem("closing", f"closings of {run_id}, which wrote nothing", key=run_id)
    for key, ledger in told.ledgers():
        if not ledger.totals.minus(sums.pop(key, NO_TOTALS)).is_nothing:
            yield Problem("closing", f"{key}: the lines are not what it realized", key=key)
    for key in sums:
        yield Problem("closing", f"{key} is not in the journal", key=key)


def _activities(found: Inspection, runs: Iterable[RunRow]) -> Iterator[Problem]:
    by_sequence: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    for row in found.activities():
        by_sequence[row.sequence].append(row)
    for run in runs:
        if rows_digest(by_sequence.pop(run.last_sequence or 0, [])) != run.activities_digest:
            message = f"the activities of run {run.id} are not those that it took"
            yield Problem("activity", message, key=run.id)
    for rows in by_sequence.values():
        yield Problem("activity", f"{rows[0][1]} was taken by no run", key=str(rows[0][1]))


def _marks(found: Inspection, runs: Iterable[RunRow]) -> Iterator[Problem]:
    written = [run for run in runs if run.marks_digest is not None]
    expected = written[-1].marks_digest if written else None
    digest, body = found.marks or (None, "")
    if digest != expected or (digest is not None and digest_of(body.encode()) != digest):
        yield Problem("mark", "the marks are not those of the last snapshot that was applied")


def _breaks(found: Inspection, told: Told, runs: Sequence[RunRow]) -> Iterator[Problem]:
    listed = dict(told.breaks)
    for row in found.breaks():
        said = listed.pop(row.id, None)
        if row != break_row(told.account, break_of(row.body), is_open=bool(row.is_open)):
            yield Problem("break", f"{row.id}: its columns do not agree", key=row.id)
        if said and said.get("status") == "resolved" and row.body != canonical(said):
            yield Problem("break", f"{row.id} is not as it was when it was resolved", key=row.id)
    for each in sorted(listed):
        yield Problem("break", f"{each} is gone", key=each)
    still_open = breaks_digest((row.id, row.body) for row in found.breaks() if row.is_open)
    if not _is_as_noted([each.breaks_digest for each in runs], still_open):
        yield Problem("break", "those that are open are not those that the last run left open")


def _records(found: Inspection) -> Iterator[Problem]:
    """Runs whose own words were changed; one of an older Tieout has no digest of anything new."""
    for run in found.records():
        is_old = run.record_digest is None and run.account_digest is None
        if not is_old and run.record_digest != record_digest(run):
            yield Problem("run", f"run {run.id} was changed after it was written", key=run.id)
        elif run.program is not None and run.noted_digest != noted_digest(run):
            message = f"what run {run.id} noted of what it wrote was changed"
            yield Problem("run", message, key=run.id)


def _evidence(found: Inspection) -> Iterator[Problem]:
    """Replies that are not those that a run noted. One that is gone was let go of by its age."""
    noted = {run.id: run.evidence_links for run in found.records()}
    for row in found.evidence():
        if row.run not in noted:
            message = f"reply {row.number} is of {row.run}, a run that is not there"
            yield Problem("evidence", message, key=row.run)
            continue
        links = noted[row.run]
        if links is None:
            continue  # of an older Tieout
        start = (row.number - 1) * LINK_BYTES
        if links[start : start + LINK_BYTES] != link_of(row):
            message = f"reply {row.number} of run {row.run} is not the one that it was made from"
            yield Problem("evidence", message, key=row.run)


def _events(found: Inspection) -> Iterator[Problem]:
    """Events of runs that no run noted. One that is gone was published and let go of."""
    noted = {run.id: _links_in(run.events_links) for run in found.records()}
    for row in found.events():
        links = noted.get(row.run, frozenset())
        if links is not None and event_link(row) not in links:
            message = f"an event of {row.run} ({row.type}) is not one that it wrote"
            yield Problem("event", message, key=row.run)


def _links_in(links: bytes | None) -> frozenset[bytes] | None:
    """The links side by side in a column; None for a run of an older Tieout."""
    if links is None:
        return None
    return frozenset(
        links[start : start + LINK_BYTES] for start in range(0, len(links), LINK_BYTES)
    )
