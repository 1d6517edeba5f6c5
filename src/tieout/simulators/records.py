"""What happened in an account, in no venue's words: orders, fills and bookings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from tieout.simulators.holdings import ZERO

BookingKind = Literal[
    "assignment",
    "cash_in_lieu",
    "cash_transfer",
    "crypto_fee",
    "deposit",
    "delivery",
    "dividend",
    "exercise",
    "expiry",
    "fee",
    "interest",
    "journal",
    "merger",
    "rename",
    "spin_off",
    "split",
    "transfer",
    "withdrawal",
]
Status = Literal["executed", "correct", "canceled"]
OrderStatus = Literal["new", "partially_filled", "filled", "canceled"]
OrderEventName = Literal["new", "partial_fill", "fill", "canceled", "trade_bust", "trade_correct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to trade; `quantity` is signed, None while only the money is known."""

    id: str
    client_id: str
    symbol: str
    side: Literal["buy", "sell"]
    quantity: Decimal | None
    notional: Decimal | None = None
    type: str = "market"
    limit_price: Decimal | None = None
    time_in_force: str = "day"
    extended_hours: bool = False
    status: OrderStatus = "new"
    created_at: datetime
    updated_at: datetime
    filled_at: datetime | None = None
    canceled_at: datetime | None = None
    filled_quantity: Decimal = ZERO  # signed
    filled_value: Decimal = ZERO  # quantity times price, without the multiplier, signed

    @property
    def is_open(self) -> bool:
        return self.status in ("new", "partially_filled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A part of an order that was done; quantities are signed."""

    id: str
    order_id: str
    symbol: str
    quantity: Decimal
    price: Decimal
    at: datetime
    cumulative: Decimal
    left: Decimal
    held_after: Decimal
    cost_moved: Decimal
    cash_moved: Decimal
    status: Status = "executed"
    corrects: str | None = None  # the fill this one stands in for


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Anything but a fill that moved shares, coins or money.

    `quantity` and `price` are what the broker writes down; the `moved` fields are what really
    changed, so that the booking can be taken back exactly.
    """

    id: str
    kind: BookingKind
    variant: str = ""
    at: datetime  # when the broker wrote it down
    on: date  # the New York day it is for
    symbol: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    per_share: Decimal | None = None
    cash: Decimal = ZERO
    group: str | None = None
    description: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    quantity_moved: Decimal = ZERO
    cost_moved: Decimal = ZERO
    status: Status = "executed"


Record = Fill | Booking


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """What a venue's order stream tells its listeners."""

    account: str
    name: OrderEventName
    order: Order
    at: datetime
    fill: Fill | None = None
    held_after: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A corporate action made public before it takes effect."""

    id: str
    kind: Literal["split", "merger", "spinoff", "dividend"]
    variant: str
    symbol: str
    target: str
    on: date
    declared_on: date
    old_rate: Decimal
    new_rate: Decimal
    cash: Decimal = ZERO
