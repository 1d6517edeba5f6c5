"""Which leg of a hedging account a trade belongs to, as far as the exchange's own row tells."""

from collections.abc import Collection, Iterable, Mapping

from tieout.core.activity import Side
from tieout.core.numbers import ZERO
from tieout.venues.ccxt.positions import LEGS, SIDES
from tieout.venues.ccxt.values import Row, number, word

NAMES = ("posSide", "positionSide", "holdSide")
REDUCES = ("reduceOnly", "isReduceOnly")


def hedged_of(rows: Iterable[Row], before: Collection[str]) -> frozenset[str]:
    """The symbols whose long and short are kept apart: as rows say, else as they said before.

    A leg that was closed has no row any more that could say so.
    """
    told = [(str(row.get("symbol")), row.get("hedged")) for row in rows]
    apart = {symbol for symbol, is_hedged in told if is_hedged is True}
    as_one = {symbol for symbol, is_hedged in told if is_hedged is False}
    return frozenset((set(before) - as_one) | apart)


def leg_of(row: Row, *, is_hedged: bool) -> Side | None:
    """The leg of a trade; None where there are no legs, or where it is not told.

    What sells and closes is of the long leg, what sells and opens of the short one.

    >>> sold = {"side": "sell", "amount": "2", "info": {"closedSize": "2"}}
    >>> leg_of(sold, is_hedged=True), leg_of(sold, is_hedged=False)
    ('long', None)
    """
    raw = row.get("info")
    if not isinstance(raw, Mapping):
        return None
    leg = LEGS.get(str(raw.get("positionIdx")))
    for name in NAMES:
        leg = leg or SIDES.get(str(raw.get(name)).lower())
    if leg is not None or not is_hedged:
        return leg
    is_closing = _is_closing(raw, row)
    if is_closing is None:
        return None
    return "long" if (row.get("side") == "buy") != is_closing else "short"


def _is_closing(raw: Row, row: Row) -> bool | None:
    if any(raw.get(name) is True or word(raw.get(name)) == "true" for name in REDUCES):
        return True
    closed = number(raw.get("closedSize"))
    # No trade of a leg closes and opens.
    return bool(closed) if closed in (ZERO, number(row.get("amount"))) else None
