"""Prices that people gave later for units that came without a cost."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import ActivityId, Ratio
from tieout.core.facts import CostSet, Fact, Happened, Observed, in_time
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.numbers import ONE, Amount, multiply
from tieout.core.pnl import value_at


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """What one unit cost: `price`, for which `new` units stand where `old` stood before splits."""

    price: Decimal
    new: Decimal = ONE
    old: Decimal = ONE

    def of(self, quantity: Decimal, instrument: Instrument) -> Amount | None:
        """What units cost that came before those splits, signed like them.

        >>> given = UnitCost(price=Decimal(50), new=Decimal(2))
        >>> given.of(Decimal(4), Instrument(symbol="AAPL")).text()
        '400'
        """
        if instrument.multiplier is None:
            return None
        value = value_at(
            quantity, price=self.price, multiplier=instrument.multiplier,
            inverse=instrument.inverse,
        )  # fmt: skip
        if value is None or self.new == self.old:
            return value
        return value.share(self.new, self.old)


class GivenCosts:
    """The prices given in each ledger, and the splits between the units and the price.

    A person gives the price of one of the units that they see: of after the splits they know of.
    """

    def __init__(self, facts: Iterable[Fact], dropped: Collection[ActivityId]) -> None:
        self._given: dict[LedgerId, list[CostSet]] = {}
        self._splits: dict[LedgerId, list[tuple[Fact, Ratio]]] = {}
        for fact in facts:
            if isinstance(fact, CostSet):
                self._given.setdefault(fact.ledger, []).append(fact)
            elif isinstance(fact, Observed) and fact.ratio is not None:
                self._splits.setdefault(fact.ledger, []).append((fact, fact.ratio))
            elif isinstance(fact, Happened) and fact.activity.id not in dropped:
                ratio = fact.activity.ratio
                if fact.activity.type == "split" and ratio is not None:
                    self._splits.setdefault(fact.ledger, []).append((fact, ratio))

    def of(self, fact: Fact, *, without: Collection[int]) -> UnitCost | None:
        """The price for the units of unknown cost that came with this fact.

        `without` are observations that were taken back.
        """
        for given in self._given.get(fact.ledger, []):
            if given.order > fact.order:
                return self._before_splits(given, fact, without=without)
        return None

    def _before_splits(self, given: CostSet, fact: Fact, *, without: Collection[int]) -> UnitCost:
        new = old = ONE
        for split, ratio in self._splits.get(given.ledger, []):
            is_between = in_time(fact) < in_time(split) and split.order < given.order
            counts = split.order not in without and not self._is_announced(split)
            if is_between and counts:
                new, old = multiply(new, ratio.new), multiply(old, ratio.old)
        return UnitCost(price=given.price, new=new, old=old)

    def _is_announced(self, seen: Fact) -> bool:
        """Whether somebody has announced since what a snapshot showed."""
        return isinstance(seen, Observed) and any(
            isinstance(split, Happened) and seen.order < split.order and seen.at >= split.at
            for split, _ in self._splits[seen.ledger]
        )
