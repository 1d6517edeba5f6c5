"""What the first reading of an account may book while it is not whole.

A book takes over a first whole snapshot as it is, and only listed fills that account for all of a
position count. Where the snapshot is not whole there is nothing to take over yet, and each fill
would be booked as if nothing had been held before it: the last sale of an old long as a short. So
until then only what accounts for all of a position is told, and the rest comes again later.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from tieout.core.activity import Activity
from tieout.core.numbers import ZERO, add, subtract
from tieout.core.snapshot import Holding
from tieout.venues.http.bodies import number


def accounted_for(
    activities: Sequence[Activity], *, holdings: Iterable[Holding], is_read: Callable[[str], bool]
) -> tuple[Activity, ...]:
    """The activities of what they lead to from nothing, as it was reported.

    `is_read` says of a symbol whether the list that it would be in was read.
    """
    reported: dict[str, Decimal | None] = {}
    for row in holdings:
        reported[row.symbol] = None if row.problem else number(row.quantity)
    has_strange_row = "" in reported
    led: dict[str, Decimal] = {}
    for each in activities:
        led[each.symbol] = add(led.get(each.symbol, ZERO), _moved(each))

    def is_accounted_for(symbol: str) -> bool:
        flat = None if has_strange_row else ZERO
        return is_read(symbol) and led[symbol] == reported.get(symbol, flat)

    return tuple(each for each in activities if is_accounted_for(each.symbol))


def _moved(activity: Activity) -> Decimal:
    """What an activity moves of its own instrument: a fee in the coin comes out of it."""
    quantity = activity.quantity or ZERO
    is_in_coin = activity.symbol.partition("/")[0] == activity.fee_currency
    return subtract(quantity, activity.fee or ZERO) if is_in_coin else quantity
