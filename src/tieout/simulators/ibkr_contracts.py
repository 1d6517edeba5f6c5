"""What Interactive Brokers lists, what a trade in it costs, and how holdings are lined up."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from tieout.simulators.holdings import (
    CONTRACT,
    ONE,
    ZERO,
    Asset,
    Kind,
    OptionTerms,
    option_terms,
)

SecType = Literal["STK", "OPT", "FOP", "FUT", "BOND", "CASH"]
KINDS: Mapping[SecType, Kind] = {
    "STK": "stock",
    "OPT": "option",
    "FOP": "option",
    "BOND": "bond",
    "FUT": "future",
    "CASH": "currency",
}
EXCHANGES: Mapping[SecType, str] = {
    "STK": "NASDAQ",
    "OPT": "CBOE",
    "FOP": "CME",
    "BOND": "SMART",
    "FUT": "CME",
    "CASH": "IDEALPRO",
}
# A bond is 1,000 of face value at a price for a hundred: 21 bonds at 98.7 are worth 20,727.
# Its rows tell no multiplier (a T-bill is held as "21 @ 987.46": bankroll-py/bankroll #4, #29).
BOND = Decimal(10)
_PAIR = re.compile(r"[A-Z]{3}\.[A-Z]{3}")  # EUR.USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Asset):
    """Something IBKR lists. `root` is what it calls the symbol: ES for every future on it."""

    con_id: int
    sec_type: SecType
    root: str
    currency: str = "USD"
    expires_on: date | None = None

    @property
    def shown_multiplier(self) -> Decimal:
        """As rows tell it; 1 is told as nothing."""
        return ONE if self.sec_type == "BOND" else self.multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What a broker takes for a trade; a rebate is below zero and has no least amount."""

    per_unit: Decimal
    least: Decimal = ZERO

    def on(self, quantity: Decimal) -> Decimal:
        taken = quantity * self.per_unit
        return taken if taken < ZERO else max(taken, self.least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a holding that is shown on a line of its own: of a model, or the other side."""

    quantity: Decimal
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of an account's holdings; `cost` is in all, signed like the quantity."""

    account: str  # the number
    contract: Contract
    quantity: Decimal
    cost: Decimal
    model: str = ""
    is_hedge: bool = False


def summed(rows: list[Row]) -> list[Row]:
    """The same without models: their shares are added to the rest; a hedge stays apart."""
    whole: dict[tuple[int, bool], Row] = {}
    for row in rows:
        key = (row.contract.con_id, row.is_hedge)
        before = whole.get(key)
        quantity, cost = row.quantity, row.cost
        if before is not None:
            quantity, cost = before.quantity + quantity, before.cost + cost
        whole[key] = replace(row, quantity=quantity, cost=cost, model="")
    return list(whole.values())


def number_of(symbol: str) -> int:
    """A contract id that is the same in every run."""
    return zlib.crc32(symbol.encode()) % 900_000_000 + 10_000


def listed(
    symbol: str, *, name: str = "", exchange: str = "", currency: str = "", con_id: int = 0
) -> Contract:
    """A stock, an option by its OCC symbol, or a pair of currencies such as `EUR.USD`."""
    terms, sec_type, root = option_terms(symbol), _sec_type_of(symbol), symbol
    if terms is not None:
        root = terms.underlying
    elif sec_type == "CASH":
        root, currency = symbol.split(".")
    return _made(
        symbol,
        sec_type,
        name=name,
        exchange=exchange,
        multiplier=ONE if terms is None else CONTRACT,
        option=terms,
        con_id=con_id,
        root=root,
        currency=currency,
        expires_on=terms.expires_on if terms else None,
    )


def future(
    symbol: str,
    *,
    root: str,
    multiplier: Decimal,
    expires_on: date,
    exchange: str,
    currency: str,
    con_id: int,
) -> Contract:
    """`ESZ6` of root ES."""
    return _made(
        symbol,
        "FUT",
        exchange=exchange,
        multiplier=multiplier,
        con_id=con_id,
        root=root,
        currency=currency,
        expires_on=expires_on,
    )


def option(
    symbol: str,
    *,
    terms: OptionTerms,
    root: str,
    multiplier: Decimal,
    sec_type: SecType,
    exchange: str,
    currency: str,
    con_id: int,
) -> Contract:
    """An option on a share or a future, of any multiplier."""
    return _made(
        symbol,
        sec_type,
        exchange=exchange,
        multiplier=multiplier,
        option=terms,
        con_id=con_id,
        root=root,
        currency=currency,
        expires_on=terms.expires_on,
    )


def bond(symbol: str, *, matures_on: date, exchange: str, currency: str, con_id: int) -> Contract:
    """`IBCID123456789`: bonds have no other symbol."""
    return _made(
        symbol,
        "BOND",
        exchange=exchange,
        multiplier=BOND,
        con_id=con_id,
        root=symbol,
        currency=currency,
        expires_on=matures_on,
    )


def _made(
    symbol: str, sec_type: SecType, *, con_id: int, exchange: str, currency: str, name: str = "",
    **facts: Any,
) -> Contract:  # fmt: skip
    number = con_id or number_of(symbol)
    return Contract(
        id=str(number),
        symbol=symbol,
        kind=KINDS[sec_type],
        name=name or symbol,
        exchange=exchange or EXCHANGES[sec_type],
        con_id=number,
        sec_type=sec_type,
        currency=currency or "USD",
        **facts,
    )


def _sec_type_of(symbol: str) -> SecType:
    if _PAIR.fullmatch(symbol):
        return "CASH"
    return "STK" if option_terms(symbol) is None else "OPT"
