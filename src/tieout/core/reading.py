"""A snapshot laid beside the book: a finding for every position and every row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tieout.core.activity import Side
from tieout.core.calendar import new_york_day
from tieout.core.comparison import (
    ALTERNATIVES,
    Finding,
    compare_quantity,
    explained_averages,
    row_problem,
    row_quantity,
    same_average,
    same_quantity,
)
from tieout.core.draft import Draft
from tieout.core.facts import Observed
from tieout.core.instrument import Instrument, LedgerId, spelling_key, unknown_size
from tieout.core.matching import is_past_expiry, is_revalued, known_number, with_row
from tieout.core.numbers import ZERO, add
from tieout.core.plan import StepError
from tieout.core.quiet import Sorted, sort_rows
from tieout.core.reference import as_mark, comparable, without_contradictions
from tieout.core.snapshot import Holding, Snapshot
from tieout.core.tracking import Found

NumberedRow = tuple[int, Holding]
RowKey = tuple[str, Side | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a snapshot says about every ledger.

    `seen` is the row of each ledger that has a usable one; `vanished` the positions that the
    book holds after all activities and that the snapshot lacks without proof; `unjudged` those
    of which an incomplete snapshot says nothing; `invalid` the rows that cannot be used.
    """

    valid: tuple[NumberedRow, ...] = ()
    invalid: tuple[Finding, ...] = ()
    found: tuple[Found, ...] = ()
    findings: tuple[Finding, ...] = ()
    seen: Mapping[LedgerId, Holding] = field(default_factory=dict)
    vanished: tuple[LedgerId, ...] = ()
    unjudged: tuple[LedgerId, ...] = ()
    held_positions: int = 0

    def with_seen(self, seen: Mapping[LedgerId, Holding]) -> "Reading":
        return replace(self, seen=seen)


def read_rows(draft: Draft, rows: Sequence[NumberedRow]) -> Reading:
    """Sort the rows: usable ones, identical twins told once, contradictions and bad rows out."""
    first: dict[RowKey, NumberedRow] = {}
    twins: dict[RowKey, Holding] = {}
    clashes: set[RowKey] = set()
    for number, row in rows:
        key = (spelling_key(row.symbol), row.side, row.venue_id)
        known = first.get(key)
        if known is None:
            first[key] = (number, row)
        elif known[1] == row:
            twins[key] = row
        else:
            clashes.add(key)
    valid, invalid = [], []
    for key, (number, row) in first.items():
        problem = row_problem(row)
        if key in clashes:
            problem = "several different rows for the same position"
        if problem is None:
            valid.append((number, row))
        else:
            invalid.append(_invalid(draft, row, number=number, problem=problem))
    found = tuple(_duplicate(row) for key, row in twins.items() if key not in clashes)
    return Reading(valid=tuple(valid), invalid=tuple(invalid), found=found)


def _duplicate(row: Holding) -> Found:
    quantity = known_number(row.quantity)
    return Found(
        kind="duplicate",
        ledger=LedgerId(row.symbol.strip()),
        symbol=row.symbol.strip(),
        side=row.side,
        ours={"quantity": quantity},
        theirs={"quantity": quantity},
        before={"quantity": quantity},
        remainder=ZERO,
        row=row,
    )


def _invalid(draft: Draft, row: Holding, *, number: int, problem: str) -> Finding:
    """A row that cannot be used: its symbol alone fails and keeps what it had."""
    symbol = row.symbol.strip()
    draft.errors.append(StepError(symbol=symbol or None, row=number, message=problem))
    key = draft.names.find_row(row) if symbol else None
    held = draft.expected(key).quantity if key is not None else ZERO
    if key is not None:
        draft.set_status(key, "FAILED")
    return Finding(
        ledger=key if key is not None else LedgerId(symbol), verdict="invalid", ours=held,
        theirs=None, row=row, problem=problem, row_number=number,
    )  # fmt: skip


def ledger_of_row(
    draft: Draft, row: Holding, *, known: LedgerId | None = None, adopts: bool = False
) -> LedgerId | None:
    """The ledger of a usable row, new if need be; None for a zero row of what we never held.

    `known` is the ledger that a row of exactly this name belonged to last time. What the row says
    of the instrument is taken over, unless it contradicts what is known of an open position.
    """
    key = known
    if key is None:
        key = draft.names.find_row(row, may_change_id=draft.changed_ids)
    if key is None:
        if not row_quantity(row):
            return None
        instrument = draft.names.instrument(row.symbol, venue_id=row.venue_id)
        instrument = with_row(replace(instrument, symbol=instrument.symbol.strip()), row)
        return draft.new_ledger(instrument, side=row.side, venue_id=row.venue_id)
    ledger = draft.ledger(key)
    if not adopts:
        row = without_contradictions(draft, key, row)
    instrument = with_row(ledger.instrument, row)
    if instrument is not ledger.instrument:
        draft.put(replace(ledger, instrument=instrument))
        if is_revalued(ledger.instrument, row):
            draft.revalue(key)
    return key


def read_snapshot(draft: Draft, snapshot: Snapshot, *, ordered: Sorted | None = None) -> Reading:
    """Every row against what we should hold at the snapshot's time, then what has no row."""
    ordered = sort_rows(draft, snapshot) if ordered is None else ordered
    rows = read_rows(draft, ordered.rest)
    findings: list[Finding] = []
    seen: dict[LedgerId, Holding] = dict(ordered.quiet)
    failed = {finding.ledger for finding in rows.invalid}
    told: dict[LedgerId, list[NumberedRow]] = {}
    for number, row in rows.valid:
        if row.side is None and draft.has_legs and draft.names.legs(row.symbol):
            findings.extend(_legs(draft, snapshot, row, seen))
            continue
        key = ledger_of_row(draft, row, known=ordered.known.get(number))
        if key is None:
            continue
        if key in ordered.quiet:
            # Two rows for one position: look at every row with care.
            every = Sorted(rest=list(enumerate(snapshot.holdings, start=1)))
            return read_snapshot(draft, snapshot, ordered=every)
        told.setdefault(key, []).append((number, row))
        if len(told[key]) > 1:
            continue  # the same position under another of its names
        refused = refused_for_size(draft, key, row, number=number)
        if refused is not None:
            rows = replace(rows, invalid=(*rows.invalid, refused))
            failed.add(key)
            continue
        seen[key] = row if key not in draft.apart else as_mark(draft, key, row)
        findings.append(_compare(draft, snapshot, key, row))
    rows, clashes = _with_twins(draft, rows, told, failed=failed)
    findings = [finding for finding in findings if finding.ledger not in clashes]
    for key in clashes:
        seen.pop(key, None)
    reading = replace(rows, seen=seen)
    return _read_absences(draft, snapshot, reading, findings, failed=failed)


def _with_twins(
    draft: Draft,
    rows: Reading,
    told: Mapping[LedgerId, Sequence[NumberedRow]],
    *,
    failed: set[LedgerId],
) -> tuple[Reading, set[LedgerId]]:
    """The reading with several rows for one position, and where they contradict one another.

    Such rows have different names, else they were sorted out before.
    """
    clashes: set[LedgerId] = set()
    for key, several in told.items():
        (number, first), *others = several
        if not others or key in failed:
            continue
        if all(row._replace(symbol=first.symbol) == first for _, row in others):
            twins = tuple(_duplicate(row) for _, row in others)
            rows = replace(rows, found=(*rows.found, *twins))
            continue
        problem = "several different rows for the same position"
        invalid = _invalid(draft, first, number=number, problem=problem)
        rows = replace(rows, invalid=(*rows.invalid, invalid))
        clashes.add(key)
    failed |= clashes
    return rows, clashes


def refused_for_size(draft: Draft, key: LedgerId, row: Holding, *, number: int) -> Finding | None:
    """A row whose contract size nobody stated cannot be used; it is never taken to be 1."""
    instrument = draft.ledger(key).instrument
    if instrument.multiplier is not None:
        return None
    return _invalid(draft, row, number=number, problem=unknown_size(instrument))


def _legs(
    draft: Draft, snapshot: Snapshot, row: Holding, seen: dict[LedgerId, Holding]
) -> list[Finding]:
    """A row without side says only what the legs make together."""
    keys = draft.names.legs(row.symbol)
    total = ZERO
    for key in keys:
        total = add(total, draft.expected(key, until=snapshot.as_of).quantity)
        seen[key] = row
    verdict_is_agreed = same_quantity(total, row_quantity(row), draft.policy.tolerance)
    return [
        Finding(
            ledger=key,
            verdict="agrees" if verdict_is_agreed else "side" if key == keys[0] else "leg",
            ours=draft.expected(key, until=snapshot.as_of).quantity if verdict_is_agreed else total,
            theirs=row_quantity(row),
            row=row,
        )
        for key in keys
    ]


def _compare(draft: Draft, snapshot: Snapshot, key: LedgerId, row: Holding) -> Finding:
    """One row against one ledger: identity, quantity, then average."""
    folded = draft.expected(key, until=snapshot.as_of)
    is_same_name = row.symbol == folded.instrument.symbol
    if not is_same_name and row.venue_id is not None and _is_new_name(row, folded.instrument):
        draft.add(
            Observed(ledger=key, order=draft.order(), at=snapshot.as_of, symbol=row.symbol.strip())
        )
        folded = draft.expected(key, until=snapshot.as_of)
    has_split = any(activity.type == "split" for activity in draft.arrived.get(key, ()))
    finding = compare_quantity(
        ledger=key,
        position=folded.position,
        instrument=folded.instrument,
        row=comparable(draft, key, row),
        tolerance=draft.policy.tolerance,
        last=draft.book.marks.get(key),
        may_be_split=not has_split,
    )
    if key in draft.apart:
        finding = replace(finding, row=row)
    if finding.verdict == "agrees":
        return _compare_average(draft, snapshot, finding)
    later = draft.expected(key)
    if later is not folded and finding.theirs == later.quantity:
        # What happened after the snapshot's time accounts for it alone.
        return replace(finding, verdict="agrees")
    return finding


def _is_new_name(row: Holding, instrument: Instrument) -> bool:
    known = map(spelling_key, (instrument.symbol, *instrument.spellings))
    return spelling_key(row.symbol) not in known


def _compare_average(draft: Draft, snapshot: Snapshot, finding: Finding) -> Finding:
    """At equal quantity: a new average is taken over on basis venue, else it must be explained."""
    folded = draft.expected(finding.ledger, until=snapshot.as_of)
    position, theirs = folded.position, finding.average
    if position is None or not position.quantity or theirs is None:
        return finding
    decimals = folded.instrument.price_decimals
    ours = finding.our_average
    if ours is None:
        return replace(finding, verdict="restated") if position.basis == "venue" else finding
    if same_average(ours, theirs, draft.policy.tolerance, price_decimals=decimals):
        return finding
    if position.basis == "venue":
        return replace(finding, verdict="restated")
    is_explained = any(
        same_average(each, theirs, draft.policy.tolerance, price_decimals=decimals)
        for each in _venue_averages(draft, snapshot, finding)
    )
    return finding if is_explained else replace(finding, verdict="cost")


def _venue_averages(draft: Draft, snapshot: Snapshot, finding: Finding) -> Sequence[Decimal]:
    """What the venue's own method would show for our fills."""
    venue = draft.book.account.venue
    folded = draft.expected(finding.ledger, until=snapshot.as_of)
    position = folded.position
    assert position is not None
    weighted, by_day = finding.our_average, None
    if draft.policy.cost_basis != "average" and venue in ("alpaca", "ibkr", "hyperliquid"):
        weighted = _average_by(draft, snapshot, finding, "weighted")
    if venue == "alpaca":
        by_day = _average_by(draft, snapshot, finding, "by_day")
    return explained_averages(
        position, folded.instrument, venue=venue, weighted=weighted, by_day=by_day
    )


def _average_by(draft: Draft, snapshot: Snapshot, finding: Finding, name: str) -> Decimal | None:
    other = draft.by_method(finding.ledger, ALTERNATIVES[name], until=snapshot.as_of)
    if other.position is None or other.quantity != finding.ours:
        return None
    return other.position.average_price(other.instrument)


def _to_look_for(draft: Draft, reading: Reading) -> tuple[int, Iterable[LedgerId]]:
    """How many positions the book holds after all activities, and the ledgers to look through.

    When every position has its row, only ledgers that are not at rest need a look.
    """
    loud = {**dict.fromkeys(draft.book.state.restless), **dict.fromkeys(draft.ledgers)}
    loud |= dict.fromkeys(draft.touched())
    held = draft.book.state.open_positions
    for key in loud:
        was_held = key in draft.book.ledgers and not draft.book.ledgers[key].is_flat
        held += bool(draft.expected(key).quantity) - was_held
    seen = sum(1 for key in reading.seen if key not in loud)
    quiet_open = held - sum(1 for key in loud if draft.expected(key).quantity)
    if seen >= quiet_open:
        return held, loud
    return held, {**draft.book.ledgers, **loud}


def _read_absences(
    draft: Draft,
    snapshot: Snapshot,
    reading: Reading,
    findings: list[Finding],
    *,
    failed: set[LedgerId],
) -> Reading:
    """Positions without a row: expired, missing, not judged, or rightly gone."""
    vanished, unjudged = [], []
    today = new_york_day(snapshot.as_of)
    held_positions, keys = _to_look_for(draft, reading)
    for key in keys:
        if key in reading.seen or key in failed:
            continue
        folded = draft.expected(key)
        at_snapshot = draft.expected(key, until=snapshot.as_of)
        finding = Finding(
            ledger=key,
            verdict="missing",
            ours=at_snapshot.quantity,
            theirs=None,
            price=None,
        )
        if not at_snapshot.quantity or not folded.quantity:
            findings.append(replace(finding, verdict="agrees", ours=at_snapshot.quantity))
        elif not snapshot.complete:
            unjudged.append(key)
        elif is_past_expiry(folded.instrument, today):
            findings.append(replace(finding, verdict="expired"))
        else:
            findings.append(finding)
            if not folded.booked:
                vanished.append(key)
    return replace(
        reading,
        findings=tuple(findings),
        vanished=tuple(vanished),
        unjudged=tuple(unjudged),
        held_positions=held_positions,
    )
