"""What each kind of activity does to a ledger."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tieout.core import corporate_actions
from tieout.core.activity import missing_fields
from tieout.core.costs import UnitCost
from tieout.core.effect import Effect
from tieout.core.facts import Happened
from tieout.core.instrument import unknown_size
from tieout.core.lots import UnknownLot
from tieout.core.numbers import (
    ONE,
    ZERO,
    magnitude,
    money,
    multiply,
    negate,
    plain,
    subtract,
    trimmed,
)
from tieout.core.pnl import Figures
from tieout.core.position import Reason
from tieout.core.working import Working

OPTION_LIKE = frozenset(("option", "future"))


def happen(
    fact: Happened, *, to: Working, other: Working | None, given: UnitCost | None
) -> str | None:
    """Apply an activity; what is wrong with it in words, or None where it counted."""
    effect = Effect(fact=fact, to=to, other=other, given=given)
    if to.instrument.multiplier is None and fact.activity.type not in ("funding", "dividend"):
        return unknown_size(to.instrument)
    missing = missing_fields(fact.activity)
    if missing:
        return f"a {fact.activity.type} needs {' and '.join(missing)}"
    before, held = _state(to), to.quantity
    try:
        problem = _EFFECTS[fact.activity.type](effect)
    except UnknownLot as unknown:
        name = str(unknown)
        problem = f"lot {name} is not there or too small" if name else "no lot holds that much"
    if problem is None and _is_beyond_leg(to):
        problem = f"a {to.side} leg of {plain(held)} cannot become {plain(to.quantity)}"
    if problem is not None:
        _restore(to, before)
    return problem


def _is_beyond_leg(to: Working) -> bool:
    """Whether what a hedging venue keeps as long or short ended up on the other side."""
    return (to.side == "long" and to.quantity < 0) or (to.side == "short" and to.quantity > 0)


def _state(to: Working) -> tuple[object, ...]:
    return (to.position, to.totals, list(to.ended), list(to.closings))


def _restore(to: Working, state: tuple[object, ...]) -> None:
    to.position, to.totals, to.ended, to.closings = state  # type: ignore[assignment]


def _needs_lot(effect: Effect, quantity: Decimal) -> bool:
    """Under `specific` a trade that closes must say which lot."""
    held = effect.to.quantity
    closes = bool(held) and (held > 0) != (quantity > 0)
    basis = effect.to.method.basis_at(effect.activity.at)
    return closes and basis == "specific" and effect.activity.lot is None


def _fill(effect: Effect) -> str | None:
    activity = effect.activity
    assert activity.quantity is not None
    if _needs_lot(effect, activity.quantity):
        return "cost basis specific needs the lot that this closes"
    reason: Reason = "fill"
    if activity.type == "liquidation":
        reason = "deleveraged" if activity.deleveraged else "liquidation"
    movement = replace(
        effect.movement(activity.quantity, reason=reason), venue=activity.realized_pnl
    )
    fee = activity.fee if activity.fee is not None else ZERO
    currency = activity.fee_currency or effect.to.instrument.settled_in
    is_foreign = False
    if effect.to.instrument.is_own_coin(currency):
        assert activity.price is not None
        worth = _worth(effect, fee, activity.price)
        movement = replace(movement, quantity=subtract(activity.quantity, fee), fee=worth)
    elif currency == effect.to.instrument.settled_in:
        movement = replace(movement, fee=fee)
    else:
        is_foreign = True
    effect.to.move(movement)
    if fee and is_foreign:
        _charge_other(effect, currency, fee)
    return None


def _worth(effect: Effect, quantity: Decimal, price: Decimal) -> Decimal:
    """What units of this instrument are worth at a price."""
    units = multiply(quantity, effect.to.instrument.multiplier or ONE)
    return trimmed(multiply(units, price), like=price)


def _charge_other(effect: Effect, currency: str, fee: Decimal) -> None:
    """A fee in a third currency is realized at once, apart from the rest."""
    to = effect.to
    figures = Figures(fees=money(fee))
    if to.position is None and to.ended and to.ended[-1].closed_by == effect.activity.id:
        last = to.ended[-1]
        charged = last.totals.with_figures(currency, figures)
        to.ended[-1] = replace(last, totals=charged)
        to.totals = to.totals.with_figures(currency, figures)
        return
    to.receive(currency, figures)


def _fee(effect: Effect) -> str | None:
    activity = effect.activity
    if activity.quantity is None or activity.price is None:
        assert activity.cash is not None, activity.id
        currency = activity.currency or effect.to.instrument.settled_in
        effect.to.receive(currency, Figures(fees=money(negate(activity.cash))))
        return None
    size = magnitude(activity.quantity)
    worth = _worth(effect, size, activity.price)
    if activity.quantity > 0:
        worth = negate(worth)
    movement = replace(effect.movement(activity.quantity, reason="fill"), reduces=False)
    effect.to.move(replace(movement, fee=worth))
    return None


def _funding(effect: Effect) -> str | None:
    activity = effect.activity
    assert activity.cash is not None
    figures = (
        Figures(funding=activity.cash)
        if activity.type == "funding"
        else Figures(income=activity.cash)
    )
    effect.to.receive(activity.currency or effect.to.instrument.settled_in, figures)
    return None


def _transfer(effect: Effect) -> str | None:
    """Units that come or go without a trade: no P&L, and no cost unless one is given."""
    activity = effect.activity
    assert activity.quantity is not None
    cost = effect.cost_of(activity.quantity, to=effect.to)
    if activity.cost is not None:
        cost = money(activity.cost if activity.quantity > 0 else negate(activity.cost))
    effect.to.move(
        replace(
            effect.movement(activity.quantity, reason="transfer"),
            price=None,
            cost=cost,
            is_cost_known=False,
            realizes=False,
            reduces=False,
            base_rate=None,
        )
    )
    return None


def _option_event(effect: Effect) -> str | None:
    """Expiry, assignment, exercise: the units go, at 0 unless a price is given."""
    activity, to = effect.activity, effect.to
    quantity = activity.quantity if activity.quantity is not None else negate(to.quantity)
    if not quantity:
        return None
    held = to.quantity
    if not held or (held > 0) == (quantity > 0) or magnitude(quantity) > magnitude(held):
        return f"an {activity.type} of {plain(quantity)} does not end a position of {plain(held)}"
    price = activity.price if activity.price is not None else ZERO
    reason: Reason = activity.type  # type: ignore[assignment]
    is_worthless = activity.type == "expiry" and not price
    if is_worthless and to.instrument.asset_class not in OPTION_LIKE:
        reason = "worthless"
    to.move(replace(effect.movement(quantity, reason=reason), price=price, reduces=False))
    return None


_EFFECTS: dict[str, Callable[[Effect], str | None]] = {
    "fill": _fill,
    "liquidation": _fill,
    "fee": _fee,
    "funding": _funding,
    "dividend": _funding,
    "split": corporate_actions.split,
    "rename": corporate_actions.rename,
    "spin_off": corporate_actions.spin_off,
    "merger": corporate_actions.merger,
    "transfer": _transfer,
    "expiry": _option_event,
    "assignment": _option_event,
    "exercise": _option_event,
}
