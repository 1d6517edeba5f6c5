"""Corporate actions of a Flex statement: the rows of one action together, its terms from its text.

A split of one contract is told by the units that it adds (8.3796 for 2.7932 in 4 for 1), one that
brings a new contract by two rows, out and in. What an action pays is `proceeds`; `value` is a
worth for the record. Units of which the cost is not told come and go as transfers, without one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ibflex import Types
from ibflex.enums import Code, Reorg

from tieout.core.activity import Activity, ActivityId, ActivityType, Ratio
from tieout.core.numbers import ZERO, add, exact, magnitude, negate
from tieout.venues.ibkr.flex_names import Booked, row_id
from tieout.venues.ibkr.flex_rows import span_of, sum_of, told

_TERMS = re.compile(r"\b(\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)\b", re.IGNORECASE)
_PARENT = re.compile(r"^\s*(\S+?)\s*\(")

Rows = Sequence[Types.CorporateAction]


def add_actions(rows: Iterable[Types.CorporateAction], booked: Booked, *, file: int) -> None:
    """Take in the actions of one statement."""
    groups: dict[str, list[Types.CorporateAction]] = {}
    for row in rows:
        key = row.actionID or row.transactionID or f"{row.type} {row.dateTime} {row.description}"
        groups.setdefault(key, []).append(row)
    for group in groups.values():
        left = [row for row in _not_reversed(group) if booked.learn(row)]
        for activity in _activities(left, booked):
            booked.activities.setdefault(activity.id, activity)
            booked.files.setdefault(activity.id, file)


def _not_reversed(rows: Rows) -> list[Types.CorporateAction]:
    """Without the rows that were taken back, and those that take them back (code Ca)."""
    left = list(rows)
    for taken in [row for row in rows if Code.CANCEL in row.code]:
        left.remove(taken)
        of = [each for each in left if each.conid == taken.conid and _units([each, taken]) == ZERO]
        if of:
            left.remove(of[0])
    return left


def _activities(rows: Rows, booked: Booked) -> list[Activity]:
    if not rows:
        return []
    kind = rows[0].type
    translate = _BY_TYPE.get(kind, _exchange) if kind is not None else _exchange
    found = translate(rows, booked)
    if not found:
        words = f"{kind.value if kind else 'of no type'} {booked.symbol_of(rows[0])}"
        booked.left_out[f"Flex corporate action {words}: it moves no units, or tells no terms"] += 1
    return found


def _activity(rows: Rows, kind: ActivityType, booked: Booked) -> Activity | None:
    """The action's activity, of its first row's instrument and time."""
    row = rows[0]
    span = span_of(row.dateTime, row.reportDate)
    if span is None:
        booked.problems.append(f"a Flex corporate action of {row.symbol} has no time")
        return None
    said = (row.type, row.conid, row.dateTime, row.description)
    return Activity(
        id=row_id(row.actionID and f"action:{row.actionID}", row.transactionID, of=said),
        type=kind,
        symbol=booked.symbol_of(row),
        at=span[1],
        earliest_at=None if span[0] == span[1] else span[0],
        currency=row.currency or None,
    )


def _split(rows: Rows, booked: Booked) -> list[Activity]:
    ratio = _terms(rows[0])
    removed, added = _legs(rows)
    if ratio is None and removed and added:
        ratio = _ratio(added, removed)
    found = _activity(removed or rows, "split", booked)
    if ratio is None or found is None:
        return []
    is_new = bool(removed and added) and added[0].conid != removed[0].conid
    cash = _cash(rows)
    return [replace(found, ratio=ratio, cash=cash, venue_id=added[0].conid if is_new else None)]


def _stock_dividend(rows: Rows, booked: Booked) -> list[Activity]:
    """More of the same for what is held: 1 for 20 makes 21 of 20."""
    terms = _terms(rows[0])
    parent = _PARENT.match(rows[0].description or "")
    found = _activity(rows, "split", booked)
    if terms is None or found is None or not parent or parent[1] != found.symbol:
        return _moves(rows, booked)
    return [replace(found, ratio=Ratio(new=add(terms.old, terms.new), old=terms.old))]


def _spin_off(rows: Rows, booked: Booked) -> list[Activity]:
    """New units for holders of the parent. What they cost is decided by a person."""
    terms = _terms(rows[0])
    parent = _PARENT.match(rows[0].description or "")
    found = _activity(rows, "spin_off", booked)
    if terms is None or found is None or not parent:
        return _moves(rows, booked)
    child = found.symbol
    of = parent[1].removesuffix(".OLD")
    return [replace(found, symbol=of, to=child, ratio=terms, venue_id=rows[0].conid)]


def _exchange(rows: Rows, booked: Booked) -> list[Activity]:
    """Old units for new ones, for money or for both; otherwise units come or go by themselves."""
    removed, added = _legs(rows)
    cash = _cash(rows)
    if not removed or len(added) > 1 or not (added or cash):
        return _moves(rows, booked)
    found = _activity(removed, "merger", booked)
    if found is None:
        return []
    if not added:
        return [replace(found, cash=cash)]
    ratio, to = _ratio(added, removed), booked.symbol_of(added[0])
    if ratio.new == ratio.old and cash is None:
        return [replace(found, type="rename", to=to, venue_id=added[0].conid)]
    return [replace(found, to=to, ratio=ratio, cash=cash, venue_id=added[0].conid)]


def _worthless(rows: Rows, booked: Booked) -> list[Activity]:
    """Units that are taken out for nothing end at 0."""
    if _cash(rows) is not None:
        return _exchange(rows, booked)
    found = _activity(rows, "expiry", booked)
    units = _units(rows)
    return [replace(found, quantity=units, price=ZERO)] if found and units else []


def _moves(rows: Rows, booked: Booked) -> list[Activity]:
    """Units that come or go, each contract's by itself; their cost is not told."""
    found = []
    for conid in dict.fromkeys(row.conid for row in rows):
        own = [row for row in rows if row.conid == conid]
        units, activity = _units(own), _activity(own, "transfer", booked)
        if units and activity is not None:
            key = ActivityId(f"{activity.id}:{conid or activity.symbol}")
            found.append(replace(activity, id=key, quantity=units, venue_id=conid or None))
    return found


def _legs(rows: Rows) -> tuple[list[Types.CorporateAction], list[Types.CorporateAction]]:
    """The rows that take units out and those that bring some. For a short it is turned round.

    Where the signs leave it open, the row whose symbol is of old is the one that goes.
    """
    removed = [row for row in rows if (told(row.quantity) or ZERO) < ZERO]
    added = [row for row in rows if (told(row.quantity) or ZERO) > ZERO]
    if any((row.symbol or "").endswith(".OLD") for row in added):
        removed, added = added, removed
    return removed, added


def _ratio(added: Rows, removed: Rows) -> Ratio:
    return Ratio(new=magnitude(_units(added)), old=magnitude(_units(removed)))


def _units(rows: Rows) -> Decimal:
    return sum_of([row.quantity for row in rows])


def _cash(rows: Rows) -> Decimal | None:
    return sum_of([row.proceeds for row in rows]) or None


def _terms(row: Types.CorporateAction) -> Ratio | None:
    """New for old, as the text says it."""
    found = _TERMS.search(row.actionDescription or row.description or "")
    if found is None or not exact(found[1]) or not exact(found[2]):
        return None
    return Ratio(new=exact(found[1]), old=exact(found[2]))


_BY_TYPE: Mapping[Reorg, Callable[[Rows, Booked], list[Activity]]] = {
    Reorg.FORWARDSPLIT: _split,
    Reorg.FORWARDSPLITISSUE: _split,
    Reorg.REVERSESPLIT: _split,
    Reorg.STOCKDIV: _stock_dividend,
    Reorg.SPINOFF: _spin_off,
    Reorg.DELISTWORTHLESS: _worthless,
}


def add_transfers(rows: Iterable[Types.Transfer], booked: Booked, *, file: int) -> None:
    """Positions that come from or go to elsewhere. Their worth is told, and not their cost."""
    for row in rows:
        size = told(row.quantity)
        if not size or (row.levelOfDetail or "").upper() == "LOT" or not booked.learn(row):
            continue
        direction = row.direction.value if row.direction else ""
        quantity = {"IN": magnitude(size), "OUT": negate(magnitude(size))}.get(direction, size)
        said = (row.date, row.conid, size, row.account)
        _add_transfer(row, quantity, None, row_id(row.transactionID, of=said), booked, file)


def add_trade_transfers(rows: Iterable[Types.TradeTransfer], booked: Booked, *, file: int) -> None:
    """Trades done elsewhere and delivered here, or the other way; what they cost is told."""
    for row in rows:
        size = told(row.quantity)
        if not size or not booked.learn(row):
            continue
        direction = row.direction.value if row.direction else ""
        quantity = {"From": magnitude(size), "To": negate(magnitude(size))}.get(direction, size)
        cost = told(row.cost)
        said = (row.tradeDate, row.tradeTime, row.conid, size)
        key = row_id(row.transactionID, row.tradeID, of=said)
        is_in = quantity > ZERO
        _add_transfer(row, quantity, magnitude(cost) if cost and is_in else None, key, booked, file)


def _add_transfer(
    row: Types.Transfer | Types.TradeTransfer,
    quantity: Decimal,
    cost: Decimal | None,
    key: ActivityId,
    booked: Booked,
    file: int,
) -> None:
    if isinstance(row, Types.Transfer):
        span = span_of(row.dateTime, row.date or row.reportDate)
    else:
        span = span_of(None, row.tradeDate or row.reportDate, row.tradeTime)
    symbol = booked.symbol_of(row)
    if span is None:
        booked.problems.append(f"a Flex transfer of {symbol} has no day")
        return
    activity = Activity(
        id=key,
        type="transfer",
        symbol=symbol,
        at=span[1],
        earliest_at=None if span[0] == span[1] else span[0],
        quantity=quantity,
        cost=cost,
        currency=row.currency or None,
        venue_id=row.conid or None,
    )
    booked.activities.setdefault(key, activity)
    booked.files.setdefault(key, file)
