"""What happened at the venue: fills, fees, funding, corporate actions, transfers, option events."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Literal, NewType

from tieout.core.numbers import ZERO, negate, normal

ActivityId = NewType("ActivityId", str)
Side = Literal["long", "short"]
ActivityType = Literal[
    "fill", "fee", "funding", "dividend", "split", "rename", "spin_off", "merger", "transfer",
    "expiry", "assignment", "exercise", "liquidation",
]  # fmt: skip
ACTIVITY_TYPES: tuple[ActivityType, ...] = (
    "fill", "fee", "funding", "dividend", "split", "rename", "spin_off", "merger", "transfer",
    "expiry", "assignment", "exercise", "liquidation",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """New units per old units, as two exact numbers: 4 for 1, or 1 for 10."""

    new: Decimal
    old: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One thing that happened, as the venue reports it, applied exactly once by its id.

    `quantity` is the signed change of the position; `cash` is signed money received; `fee` is a
    cost (negative is a rebate); `cost` of a transfer or spin-off is a total. `price` is of one
    unit. `realized_pnl` is the venue's own figure and is only kept beside ours. Where the venue
    tells only a day, `at` is as late as it can have been and `earliest_at` as early. `base_rate` is
    what one unit of the instrument's currency was worth then in the account's own currency, where
    the venue tells it.
    """

    id: ActivityId
    type: ActivityType
    symbol: str
    at: datetime
    quantity: Decimal | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    cash: Decimal | None = None
    currency: str | None = None
    cost: Decimal | None = None
    ratio: Ratio | None = None
    to: str | None = None
    side: Side | None = None
    lot: ActivityId | None = None
    venue_id: str | None = None
    deleveraged: bool = False
    cancels: ActivityId | None = None
    realized_pnl: Decimal | None = None
    earliest_at: datetime | None = None
    base_rate: Decimal | None = None

    @property
    def starts_at(self) -> datetime:
        """The first moment at which a snapshot may already show it."""
        return self.earliest_at if self.earliest_at is not None else self.at


NEEDS: dict[ActivityType, tuple[str, ...]] = {
    "fill": ("quantity", "price"),
    "liquidation": ("quantity", "price"),
    "fee": (),
    "funding": ("cash",),
    "dividend": ("cash",),
    "split": ("ratio",),
    "rename": ("to",),
    "spin_off": ("to", "ratio"),
    "merger": (),
    "transfer": ("quantity",),
    "expiry": (),
    "assignment": (),
    "exercise": (),
}


def missing_fields(activity: Activity) -> tuple[str, ...]:
    """The fields an activity of this type cannot do without and that are not there."""
    missing = [name for name in NEEDS[activity.type] if getattr(activity, name) is None]
    if activity.type == "fee" and activity.cash is None:
        missing += [name for name in ("quantity", "price") if getattr(activity, name) is None]
    if activity.type == "merger":
        if activity.to is None and activity.cash is None:
            missing.append("to")
        if activity.to is not None and activity.ratio is None:
            missing.append("ratio")
    return tuple(missing)


def is_negation(cancelling: Activity, target: Activity) -> bool:
    """Whether an activity does nothing but take its target back.

    It has the negated quantity; without one, it says nothing that its target did not say. Cash
    may be given as it was or negated.
    """
    if cancelling.type != target.type:
        return False
    if target.quantity is not None:
        return cancelling.quantity == negate(target.quantity)
    if cancelling.quantity is not None:
        return False
    if cancelling.cash not in (None, target.cash, negate(target.cash or ZERO)):
        return False
    same = ("ratio", "to", "cost")
    return all(getattr(cancelling, name) in (None, getattr(target, name)) for name in same)


def content_digest(activity: Activity) -> str:
    """The same for two activities exactly when all their fields are equal as values.

    But for the rate: one execution is told with it or without it, whichever interface tells it.
    """
    parts = [
        unsaid if value is None else f"{name}={_comparable(value)}"
        for name, unsaid, value in zip(_NAMES, _UNSAID, _values(activity), strict=True)
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _comparable(value: object) -> object:
    if isinstance(value, Decimal):
        return normal(value) if value else ZERO  # -0 is 0
    if isinstance(value, Ratio):
        return (str(normal(value.new)), str(normal(value.old)))
    if isinstance(value, datetime):
        return value.isoformat()
    return value


_NAMES = tuple(each.name for each in fields(Activity) if each.name != "base_rate")
_UNSAID = tuple(f"{name}=None" for name in _NAMES)
_values = attrgetter(*_NAMES)
