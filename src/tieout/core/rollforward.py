"""What we should hold, given what happened: ledgers folded from their facts in order of time.

The order of arrival does not matter. Whatever comes late takes its place in time, first explains
what snapshots had changed without explanation, and only what is left of it moves the book.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from tieout.core.calendar import new_york_day
from tieout.core.costs import UnitCost
from tieout.core.effects import happen
from tieout.core.explaining import Allocation, taken_back
from tieout.core.facts import (
    Adopted,
    Booked,
    Confirmed,
    CostSet,
    Fact,
    Happened,
    Observed,
    Opening,
    Withdrawn,
    in_time,
    is_joining,
)
from tieout.core.instrument import LedgerId
from tieout.core.movements import Method
from tieout.core.numbers import ZERO, subtract
from tieout.core.pnl import NO_TOTALS
from tieout.core.position import Ledger
from tieout.core.working import Folded, Working

_OF_A_MORNING = frozenset(("split", "spin_off", "merger", "transfer", "expiry"))
_MOMENT = timedelta(microseconds=1)


def fold(
    start: Mapping[LedgerId, Ledger],
    facts: Iterable[Fact],
    *,
    method: Method,
) -> dict[LedgerId, Folded]:
    """Fold facts onto ledgers. `start` gives each ledger's instrument and its open position.

    To fold a history from its beginning, give ledgers without position.
    """
    ordered = sorted(after_renames(facts), key=in_time)
    folding = _Folding(start, ordered, method)
    for fact in folding.placed(ordered):
        folding.take(fact)
    return folding.result()


def after_renames(facts: Iterable[Fact]) -> Sequence[Fact]:
    """The facts, with those under a new name moved to the ledger that took that name.

    A rename may arrive after the first facts under the new name have opened a ledger of their
    own; from the time of the rename on they belong to the old one.
    """
    known = list(facts)
    joining = [fact for fact in known if isinstance(fact, Happened) and is_joining(fact)]
    if not joining:
        return known
    dropped = taken_back(fact for fact in known if isinstance(fact, Happened)).dropped
    moves = {
        fact.partner: fact
        for fact in joining
        if fact.partner is not None and fact.activity.id not in dropped
    }
    return [_moved(fact, moves) for fact in known]


def _moved(fact: Fact, moves: Mapping[LedgerId, Happened]) -> Fact:
    """A fact in the ledger that its name belongs to at its time."""
    key = fact.ledger
    for _ in range(len(moves)):
        rename = moves.get(key)
        if rename is None or isinstance(fact, Opening) or fact.at < rename.activity.starts_at:
            break
        key = rename.ledger
    return fact if key == fact.ledger else replace(fact, ledger=key)


def _is_before(fact: Happened, adoption: Adopted) -> bool:
    """Whether what was adopted already contains an activity; for a mere day, if it was known."""
    is_day = fact.activity.starts_at <= adoption.at and fact.order < adoption.order
    return fact.at <= adoption.at or is_day


def _is_of_its_day(fact: Happened, adoption: Adopted) -> bool:
    """Whether no more is told than that it happened on the day of the adoption.

    What changes units as of a morning is dated at the start of its day in New York.
    """
    if fact.activity.type not in _OF_A_MORNING:
        return False
    day = new_york_day(fact.at)
    is_day_start = new_york_day(fact.at - _MOMENT) < day
    return is_day_start and day == new_york_day(adoption.at)


class _Folding:
    """The state of one fold; the only place in the core where something changes in place."""

    def __init__(self, start: Mapping[LedgerId, Ledger], facts: list[Fact], method: Method) -> None:
        self.method = method
        self.working = {key: Working.of(ledger, method) for key, ledger in start.items()}
        self.allocation = Allocation.of(facts)
        self._judge_adoptions(start, facts)

    def _judge_adoptions(self, start: Mapping[LedgerId, Ledger], facts: list[Fact]) -> None:
        """Find the activities before an adoption that do not account for what was adopted."""
        self.ignored: set[int] = set()
        self.late: dict[int, datetime] = {}
        self.drafts: dict[LedgerId, Folded] = {}
        adopted = {fact.ledger: fact for fact in facts if isinstance(fact, Adopted)}
        if not adopted:
            return
        early = [
            fact
            for fact in facts
            if isinstance(fact, Happened)
            and fact.ledger in adopted
            and _is_before(fact, adopted[fact.ledger])
        ]
        blank = {
            key: replace(ledger, position=None, totals=NO_TOTALS) for key, ledger in start.items()
        }
        left = self._accounted_for(adopted, early, blank)
        known = [
            fact
            for fact in early
            if fact.ledger not in left or fact.order < left[fact.ledger].order
        ]
        if len(known) < len(early):
            # What came later does not fit: what was known by then may, without it.
            left = self._accounted_for(left, known, blank)
            came_by_then = {(fact.ledger, fact.order) for fact in known}
            later = [fact for fact in early if (fact.ledger, fact.order) not in came_by_then]
            self._judge_late([fact for fact in later if fact.ledger not in left], adopted)
        for fact in early:
            # A rename moves nothing: the name counts whatever the quantities say.
            if fact.ledger in left and fact.activity.type != "rename":
                self.ignored.add(fact.order)

    def _accounted_for(
        self,
        adopted: Mapping[LedgerId, Adopted],
        early: Sequence[Happened],
        blank: Mapping[LedgerId, Ledger],
    ) -> dict[LedgerId, Adopted]:
        """Take what activities account for as what was adopted; the adoptions that are left."""
        draft = fold(blank, early, method=self.method) if early else None
        left = {}
        for key, adoption in adopted.items():
            mine = [fact for fact in early if fact.ledger == key]
            reached = draft[key].quantity if draft and mine else ZERO
            if reached != adoption.quantity:
                left[key] = adoption
            elif draft and mine and adoption.history == "partial":
                self.drafts[key] = draft[key]
                self.ignored.update(fact.order for fact in mine if fact.activity.type != "rename")
        return left

    def _judge_late(self, later: Iterable[Happened], adopted: Mapping[LedgerId, Adopted]) -> None:
        """What came later than an adoption that is whole without it: after it, or never."""
        for fact in later:
            adoption = adopted[fact.ledger]
            if _is_of_its_day(fact, adoption):
                self.late[fact.order] = adoption.at
            elif fact.activity.type != "rename":
                self.ignored.add(fact.order)

    def placed(self, ordered: Sequence[Fact]) -> Sequence[Fact]:
        """The facts, with those that turned out to be later at the time when they count."""
        if not self.late:
            return ordered
        return sorted(map(self._placed, ordered), key=in_time)

    def _placed(self, fact: Fact) -> Fact:
        if not isinstance(fact, Happened) or fact.order not in self.late:
            return fact
        at = self.late[fact.order] + _MOMENT
        return replace(fact, at=at, activity=replace(fact.activity, at=at))

    def take(self, fact: Fact) -> None:
        """Fold one fact; the ledger remembers the latest time it has seen."""
        target = self.working[fact.ledger]
        if isinstance(fact, Opening):
            target.start(fact, given=self.allocation.cost_set(fact))
            return
        self._fold(target, fact)
        target.seen(fact.at)

    def _fold(self, target: Working, fact: Fact) -> None:
        match fact:
            case Happened():
                self._activity(target, fact)
            case Adopted():
                self._adopted(target, fact)
            case Observed():
                self._observed(target, fact)
            case Booked():
                target.book(fact, quantity=self.allocation.booking_left[fact.order])
            case Confirmed():
                target.confirm(fact)
            case Withdrawn():
                target.end_unconfirmed(fact)
            case CostSet() | Opening():
                pass  # a cost is taken into account when its units arrive
            case _:
                assert_never(fact)

    def _activity(self, target: Working, fact: Happened) -> None:
        activity = fact.activity
        is_dropped = activity.id in self.allocation.dropped or fact.order in self.ignored
        own = () if is_dropped else (fact.ledger, fact.partner)
        for undone_in in self.allocation.undone_in.get(activity.id, ()):
            if undone_in not in own and undone_in in self.working:
                self.working[undone_in].applied.append(activity.id)
        is_waiting = activity.id in self.allocation.waiting
        if is_waiting and not fact.is_receiving:
            target.waiting.append(activity.id)
        if is_dropped or fact.is_receiving:
            self.allocation.offer_undone(fact)
            return
        if is_waiting:
            return
        other = self.working.get(fact.partner) if fact.partner else None
        before, other_before = target.quantity, other.quantity if other else ZERO
        problem = happen(fact, to=target, other=other, given=self._cost_set(fact))
        if problem is not None:
            target.errors[activity.id] = problem
            return
        target.applied.append(activity.id)
        target.moved[activity.id] = subtract(target.quantity, before)
        if activity.type == "rename":
            self.allocation.explain_rename(fact, held=before)
            return
        self.allocation.explain(fact, before=before, after=target.quantity)
        if other is not None:
            other.applied.append(activity.id)
            other.moved[activity.id] = subtract(other.quantity, other_before)
            self.allocation.carry(fact, to=other.id)
            received = replace(fact, ledger=other.id)
            self.allocation.explain(received, before=other_before, after=other.quantity)

    def _cost_set(self, fact: Happened) -> UnitCost | None:
        """The price a person gave for the units this activity brings, to whichever ledger."""
        receiver = replace(fact, ledger=fact.partner) if fact.partner else fact
        return self.allocation.cost_set(receiver)

    def _adopted(self, target: Working, fact: Adopted) -> None:
        draft = self.drafts.get(fact.ledger)
        if draft is not None:
            target.adopt_draft(draft)
        elif fact.quantity and target.quantity != fact.quantity:
            target.adopt(fact, given=self.allocation.cost_set(fact))

    def _observed(self, target: Working, fact: Observed) -> None:
        if fact.order in self.allocation.withdrawn:
            return
        if fact.ratio is not None and fact.reached == target.quantity:
            # What came late got there without a split.
            self.allocation.use_up(fact)
            return
        left = self.allocation.settle(fact)
        ratio = None if fact.order in self.allocation.announced else fact.ratio
        is_whole = left == fact.movement and ratio is fact.ratio
        target.observe(
            fact if is_whole else replace(fact, movement=left, ratio=ratio),
            was_explained=left != fact.movement,
            given=self.allocation.cost_set(fact),
        )

    def result(self) -> dict[LedgerId, Folded]:
        return {key: working.result() for key, working in self.working.items()}
