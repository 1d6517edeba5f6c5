"""What a company does to a ledger: splits, renames, spin-offs, mergers."""

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from tieout.core.activity import Activity, Ratio
from tieout.core.effect import Effect
from tieout.core.lots import Lot, by_ratio
from tieout.core.movements import Movement
from tieout.core.numbers import (
    NOTHING,
    ONE,
    ZERO,
    Amount,
    add,
    divide,
    money,
    multiply,
    negate,
    subtract,
)
from tieout.core.pnl import Closing, Figures
from tieout.core.position import Basis
from tieout.core.working import Working


def split(effect: Effect) -> str | None:
    activity, to = effect.activity, effect.to
    assert activity.ratio is not None
    before = to.quantity
    to.scale(new=activity.ratio.new, old=activity.ratio.old)
    if activity.cash is None or to.position is None:
        if activity.cash is not None:
            to.receive(
                activity.currency or to.instrument.settled_in, Figures(gross=money(activity.cash))
            )
        return None
    fraction = _fraction(activity, before=before, after=to.quantity)
    if to.position.fraction and not fraction:
        _pay_fraction(effect)
        return None
    _sell_fraction(effect, fraction)
    return None


def _fraction(activity: Activity, *, before: Decimal, after: Decimal) -> Decimal:
    """The units that cash in lieu pays for: what the activity says, else what is not whole."""
    if activity.quantity is not None:
        return subtract(after, add(before, activity.quantity))
    return subtract(after, after.to_integral_value(ROUND_DOWN))


def _sell_fraction(effect: Effect, fraction: Decimal) -> None:
    """Cash in lieu is a sale of the fraction for that cash."""
    activity, to = effect.activity, effect.to
    assert activity.cash is not None
    if not fraction:
        to.receive(
            activity.currency or to.instrument.settled_in, Figures(gross=money(activity.cash))
        )
        return
    units = multiply(fraction, to.instrument.multiplier or ONE)
    is_resized = to.position.is_resized if to.position else False
    movement = effect.movement(negate(fraction), reason="fill")
    to.sell_fraction(
        replace(
            movement,
            price=divide(activity.cash, units),
            proceeds=money(activity.cash),
            reduces=False,
        )
    )
    if to.position is not None:
        to.position = replace(to.position, is_resized=is_resized)


def _pay_fraction(effect: Effect) -> None:
    """Cash for the fraction that the venue had rounded away: give its units back and sell them."""
    to = effect.to
    assert to.position is not None
    fraction = to.position.fraction
    whole = add(to.position.quantity, fraction)
    lots = tuple(
        replace(lot, quantity=by_ratio(lot.quantity, new=whole, old=to.position.quantity))
        for lot in to.position.lots
    )
    to.position = replace(to.position, quantity=whole, lots=lots, fraction=ZERO)
    _sell_fraction(effect, fraction)


def rename(effect: Effect) -> str | None:
    activity, to = effect.activity, effect.to
    assert activity.to is not None
    to.rename(activity.to, venue_id=activity.venue_id)
    return None


def spin_off(effect: Effect) -> str | None:
    activity, parent, child = effect.activity, effect.to, effect.other
    assert activity.ratio is not None
    assert child is not None
    quantity = _new_units(parent.quantity, activity.ratio)
    if not quantity:
        return None
    cost = effect.cost_of(quantity, to=child)
    if activity.cost is not None and parent.position is not None:
        cost = money(activity.cost if quantity > 0 else negate(activity.cost))
        _move_cost_out(parent, cost)
    child.move(
        replace(
            effect.movement(quantity, reason="fill"),
            price=None,
            cost=cost,
            is_cost_known=False,
            base_rate=None,
        )
    )
    _mark_resized(child)
    return None


def _new_units(quantity: Decimal, ratio: Ratio) -> Decimal:
    return by_ratio(quantity, new=ratio.new, old=ratio.old)


def _mark_resized(ledger: Working) -> None:
    if ledger.position is not None:
        ledger.position = replace(ledger.position, is_resized=True)


def _move_cost_out(parent: Working, cost: Amount) -> None:
    """Take a cost out of the parent's lots, pro rata by what each cost."""
    position = parent.position
    assert position is not None
    known = [lot.cost for lot in position.lots if lot.cost is not None]
    whole = ZERO
    for each in known:
        whole = add(whole, each.value)
    left, to_ask = cost, len(known)
    lots: list[Lot] = []
    for lot in position.lots:
        if lot.cost is None or not whole:
            lots.append(lot)
            continue
        to_ask -= 1
        part = cost.share(lot.cost.value, whole) if to_ask else left
        left = left.minus(part)
        lots.append(replace(lot, cost=lot.cost.minus(part), base_cost=None))
    parent.position = replace(position, lots=tuple(lots))


def merger(effect: Effect) -> str | None:
    """Shares of one company become shares of another, cash, or both."""
    activity, old = effect.activity, effect.to
    position = old.position
    if position is None or not position.quantity:
        return None
    cash = money(activity.cash if activity.cash is not None else ZERO)
    is_for_cash_only = effect.other is None or activity.ratio is None
    lots, surplus = _lots_after_cash(
        position.lots, cash, whole=position.quantity, leaves_cost=_has_cost_given(effect)
    )
    if is_for_cash_only:
        lots, surplus = (), _cash_result(position.lots, cash)
    if surplus is None or surplus.value or is_for_cash_only:
        _realize(effect, surplus)
    ended = old.position
    assert ended is not None
    old.position = None
    old.end(replace(ended, quantity=ZERO, lots=()), at=activity.at, by=activity.id, reason="merger")
    if not is_for_cash_only and effect.other is not None and activity.ratio is not None:
        _receive_lots(effect, effect.other, lots, basis=position.basis)
    return None


def _cash_result(lots: tuple[Lot, ...], cash: Amount) -> Amount | None:
    for lot in lots:
        if lot.cost is None:
            return None
        cash = cash.minus(lot.cost)
    return cash


def _has_cost_given(effect: Effect) -> bool:
    """Whether a person says that the new units still cost something: the cash was less then."""
    if effect.other is None:
        return False
    given = effect.cost_of(ONE, to=effect.other)
    return given is not None and given.value > 0


def _lots_after_cash(
    lots: tuple[Lot, ...], cash: Amount, *, whole: Decimal, leaves_cost: bool
) -> tuple[tuple[Lot, ...], Amount | None]:
    """Cash reduces each lot's cost by its share; only what exceeds the cost is realized."""
    surplus: Amount | None = NOTHING
    left = cash
    result = []
    for place, lot in enumerate(lots):
        part = left if place == len(lots) - 1 else cash.share(lot.quantity, whole)
        left = left.minus(part)
        if lot.cost is None:
            result.append(lot)
            surplus = surplus if leaves_cost or not cash.value else None
            continue
        rest = lot.cost.minus(part)
        if rest.value and (rest.value > 0) != (lot.quantity > 0):
            surplus = surplus.minus(rest) if surplus is not None else None
            rest = NOTHING
        result.append(replace(lot, cost=rest))
    return tuple(result), surplus


def _realize(effect: Effect, gross: Amount | None) -> None:
    """Book money that an episode made without a price of its own."""
    old = effect.to
    assert old.position is not None
    currency = effect.activity.currency or old.instrument.settled_in
    fees = NOTHING
    if effect.activity.ratio is None:
        for lot in old.position.lots:
            fees = fees.plus(lot.fees)
    closing = Closing(
        by=effect.activity.id, at=effect.activity.at, quantity=old.quantity, price=None,
        gross=gross, fees=fees, currency=currency,
    )  # fmt: skip
    old.closings.append((old.position.opened_by, closing))
    old.receive(currency, closing.figures)


def _receive_lots(effect: Effect, new: Working, lots: tuple[Lot, ...], *, basis: Basis) -> None:
    """The new company's units, each lot with what is left of its cost."""
    ratio = effect.activity.ratio
    assert ratio is not None
    for lot in lots:
        quantity = _new_units(lot.quantity, ratio)
        cost = lot.cost if lot.cost is not None else effect.cost_of(quantity, to=new)
        new.move(
            Movement(
                by=effect.activity.id if len(lots) == 1 else lot.id,
                at=effect.activity.at,
                quantity=quantity,
                cost=cost,
                is_cost_known=cost is not None,
                basis=basis,
            )
        )
        _carry_fees(new, lot.fees)
    _mark_resized(new)


def _carry_fees(new: Working, fees: Amount) -> None:
    """The opening fees of a lot go where its units went."""
    if new.position is None:
        return
    last = new.position.lots[-1]
    charged = replace(last, fees=last.fees.plus(fees))
    new.position = replace(new.position, lots=(*new.position.lots[:-1], charged))
