"""What an account can hold, and how the broker reckons its cost: values, no state."""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
)
from typing import Literal

ZERO = Decimal(0)
ONE = Decimal(1)
CONTRACT = Decimal(100)  # shares behind one standard US option

# Sums and products of what brokers send stay exact; only a division is rounded, far behind the
# last digit anybody prints.
PRECISION = Context(
    prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, FloatOperation]
)

Number = Decimal | int | str
Kind = Literal["stock", "crypto", "option", "future", "bond", "currency"]

_OCC = re.compile(r"(?P<root>[A-Z.]{1,6})(?P<on>\d{6})(?P<right>[CP])(?P<strike>\d{8})")


def exact(value: Number) -> Decimal:
    """A decimal from text or a whole number; a float or NaN is refused, it has lost its digits.

    >>> exact("0.10")
    Decimal('0.10')
    """
    if isinstance(value, bool | float):
        raise TypeError(f"write {value!r} as text, so that no digit is lost")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number that can be held or paid")
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTerms:
    """What a listed option gives the right to."""

    underlying: str
    expires_on: date
    right: Literal["call", "put"]
    strike: Decimal


def option_terms(symbol: str) -> OptionTerms | None:
    """Reads an OCC symbol; None for anything else.

    >>> option_terms("AAPL230721C00150000").strike
    Decimal('150')
    """
    found = _OCC.fullmatch(symbol)
    if found is None:
        return None
    on = found["on"]
    return OptionTerms(
        underlying=found["root"],
        expires_on=date(2000 + int(on[:2]), int(on[2:4]), int(on[4:])),
        right="call" if found["right"] == "C" else "put",
        strike=Decimal(int(found["strike"])) / 1000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something that can be held. The id stays when the symbol is renamed."""

    id: str
    symbol: str
    kind: Kind
    name: str = ""
    exchange: str = ""
    multiplier: Decimal = ONE
    option: OptionTerms | None = None


def kind_of(symbol: str) -> Kind:
    """`BTC/USD` is a coin, an OCC symbol an option, the rest are stocks."""
    if "/" in symbol:
        return "crypto"
    return "stock" if option_terms(symbol) is None else "option"


@dataclass(frozen=True, slots=True)
class Lot:
    """A quantity and what it cost in all, both signed alike."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def __add__(self, other: "Lot") -> "Lot":
        return Lot(self.quantity + other.quantity, self.cost + other.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A signed quantity and its cost as this broker shows it.

    During a day the cost is a weighted average; when the day is closed it becomes compressed
    FIFO: each day's purchases at their average, the oldest day sold first (Alpaca's page on the
    average entry price). So the average may change overnight without a trade.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO  # signed like the quantity
    day_cost: Decimal = ZERO  # the same, with last night's value in place of what was paid
    carried: tuple[Lot, ...] = ()  # the days before, oldest first
    opened_today: Lot = Lot()
    closed_today: Decimal = ZERO

    @property
    def is_flat(self) -> bool:
        return self.quantity == ZERO

    def traded(self, quantity: Decimal, value: Decimal) -> "Holding":
        """After buying (+) or selling (-) `quantity` for `value`, signed like the quantity."""
        if self.quantity * quantity >= ZERO:
            return replace(
                self,
                quantity=self.quantity + quantity,
                cost=self.cost + value,
                day_cost=self.day_cost + value,
                opened_today=self.opened_today + Lot(quantity, value),
            )
        rest = self.quantity + quantity
        if rest * self.quantity >= ZERO:
            return self.reduced(-quantity)
        return Holding().traded(rest, value * rest / quantity)

    def reduced(self, quantity: Decimal) -> "Holding":
        """After giving up `quantity`, signed like the holding, at its average cost."""
        rest = self.quantity - quantity
        if rest == ZERO:
            return Holding()
        share = rest / self.quantity
        return replace(
            self,
            quantity=rest,
            cost=self.cost * share,
            day_cost=self.day_cost * share,
            closed_today=self.closed_today + quantity,
        )

    def rescaled(self, quantity: Decimal) -> "Holding":
        """The same money in another number of pieces: a split."""
        ratio = quantity / self.quantity
        return replace(
            self,
            quantity=quantity,
            carried=tuple(Lot(lot.quantity * ratio, lot.cost) for lot in self.carried),
            opened_today=Lot(self.opened_today.quantity * ratio, self.opened_today.cost),
            closed_today=self.closed_today * ratio,
        )

    def shifted(self, quantity: Decimal, cost: Decimal) -> "Holding":
        """Quantity and cost moved by hand: how a correction takes something back."""
        moved = Lot(self.quantity + quantity, self.cost + cost)
        if moved.quantity == ZERO:
            return Holding()
        return Holding(
            quantity=moved.quantity,
            cost=moved.cost,
            day_cost=self.day_cost + cost,
            carried=(moved,),
        )

    def after_close(self, *, value: Decimal) -> "Holding":
        """The next morning: compressed FIFO cost, and last night's value to measure the day by."""
        lots = [*self.carried, self.opened_today]
        sold = self.closed_today
        kept: list[Lot] = []
        for lot in lots:
            taken = min(abs(sold), abs(lot.quantity)).copy_sign(self.quantity)
            sold -= taken
            rest = lot.quantity - taken
            if rest != ZERO:
                kept.append(Lot(rest, lot.cost * rest / lot.quantity))
        cost = sum((lot.cost for lot in kept), ZERO)
        return Holding(quantity=self.quantity, cost=cost, day_cost=value, carried=tuple(kept))


def average_price(holding: Holding, multiplier: Decimal) -> Decimal:
    """What one share, coin or contract's share cost on average; never negative."""
    return holding.cost / (holding.quantity * multiplier)
