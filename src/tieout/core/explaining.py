"""Who explains what: activities against cancellations, bookings and unexplained observations."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.activity import ActivityId, Ratio, is_negation
from tieout.core.costs import GivenCosts, UnitCost
from tieout.core.facts import (
    Booked,
    Confirmed,
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
class TakenBack:
    """What cancellations do: the activities they drop, and those that wait for their target.

    `undone_at` is when each target was taken back, `undone_in` the ledgers where each one did it.
    """

    dropped: frozenset[ActivityId]
    waiting: frozenset[ActivityId]
    undone_at: Mapping[ActivityId, datetime]
    undone_in: Mapping[ActivityId, tuple[LedgerId, ...]]


def taken_back(happened: Iterable[Happened]) -> TakenBack:
    """Drop what later activities take back wherever it stands, and those that do nothing else."""
    facts = {fact.activity.id: fact for fact in happened if not fact.is_receiving}
    cancelling = [fact for fact in facts.values() if fact.activity.cancels is not None]
    dropped: set[ActivityId] = set()
    waiting: set[ActivityId] = set()
    undone_at: dict[ActivityId, datetime] = {}
    undone_in: dict[ActivityId, tuple[LedgerId, ...]] = {}
    in_effect: set[ActivityId] = set()
    for fact in _undone_last(cancelling):
        target = facts.get(fact.activity.cancels or fact.activity.id)
        if target is None:
            waiting.add(fact.activity.id)
            continue
        only_cancels = is_negation(fact.activity, target.activity)
        is_undone = fact.activity.id in dropped
        if is_undone and (only_cancels or target.activity.id in in_effect):
            continue
        dropped.add(target.activity.id)
        undone_at[target.activity.id] = fact.at
        if is_undone:  # a correction that was corrected: the version before it stays replaced
            continue
        in_effect.add(fact.activity.id)
        partner = () if target.partner is None else (target.partner,)
        undone_in[fact.activity.id] = (target.ledger, *partner)
        if only_cancels:
            dropped.add(fact.activity.id)
    return TakenBack(
        dropped=frozenset(dropped), waiting=frozenset(waiting), undone_at=undone_at,
        undone_in=undone_in,
    )  # fmt: skip


def _undone_last(cancelling: Iterable[Happened]) -> Iterator[Happened]:
    """Each after those that take it back, else the latest first; so too where they go in circles.

    What only cancels and was taken back takes nothing back, whatever time it is dated.
    """
    latest_first = sorted(cancelling, key=lambda each: (each.at, each.order), reverse=True)
    left = {fact.activity.id: fact for fact in latest_first}
    takers = Counter(fact.activity.cancels for fact in latest_first)
    while left:
        free = [fact for key, fact in left.items() if not takers[key]]
        for fact in free or [next(iter(left.values()))]:
            takers[fact.activity.cancels] -= 1
            yield left.pop(fact.activity.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A movement that came late and may explain observations, up to `until` if it was undone."""

    order: int
    id: ActivityId
    left: Decimal
    until: datetime | None = None

    def explains(self, seen: Observed) -> bool:
        """Whether it was not known yet when this was seen, and had not been undone."""
        is_gone = self.until is not None and self.until <= seen.at
        return not is_gone and (self.order > seen.order or self.id in seen.refused)

    def scaled(self, ratio: Ratio) -> "Late":
        """The same in units of after a split."""
        return replace(self, left=by_ratio(self.left, new=ratio.new, old=ratio.old))


class Allocation:
    """What is left of each provisional movement once later knowledge has explained its part.

    `dropped` are activities that were taken back, `waiting` those that wait for their target,
    `undone_in` the ledgers where others took theirs back;
    `withdrawn` are observations and bookings a person or a snapshot undid; `booking_left` and
    `observed_left` are the movements that remain; `announced` are splits that nobody had
    announced when they were seen, and somebody has since.
    """

    def __init__(self, taken: TakenBack, given: GivenCosts) -> None:
        self._given = given
        self.dropped = taken.dropped
        self.waiting = taken.waiting
        self._undone_at = taken.undone_at
        self.undone_in = taken.undone_in
        self.withdrawn: set[int] = set()
        self._gone_back: dict[int, Decimal] = {}
        self.booking_left: dict[int, Decimal] = {}
        self.observed_left: dict[int, Decimal] = {}
        self.announced: set[int] = set()
        self._used: dict[int, Decimal] = {}
        self._late: dict[LedgerId, list[Late]] = {}
        self._observed: dict[LedgerId, list[Observed]] = {}

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> "Allocation":
        """Judge facts that are in order of time."""
        happened = [fact for fact in facts if isinstance(fact, Happened)]
        taken = taken_back(happened)
        made = cls(taken, GivenCosts(facts, taken.dropped))
        made._withdraw(facts)
        for fact in facts:
            if isinstance(fact, Observed):
                made.observed_left[fact.order] = fact.movement
                made._observed.setdefault(fact.ledger, []).append(fact)
        made._confirm_bookings(facts, happened)
        made._explain_ahead(happened)
        return made

    def _withdraw(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, Withdrawn) and fact.part is not None:
                self._gone_back[fact.target] = fact.part
            elif isinstance(fact, Withdrawn) and not fact.ends_unconfirmed:
                self.withdrawn.add(fact.target)

    def _confirm_bookings(self, facts: Sequence[Fact], happened: Sequence[Happened]) -> None:
        """Let fills stand for a booking, up to its quantity, until it is confirmed or ended."""
        settled_at = {fact.booking: fact.at for fact in facts if isinstance(fact, Confirmed)}
        settled_at |= {
            fact.target: fact.at
            for fact in facts
            if isinstance(fact, Withdrawn) and fact.ends_unconfirmed
        }
        for booking in facts:
            if not isinstance(booking, Booked):
                continue
            gone_back = self._gone_back.get(booking.order, ZERO)
            left = subtract(booking.quantity, gone_back)
            if booking.order in self.withdrawn:
                left = ZERO
            for fact in happened:
                limit = settled_at.get(booking.order)
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
        """What is left of an unexplained movement once what came late has explained its part.

        What was heard of first explains first: later observations knew of it already.
        """
        kept = []
        left = self.observed_left[seen.order]
        for late in sorted(self._late.get(seen.ledger, []), key=lambda each: each.order):
            part = ZERO
            if late.explains(seen) and not seen.is_rounding:
                part = common_part(left, late.left)
            left = subtract(left, part)
            if late.left != part:
                kept.append(replace(late, left=subtract(late.left, part)))
        self._late[seen.ledger] = kept
        self.observed_left[seen.order] = left
        return left

    def use_up(self, seen: Observed) -> None:
        """What came late explains all that this snapshot changed, and so nothing after it."""
        kept = [late for late in self._late.get(seen.ledger, []) if not late.explains(seen)]
        self._late[seen.ledger] = kept

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

    def cost_set(self, fact: Fact) -> UnitCost | None:
        """The price a person later gave for units of unknown cost that came with this fact."""
        return self._given.of(fact, without=self.withdrawn)


def common_part(wanted: Decimal, offered: Decimal) -> Decimal:
    """How much of `wanted` the offered movement covers: nothing if they go opposite ways.

    >>> common_part(Decimal("-4"), Decimal("-3")), common_part(Decimal("-4"), Decimal("3"))
    (Decimal('-3'), Decimal('0'))
    """
    if not wanted or not offered or (wanted > 0) != (offered > 0):
        return ZERO
    return wanted if magnitude(wanted) <= magnitude(offered) else offered
