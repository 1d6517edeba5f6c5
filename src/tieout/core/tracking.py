"""The life of breaks over runs: opened, seen again, resolved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import Side
from tieout.core.breaks import Break, BreakId, BreakKind, Cause
from tieout.core.instrument import LedgerId
from tieout.core.snapshot import Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A difference seen in this run, before it is known whether it was seen before."""

    kind: BreakKind
    ledger: LedgerId | None = None
    symbol: str | None = None
    side: Side | None = None
    before: Mapping[str, Decimal | str | None] | None = None
    ours: Mapping[str, Decimal | str | None] | None = None
    theirs: Mapping[str, Decimal | str | None] | None = None
    explanation: tuple[Cause, ...] = ()
    remainder: Decimal | None = None
    row: Holding | None = None
    seen_if_new: int = 1
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """All breaks listed in a run, those still open by id, and the next number for a new one."""

    listed: tuple[Break, ...]
    still_open: Mapping[str, Break]
    next_number: int


def track(
    found: Collection[Found],
    *,
    still_open: Mapping[str, Break],
    judged: Collection[LedgerId],
    judges_source: bool,
    decided: Mapping[str, Break],
    at: datetime,
    next_number: int,
) -> Tracked:
    """Continue, open and resolve breaks.

    A break goes on while the same kind of difference is found for the same ledger; it is resolved
    when its ledger was judged and the difference was not there. `decided` are breaks that a
    person settled in this run. `judges_source` says that a snapshot was applied, which ends
    breaks of the source.
    """
    listed: list[Break] = []
    remaining = {**still_open, **decided}
    by_ledger: dict[LedgerId | None, list[Break]] = {}
    for each in remaining.values():
        by_ledger.setdefault(each.ledger, []).append(each)
    for one in found:
        known = by_ledger.get(one.ledger, ())
        match = next((each for each in known if each.id in remaining and _is_same(each, one)), None)
        if match is None or match.status == "resolved":
            listed.append(_opened(one, number=next_number, at=at))
            next_number += 1
            continue
        del remaining[match.id]
        listed.append(_continued(match, one, at=at))
    kept: dict[str, Break] = {each.id: each for each in listed}
    for left in remaining.values():
        is_judged = judges_source if left.ledger is None else left.ledger in judged
        if left.status == "resolved":
            listed.append(left)
        elif is_judged:
            listed.append(replace(left, status="resolved"))
        else:
            kept[left.id] = left
            if left.id in decided:
                listed.append(left)
    return Tracked(listed=tuple(listed), still_open=kept, next_number=next_number)


def _is_same(known: Break, found: Found) -> bool:
    """Whether two differences of one ledger are the same one."""
    kinds = {known.kind, found.kind}
    if kinds == {"missing_at_broker", "quantity"}:
        # A zero row after an absence is the same break: both say that it is gone.
        return known.kind == "missing_at_broker" and _is_zero(found)
    return known.kind == found.kind


def _is_zero(found: Found) -> bool:
    return found.theirs is not None and found.theirs.get("quantity") == 0


def _opened(found: Found, *, number: int, at: datetime) -> Break:
    return Break(
        id=BreakId(f"B{number}"), kind=found.kind, ledger=found.ledger, symbol=found.symbol,
        side=found.side, before=found.before, ours=found.ours, theirs=found.theirs,
        explanation=found.explanation, remainder=found.remainder, seen=found.seen_if_new,
        first_at=at, last_at=at, row=found.row,
    )  # fmt: skip


def _continued(known: Break, found: Found, *, at: datetime) -> Break:
    is_ignored = known.status == "ignored" and known.theirs == found.theirs
    restarted = known.status == "ignored" and not is_ignored
    return replace(
        known,
        kind=known.kind if found.kind == "quantity" else found.kind,
        symbol=found.symbol,
        before=found.before,
        ours=found.ours,
        theirs=found.theirs,
        explanation=found.explanation,
        remainder=found.remainder,
        row=found.row,
        last_at=at,
        status="open" if restarted else known.status,
        seen=1 if restarted else known.seen + (1 if found.counts else 0),
    )
