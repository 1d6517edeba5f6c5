"""Who explains what: activities against cancellations, bookings and unexplained observations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import ActivityId, Ratio, is_negation
from tieout.core.facts import (
    Adopted,
    Booked,
    Confirmed,
    CostSet,
    Fact,
    Happened,
    Observed,
    Withdrawn,
)
from tieout.core.instrument import LedgerId
from tieout.core.lots import by_ratio
from tieout.core.numbers import ZERO, add, magnitude, negate, subtract

OPTION_ENDS = frozenset(("expiry", "assignment", "exercise"))
TRADES = frozenset(("fill", "liquidation"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A movement that came late and may explain observations, up to `until` if it was undone."""

    order: int
    id: ActivityId
    left: Decimal
    until: datetime | None = None

    def scaled(self, ratio: Ratio) -> "Late":
        """The same in units of after a split."""
        return replace(self, left=by_ratio(self.left, new=ratio.new, old=ratio.old))


class Allocation:
    """What is left of each provisional movement once later knowledge has explained its part.

    `dropped` are activities that were taken back, `waiting` those that wait for their target;
    `withdrawn` are observations and bookings a person or a snapshot undid; `booking_left` and
    `observed_left` are the movements that remain; `announced` are splits that nobody had
    announced when they were seen, and somebody has since.
    """

    def __init__(self) -> None:
        self.dropped: set[ActivityId] = set()
        self.waiting: set[ActivityId] = set()
        self.withdrawn: set[int] = set()
        self.booking_left: dict[int, Decimal] = {}
        self.observed_left: dict[int, Decimal] = {}
        self.announced: set[int] = set()
        self._used: dict[int, Decimal] = {}
        self._late: dict[LedgerId, list[Late]] = {}
        self._undone_at: dict[ActivityId, datetime] = {}
        self._observed: dict[LedgerId, list[Observed]] = {}
        self._cost_set: dict[LedgerId, list[CostSet]] = {}

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> "Allocation":
        """Judge facts that are in order of time."""
        made = cls()
        happened = [fact for fact in facts if isinstance(fact, Happened)]
        made._cancel(happened)
        made._withdraw(facts)
        for fact in facts:
            if isinstance(fact, Observed):
                made.observed_left[fact.order] = fact.movement
                made._observed.setdefault(fact.ledger, []).append(fact)
            elif isinstance(fact, CostSet):
                made._cost_set.setdefault(fact.ledger, []).append(fact)
        made._confirm_bookings(facts, happened)
        made._explain_ahead(happened)
        return made

    def _cancel(self, happened: Sequence[Happened]) -> None:
        """Drop what later activities take back, and those that do nothing else."""
        by_id = {(fact.ledger, fact.activity.id): fact.activity for fact in happened}
        for fact in sorted(happened, key=lambda each: (each.at, each.order), reverse=True):
            activity = fact.activity
            if activity.cancels is None or activity.id in self.dropped:
                continue
            target = by_id.get((fact.ledger, activity.cancels))
            if target is None:
                self.waiting.add(activity.id)
                continue
            self.dropped.add(target.id)
            self._undone_at[target.id] = fact.at
            if is_negation(activity, target):
                self.dropped.add(activity.id)

    def _withdraw(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, Withdrawn) and not fact.ends_unconfirmed:
                self.withdrawn.add(fact.target)

    def _confirm_bookings(self, facts: Sequence[Fact], happened: Sequence[Happened]) -> None:
        """Let fills that came after a booking stand for it, up to its quantity."""
        confirmed_at = {fact.booking: fact.at for fact in facts if isinstance(fact, Confirmed)}
        for booking in facts:
            if not isinstance(booking, Booked):
                continue
            left = ZERO if booking.order in self.withdrawn else booking.quantity
            for fact in happened:
                limit = confirmed_at.get(booking.order)
                is_new_trade = limit is not None and fact.at > limit
                if left and not booking.is_final and not is_new_trade:
                    left = self._explain_part(fact, booking, left)
            self.booking_left[booking.order] = left

    def _explain_part(self, fact: Happened, booking: Booked, left: Decimal) -> Decimal:
        activity = fact.activity
        usable = (
            fact.ledger == booking.ledger
            and fact.order > booking.order
            and activity.type in TRADES
            and activity.id not in self.dropped
            and activity.quantity
        )
        if not usable or activity.quantity is None:
            return left
        free = subtract(activity.quantity, self._used.get(fact.order, ZERO))
        part = common_part(left, free)
        self._used[fact.order] = subtract(activity.quantity, subtract(free, part))
        return subtract(left, part)

    def _explain_ahead(self, happened: Sequence[Happened]) -> None:
        """What was known of only as a day, or assumed, explains what snapshots showed before it.

        A coin fee that is listed at night was missing since the trade; an expiry we assumed gives
        way to what the venue says later about how it ended.
        """
        for fact in happened:
            activity = fact.activity
            for seen in self._observed.get(fact.ledger, []):
                is_end = seen.reason == "expiry" and activity.type in OPTION_ENDS
                is_day = activity.earliest_at is not None
                may_show = is_day and activity.starts_at <= seen.at < fact.at
                if is_end or may_show:
                    free = activity.quantity if activity.quantity is not None else seen.movement
                    free = subtract(free, self._used.get(fact.order, ZERO))
                    part = self._use(fact, seen, free)
                    self._used[fact.order] = add(self._used.get(fact.order, ZERO), part)

    def explain(self, fact: Happened, *, before: Decimal, after: Decimal) -> None:
        """Keep what an activity moved for the observations that it came too late for.

        What was kept before a split counts in units of after it.
        """
        if fact.activity.type == "split" and fact.activity.ratio is not None:
            self._announce(fact)
            self._scale(fact.ledger, fact.activity.ratio)
        self._offer(fact, subtract(subtract(after, before), self._used.get(fact.order, ZERO)))

    def explain_rename(self, fact: Happened, *, held: Decimal) -> None:
        """A position that left under one name and came under another did neither."""
        self._offer(fact, held)
        self._offer(fact, negate(held))

    def carry(self, fact: Happened, *, to: LedgerId) -> None:
        """What came late to one company came late to the one it became, or spun off."""
        ratio = fact.activity.ratio
        assert ratio is not None, fact.activity.id
        for late in self._late.get(fact.ledger, []):
            self._late.setdefault(to, []).append(late.scaled(ratio))
        if fact.activity.type == "merger":
            self._late.pop(fact.ledger, None)

    def offer_undone(self, fact: Happened) -> None:
        """What was taken back later had still been there for the snapshots in between."""
        undone_at = self._undone_at.get(fact.activity.id)
        if undone_at is not None and fact.activity.quantity is not None:
            self._offer(fact, fact.activity.quantity, until=undone_at)

    def _offer(self, fact: Happened, movement: Decimal, *, until: datetime | None = None) -> None:
        if movement and self._observed:
            late = Late(order=fact.order, id=fact.activity.id, left=movement, until=until)
            self._late.setdefault(fact.ledger, []).append(late)

    def _scale(self, ledger: LedgerId, ratio: Ratio) -> None:
        self._late[ledger] = [late.scaled(ratio) for late in self._late.get(ledger, [])]

    def settle(self, seen: Observed) -> Decimal:
        """What is left of an unexplained movement once what came late has explained its part."""
        kept = []
        left = self.observed_left[seen.order]
        for late in self._late.get(seen.ledger, []):
            part = ZERO
            is_gone = late.until is not None and late.until <= seen.at
            is_news = late.order > seen.order or late.id in seen.refused
            if is_news and not seen.is_rounding and not is_gone:
                part = common_part(left, late.left)
            left = subtract(left, part)
            if late.left != part:
                kept.append(replace(late, left=subtract(late.left, part)))
        self._late[seen.ledger] = kept
        self.observed_left[seen.order] = left
        return left

    def _announce(self, fact: Happened) -> None:
        for seen in self._observed.get(fact.ledger, []):
            if seen.ratio is not None and seen.order < fact.order and seen.at >= fact.at:
                self.announced.add(seen.order)

    def _use(self, fact: Happened, seen: Observed, movement: Decimal) -> Decimal:
        """The part of `movement` that explains what this snapshot changed."""
        is_news = fact.order > seen.order or fact.activity.id in seen.refused
        if not is_news or seen.is_rounding or seen.order in self.withdrawn:
            return ZERO
        part = common_part(self.observed_left[seen.order], movement)
        self.observed_left[seen.order] = subtract(self.observed_left[seen.order], part)
        return part

    def cost_set(self, fact: Happened | Adopted | Observed) -> Decimal | None:
        """The price a person later gave for units of unknown cost that came with this fact."""
        for given in self._cost_set.get(fact.ledger, []):
            if given.order > fact.order:
                return given.price
        return None


def common_part(wanted: Decimal, offered: Decimal) -> Decimal:
    """How much of `wanted` the offered movement covers: nothing if they go opposite ways.

    >>> common_part(Decimal("-4"), Decimal("-3")), common_part(Decimal("-4"), Decimal("3"))
    (Decimal('-3'), Decimal('0'))
    """
    if not wanted or not offered or (wanted > 0) != (offered > 0):
        return ZERO
    return wanted if magnitude(wanted) <= magnitude(offered) else offered
