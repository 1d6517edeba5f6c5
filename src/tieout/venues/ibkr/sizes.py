"""How much of its currency one of a bond is, as the venue's own figures show it.

A gateway has a bond in units of 1,000 of face value at a price for a hundred: 20 at 98.75 are
worth 20 x 98.75 x 10. A statement has the face value itself, so that 20,000 are worth
20,000 x 98.75 x 0.01. Neither says so in its multiplier, but both say what it is worth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.numbers import (
    ONE,
    divide,
    last_digit,
    magnitude,
    multiply,
    normal,
    plain,
    subtract,
)
from tieout.venues.ibkr.wire import Contract, PortfolioRow, number

BONDS = ("BOND", "BILL", "FIXED")
POWERS = tuple(Decimal(f"{ONE.scaleb(power):f}") for power in range(-6, 7))

# What the units of both are where their figures do not show it.
OF_GATEWAY, OF_STATEMENT = Decimal(10), Decimal("0.01")


def size_shown(*, value: Decimal, quantity: Decimal, price: Decimal) -> Decimal | None:
    """The power of ten by which quantity x price is the value, within a unit of the last digit
    of each; None where none is, or more than one.

    >>> size_shown(value=Decimal("19750"), quantity=Decimal(20), price=Decimal("98.75"))
    Decimal('10')
    """
    fit = [each for each in POWERS if _fits(value, quantity, price, each)]
    return fit[0] if len(fit) == 1 else None


def _fits(value: Decimal, quantity: Decimal, price: Decimal, size: Decimal) -> bool:
    units = multiply(quantity, size)
    apart = magnitude(subtract(value, multiply(units, price)))
    of_price = multiply(magnitude(units), last_digit(price))
    return subtract(apart, of_price) <= last_digit(value)


def sizes_in(portfolio: Mapping[str, PortfolioRow]) -> dict[str, str]:
    """The sizes of the bonds in an account's portfolio, by contract id."""
    found = {}
    for con_id, row in portfolio.items():
        figures = number(row.value), number(row.quantity), number(row.price)
        size = shown_by(*figures) if row.contract.kind in BONDS else None
        if size is not None:
            found[con_id] = plain(size)
    return found


def shown_by(
    value: Decimal | None, quantity: Decimal | None, price: Decimal | None
) -> Decimal | None:
    """The size that three figures show, where all are told and none is 0."""
    if not value or not quantity or not price:
        return None
    return size_shown(value=value, quantity=quantity, price=price)


def sized(contract: Contract, sizes: Mapping[str, str]) -> Contract:
    """A bond with the size that is known of it; what it says itself is of another kind of unit."""
    if contract.kind not in BONDS:
        return contract
    return contract._replace(multiplier=sizes.get(contract.con_id, ""))


def in_gateway_units(
    activities: Iterable[Activity], instruments: Iterable[Instrument], *, sizes: Mapping[str, str]
) -> tuple[tuple[Activity, ...], tuple[Instrument, ...]]:
    """What statements tell, with the bonds among it counted as the gateway counts them."""
    factors: dict[str, Decimal] = {}
    found = []
    for each in instruments:
        if each.asset_class == "bond":
            key = each.venue_ids[0]
            size = Decimal(sizes[key]) if key in sizes else OF_GATEWAY
            factors[key] = divide(each.multiplier or OF_STATEMENT, size)
            each = replace(each, multiplier=size)
        found.append(each)
    counted = (_times(each, factors.get(each.venue_id or "", ONE)) for each in activities)
    return tuple(counted), tuple(found)


def _times(activity: Activity, factor: Decimal) -> Activity:
    if factor == ONE or activity.quantity is None:
        return activity
    return replace(activity, quantity=normal(multiply(activity.quantity, factor)))
