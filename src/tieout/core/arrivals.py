"""What arrives in a run besides the snapshot: activities, and bookings and decisions of our own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, content_digest, missing_fields
from tieout.core.breaks import Break
from tieout.core.cancellations import Cancellations
from tieout.core.draft import Draft
from tieout.core.facts import Adopted, Booked, CostSet, Happened
from tieout.core.instrument import LedgerId, spelling_key
from tieout.core.numbers import ZERO, magnitude, negate
from tieout.core.plan import StepError
from tieout.core.renames import joined_by, settle_renames
from tieout.core.snapshot import Holding, Local

CORPORATE = frozenset(("split", "rename", "merger", "spin_off"))  # may change the venue's id
RECEIVES = frozenset(("merger", "spin_off"))


def record_activities(draft: Draft, activities: Sequence[Activity]) -> list[ActivityId]:
    """Turn activities into facts, each id once; the ids that came again with other content."""
    contradicted = []
    cancellations = None
    for activity in activities:
        digest = content_digest(activity)
        known = draft.digests.get(activity.id) or draft.book.digests.get(activity.id)
        if known == digest or (known is not None and _is_respelled(draft, activity, known)):
            continue
        problem = _problem(draft, activity)
        if known is not None:
            problem = f"activity {activity.id} was reported before with other content"
            contradicted.append(activity.id)
        if problem is not None:
            symbol = activity.symbol if activity.symbol.strip() else None
            draft.errors.append(StepError(symbol=symbol, activity=activity.id, message=problem))
            continue
        draft.digests[activity.id] = digest
        cancellations = cancellations or Cancellations(draft)
        _record(draft, activity, cancellations)
    draft.changed_ids = frozenset(
        key
        for key, arrived in draft.arrived.items()
        if any(activity.type in CORPORATE for activity in arrived)
    )
    return contradicted


def _is_respelled(draft: Draft, activity: Activity, known: str) -> bool:
    """Whether a known activity came again and only spells its instruments in another way."""
    for key in draft.names.all_of(activity.symbol):
        first = draft.activities_of(key).get(activity.id)
        if first is not None:
            to = first.to if _is_one_name(draft, first.to, activity.to) else activity.to
            return content_digest(replace(activity, symbol=first.symbol, to=to)) == known
    return False


def _is_one_name(draft: Draft, one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    return not {*draft.names.all_of(one)}.isdisjoint(draft.names.all_of(other))


def _problem(draft: Draft, activity: Activity) -> str | None:
    """What makes an activity unusable whatever the book holds."""
    if not activity.symbol.strip():
        return f"a {activity.type} needs a symbol"
    missing = missing_fields(activity)
    if missing and activity.cancels is None:
        return f"a {activity.type} needs {' and '.join(missing)}"
    if activity.quantity is not None and not activity.quantity and activity.type != "dividend":
        return "the quantity is 0"
    if activity.side is None and draft.is_by_side(activity.symbol):
        return "the venue keeps long and short apart; the activity must say its side"
    return None


def _record(draft: Draft, activity: Activity, cancellations: Cancellations) -> None:
    key = ledger_for(draft, activity)
    draft.arrived.setdefault(key, []).append(activity)
    partner = _partner(draft, activity, key)
    is_tied = cancellations.take(activity, key)
    order = draft.order()
    draft.add(Happened(ledger=key, order=order, at=activity.at, activity=activity, partner=partner))
    if partner is not None and activity.type in RECEIVES:
        draft.arrived.setdefault(partner, []).append(activity)
        draft.add(
            Happened(
                ledger=partner, order=order, at=activity.at, activity=activity, partner=key,
                is_receiving=True,
            )
        )  # fmt: skip
    if activity.type == "rename" and activity.to is not None:
        draft.names.also(activity.to, key)
    if is_tied:
        settle_renames(draft, key)


def ledger_for(draft: Draft, activity: Activity) -> LedgerId:
    """The ledger of an activity, a new one where the book has not met the instrument.

    The venue's id decides, as it does for rows: two instruments may have one symbol. That of a
    corporate action is the id from then on, and finds nothing.
    """
    venue_id = None if activity.type in CORPORATE else activity.venue_id
    if venue_id is None:
        key = draft.names.find(activity.symbol, side=activity.side, at=activity.starts_at)
    else:
        key = draft.names.find_row(
            Holding(symbol=activity.symbol, side=activity.side, venue_id=venue_id)
        )
    if key is None:
        key = _opened_ledger(draft, activity, venue_id)
    return key


def _opened_ledger(draft: Draft, activity: Activity, venue_id: str | None) -> LedgerId:
    instrument = draft.names.instrument(activity.symbol, venue_id=venue_id)
    if activity.type in ("fill", "liquidation") and activity.currency is not None:
        instrument = replace(instrument, currency=activity.currency)
    if venue_id is not None and venue_id not in instrument.venue_ids:
        instrument = replace(instrument, venue_ids=(*instrument.venue_ids, venue_id))
    key = draft.new_ledger(instrument, side=activity.side, venue_id=venue_id)
    adopted_at = draft.book.state.adopted_at
    if adopted_at is not None and not draft.book.state.is_partly_adopted:
        draft.add(
            Adopted(
                ledger=key, order=draft.order(), at=adopted_at, quantity=ZERO, average=None,
                history=draft.book.account.history,
            )
        )  # fmt: skip
    return key


def _partner(draft: Draft, activity: Activity, key: LedgerId) -> LedgerId | None:
    """The ledger that gets the new units of a merger or spin-off, or that a rename joins."""
    if activity.to is None or activity.type not in (*RECEIVES, "rename"):
        return None
    if activity.type == "rename":
        return joined_by(draft, activity, key)
    found = draft.names.find(activity.to, side=activity.side, at=activity.starts_at)
    if found is None or found == key:
        instrument = draft.names.instrument(activity.to)
        if activity.venue_id is not None and activity.venue_id not in instrument.venue_ids:
            instrument = replace(instrument, venue_ids=(*instrument.venue_ids, activity.venue_id))
        found = draft.new_ledger(instrument, side=activity.side, venue_id=activity.venue_id)
    draft.link(key, found)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A booking of more than is held, until this run's activities are known; and its place."""

    booking: Local
    order: int


def record_bookings(draft: Draft, local: Iterable[Local]) -> list[Waiting]:
    """Book what an embedding bot did: provisional, unless the account has no connection.

    It is heard of before the run's activities, whose fills confirm it. What reduces or closes
    more than is held may be about what these fills open: it waits for them, and what was booked
    after it waits too.
    """
    waiting: list[Waiting] = []
    for booking in local:
        if booking.action not in ("open", "reduce", "close"):
            continue
        one = Waiting(booking=booking, order=draft.order())
        names = {spelling_key(each.booking.symbol) for each in waiting}
        is_behind = spelling_key(booking.symbol) in names
        if is_behind or _book(draft, one, held=_held(draft, booking)) is not None:
            waiting.append(one)
    return waiting


def record_waiting(draft: Draft, waiting: Iterable[Waiting]) -> None:
    """Book what waited for this run's activities, as far as they brought what it needs."""
    for one in waiting:
        held = _held(draft, one.booking, until=one.booking.at)
        problem = _book(draft, one, held=held)
        if problem is not None:
            draft.errors.append(StepError(symbol=one.booking.symbol, message=problem))


def _held(draft: Draft, booking: Local, *, until: datetime | None = None) -> Decimal:
    """What there is to reduce or close; of this run's activities, what came before a booking."""
    key = _ledger_booked(draft, booking)
    if key is None:
        return ZERO
    return draft.expected(key, until=until if key in draft.arrived else None).quantity


def _ledger_booked(draft: Draft, booking: Local) -> LedgerId | None:
    side = booking.side if draft.is_by_side(booking.symbol) else None
    return draft.names.find(booking.symbol, side=side)


def record_costs(draft: Draft, local: Iterable[Local]) -> None:
    """Note what a person says that units cost, those of this run's activities among them."""
    for decision in local:
        if decision.action == "set_cost":
            _set_cost(draft, decision)


def _book(draft: Draft, one: Waiting, *, held: Decimal) -> str | None:
    booking = one.booking
    key = _ledger_booked(draft, booking)
    if booking.price is None:
        return f"local {booking.action} needs a price"
    if booking.action == "open":
        if not booking.quantity:
            return "local open needs a quantity"
        quantity = booking.quantity
        if booking.side == "short":
            quantity = negate(magnitude(quantity))
        if key is None:
            side = booking.side if draft.is_by_side(booking.symbol) else None
            key = draft.new_ledger(draft.names.instrument(booking.symbol), side=side)
    else:
        if key is None or not held:
            return f"there is no open position in {booking.symbol} to {booking.action}"
        size = magnitude(held) if booking.action == "close" else magnitude(booking.quantity or ZERO)
        if not size or size > magnitude(held):
            return f"local {booking.action} needs a quantity of at most {magnitude(held)}"
        quantity = negate(size) if held > 0 else size
    draft.add(
        Booked(
            ledger=key,
            order=one.order,
            at=booking.at,
            action="close"
            if booking.action == "close"
            else "reduce"
            if booking.action == "reduce"
            else "open",
            quantity=quantity,
            price=booking.price,
            is_final=draft.book.account.venue == "local",
        )
    )
    return None


def _set_cost(draft: Draft, decision: Local) -> None:
    key = draft.names.find(decision.symbol, side=decision.side)
    if key is None or decision.price is None:
        problem = "set_cost needs a price" if key else f"the book has no {decision.symbol}"
        draft.errors.append(StepError(symbol=decision.symbol, message=problem))
        return
    if not _lacks_cost(draft, key):
        problem = (
            f"every unit of {decision.symbol} has a cost; set_cost is for those that have none"
        )
        draft.errors.append(StepError(symbol=decision.symbol, message=problem))
        return
    draft.add(CostSet(ledger=key, order=draft.order(), at=decision.at, price=decision.price))


def _lacks_cost(draft: Draft, key: LedgerId) -> bool:
    """Whether units without a cost are held, or were sold; with a merger they may be elsewhere."""
    folded = draft.expected(key)
    lots = folded.position.lots if folded.position else ()
    sold = any(figures.unknown for figures in folded.totals.by_currency.values())
    return sold or bool(draft.ledger(key).links) or any(lot.cost is None for lot in lots)


def breaks_of(open_breaks: Iterable[Break], symbol: str) -> list[Break]:
    """The open breaks of a symbol, in any spelling."""
    return [
        found
        for found in open_breaks
        if found.symbol is not None and spelling_key(found.symbol) == spelling_key(symbol)
    ]
