"""The core folds the steps, a portion at a time, so that a long file needs little memory.

Where the venue's method is another than the one asked for, the same facts are folded by both:
one gives our figures, the other the figure that is compared with the venue's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tieout.core.activity import ActivityId
from tieout.core.facts import Fact, Happened
from tieout.core.instrument import LedgerId
from tieout.core.movements import Method
from tieout.core.pnl import Closing, Totals
from tieout.core.position import Ledger
from tieout.core.rollforward import fold
from tieout.core.working import Folded
from tieout.replay.continuity import Step
from tieout.replay.export import Fill
from tieout.replay.ledgers import Ledgers

FACTS_IN_A_PORTION = 1_000

Place = tuple[LedgerId, ActivityId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closing, the fill that made it, and the same closing by the venue's method."""

    ledger: LedgerId
    fill: Fill | None
    closing: Closing
    by_method: Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What came of some steps: closings in their order, money, and what could not be applied."""

    closed: tuple[Closed, ...]
    totals: Mapping[LedgerId, Totals]
    refused: tuple[tuple[Fill, str], ...]


@dataclass(slots=True)
class Book:
    """The open positions as one method has them."""

    method: Method
    ledgers: dict[LedgerId, Ledger] = field(default_factory=dict)

    def fold(self, facts: list[Fact], known: Mapping[LedgerId, Ledger]) -> dict[LedgerId, Folded]:
        """Fold facts onto what is held, and hold what comes of it."""
        touched = dict.fromkeys(fact.ledger for fact in facts)
        start = {key: self.ledgers.get(key) or known[key] for key in touched}
        folded = fold(start, facts, method=self.method)
        for key, each in folded.items():
            self.ledgers[key] = replace(
                start[key], position=each.position, instrument=each.instrument
            )
        return folded


class Folding:
    """Takes steps in order of time (each account's own) and folds them when there are enough."""

    def __init__(self, ledgers: Ledgers, *, method: Method, venue_method: Method | None) -> None:
        self._ledgers = ledgers
        self.book = Book(method)
        self._by_method: Book | None = None
        if venue_method is not None and venue_method.cost_basis != method.cost_basis:
            self._by_method = Book(venue_method)
        self._facts: list[Fact] = []
        self._fills: dict[Place, Fill] = {}
        self._order = 0

    @property
    def is_full(self) -> bool:
        return len(self._facts) >= FACTS_IN_A_PORTION

    def add(self, step: Step) -> None:
        """Remember a step until the portion is folded."""
        activity, at = step.activity, step.activity.at
        self._happened(step, at)
        if step.fill is not None:
            self._fills[step.ledger, activity.id] = step.fill

    def _happened(self, step: Step, at: datetime) -> None:
        fact = Happened(
            ledger=step.ledger, order=self._order, at=at, activity=step.activity,
            partner=step.partner,
        )  # fmt: skip
        self._order += 1
        self._facts.append(fact)
        if step.partner is not None:
            self._facts.append(
                replace(fact, ledger=step.partner, partner=step.ledger, is_receiving=True)
            )

    def fold(self) -> Portion:
        """Fold what is there."""
        facts, self._facts = self._facts, []
        fills, self._fills = self._fills, {}
        folded = self.book.fold(facts, self._ledgers.found)
        by_method = folded
        if self._by_method is not None:
            by_method = self._by_method.fold(facts, self._ledgers.found)
        return Portion(
            closed=tuple(in_order(facts, closings_of(folded), closings_of(by_method), fills)),
            totals={key: each.totals for key, each in folded.items()},
            refused=tuple(
                (fills[key, activity], why)
                for key, each in folded.items()
                for activity, why in each.errors
            ),
        )


def closings_of(folded: Mapping[LedgerId, Folded]) -> dict[Place, Closing]:
    """The closings by the activity that made them."""
    return {
        (key, ActivityId(closing.by)): closing
        for key, each in folded.items()
        for _, closing in each.closings
    }


def in_order(
    facts: list[Fact],
    closings: Mapping[Place, Closing],
    by_method: Mapping[Place, Closing],
    fills: Mapping[Place, Fill],
) -> list[Closed]:
    """The closings of a portion in the order of the facts."""
    found = []
    for fact in facts:
        assert isinstance(fact, Happened)
        place = (fact.ledger, fact.activity.id)
        closing = closings.get(place)
        if closing is not None:
            found.append(
                Closed(
                    ledger=fact.ledger,
                    fill=fills.get(place),
                    closing=closing,
                    by_method=by_method.get(place, closing),
                )
            )
    return found
