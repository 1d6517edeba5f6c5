"""What a position is made of, and which units a closing takes.

Lots keep their total cost, not a price: the last disposal takes exactly what is left, so the
parts always add up to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.numbers import (
    NOTHING,
    ZERO,
    Amount,
    add,
    divide,
    magnitude,
    multiply,
    normal,
    subtract,
    trimmed,
)
from tieout.core.policy import CostBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Units that came together. Quantity and cost are signed alike; cost None is not known.

    `id` is the activity that opened it, or the time of a lot the book started with. `fees` are
    the opening fees that these units still carry. `base_cost` is both together in the account's own
    currency, at the rate of the opening; None where no rate is known, or needed.
    """

    id: str
    quantity: Decimal
    cost: Amount | None
    fees: Amount
    at: datetime
    base_cost: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a closing took out of the lots: its cost (None if unknown) and its opening fees."""

    lots: tuple[Lot, ...]
    cost: Amount | None
    fees: Amount
    base_cost: Amount | None = None


class UnknownLot(Exception):
    """The lot that a closing names is not there, or does not hold that much."""


def total_quantity(lots: Sequence[Lot]) -> Decimal:
    """The units of all lots together."""
    total = ZERO
    for lot in lots:
        total = add(total, lot.quantity)
    return total


def total_cost(lots: Sequence[Lot]) -> Amount | None:
    """The cost of all lots together; None as soon as one is not known."""
    total = NOTHING
    for lot in lots:
        if lot.cost is None:
            return None
        total = total.plus(lot.cost)
    return total


def total_base_cost(lots: Sequence[Lot]) -> Amount | None:
    """The cost and opening fees of all lots in base currency; None as soon as one is not known."""
    total: Amount | None = NOTHING
    for lot in lots:
        total = _together(total, lot.base_cost)
    return total


def _together(one: Amount | None, other: Amount | None) -> Amount | None:
    return one.plus(other) if one is not None and other is not None else None


def total_fees(lots: Sequence[Lot]) -> Amount:
    """The opening fees that all lots together still carry."""
    total = NOTHING
    for lot in lots:
        total = total.plus(lot.fees)
    return total


def opened(lots: tuple[Lot, ...], lot: Lot, *, basis: CostBasis) -> tuple[Lot, ...]:
    """The lots after `lot` came in: one pool under `average`, a lot of its own otherwise."""
    if basis != "average" or not lots:
        return (*lots, lot)
    pool = lots[0]
    known = pool.cost is not None and lot.cost is not None
    return (
        replace(
            pool,
            quantity=add(pool.quantity, lot.quantity),
            cost=pool.cost.plus(lot.cost) if known else None,  # type: ignore[union-attr,arg-type]
            fees=pool.fees.plus(lot.fees),
            base_cost=_together(pool.base_cost, lot.base_cost),
        ),
    )


def pooled(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """All lots as the one pool that the `average` method keeps."""
    if len(lots) < 2:
        return lots
    first = lots[0]
    return (
        replace(
            first,
            quantity=total_quantity(lots),
            cost=total_cost(lots),
            fees=total_fees(lots),
            base_cost=total_base_cost(lots),
        ),
    )


def taken(
    lots: tuple[Lot, ...],
    quantity: Decimal,
    *,
    basis: CostBasis,
    lot: str | None = None,
    inverse: bool = False,
) -> Taken:
    """Take `quantity` (signed like the lots, at most all of them) out, in the method's order.

    Raises UnknownLot under `specific` when the named lot does not hold that much.
    """
    if quantity == total_quantity(lots) and not (basis == "specific" and lot is not None):
        return Taken(
            lots=(),
            cost=total_cost(lots),
            fees=total_fees(lots),
            base_cost=total_base_cost(lots),
        )
    left = list(lots)
    cost: Amount | None = NOTHING
    base_cost: Amount | None = NOTHING
    fees = NOTHING
    to_take = quantity
    for found in in_order(lots, basis=basis, lot=lot, inverse=inverse):
        part = found.quantity if magnitude(found.quantity) <= magnitude(to_take) else to_take
        piece, rest = _split(found, part)
        cost = _together(cost, piece.cost)
        base_cost = _together(base_cost, piece.base_cost)
        fees = fees.plus(piece.fees)
        place = left.index(found)
        left[place : place + 1] = [rest] if rest is not None else []
        to_take = subtract(to_take, part)
        if not to_take:
            break
    if to_take:
        raise UnknownLot(lot or "")
    return Taken(lots=tuple(left), cost=cost, fees=fees, base_cost=base_cost)


def _split(lot: Lot, part: Decimal) -> tuple[Lot, Lot | None]:
    """A lot as the part that goes and the part that stays; the last part takes what is left."""
    if part == lot.quantity:
        return lot, None
    cost = lot.cost.share(part, lot.quantity) if lot.cost is not None else None
    fees = lot.fees.share(part, lot.quantity)
    known = lot.base_cost
    base_cost = known.share(part, lot.quantity) if known is not None else None
    gone = replace(lot, quantity=part, cost=cost, fees=fees, base_cost=base_cost)
    stays = replace(
        lot,
        quantity=subtract(lot.quantity, part),
        cost=lot.cost.minus(cost) if lot.cost is not None and cost is not None else None,
        fees=lot.fees.minus(fees),
        base_cost=known.minus(base_cost) if known is not None and base_cost is not None else None,
    )
    return gone, stays


def in_order(
    lots: tuple[Lot, ...], *, basis: CostBasis, lot: str | None = None, inverse: bool = False
) -> Sequence[Lot]:
    """The lots in the order in which a closing takes them.

    `hifo` takes first what gains least: the dearest of a long, the cheapest sale of a short, the
    oldest of equals. `specific` takes the named lot only; without a name, the oldest first.
    """
    if basis == "lifo":
        return tuple(reversed(lots))
    if basis == "specific" and lot is not None:
        return tuple(found for found in lots if found.id == lot)
    if basis == "hifo":
        return sorted(lots, key=lambda found: _gain_rank(found, inverse=inverse))
    return lots


def _gain_rank(lot: Lot, *, inverse: bool) -> tuple[int, Decimal]:
    """Lots of unknown cost last, then the dearest long or the cheapest short first.

    The cost of an inverse contract falls as its price rises, so its order is the other way.
    """
    if lot.cost is None:
        return (1, ZERO)
    unit_cost = divide(lot.cost.value, magnitude(lot.quantity))
    return (0, unit_cost if inverse else unit_cost.copy_negate())


def scaled(lots: tuple[Lot, ...], *, new: Decimal, old: Decimal) -> tuple[Lot, ...]:
    """The lots after a split: other quantities, the same cost and fees.

    The last lot takes what is left of the whole, so that roundings do not add up.
    """
    left = by_ratio(total_quantity(lots), new=new, old=old)
    result = []
    for place, lot in enumerate(lots):
        is_last = place == len(lots) - 1
        quantity = left if is_last else by_ratio(lot.quantity, new=new, old=old)
        left = subtract(left, quantity)
        result.append(replace(lot, quantity=quantity))
    return tuple(result)


def tidy(lots: tuple[Lot, ...]) -> tuple[Lot, ...]:
    """The lots without the zeros that parts of a unit left behind their quantities."""
    return tuple(replace(lot, quantity=normal(lot.quantity)) for lot in lots)


def by_ratio(quantity: Decimal, *, new: Decimal, old: Decimal) -> Decimal:
    """A quantity after a ratio; whole ratios keep every digit, and no zeros come from any."""
    product = multiply(quantity, new)
    return trimmed(product if old == 1 else divide(product, old), like=quantity)
