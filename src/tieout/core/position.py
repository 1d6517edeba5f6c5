"""Our side: one episode of a position from flat to flat, and the instrument's ledger around it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tieout.core.activity import Side
from tieout.core.errors import IllegalTransition
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.lots import Lot, total_cost
from tieout.core.numbers import ZERO, Amount
from tieout.core.pnl import NO_TOTALS, BaseFigure, Totals, gross_pnl, price_of

Status = Literal["OPENING", "OPEN", "REDUCED", "CLOSING", "CLOSED", "LIQUIDATED"]
Reconciliation = Literal["SYNCED", "DRIFT", "FAILED", "PENDING"]
Basis = Literal["actual", "venue"]
Reason = Literal[
    "fill", "expiry", "assignment", "exercise", "transfer", "merger", "liquidation",
    "deleveraged", "worthless", "missing", "flat", "local", "unconfirmed", "unexplained",
]  # fmt: skip

STATUSES: tuple[Status, ...] = ("OPENING", "OPEN", "REDUCED", "CLOSING", "CLOSED", "LIQUIDATED")
TRANSITIONS: dict[Status, frozenset[Status]] = {
    "OPENING": frozenset(("OPEN", "CLOSED")),
    "OPEN": frozenset(("REDUCED", "CLOSING", "CLOSED", "LIQUIDATED")),
    "REDUCED": frozenset(("OPEN", "CLOSING", "CLOSED", "LIQUIDATED")),
    "CLOSING": frozenset(("CLOSED", "LIQUIDATED", "OPEN", "REDUCED")),
    "CLOSED": frozenset(),
    "LIQUIDATED": frozenset(),
}


def transition(current: Status, to: Status) -> Status:
    """The new status, if a position may go there from the current one.

    >>> transition("REDUCED", "LIQUIDATED")
    'LIQUIDATED'
    >>> transition("CLOSED", "OPEN")
    Traceback (most recent call last):
    ...
    tieout.core.errors.IllegalTransition: a CLOSED position cannot become OPEN
    """
    if to != current and to not in TRANSITIONS[current]:
        raise IllegalTransition(f"a {current} position cannot become {to}")
    return to


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One open episode. `quantity` is signed; cost and fees are those of the units still held.

    `basis` is `actual` when every unit came from known activities, else `venue`. `opened_by` is
    what opened it and identifies the episode. `fraction` counts units that the venue rounded away
    after a split and has not paid for yet; `is_resized` says such rounding may still come. `base`
    is what its closings made in the account's own currency, None where a part is not known.
    """

    quantity: Decimal
    lots: tuple[Lot, ...]
    basis: Basis
    status: Status
    opened_at: datetime
    opened_by: str
    totals: Totals = NO_TOTALS
    fraction: Decimal = ZERO
    is_resized: bool = False
    base: BaseFigure | None = None

    def average_price(self, instrument: Instrument) -> Decimal | None:
        """The price of one unit, without fees; None where the cost of a unit is not known."""
        cost = total_cost(self.lots)
        if cost is None or not self.quantity or instrument.multiplier is None:
            return None
        return price_of(
            cost,
            quantity=self.quantity,
            multiplier=instrument.multiplier,
            inverse=instrument.inverse,
        )

    def unrealized_pnl(self, instrument: Instrument, price: Decimal | None) -> Amount | None:
        """What closing at `price` would make before fees; None where cost or price is unknown."""
        cost = total_cost(self.lots)
        if cost is None or price is None or instrument.multiplier is None:
            return None
        return gross_pnl(
            self.quantity, price=price, cost=cost, multiplier=instrument.multiplier,
            inverse=instrument.inverse,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A position that ended: from flat to flat, with all it realized.

    `base` is that in the account's own currency, None where a part of it is not known.
    """

    symbol: str
    side: Side | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime
    closed_by: str
    reason: Reason
    status: Status
    totals: Totals
    currency: str
    is_estimated: bool = False
    base: BaseFigure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything the book keeps for one instrument (and side) apart from its facts and marks.

    `position` is the open episode, None when flat. `misses` counts the complete snapshots in a
    row that lacked it. `last_at` is the time of the latest fact; `has_waiting` says an activity
    waits for another; `totals` is all that was ever realized here. `links` are the ledgers that
    a merger or spin-off ties to this one. `kept` is the difference a person told us to live
    with, as the venue's (quantity, average). `joined` is the ledger that this one turned out to
    be, under a new name. `first_at` is the time of the first fact, where that is known.
    `first_names` are the symbol and spellings before the first rename; `lost_names` those that a
    rename gave to another ledger, and when.
    """

    id: LedgerId
    instrument: Instrument
    side: Side | None = None
    position: Position | None = None
    reconciliation: Reconciliation = "SYNCED"
    misses: int = 0
    last_at: datetime | None = None
    has_waiting: bool = False
    totals: Totals = NO_TOTALS
    links: tuple[LedgerId, ...] = ()
    booked: tuple[int, ...] = ()
    kept: tuple[str | None, str | None] | None = None
    joined: LedgerId | None = None
    first_at: datetime | None = None
    first_names: tuple[str, ...] = ()
    lost_names: tuple[tuple[str, datetime], ...] = ()

    @property
    def quantity(self) -> Decimal:
        return self.position.quantity if self.position else ZERO

    @property
    def is_flat(self) -> bool:
        return not self.quantity
