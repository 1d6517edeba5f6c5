"""What is listed and held on Hyperliquid: values, no state.

Sources, in the comments of these modules: "recorded" is a reply of the venue itself; "docs" its
documentation (hyperliquid.gitbook.io); "assumed" is neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Literal

from tieout.simulators.holdings import ZERO

MAIN = ""  # the first dex has no name
USDC = "USDC"
MILLION = 6  # decimals of money
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZERO_HASH = "0x" + "0" * 64

# What `userAbstraction` says of an account. Under the last two, perps and spot share one purse.
Mode = Literal["default", "disabled", "dexAbstraction", "unifiedAccount", "portfolioMargin"]
Kind = Literal["user", "vault", "subAccount"]


def milliseconds(at: datetime) -> int:
    """The venue's only form of time.

    >>> milliseconds(datetime(2026, 3, 2, 19, 51, 12, 65361, tzinfo=UTC))
    1772481072065
    """
    return (at - EPOCH) // timedelta(milliseconds=1)


def truncated(number: Decimal, decimals: int) -> Decimal:
    """Toward zero: how fees and entry prices are cut.

    >>> truncated(Decimal("0.00999795"), 6)
    Decimal('0.009997')
    """
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)


def rounded(number: Decimal, decimals: int = MILLION) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dex:
    """A place where perps trade: the venue's own, or a builder's (HIP-3)."""

    name: str
    full_name: str = ""
    deployer: str = ""
    collateral: str = USDC  # the token that margin, fees and P&L are in


@dataclass(frozen=True, slots=True, kw_only=True)
class Perp:
    """A perpetual; on a builder's dex its coin has the dex before it: `xyz:TSLA`."""

    coin: str
    dex: str
    size_decimals: int
    leverage_max: int
    is_isolated_only: bool = False
    is_delisted: bool = False

    @property
    def price_decimals(self) -> int:
        """The most a price may have, and what entry prices are cut to (recorded)."""
        return 6 - self.size_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Something that spot balances are counted in."""

    name: str
    index: int
    size_decimals: int = 2
    wei_decimals: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A spot market. Its coin is `@107`; only the first ever keeps its name, `PURR/USDC`."""

    coin: str
    index: int
    base: str
    quote: str = USDC


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A signed size and what it cost, exactly; the venue shows the average cut."""

    size: Decimal = ZERO
    cost: Decimal = ZERO  # signed like the size
    leverage: int = 20
    is_isolated: bool = False
    money: Decimal = ZERO  # isolated only: its own purse, "rawUsd"
    # Funding paid (received: below zero), in all and since the last change of size.
    funding_since_open: Decimal = ZERO
    funding_since_change: Decimal = ZERO

    @property
    def is_flat(self) -> bool:
        return self.size == ZERO

    @property
    def average(self) -> Decimal:
        return self.cost / self.size

    def equity(self, mark: Decimal) -> Decimal:
        """What an isolated position is worth."""
        return self.money + self.size * mark

    def closes(self, quantity: Decimal) -> Decimal:
        """How much of a trade closes, signed as the trade; the rest of it opens."""
        if self.size * quantity >= ZERO:
            return ZERO
        return min(abs(quantity), abs(self.size)).copy_sign(quantity)

    def traded(self, quantity: Decimal, price: Decimal) -> "Position":
        """After buying (+) or selling (-): a weighted average, which a reduction does not move."""
        closing = self.closes(quantity)
        opening = quantity - closing
        kept = self.size + closing
        cost = ZERO if kept == ZERO else self.cost * kept / self.size
        spent = quantity * price if self.is_isolated else ZERO
        return replace(
            self,
            size=kept + opening,
            cost=cost + opening * price,
            money=self.money - spent + self.asked(quantity, price),
            funding_since_open=ZERO if kept == ZERO else self.funding_since_open,
            funding_since_change=ZERO,
        )

    def asked(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What an isolated position takes out of the dex's purse for a trade; what it gives back
        is below zero."""
        if not self.is_isolated:
            return ZERO
        closing = self.closes(quantity)
        freed = ZERO if closing == ZERO else self.equity(price) * -closing / self.size
        return abs(quantity - closing) * price / self.leverage - freed

    def funded(self, paid: Decimal) -> "Position":
        return replace(
            self,
            money=self.money - paid if self.is_isolated else self.money,
            funding_since_open=self.funding_since_open + paid,
            funding_since_change=self.funding_since_change + paid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coins:
    """A spot balance: all of it, what open orders hold of it, and what it cost."""

    total: Decimal = ZERO
    hold: Decimal = ZERO
    cost: Decimal = ZERO

    def moved(self, quantity: Decimal, cost: Decimal) -> "Coins":
        """More (+) at a cost, or less (-): then the cost shrinks in proportion."""
        if quantity < ZERO:
            kept = self.total + quantity
            left = ZERO if self.total == ZERO else self.cost * kept / self.total
            return replace(self, total=kept, cost=left)
        return replace(self, total=self.total + quantity, cost=self.cost + cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that an account holds at one moment. Never changed, only followed by another."""

    positions: Mapping[str, Position] = field(default_factory=dict)
    purses: Mapping[str, Decimal] = field(default_factory=dict)  # by dex: cross, "totalRawUsd"
    coins: Mapping[str, Coins] = field(default_factory=dict)
    funding: Mapping[str, Decimal] = field(default_factory=dict)  # paid, by coin, of all time

    def with_position(self, coin: str, position: Position) -> "State":
        others = {name: each for name, each in self.positions.items() if name != coin}
        if position.is_flat:
            return replace(self, positions=others)
        if coin in self.positions:
            return replace(self, positions={**self.positions, coin: position})
        return replace(self, positions={**others, coin: position})

    def with_money(self, dex: str, amount: Decimal) -> "State":
        """The dex's purse after this much more (or less)."""
        purse = self.purses.get(dex, ZERO) + amount
        return replace(self, purses={**self.purses, dex: purse})

    def with_coins(self, token: str, coins: Coins) -> "State":
        return replace(self, coins={**self.coins, token: coins})

    def with_funding(self, coin: str, paid: Decimal) -> "State":
        return replace(self, funding={**self.funding, coin: self.funding.get(coin, ZERO) + paid})

    def held(self, token: str) -> Coins:
        return self.coins.get(token, Coins())
