"""One movement of one position: units come in, units go out, or both through zero."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tieout.core.calendar import new_york_day
from tieout.core.instrument import Instrument
from tieout.core.lots import Lot, Taken, opened, pooled, taken, total_quantity
from tieout.core.numbers import (
    NOTHING,
    ZERO,
    Amount,
    add,
    magnitude,
    money,
    negate,
    subtract,
    truncate,
)
from tieout.core.pnl import (
    BaseFigure,
    Closing,
    Figures,
    Totals,
    base_after,
    base_figure,
    gross_pnl,
    value_at,
)
from tieout.core.policy import CostBasis
from tieout.core.position import Basis, Position, Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units that come or go: `quantity` is the signed change of the position.

    `fee` is money in the instrument's currency. Units that come in cost `cost` in total, or their
    quantity at `price`; `proceeds` is what units that go bring, where a price would be rounded;
    `is_cost_known` False says that neither is their cost. A movement that
    does not realize (a transfer) takes the cost of its units along. `reduces` says whether what
    is left of a position is called REDUCED. `base_rate` is the account's own currency for one unit
    of the instrument's, where that is known.
    """

    by: str
    at: datetime
    quantity: Decimal
    price: Decimal | None = None
    fee: Decimal = ZERO
    reason: Reason = "fill"
    is_estimated: bool = False
    realizes: bool = True
    proceeds: Amount | None = None
    cost: Amount | None = None
    is_cost_known: bool = True
    lot: str | None = None
    reduces: bool = True
    basis: Basis = "actual"
    venue: Decimal | None = None
    status: Status = "OPEN"
    base_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a movement did: the position after it, the one it ended, the closing it realized."""

    position: Position | None
    ended: Position | None = None
    closing: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How cost is kept, and whether the venue cuts averages when it realizes, as Hyperliquid does.

    `since` are the bases an account has had and from when: changing the setting does not rewrite
    what was realized before. `is_by_day` keeps the openings of one New York day as one lot.
    `has_fees_inside` says that the venue's averages contain the opening fees, as IBKR's do.
    `base_currency` is the account's own, in which closings are valued where rates are known.
    """

    cost_basis: CostBasis
    is_by_day: bool = False
    truncates: bool = False
    has_fees_inside: bool = False
    since: tuple[tuple[datetime, CostBasis], ...] = ()
    base_currency: str | None = None

    def contains_fees(self, instrument: Instrument) -> bool:
        """Whether the venue's average of this has its opening fees inside.

        Those of a Hyperliquid token have: its fees are taken out of the tokens bought.
        """
        return self.has_fees_inside or (self.truncates and instrument.asset_class == "spot")

    def basis_at(self, at: datetime) -> CostBasis:
        """The cost basis in force at a time."""
        found = self.cost_basis if not self.since else self.since[0][1]
        for start, basis in self.since:
            if start <= at:
                found = basis
        return found


def move(
    position: Position | None, movement: Movement, *, instrument: Instrument, method: Method
) -> Moved:
    """Apply a movement: increase, reduce, close, or close and open on the other side."""
    held = position.quantity if position else ZERO
    if not held or (held > 0) == (movement.quantity > 0):
        return Moved(position=increased(position, movement, instrument=instrument, method=method))
    if magnitude(movement.quantity) <= magnitude(held):
        return reduced(_held(position), movement, instrument=instrument, method=method)
    return _through_zero(_held(position), movement, instrument=instrument, method=method)


def _held(position: Position | None) -> Position:
    assert position is not None
    return position


def increased(
    position: Position | None, movement: Movement, *, instrument: Instrument, method: Method
) -> Position:
    """More units on the same side, or the first ones of an episode."""
    cost, fees = _cost_of(movement, instrument), money(movement.fee)
    lot = Lot(
        id=movement.by,
        quantity=movement.quantity,
        cost=cost,
        fees=fees,
        at=movement.at,
        base_cost=_in_base(cost, fees, movement.base_rate),
    )
    if position is None or not position.quantity:
        return Position(
            quantity=movement.quantity,
            lots=(lot,),
            basis=movement.basis,
            status=movement.status,
            opened_at=movement.at,
            opened_by=movement.by,
        )
    is_actual = position.basis == movement.basis == "actual"
    return replace(
        position,
        quantity=add(position.quantity, movement.quantity),
        lots=_lots_with(position.lots, lot, method=method, at=movement.at),
        basis="actual" if is_actual else "venue",
        status="OPEN" if position.status == "REDUCED" else position.status,
        is_resized=False,
    )


def _cost_of(movement: Movement, instrument: Instrument) -> Amount | None:
    """What units that come in cost, signed like them; None where nobody knows."""
    if movement.cost is not None:
        return movement.cost
    if not movement.is_cost_known or movement.price is None:
        return None
    if instrument.multiplier is None:
        return None
    return value_at(
        movement.quantity, price=movement.price, multiplier=instrument.multiplier,
        inverse=instrument.inverse,
    )  # fmt: skip


def _in_base(cost: Amount | None, fees: Amount, rate: Decimal | None) -> Amount | None:
    return cost.plus(fees).times(rate) if cost is not None and rate is not None else None


def _lots_with(lots: tuple[Lot, ...], lot: Lot, *, method: Method, at: datetime) -> tuple[Lot, ...]:
    """The lots with one more; a method by day keeps what opened on one New York day together."""
    if method.is_by_day and lots and new_york_day(lots[-1].at) == new_york_day(lot.at):
        return (*lots[:-1], *opened(lots[-1:], lot, basis="average"))
    basis = method.basis_at(at)
    return opened(pooled(lots) if basis == "average" else lots, lot, basis=basis)


def reduced(
    position: Position, movement: Movement, *, instrument: Instrument, method: Method
) -> Moved:
    """Fewer units, down to none at all; raises UnknownLot where the method cannot take them."""
    part = negate(movement.quantity)
    basis = method.basis_at(movement.at)
    lots = pooled(position.lots) if basis == "average" else position.lots
    out = taken(lots, part, basis=basis, lot=movement.lot, inverse=instrument.inverse)
    closing = None
    totals, base = position.totals, position.base
    if movement.realizes:
        closing = _closing(position, movement, out, instrument=instrument, method=method)
        base = base_after(base, totals, closing)
        totals = totals.plus(Totals({closing.currency: closing.figures}))
    left = replace(
        position,
        quantity=subtract(position.quantity, part),
        lots=out.lots,
        totals=totals,
        base=base,
        status=_status_after(position, movement),
        is_resized=False,
    )
    if left.quantity:
        return Moved(position=left, closing=closing)
    return Moved(position=None, ended=left, closing=closing)


def _status_after(position: Position, movement: Movement) -> Status:
    """What is left of a trade is REDUCED; an opening that is not confirmed stays OPENING."""
    if position.status == "OPENING" or not movement.reduces:
        return position.status
    return "REDUCED"


def _closing(
    position: Position, movement: Movement, out: Taken, *, instrument: Instrument, method: Method
) -> Closing:
    """The realization of the units taken out, with their opening fees and the closing fee."""
    part = negate(movement.quantity)
    gross = _gross(out.cost, movement, instrument=instrument)
    method_gross = None
    if method.truncates and gross is not None:
        method_gross = _gross_at_cut_average(position, movement, instrument=instrument)
        if method.contains_fees(instrument):
            method_gross = gross.minus(out.fees).value
    fees = out.fees.plus(money(movement.fee))
    return Closing(
        by=movement.by,
        at=movement.at,
        quantity=part,
        price=movement.price,
        gross=gross,
        fees=fees,
        currency=instrument.settled_in,
        is_estimated=movement.is_estimated,
        venue=movement.venue,
        method_gross=method_gross,
        base=_base(gross.minus(fees) if gross is not None else None, movement, out, method),
    )


def _base(net: Amount | None, movement: Movement, out: Taken, method: Method) -> BaseFigure | None:
    """The closing in base currency; None where a rate of its opening or of itself is not known."""
    rate, currency = movement.base_rate, method.base_currency
    if net is None or out.cost is None or out.base_cost is None:
        return None
    if rate is None or currency is None:
        return None
    paid = out.cost.plus(out.fees)
    return base_figure(net, paid=paid, base_cost=out.base_cost, rate=rate, currency=currency)


def _gross(cost: Amount | None, movement: Movement, *, instrument: Instrument) -> Amount | None:
    """What the units that go make before fees; None where their cost or price is not known."""
    price, multiplier = movement.price, instrument.multiplier
    if cost is None or price is None or multiplier is None:
        return None
    gross = gross_pnl(
        negate(movement.quantity), price=price, cost=cost, multiplier=multiplier,
        inverse=instrument.inverse,
    )  # fmt: skip
    if gross is None or movement.proceeds is None:
        return gross
    return movement.proceeds.minus(cost)


def _gross_at_cut_average(
    position: Position, movement: Movement, *, instrument: Instrument
) -> Decimal | None:
    """What a venue shows that cuts the average before it realizes; None where there is none."""
    average = position.average_price(instrument)
    if average is None or instrument.price_decimals is None:
        return None
    cut = truncate(average, instrument.price_decimals)
    units = Movement(by="", at=movement.at, quantity=negate(movement.quantity), price=cut)
    gross = _gross(_cost_of(units, instrument), movement, instrument=instrument)
    return gross.value if gross is not None else None


def _through_zero(
    position: Position, movement: Movement, *, instrument: Instrument, method: Method
) -> Moved:
    """Close the old episode and open one on the other side; the fee divides by quantity."""
    closing_quantity = negate(position.quantity)
    opening_quantity = add(movement.quantity, position.quantity)
    fee = money(movement.fee)
    closing_fee = fee.share(closing_quantity, movement.quantity)
    opening_fee = fee.minus(closing_fee)
    closed = reduced(
        position,
        replace(movement, quantity=closing_quantity, fee=ZERO),
        instrument=instrument,
        method=method,
    )
    cost = None
    if movement.cost is not None:
        cost = movement.cost.share(opening_quantity, movement.quantity)
    opening = replace(movement, quantity=opening_quantity, fee=ZERO, cost=cost)
    other_side = increased(None, opening, instrument=instrument, method=method)
    rate, lot = movement.base_rate, other_side.lots[0]
    base_cost = _in_base(lot.cost, opening_fee, rate)
    return Moved(
        position=replace(other_side, lots=(replace(lot, fees=opening_fee, base_cost=base_cost),)),
        ended=_with_fee(closed.ended, closed.closing, closing_fee, rate),
        closing=_closing_with_fee(closed.closing, closing_fee, rate),
    )


def _closing_with_fee(closing: Closing | None, fee: Amount, rate: Decimal | None) -> Closing | None:
    if closing is None:
        return None
    base = _base_after_fee(closing.base, fee, rate)
    return replace(closing, fees=closing.fees.plus(fee), base=base)


def _base_after_fee(
    base: BaseFigure | None, fee: Amount, rate: Decimal | None
) -> BaseFigure | None:
    return base.after_fee(fee.times(rate)) if base is not None and rate is not None else base


def _with_fee(
    ended: Position | None, closing: Closing | None, fee: Amount, rate: Decimal | None
) -> Position:
    assert ended is not None
    if closing is None:
        return ended
    charged = Totals({closing.currency: Figures(fees=fee)})
    base = _base_after_fee(ended.base, fee, rate)
    return replace(ended, totals=ended.totals.plus(charged), base=base)


def restated(
    position: Position, *, average: Decimal | None, instrument: Instrument, method: Method
) -> Position:
    """The position at another average: its lots become one, the basis is the venue's.

    Opening fees that the venue's average has inside are paid with it, and not a second time.
    """
    multiplier = instrument.multiplier
    cost = None
    if average is not None and multiplier is not None:
        cost = value_at(
            position.quantity, price=average, multiplier=multiplier, inverse=instrument.inverse
        )
    fees = NOTHING
    for lot in position.lots:
        fees = fees.plus(lot.fees)
    if cost is not None and method.contains_fees(instrument):
        fees = NOTHING
    first = position.lots[0]
    assert total_quantity(position.lots) == position.quantity, position.opened_by
    lot = replace(first, quantity=position.quantity, cost=cost, fees=fees, base_cost=None)
    return replace(position, lots=(lot,), basis="venue")
