"""The append-only history of an account: hash-chained entries from which the book is rebuilt.

One entry tells what one run did to one ledger: the new facts, the ledger before and after. One
more entry per run tells the outcome. Every entry carries the hash of the one before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tieout.core.codec import from_plain, to_text
from tieout.core.errors import JournalError
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.plan import Change, Plan
from tieout.core.position import Ledger

GENESIS = "0" * 64
RUN_KIND = "run"
LEDGER_KIND = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal. `payload` is canonical JSON; `hash` covers all other fields.

    `happened_at` is when it took effect, `known_at` when we wrote it.
    """

    account: str
    sequence: int
    run: str
    kind: str
    ledger: LedgerId | None
    happened_at: datetime
    known_at: datetime
    payload: str
    previous: str
    hash: str


def hash_of(
    *,
    account: str,
    sequence: int,
    run: str,
    kind: str,
    ledger: str | None,
    happened_at: datetime,
    known_at: datetime,
    payload: str,
    previous: str,
) -> str:
    """SHA-256 over everything an entry says, and over the hash of the entry before it."""
    parts = [
        previous,
        account,
        str(sequence),
        run,
        kind,
        ledger or "",
        happened_at.isoformat(),
        known_at.isoformat(),
        payload,
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def entries_of(
    plan: Plan,
    *,
    account: str,
    before: Mapping[LedgerId, Ledger],
    run: str,
    sequence: int,
    previous: str,
) -> tuple[Entry, ...]:
    """The journal entries that a plan writes, continuing after `sequence` and its hash."""
    facts: dict[LedgerId, list[Fact]] = {}
    for fact in plan.facts:
        facts.setdefault(fact.ledger, []).append(fact)
    changes: dict[LedgerId, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.ledger, []).append(change)
    chain: list[Entry] = []

    def append(kind: str, ledger: LedgerId | None, happened_at: datetime, payload: str) -> None:
        nonlocal sequence, previous
        sequence += 1
        digest = hash_of(
            account=account,
            sequence=sequence,
            run=run,
            kind=kind,
            ledger=ledger,
            happened_at=happened_at,
            known_at=plan.at,
            payload=payload,
            previous=previous,
        )
        chain.append(
            Entry(
                account=account,
                sequence=sequence,
                run=run,
                kind=kind,
                ledger=ledger,
                happened_at=happened_at,
                known_at=plan.at,
                payload=payload,
                previous=previous,
                hash=digest,
            )
        )
        previous = digest

    for key in {**dict.fromkeys(facts), **dict.fromkeys(plan.ledgers)}:
        new = facts.get(key, [])
        happened_at = max((fact.at for fact in new), default=plan.at)
        append(
            LEDGER_KIND,
            key,
            happened_at,
            ledger_payload(new, before.get(key), plan.ledgers.get(key), changes.get(key, [])),
        )
    append(RUN_KIND, None, plan.account.as_of or plan.at, run_payload(plan))
    return tuple(chain)


def ledger_payload(
    facts: Iterable[Fact], before: Ledger | None, after: Ledger | None, changes: Iterable[Change]
) -> str:
    """What an entry says about one ledger: why, what it was, and what it is now."""
    return (
        f'{{"after":{to_text(after)},"before":{to_text(before)}'
        f',"changes":{to_text(tuple(changes))},"facts":{to_text(tuple(facts))}}}'
    )


def run_payload(plan: Plan) -> str:
    """What the closing entry of a run says: outcome, breaks and the account's state."""
    return (
        f'{{"breaks":{to_text(plan.breaks)},"outcome":{to_text(plan.outcome)}'
        f',"reason":{to_text(plan.reason)},"state":{to_text(plan.account)}'
        f',"tied_out":{to_text(plan.tied_out)}}}'
    )


def facts_in(entry: Entry) -> tuple[Fact, ...]:
    """The facts an entry recorded."""
    if entry.kind != LEDGER_KIND:
        return ()
    return tuple(from_plain(Fact, item) for item in json.loads(entry.payload)["facts"])


def ledger_after(entry: Entry) -> Ledger | None:
    """The ledger as an entry left it; None for entries that changed none."""
    if entry.kind != LEDGER_KIND:
        return None
    material = json.loads(entry.payload)["after"]
    return None if material is None else from_plain(Ledger, material)


def check_chain(
    entries: Iterable[Entry], *, previous: str = GENESIS, sequence: int = 0
) -> tuple[int, str]:
    """Follow the chain; the last sequence and hash. Raises JournalError at the first bad entry."""
    for entry in entries:
        sequence += 1
        if entry.sequence != sequence:
            raise JournalError(
                f"entry {sequence} is missing: the journal goes on with {entry.sequence}",
                sequence=sequence,
            )
        if entry.previous != previous:
            raise JournalError(
                f"entry {sequence} does not follow the entry before it", sequence=sequence
            )
        if entry.hash != _expected_hash(entry):
            raise JournalError(
                f"entry {sequence} was changed after it was written", sequence=sequence
            )
        previous = entry.hash
    return sequence, previous


def _expected_hash(entry: Entry) -> str:
    return hash_of(
        account=entry.account,
        sequence=entry.sequence,
        run=entry.run,
        kind=entry.kind,
        ledger=entry.ledger,
        happened_at=entry.happened_at,
        known_at=entry.known_at,
        payload=entry.payload,
        previous=entry.previous,
    )
