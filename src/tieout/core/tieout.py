"""START HERE. One tie-out of one account: what we hold, what happened, what the broker says.

    roll forward    what we should hold, given the activities and our own bookings
    compare         where the broker's snapshot disagrees, row by row
    resolve         what we will do about each difference, and why; or hold the run
    mark            prices, and what only they changed

Same inputs, same plan. Nothing here reads a clock, a network or a disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from tieout.core.activity import Activity
from tieout.core.adoption import adopt, is_adoption
from tieout.core.arrivals import (
    record_activities,
    record_bookings,
    record_costs,
    record_waiting,
)
from tieout.core.book import Book
from tieout.core.breaks import Break
from tieout.core.decisions import decide
from tieout.core.draft import Draft
from tieout.core.guards import is_same_list, is_stale, reason_to_hold, reason_to_reject
from tieout.core.plan import Alert, Held, Plan
from tieout.core.planning import Outlook, plan_of
from tieout.core.policy import Policy
from tieout.core.position import Reconciliation
from tieout.core.reading import Reading, read_snapshot
from tieout.core.reference import found_apart
from tieout.core.resolution import Resolution
from tieout.core.snapshot import Failure, Local, Snapshot
from tieout.core.tracking import Found

NOTHING_HELD = "there is no held run to approve"


def tie_out(
    book: Book,
    snapshot: Snapshot | Failure | None,
    activities: Sequence[Activity],
    *,
    policy: Policy,
    now: datetime,
    local: Sequence[Local] = (),
    approve: bool = False,
) -> Plan:
    """The plan for one run. `snapshot` None means that only activities arrived.

    `approve` applies the snapshot that an earlier run left held (or the one given), closing what
    that run listed.
    """
    draft = Draft(book, policy=policy, now=now)
    decided = roll_forward(draft, snapshot, activities, local)
    held = book.state.held if approve else None
    is_void = approve and held is None
    if is_void:
        draft.fail(NOTHING_HELD)
    if held is not None and not isinstance(snapshot, Snapshot):
        snapshot = held.snapshot
    match snapshot:
        case None:
            return plan_of(draft, _without_snapshot(draft, decided))
        case Failure():
            return plan_of(draft, _failed(draft, snapshot, decided))
        case Snapshot():
            outlook = _with_snapshot(draft, snapshot, held, decided)
            if isinstance(outlook, Quarantine):
                # Reading the snapshot has left its marks on this draft; a held run keeps none.
                draft = Draft(book, policy=policy, now=now)
                decided = roll_forward(draft, snapshot, activities, local)
                if is_void:
                    draft.fail(NOTHING_HELD)
                outlook = _hold(draft, snapshot, outlook, decided)
            return plan_of(draft, outlook)
        case _:
            assert_never(snapshot)


def roll_forward(
    draft: Draft,
    snapshot: Snapshot | Failure | None,
    activities: Sequence[Activity],
    local: Sequence[Local],
) -> dict[str, Break]:
    """What we should hold, given what happened; the breaks that a person settled."""
    if isinstance(snapshot, Snapshot):
        draft.keep_legs_apart(snapshot.holdings)
    decided = decide(draft, local)
    waiting = record_bookings(draft, local)
    draft.contradicted = record_activities(draft, activities)
    record_waiting(draft, waiting)
    record_costs(draft, local)
    draft.fold_new()
    return decided


def _without_snapshot(draft: Draft, decided: dict[str, Break]) -> Outlook:
    """Only activities arrived: what they made is PENDING until a snapshot confirms it."""
    status: Reconciliation = "SYNCED" if draft.book.account.venue == "local" else "PENDING"
    draft.set_touched(status)
    return Outlook(outcome="applied", tied_out=None, decided=decided, at=draft.now)


def _failed(draft: Draft, failure: Failure, decided: dict[str, Break]) -> Outlook:
    """Nothing could be read: that is not flat. Every position waits for better news."""
    draft.set_open("FAILED")
    return Outlook(
        outcome="failed",
        reason=f"{failure.kind}: {failure.message}",
        tied_out=False,
        found=(Found(kind="incomplete_source"),),
        decided=decided,
        at=draft.now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A snapshot that must not be applied, and why."""

    reading: Reading
    reason: str


def _with_snapshot(
    draft: Draft, snapshot: Snapshot, held: Held | None, decided: dict[str, Break]
) -> Outlook | Quarantine:
    last = draft.book.state.as_of
    if is_stale(snapshot.as_of, last_applied=last):
        assert last is not None
        draft.set_touched("PENDING")
        return Outlook(
            outcome="rejected",
            reason=reason_to_reject(snapshot.as_of, last_applied=last, now=draft.now),
            tied_out=False,
            found=(Found(kind="stale_source"),),
            decided=decided,
            at=draft.now,
        )
    if not snapshot.complete and not snapshot.holdings:
        told = "; ".join(snapshot.problems) or "nothing arrived"
        return _failed(draft, Failure(kind="unavailable", message=told), decided)
    if is_adoption(draft, snapshot):
        return adopt(draft, snapshot, decided)
    draft.fold_new()
    reading = read_snapshot(draft, snapshot)
    reason = None
    if snapshot.complete:
        reason = reason_to_hold(
            [key for key in reading.vanished if held is None or key not in held.ledgers],
            held_positions=reading.held_positions,
            rows=len(snapshot.holdings),
            policy=draft.policy,
        )
    if reason is not None:
        return Quarantine(reading=reading, reason=reason)
    return _apply(draft, snapshot, reading, held, decided)


def _hold(
    draft: Draft, snapshot: Snapshot, quarantine: Quarantine, decided: dict[str, Break]
) -> Outlook:
    """Apply nothing of the snapshot and ask a person, once."""
    reading = quarantine.reading
    draft.set_touched("PENDING")
    known = {found.ledger: found for found in draft.book.open_breaks.values()}
    found = []
    news: dict[str, bool] = {}
    resolution = Resolution(draft, as_of=snapshot.as_of, is_complete=False)
    for finding in reading.findings:
        if finding.ledger in reading.vanished:
            resolution.note(finding)
            is_pending = draft.ledger(finding.ledger).reconciliation == "PENDING"
            news[finding.ledger] = finding.ledger not in known or not is_pending
            draft.set_status(finding.ledger, "PENDING")
    for one in resolution.found:
        found.append(replace(one, seen_if_new=0))
    before = draft.book.state.held
    is_known = is_same_list(reading.vanished, before.ledgers if before else None)
    symbols = tuple(sorted(one.symbol for one in found if one.symbol is not None))
    return Outlook(
        outcome="held",
        reason=quarantine.reason,
        tied_out=False,
        found=tuple(found),
        missing=news,
        held=Held(snapshot=snapshot, ledgers=tuple(reading.vanished)),
        alerts=() if is_known else (Alert(kind="held", symbols=symbols),),
        decided=decided,
        at=snapshot.as_of,
    )


def _apply(
    draft: Draft,
    snapshot: Snapshot,
    reading: Reading,
    held: Held | None,
    decided: dict[str, Break],
) -> Outlook:
    """Resolve every finding; the rows that did not arrive keep their state and wait."""
    approved = set(held.ledgers) if held else set()
    resolutions = []
    for finding in reading.findings:
        resolution = Resolution(
            draft,
            as_of=snapshot.as_of,
            is_complete=snapshot.complete,
            approved=finding.ledger in approved,
            # A row that cannot be read may be the one that is looked for.
            counts_absences=not reading.invalid,
        )
        resolution.resolve(finding)
        resolutions.append(resolution)
    for key in reading.unjudged:
        draft.set_status(key, "FAILED")
    found = [one for each in resolutions for one in each.found]
    found += found_apart(draft, reading.seen, counts=snapshot.complete)
    missing = {key: is_news for each in resolutions for key, is_news in each.missing.items()}
    if not snapshot.complete:
        found.append(Found(kind="incomplete_source"))
    is_partial = not snapshot.complete or bool(reading.invalid)
    return Outlook(
        outcome="partial" if is_partial else "applied",
        reason="; ".join(snapshot.problems) or "the snapshot is incomplete"
        if not snapshot.complete
        else None,
        tied_out=snapshot.complete,
        found=(*reading.found, *found),
        missing=missing,
        reading=reading,
        decided=decided,
        at=snapshot.as_of,
        counts=snapshot.complete,
        applies=True,
    )
