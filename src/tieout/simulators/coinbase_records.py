"""What happened in a Coinbase account: orders, fills, trades and bookings of the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ZERO

Status = Literal["OPEN", "FILLED", "CANCELLED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to trade; `quantity` is signed, in coins or contracts."""

    id: str
    client_id: str
    product_id: str
    number: int
    quantity: Decimal
    created_at: datetime
    limit_price: Decimal | None = None  # None: at the market
    quote_size: Decimal | None = None  # what was to be spent, where that was asked for
    status: Status = "OPEN"
    filled: Decimal = ZERO  # above zero
    filled_value: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0
    filled_at: datetime | None = None
    held: Decimal = ZERO
    held_coin: str = ""
    is_liquidation: bool = False

    @property
    def side(self) -> str:
        return "BUY" if self.quantity > ZERO else "SELL"

    @property
    def left(self) -> Decimal:
        return abs(self.quantity) - self.filled

    @property
    def average(self) -> Decimal:
        return self.filled_value / self.filled if self.filled else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A part of an order that was done, of coins or US futures."""

    number: int
    entry_id: str
    trade_id: str
    order_id: str
    product_id: str
    quantity: Decimal  # signed
    price: Decimal
    commission: Decimal
    at: datetime
    quoted: Decimal | None = None  # the size, where it is told in quote currency
    is_maker: bool = False

    @property
    def id(self) -> str:
        return self.trade_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A part of an order that was done at the gateway."""

    number: int
    order_number: int
    product_id: str
    quantity: Decimal  # signed
    price: Decimal
    mark: Decimal
    fee: Decimal
    profit: Decimal
    at: datetime
    is_maker: bool = False
    is_liquidation: bool = False
    label: str = ""

    @property
    def id(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A line of the gateway's log."""

    number: int
    kind: Literal["trade", "settlement", "transfer", "deposit", "withdrawal"]
    currency: str
    change: Decimal
    balance: Decimal
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What the streams are told."""

    account: str
    order: Order | None = None
    trade: Trade | None = None
    slot: int | None = None  # of isolated margin, where it happened
