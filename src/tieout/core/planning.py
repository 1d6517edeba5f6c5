"""From the draft of a run to its plan: changes, breaks, figures, and whether all is tied out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.breaks import Break
from tieout.core.changes import changes_of, order_of
from tieout.core.comparison import pnl_disagrees
from tieout.core.draft import Draft
from tieout.core.facts import Fact
from tieout.core.instrument import LedgerId
from tieout.core.marking import Marks, mark
from tieout.core.numbers import subtract
from tieout.core.plan import AccountState, Alert, Change, Held, Outcome, Plan, StepError
from tieout.core.position import Episode, Ledger
from tieout.core.quiet import is_restless
from tieout.core.reading import Reading
from tieout.core.rebuilding import folded_into
from tieout.core.tracking import Found, Tracked, track

EVENTS: Mapping[str, tuple[str, ...]] = {
    "created": ("position:opened",),
    "closed": ("position:closed",),
    "flipped": ("position:closed", "position:opened"),
    "missing": (),
    "invalid": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a run came to before it is written out as a plan.

    `found` are the differences seen; `missing` says of each missing position whether that is
    news; `tied_out` is what the run would say if nothing speaks against it. `counts` says that a
    complete snapshot was applied, `applies` that any was.
    """

    outcome: Outcome
    tied_out: bool | None
    decided: Mapping[str, Break]
    at: datetime
    reason: str | None = None
    found: tuple[Found, ...] = ()
    missing: Mapping[str, bool] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    held: Held | None = None
    alerts: tuple[Alert, ...] = ()
    counts: bool = False
    applies: bool = False
    adopts: bool = False


def plan_of(draft: Draft, outlook: Outlook) -> Plan:
    """Everything the run will do, told once."""
    told = _tell(draft)
    found = (*outlook.found, *_pnl_breaks(draft, told.changes), *_contradictions(draft))
    tracked = _track(draft, outlook, found)
    changes = sorted((*told.changes, *_standing_changes(draft, outlook, told)), key=order_of)
    errors = (*draft.errors, *told.errors)
    outcome: Outcome = "partial" if errors and outlook.outcome == "applied" else outlook.outcome
    is_open = any(each.prevents_tie_out for each in (*tracked.listed, *_open(tracked)))
    tied_out = outlook.tied_out
    if tied_out is not None:
        tied_out = tied_out and outcome == "applied" and not is_open
    marks = _marks(draft, outlook, changes)
    names = _names(changes)
    return Plan(
        outcome=outcome,
        reason=outlook.reason,
        tied_out=tied_out,
        at=draft.now,
        changes=tuple(changes),
        breaks=tracked.listed,
        errors=errors,
        alerts=(*outlook.alerts, *_break_alerts(draft, tracked)),
        events=_events(changes, tracked, outlook, is_news=any(names.values())),
        created=names["created"],
        updated=names["updated"],
        removed=names["removed"],
        marked=marks.marked if marks else 0,
        unchanged=marks.unchanged if marks else 0,
        ended=told.ended,
        facts=tuple(draft.facts),
        ledgers=told.ledgers,
        marks=marks.rows if marks else None,
        digests=draft.digests,
        closed_breaks=tuple(each.id for each in tracked.listed if each.status == "resolved"),
        open_breaks=tracked.still_open,
        account=_state(draft, outlook, told, tracked),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """All touched ledgers after the run, and what is to be said about them."""

    ledgers: Mapping[LedgerId, Ledger]
    changes: tuple[Change, ...]
    ended: tuple[tuple[LedgerId, Episode], ...]
    errors: tuple[StepError, ...]


def _tell(draft: Draft) -> _Told:
    ledgers: dict[LedgerId, Ledger] = {}
    changes: list[Change] = []
    ended: list[tuple[LedgerId, Episode]] = []
    errors: list[StepError] = []
    arrived = set(draft.digests)
    draft.fold_new()
    for key in draft.touched():
        after = draft.expected(key)
        draft.ledgers[key] = folded_into(draft.ledger(key), after)
        told, episodes = changes_of(draft, key)
        changes.extend(told)
        ended.extend((key, episode) for episode in episodes)
        # What counted until now and no longer does is news as well.
        news = arrived.union(draft.before(key).applied) if after.errors else arrived
        errors.extend(
            StepError(symbol=after.instrument.symbol, activity=activity, message=message)
            for activity, message in after.errors
            if activity in news
        )
    touched = set(draft.touched())
    for key, ledger in draft.ledgers.items():
        # Equal figures may be written with other digits, so new facts always count.
        if key in touched or ledger != draft.book.ledgers.get(key):
            ledgers[key] = ledger
    return _Told(
        ledgers=ledgers,
        changes=tuple(changes),
        ended=tuple(ended),
        errors=tuple(errors),
    )


def _pnl_breaks(draft: Draft, changes: Sequence[Change]) -> list[Found]:
    """Closings whose realized figure at the venue is another than ours can be."""
    found = []
    for change in changes:
        for closing in change.closings:
            if closing.venue is None or closing.gross is None:
                continue
            net = closing.gross.minus(closing.fees).value
            is_net = draft.book.account.venue == "ibkr"
            if pnl_disagrees(
                ours=closing.gross.value,
                method=closing.method_gross,
                net=net if is_net else None,
                theirs=closing.venue,
                cent=draft.policy.tolerance.money,
            ):
                found.append(_pnl_break(change, ours=closing.gross.value, theirs=closing.venue))
    return found


def _pnl_break(change: Change, *, ours: Decimal, theirs: Decimal) -> Found:
    return Found(
        kind="pnl",
        ledger=change.ledger,
        symbol=change.symbol,
        side=change.side,
        before={"realized_pnl": ours},
        ours={"realized_pnl": ours},
        theirs={"realized_pnl": theirs},
        remainder=subtract(theirs, ours),
    )


def _contradictions(draft: Draft) -> list[Found]:
    """Activities that came again with other content."""
    ids = set(draft.contradicted)
    symbols = {error.symbol for error in draft.errors if error.activity in ids}
    return [
        Found(kind="duplicate", ledger=LedgerId(f"activity:{symbol}"), symbol=symbol)
        for symbol in sorted(symbol for symbol in symbols if symbol)
    ]


def _track(draft: Draft, outlook: Outlook, found: Sequence[Found]) -> Tracked:
    findings = outlook.reading.findings if outlook.applies else ()
    judged = {
        finding.ledger
        for finding in findings
        if draft.ledger(finding.ledger).reconciliation != "FAILED"
    }
    if outlook.counts:
        failed = {finding.ledger for finding in outlook.reading.invalid}
        of_breaks = {each.ledger for each in draft.book.open_breaks.values() if each.ledger}
        judged |= {key for key in of_breaks if key not in failed}
    tracked = track(
        found,
        still_open=draft.book.open_breaks,
        judged=judged,
        judges_source=outlook.applies,
        decided=outlook.decided,
        at=outlook.at,
        next_number=draft.book.state.next_break,
    )
    listed = sorted(
        tracked.listed, key=lambda each: (each.symbol or "", each.side or "", each.kind)
    )
    return replace(tracked, listed=tuple(listed))


def _open(tracked: Tracked) -> list[Break]:
    return list(tracked.still_open.values())


def _standing_changes(draft: Draft, outlook: Outlook, told: _Told) -> list[Change]:
    """Positions of which only the state is to be told: missing ones and unusable rows.

    What moved a position tells its state as well, one change for each; only a held run, which
    asks about the missing positions, lists them all.
    """
    moved = {change.ledger for change in told.changes} if outlook.held is None else frozenset()
    found = (*_missing_changes(draft, outlook), *_invalid_changes(draft, outlook))
    return [each for each in found if each.ledger not in moved]


def _missing_changes(draft: Draft, outlook: Outlook) -> list[Change]:
    """Missing positions, when that is news."""
    return [
        _standing(draft, LedgerId(key), kind="missing")
        for key, is_news in outlook.missing.items()
        if is_news
    ]


def _invalid_changes(draft: Draft, outlook: Outlook) -> list[Change]:
    """Rows that could not be used."""
    changes = []
    for finding in outlook.reading.invalid:
        if finding.ledger in draft.ledgers or finding.ledger in draft.book.ledgers:
            changes.append(_standing(draft, finding.ledger, kind="invalid"))
        else:
            assert finding.row is not None, finding.ledger
            changes.append(
                Change(
                    kind="invalid", ledger=finding.ledger, symbol=finding.row.symbol.strip(),
                    side=finding.row.side, before=finding.ours, after=finding.ours,
                    average_price=None, status="CLOSED", reconciliation="FAILED",
                    currency=draft.book.account.currency,
                )
            )  # fmt: skip
    return changes


def _standing(draft: Draft, key: LedgerId, *, kind: str) -> Change:
    """A position as it stands, about which there is something to say."""
    ledger, folded = draft.ledger(key), draft.expected(key)
    position = folded.position
    return Change(
        kind="missing" if kind == "missing" else "invalid",
        ledger=key,
        symbol=folded.instrument.symbol,
        side=ledger.side,
        before=draft.before(key).quantity,
        after=folded.quantity,
        average_price=position.average_price(folded.instrument) if position else None,
        status=position.status if position else "CLOSED",
        reconciliation=ledger.reconciliation,
        currency=folded.instrument.currency,
    )


def _marks(draft: Draft, outlook: Outlook, changes: Sequence[Change]) -> Marks | None:
    if not outlook.applies:
        return None
    return mark(
        outlook.reading.seen,
        before=draft.book.marks,
        changed=[change.ledger for change in changes],
        gone=[
            key
            for key in draft.ledgers
            if draft.expected(key).position is None and key not in outlook.reading.seen
        ],
    )


def _names(changes: Sequence[Change]) -> dict[str, tuple[str, ...]]:
    """The symbols created, updated and removed, as seed 000 lists them."""
    lists: dict[str, dict[str, None]] = {"created": {}, "updated": {}, "removed": {}}
    for change in changes:
        if change.kind in ("missing", "invalid"):
            continue
        name = {"created": "created", "closed": "removed"}.get(change.kind, "updated")
        lists[name][change.symbol] = None
    return {name: tuple(symbols) for name, symbols in lists.items()}


def _events(
    changes: Sequence[Change], tracked: Tracked, outlook: Outlook, *, is_news: bool
) -> tuple[str, ...]:
    names = {name for change in changes for name in EVENTS.get(change.kind, ("position:changed",))}
    for each in tracked.listed:
        if each.status == "resolved":
            names.add("break:resolved")
        elif each.status == "open" and each.first_at == each.last_at == outlook.at:
            names.add("break:opened")
    if outlook.outcome == "held":
        names.add("run:held")
    if is_news:
        names.add("position:updated")
    return tuple(sorted(names))


def _break_alerts(draft: Draft, tracked: Tracked) -> list[Alert]:
    """A break alerts in the run in which it has been seen often enough."""
    limit = draft.policy.alert_confirmations
    lasting = []
    for each in tracked.listed:
        known = draft.book.open_breaks.get(each.id)
        is_new = (known.seen if known is not None else 0) < limit <= each.seen
        if each.status == "open" and each.symbol is not None and is_new:
            lasting.append(each.symbol)
    return [Alert(kind="break", symbols=tuple(lasting))] if lasting else []


def _state(draft: Draft, outlook: Outlook, told: _Told, tracked: Tracked) -> AccountState:
    known = draft.book.state
    facts: Sequence[Fact] = draft.facts
    held = known.held
    if outlook.held is not None:
        held = outlook.held
    elif outlook.applies:
        held = None
    as_of = outlook.at if outlook.applies else known.as_of
    adopted_at = outlook.at if outlook.adopts else known.adopted_at
    restless = _restless(draft, told.ledgers, as_of=as_of, adopted_at=adopted_at)
    return replace(
        known,
        as_of=as_of,
        adopted_at=adopted_at,
        open_positions=known.open_positions + _opened(draft, told.ledgers),
        restless=restless,
        has_history=known.has_history or bool(facts) or outlook.adopts,
        cost_bases=draft.cost_bases,
        next_order=draft.next_order,
        next_break=tracked.next_number,
        is_partly_adopted=bool(outlook.reading.invalid)
        if outlook.adopts
        else known.is_partly_adopted,
        held=held,
    )


def _opened(draft: Draft, ledgers: Mapping[LedgerId, Ledger]) -> int:
    """By how many the positions that hold something grew."""
    grown = 0
    for key, ledger in ledgers.items():
        known = draft.book.ledgers.get(key)
        grown += (not ledger.is_flat) - (known is not None and not known.is_flat)
    return grown


def _restless(
    draft: Draft,
    ledgers: Mapping[LedgerId, Ledger],
    *,
    as_of: datetime | None,
    adopted_at: datetime | None,
) -> tuple[LedgerId, ...]:
    """The ledgers that need a look in the next run whatever their row says.

    An adoption takes the quantities over; our own averages are compared in the run after it.
    """
    is_adopted = adopted_at is not None and as_of == adopted_at
    keys = {**dict.fromkeys(draft.book.state.restless), **dict.fromkeys(ledgers)}
    found = []
    for key in keys:
        ledger = draft.ledger(key)
        is_ours = ledger.position is not None and ledger.position.basis == "actual"
        if (is_adopted and is_ours) or is_restless(ledger, as_of):
            found.append(key)
    return tuple(found)
