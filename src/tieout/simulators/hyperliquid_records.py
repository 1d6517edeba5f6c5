"""What happened in a Hyperliquid account: fills, funding, ledger updates, orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ZERO
from tieout.simulators.hyperliquid_values import ZERO_HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """What a fill says of the liquidation it was part of; the counterparty's says the same."""

    user: str  # the address that was liquidated
    mark: Decimal
    method: Literal["market", "backstop"] = "market"


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What a fill says besides coin, size and price. None: the usual."""

    order_id: int
    trade_id: int | None = None
    hash: str = ZERO_HASH
    is_taker: bool = True
    direction: str | None = None
    fee: Decimal | None = None
    closed_pnl: Decimal | None = None
    start: Decimal | None = None
    client_id: str | None = None
    liquidation: Liquidation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A part of an order that was done."""

    coin: str
    quantity: Decimal  # signed
    price: Decimal
    time: int
    start: Decimal  # the position before it
    direction: str
    closed_pnl: Decimal
    hash: str
    order_id: int
    is_taker: bool
    fee: Decimal
    fee_token: str
    trade_id: int
    client_id: str | None = None
    liquidation: Liquidation | None = None

    @property
    def id(self) -> int:
        return self.trade_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """An hourly payment; the money is what came in (paid: below zero)."""

    coin: str
    money: Decimal
    size: Decimal
    rate: Decimal
    time: int
    # Recorded in 2026: all of them zeros. In 2023 each had its own.
    hash: str = ZERO_HASH
    samples: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Anything else that moved money or coins, as the venue words it."""

    delta: Mapping[str, Any]
    time: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A resting order."""

    id: int
    coin: str
    quantity: Decimal  # what is left of it, signed
    original: Decimal
    limit_price: Decimal
    time: int
    status: str = "open"
    changed: int = 0  # when it got its status
    type: str = "Limit"
    time_in_force: str | None = "Gtc"
    is_reduce_only: bool = False
    is_position_exit: bool = False
    trigger_price: Decimal = ZERO
    trigger_condition: str = "N/A"
    parent: int | None = None
    client_id: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status == "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What the streams are told: rows of one account, or new prices of all (account None)."""

    kind: Literal["fills", "funding", "liquidation", "ledger", "orders", "cancels", "prices"]
    account: str | None = None
    rows: Sequence[Any] = ()
    dex: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
