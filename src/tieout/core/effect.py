"""An activity as it meets a ledger."""

from dataclasses import dataclass
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.facts import Happened
from tieout.core.movements import Movement
from tieout.core.position import Reason
from tieout.core.working import Working


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An activity, the ledger it belongs to, and the other one where it has two."""

    fact: Happened
    to: Working
    other: Working | None
    unknown_price: Decimal | None

    @property
    def activity(self) -> Activity:
        return self.fact.activity

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
