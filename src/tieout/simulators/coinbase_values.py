"""What there is at Coinbase: products, wallets and positions. Values, no state."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from tieout.simulators.holdings import ONE, ZERO

USD = "USD"
USDC = "USDC"
DOLLARS = (USD, USDC)
# As recorded, amounts have 16 decimals.
DECIMALS = 16

Kind = Literal["spot", "future", "perp"]

_CODE = re.compile(r"(?P<code>[A-Z0-9]+)-(?P<on>\d\d[A-Z]{3}\d\d)-CDE")


def milliseconds(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def cut(number: Decimal, decimals: int = DECIMALS) -> Decimal:
    """Rounded to what the venue shows."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -decimals:
        return number.quantize(ONE.scaleb(-decimals), ROUND_HALF_EVEN)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something that is traded: a pair of coins, a US future or an international perpetual."""

    id: str
    kind: Kind
    base: str
    quote: str
    contract_size: Decimal = ONE
    expires_at: datetime | None = None
    has_funding: bool = False
    is_inverse: bool = False  # a perpetual whose amount is in dollars and whose P&L in coin
    number: int = 0

    @property
    def settles_in(self) -> str:
        return self.base if self.is_inverse else self.quote

    @property
    def code(self) -> str:
        """`BIT` of BIT-24APR26-CDE."""
        found = _CODE.fullmatch(self.id)
        return found["code"] if found else self.id.split("-")[0]

    def worth(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What so much is worth, in what it is settled in; signed."""
        return quantity / price if self.is_inverse else quantity * price * self.contract_size

    def average(self, position: "Position") -> Decimal:
        """What it was opened at.

        >>> bit = Product(id="BIT", kind="future", base="BTC", quote="USD",
        ...               contract_size=Decimal("0.01"))
        >>> bit.average(Position(quantity=Decimal(2), value=Decimal(1000)))
        Decimal('5.00E+4')
        """
        if self.is_inverse:
            return position.quantity / position.value
        return position.value / (position.quantity * self.contract_size)

    def profit(self, position: "Position", price: Decimal) -> Decimal:
        """What closing at this price would bring, before fees."""
        gain = self.worth(position.quantity, price) - position.value
        return -gain if self.is_inverse else gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One coin or money: all of it, what an order holds of it, and what it cost in dollars."""

    id: str
    total: Decimal = ZERO
    hold: Decimal = ZERO
    cost: Decimal = ZERO
    changed_at: datetime

    @property
    def available(self) -> Decimal:
        return self.total - self.hold

    def moved(self, amount: Decimal, cost: Decimal, at: datetime) -> "Wallet":
        """With more (+), which cost this, or less (-), at what it had cost on average."""
        total = self.total + amount
        if amount < ZERO:
            share = total / self.total if self.total else ZERO
            return replace(self, total=total, cost=cut(self.cost * share), changed_at=at)
        return replace(self, total=total, cost=self.cost + cost, changed_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A signed number of contracts, coins or dollars, and what they were worth when opened."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO
    realized: Decimal = ZERO  # of the day (US) or the session (international)
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    def traded(self, product: Product, quantity: Decimal, price: Decimal) -> "Position":
        """After buying (+) or selling (-); through zero, the rest opens at this price."""
        rest = self.quantity + quantity
        if self.quantity * quantity >= ZERO:
            more = product.worth(quantity, price)
            return replace(self, quantity=rest, value=self.value + more)
        if rest * self.quantity < ZERO:
            flat = self.traded(product, -self.quantity, price)
            return flat.traded(product, rest, price)
        closed = Position(quantity=-quantity, value=self.value * -quantity / self.quantity)
        return replace(
            self,
            quantity=rest,
            value=self.value - closed.value if rest else ZERO,
            realized=self.realized + product.profit(closed, price),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an account holds at one moment."""

    wallets: Mapping[str, Wallet] = field(default_factory=dict)
    futures: Mapping[str, Position] = field(default_factory=dict)
    futures_cash: Decimal = ZERO
    perps: Mapping[str, Position] = field(default_factory=dict)
    purse: Mapping[str, Decimal] = field(default_factory=dict)  # at the gateway, by currency

    def with_wallet(self, coin: str, wallet: Wallet) -> "State":
        return replace(self, wallets={**self.wallets, coin: wallet})

    def with_money(self, currency: str, amount: Decimal) -> "State":
        """At the gateway."""
        had = self.purse.get(currency, ZERO)
        return replace(self, purse={**self.purse, currency: had + amount})

    def positions(self, kind: Kind) -> Mapping[str, Position]:
        return self.futures if kind == "future" else self.perps

    def with_position(self, product: Product, position: Position) -> "State":
        """A flat position is gone."""
        kept = {**self.positions(product.kind), product.id: position}
        if position.quantity == ZERO:
            del kept[product.id]
        if product.kind == "future":
            return replace(self, futures=kept)
        return replace(self, perps=kept)
