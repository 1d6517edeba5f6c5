"""An activity as it meets a ledger."""

from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.costs import UnitCost
from tieout.core.facts import Happened
from tieout.core.movements import Movement
from tieout.core.numbers import Amount
from tieout.core.position import Reason
from tieout.core.working import Working


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An activity, the ledger it belongs to, and the other one where it has two.

    `given` is what a person says that its units cost, where nobody else does.
    """

    fact: Happened
    to: Working
    other: Working | None
    given: UnitCost | None

    @property
    def activity(self) -> Activity:
        return self.fact.activity

    def cost_of(self, quantity: Decimal, *, to: Working) -> Amount | None:
        """What a person says that units cost which came without a cost."""
        return None if self.given is None else self.given.of(quantity, to.instrument)

    def movement(self, quantity: Decimal, *, reason: Reason) -> Movement:
        """The plain movement of this activity, at its price and without fee."""
        return Movement(
            by=self.activity.id,
            at=self.activity.at,
            quantity=quantity,
            price=self.activity.price,
            reason=reason,
            lot=self.activity.lot,
        )
