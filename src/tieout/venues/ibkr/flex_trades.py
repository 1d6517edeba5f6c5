"""Trades of a Flex statement as activities, the ends of options among them.

An execution goes by its `ibExecID`, which is the gateway's execution id: so it counts once,
whichever of the two tells it. Whatever else is booked goes by its transaction. A row that takes
a trade back names it by transaction or by trade id; a trade that is booked again after that has
the old ids, and goes by its transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ibflex import Types
from ibflex.enums import BuySell, Code, OpenClose, OptionAction, TradeType

from tieout.core.activity import Activity, ActivityId, ActivityType
from tieout.core.numbers import ZERO, magnitude, negate
from tieout.venues.ibkr.flex_names import Booked, row_id
from tieout.venues.ibkr.flex_rows import Span, cost_of, span_of, told

EXECUTION = "EXECUTION"
OPTIONS = ("OPT", "FOP", "FSFOP", "FSOPT", "WAR", "IOPT")
ENDS: Mapping[Code, ActivityType] = {
    Code.EXPIRED: "expiry", Code.ASSIGNMENT: "assignment", Code.EXERCISE: "exercise",
    Code.AUTOEXERCISE: "exercise", Code.MANUALEXERCISE: "exercise",
}  # fmt: skip
EVENTS: Mapping[OptionAction, ActivityType] = {
    OptionAction.EXPIRE: "expiry", OptionAction.ASSIGN: "assignment",
    OptionAction.EXERCISE: "exercise",
}  # fmt: skip
FORCED = frozenset((Code.MARGINLOW, Code.LIQUIDATION_FORCED))
CANCELS = (TradeType.TRADECANCEL, TradeType.FRACSHARECANCEL)
SIGNS = {BuySell.BUY: 1, BuySell.CANCELSELL: 1, BuySell.SELL: -1, BuySell.CANCELBUY: -1}


class Trades:
    """The trades of an account, over all of its statements."""

    def __init__(self, booked: Booked) -> None:
        self._booked = booked
        self._by_transaction: dict[str, ActivityId] = {}
        self._by_trade: dict[tuple[str, Decimal], ActivityId] = {}
        self._cancelled: set[str] = set()
        self._ended: set[str] = set()
        self._trades: set[str] = set()
        self._rows: dict[tuple[object, ...], int] = {}
        self._base: str | None = None

    def add(self, rows: Iterable[Types.Trade], *, file: int, base: str | None = None) -> None:
        """The rows of one statement; those that an earlier one has as well count once.

        `base` is the account's currency, where the statement says it: that of its rates.
        """
        self._base = base
        for row in rows:
            level = row.levelOfDetail or EXECUTION
            if level != EXECUTION:
                self._booked.left_out[f"Flex trades of the level {level}"] += 1
            elif self._rows.setdefault(_said(row), file) == file:
                self._add(row, file)

    def add_lots(self, rows: Iterable[Types.Lot]) -> None:
        """What a closing closed, where that is one lot whose opening trade is known."""
        opened: dict[tuple[str | None, datetime], list[ActivityId]] = {}
        for each in self._booked.activities.values():
            opened.setdefault((each.venue_id, each.at), []).append(each.id)
        closed: dict[ActivityId, list[ActivityId | None]] = {}
        for row in rows:
            closing = self._by_transaction.get(row.transactionID or "")
            span = span_of(row.openDateTime, None)
            found = opened.get((row.conid, span[1]), []) if span else []
            if closing is not None:
                closed.setdefault(closing, []).append(found[0] if len(found) == 1 else None)
        for key, lots in closed.items():
            if len(lots) == 1 and lots[0] not in (None, key):
                activity = self._booked.activities[key]
                self._booked.activities[key] = replace(activity, lot=lots[0])

    def _add(self, row: Types.Trade, file: int) -> None:
        booked = self._booked
        quantity, price = signed(row), told(row.tradePrice)
        span = span_of(row.dateTime, row.tradeDate, row.tradeTime)
        if not booked.learn(row, expires=row.expiry):
            return
        symbol = booked.symbol_of(row)
        if quantity is None or price is None or span is None:
            booked.problems.append(
                f"a Flex trade of {symbol}: its quantity, price or time is not told"
            )
            return
        target = self._target(row, quantity)
        activity = self._activity(row, quantity=quantity, price=price, span=span, cancels=target)
        if activity is None:
            booked.left_out[f"Flex rows that take back a trade of {symbol} that is not here"] += 1
            return
        self._note(row, activity)
        booked.activities[activity.id] = activity
        booked.files[activity.id] = file

    def _activity(
        self,
        row: Types.Trade,
        *,
        quantity: Decimal,
        price: Decimal,
        span: Span,
        cancels: ActivityId | None,
    ) -> Activity | None:
        is_cancel = _is_cancel(row)
        if is_cancel and cancels is None:
            return None
        kind = kind_of(row)
        original = self._booked.activities.get(cancels) if cancels else None
        return Activity(
            id=self._id(row, quantity, is_cancel=is_cancel),
            type=original.type if original else kind,
            symbol=self._booked.symbol_of(row),
            at=span[1],
            earliest_at=None if span[0] == span[1] else span[0],
            quantity=quantity,
            price=price,
            fee=cost_of(row.ibCommission, row.taxes),
            fee_currency=row.ibCommissionCurrency or None,
            currency=row.currency or None,
            venue_id=row.conid or None,
            cancels=cancels,
            realized_pnl=None if is_cancel else figure_of(row, kind),
            base_rate=rate_of(row, base=self._base),
        )

    def _id(self, row: Types.Trade, quantity: Decimal, *, is_cancel: bool) -> ActivityId:
        own = row.ibExecID or ""
        is_again = bool({own, row.tradeID or ""} & self._cancelled - {""})
        if own and not is_cancel and not is_again and own not in self._booked.activities:
            return ActivityId(own)
        said = (row.conid, row.symbol, row.dateTime, row.tradeDate, quantity, row.tradePrice)
        return row_id(row.transactionID, row.tradeID, of=said)

    def _target(self, row: Types.Trade, quantity: Decimal) -> ActivityId | None:
        """What a row takes back; an execution that is named may have been told by the gateway."""
        if not _is_cancel(row):
            return None
        found = self._by_transaction.get(row.origTransactionID or "")
        found = found or self._by_trade.get((row.origTradeID or "", negate(quantity)))
        return found or (ActivityId(row.ibExecID) if row.ibExecID else None)

    def _note(self, row: Types.Trade, activity: Activity) -> None:
        quantity = activity.quantity or ZERO
        if row.transactionID:
            self._by_transaction[row.transactionID] = activity.id
        if activity.cancels is not None:
            self._cancelled |= {row.origTradeID or "", row.ibExecID or ""}
            return
        if row.tradeID:
            self._trades.add(row.tradeID)
            self._by_trade[row.tradeID, quantity] = activity.id
        if activity.type in ENDS.values():
            self._ended.add(row.conid or activity.symbol)

    def add_events(self, rows: Iterable[Types.OptionEAE], *, file: int) -> None:
        """Option events that no trade tells; what they deliver is a fill at the strike."""
        for row in rows:
            is_told = bool(row.tradeID) and row.tradeID in self._trades
            if not is_told and (row.conid or row.symbol) not in self._ended:
                self._add_event(row, file)

    def _add_event(self, row: Types.OptionEAE, file: int) -> None:
        booked = self._booked
        if not booked.learn(row, expires=row.expiry):
            return
        symbol, span = booked.symbol_of(row), span_of(None, row.date)
        quantity, action = told(row.quantity), row.transactionType
        is_delivery = action in (OptionAction.BUY, OptionAction.SELL)
        kind = "fill" if is_delivery else EVENTS.get(action) if action else None
        if kind is None or not quantity or span is None:
            booked.left_out[f"Flex option events of {symbol} of which too little is told"] += 1
            return
        if is_delivery:
            size = magnitude(quantity)
            quantity = size if action is OptionAction.BUY else negate(size)
        activity = Activity(
            id=row_id(row.tradeID and f"event:{row.tradeID}", of=(action, row.conid, row.date)),
            type=kind,
            symbol=symbol,
            at=span[1],
            earliest_at=span[0],
            quantity=quantity,
            price=told(row.tradePrice) or ZERO,
            fee=cost_of(row.commisionsAndTax),
            currency=row.currency or None,
            venue_id=row.conid or None,
            realized_pnl=told(row.realizedPnl) if kind == "expiry" else None,
        )
        booked.activities.setdefault(activity.id, activity)
        booked.files.setdefault(activity.id, file)


def _said(row: Types.Trade) -> tuple[object, ...]:
    """What tells a row from others; each has a transaction of its own since 2013."""
    if row.transactionID:
        return (row.transactionID,)
    return (row.tradeID, row.ibExecID, row.conid, row.dateTime, row.quantity, row.tradePrice)


def kind_of(row: Types.Trade) -> ActivityType:
    """What a trade is: the end of an option, a forced one, or a plain fill."""
    codes = set(row.notes)
    is_option = row.assetCategory is not None and row.assetCategory.value in OPTIONS
    ends = [kind for code, kind in ENDS.items() if code in codes]
    if is_option and ends:
        return ends[0]
    return "liquidation" if codes & FORCED else "fill"


def figure_of(row: Types.Trade, kind: ActivityType) -> Decimal | None:
    """IBKR's own realized figure: of what closes, and not where a premium moves into a stock."""
    is_closing = row.openCloseIndicator in (OpenClose.CLOSE, OpenClose.OPENCLOSE)
    is_moved = kind in ("assignment", "exercise")
    return told(row.fifoPnlRealized) if is_closing and not is_moved else None


def rate_of(row: Types.Trade, *, base: str | None) -> Decimal | None:
    """What a unit of the trade's currency was worth in the account's, where they differ."""
    rate = told(row.fxRateToBase)
    is_needed = base is not None and row.currency not in (None, "", base)
    return rate if is_needed and rate is not None and rate > 0 else None


def signed(row: Types.Trade) -> Decimal | None:
    """The signed quantity; the side has the last word where it is told."""
    quantity = told(row.quantity)
    if not quantity or row.buySell is None:
        return quantity or None
    size = magnitude(quantity)
    return size if SIGNS[row.buySell] > 0 else negate(size)


def _is_cancel(row: Types.Trade) -> bool:
    return row.transactionType in CANCELS or Code.CANCEL in row.notes
