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

NOT_PAID = frozenset(("future", "perpetual"))


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
            base_rate=self._base_rate(),
        )

    def _base_rate(self) -> Decimal | None:
        """The rate, where units are paid for in another currency than the account's own.

        What a future or perpetual is worth is not paid when it is opened, so no currency is held
        that could gain.
        """
        instrument, base = self.to.instrument, self.to.method.base_currency
        is_paid = instrument.asset_class not in NOT_PAID and not instrument.inverse
        is_own = self.activity.currency in (None, instrument.settled_in)
        is_needed = base is not None and base != instrument.settled_in
        return self.activity.base_rate if is_paid and is_own and is_needed else None
