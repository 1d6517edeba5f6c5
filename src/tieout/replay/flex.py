"""IBKR Flex statements: the trades of an activity query, in XML.

One `Trade` element with `levelOfDetail` EXECUTION is a fill. `quantity` is signed, a commission or
tax is negative where it costs, and `fifoPnlRealized` is IBKR's own figure: first in, first out, net
of the commissions of both sides. What is assigned or exercised realizes nothing there, its premium
goes into the stock, so that is not compared; nor are currency trades.

An execution that IBKR corrected is there in every version; the highest `ibExecID` counts.

A corporate action of which only the new quantity is told brings units of unknown cost; a forward
split is told by its description. Times are New York's, as Flex has them unless set otherwise.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from tieout.bulk.exact import shortened
from tieout.core.activity import Activity, ActivityId, ActivityType, Ratio
from tieout.core.instrument import AssetClass, Instrument
from tieout.core.numbers import CENT, ONE, ZERO, add, exact, magnitude, multiply, negate
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile
from tieout.replay.flex_xml import Element, elements
from tieout.replay.judging import IBKR, Judge
from tieout.replay.repeats import Repeats

NEW_YORK = ZoneInfo("America/New_York")
CATEGORIES: Mapping[str, AssetClass] = {
    "STK": "stock", "OPT": "option", "FOP": "option", "WAR": "option", "IOPT": "option",
    "FUT": "future", "CASH": "forex", "BOND": "bond", "BILL": "bond", "FUND": "fund",
    "CRYPTO": "spot", "CFD": "other", "CMDTY": "other",
}  # fmt: skip
CONTRACTS = ("option", "future")
SIGNS = {"BUY": 1, "SELL": -1, "BUY (Ca.)": -1, "SELL (Ca.)": 1}
OPTION_ENDS: Mapping[str, ActivityType] = {"Ep": "expiry", "A": "assignment", "Ex": "exercise"}
PREMIUM_MOVES = frozenset(("A", "Ex"))
CANCEL = "TradeCancel"
NOTHING = ("", "N/A", "--")

_MOMENT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[;,T ]+(\d{2}):?(\d{2}):?(\d{2}))?(?: [A-Z]{2,4})?"
)
_VERSION = re.compile(r"(.+)\.([0-9]{1,9})")
_SPLIT = re.compile(r"\bSPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)\b")


class FlexStatement:
    """The statements of one file, of one or more accounts."""

    judge: Judge = IBKR
    zone: tzinfo = NEW_YORK
    is_ordered = True

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._instruments: dict[str, Instrument] = {}
        self._left_out: Counter[str] = Counter()
        self._repeats = Repeats(file, column="transactionID")
        if file.kind != "xml":
            raise file.fault("is not XML; a Flex query gives it with the format XML")

    def fills(self) -> Iterator[Fill]:
        self._repeats.begin()
        self._left_out.clear()
        self._trades: dict[str, tuple[ActivityId, Decimal]] = {}
        has_trades = False
        for element in elements(self.file, ("Trades", "Trade", "CorporateAction")):
            has_trades = has_trades or element.name == "Trades"
            fill = self._fill(element)
            if fill is not None and self._repeats.is_first(fill):
                yield fill
        if not has_trades:
            needs = "the query needs the section Trades with the level Executions"
            raise self.file.fault(f"has no trades; {needs}")

    def instrument(self, fill: Fill) -> Instrument:
        return self._instruments[fill.instrument]

    def remarks(self) -> list[str]:
        left_out = [f"{count} x {why}" for why, count in self._left_out.items()]
        return [*left_out, *self._repeats.remarks()]

    def _fill(self, element: Element) -> Fill | None:
        fields = Fields(self.file, element.row)
        match element.name:
            case "Trade":
                level = fields.text("levelOfDetail") or "EXECUTION"
                if level == "EXECUTION":
                    return self._trade(fields)
                self._left_out[f"not used: the level {level} among the trades"] += 1
                return None
            case "CorporateAction":
                return self._corporate_action(fields)
            case _:
                return None

    def _trade(self, fields: Fields) -> Fill:
        """An execution, or the row that takes one back."""
        category = fields.word("assetCategory", CATEGORIES)
        codes = codes_of(fields)
        own_id = id_of(fields)
        quantity = quantity_of(fields)
        price = fields.needed_number("tradePrice")
        cancels = self._cancelled(fields, codes, quantity)
        trade = filled(fields, "tradeID")
        if trade is not None and cancels is None:
            self._trades[trade] = (own_id, quantity)
        key = self._learn(fields, category, price=price, quantity=quantity)
        figure = fields.number("fifoPnlRealized")
        is_event = category == "option" and bool(codes.intersection(OPTION_ENDS))
        return Fill(
            row=fields.row.number,
            account=fields.text("accountId"),
            instrument=key,
            activity=Activity(
                id=own_id,
                type=OPTION_ENDS[min(codes.intersection(OPTION_ENDS))] if is_event else "fill",
                symbol=fields.needed("symbol"),
                at=moment(fields),
                quantity=quantity,
                price=price,
                fee=fee_of(fields),
                fee_currency=fields.text("ibCommissionCurrency"),
                cancels=cancels,
                realized_pnl=None if category == "forex" or codes & PREMIUM_MOVES else figure,
            ),
            closes=category != "forex" and (is_event or is_closing(fields, figure)),
            version=version_of(fields) if cancels is None else None,
        )

    def _cancelled(
        self, fields: Fields, codes: frozenset[str], quantity: Decimal
    ) -> ActivityId | None:
        """The execution that a row takes back: by its transaction, else by its trade."""
        is_cancel = fields.text("transactionType") == CANCEL or "Ca" in codes
        if not is_cancel:
            return None
        transaction = filled(fields, "origTransactionID")
        if transaction is not None:
            return ActivityId(transaction)
        trade = filled(fields, "origTradeID") or ""
        known, of = self._trades.get(trade, (ActivityId(trade or "a trade"), quantity))
        return known if of == negate(quantity) else ActivityId(trade or "a trade")

    def _corporate_action(self, fields: Fields) -> Fill | None:
        """A forward split, else units of unknown cost that come or go."""
        kind = fields.text("type") or "of no type"
        symbol = fields.text("symbol") or ""
        quantity = fields.number("quantity")
        if not quantity or not symbol:
            self._left_out[f"not used: corporate action {kind} {symbol}".rstrip()] += 1
            return None
        key = self._learn(fields, CATEGORIES.get(fields.text("assetCategory") or "", "stock"))
        activity = Activity(
            id=id_of(fields), type="transfer", symbol=symbol, at=moment(fields), quantity=quantity
        )
        ratio = split_ratio(fields) if kind == "FS" else None
        if ratio is not None:
            activity = replace(activity, type="split", quantity=None, ratio=ratio)
        else:
            self._left_out[f"corporate action {kind} {symbol}: the cost is not told"] += 1
        return Fill(
            row=fields.row.number, account=fields.text("accountId"), instrument=key,
            activity=activity,
        )  # fmt: skip

    def _learn(
        self,
        fields: Fields,
        category: AssetClass,
        *,
        price: Decimal = ZERO,
        quantity: Decimal = ZERO,
    ) -> str:
        """The instrument of a row, told apart by IBKR's contract id."""
        key = filled(fields, "conid") or fields.needed("symbol")
        if key in self._instruments:
            return key
        multiplier = fields.number("multiplier")
        if category in CONTRACTS and not multiplier:
            fields.refuse("multiplier", "is missing or empty; a future or option needs it")
        if category == "bond" and is_percent(fields, price=price, quantity=quantity):
            multiplier = CENT
        self._instruments[key] = Instrument(
            symbol=fields.needed("symbol"),
            asset_class=category,
            currency=fields.text("currency") or "USD",
            multiplier=multiplier or ONE,
        )
        return key


def filled(fields: Fields, name: str) -> str | None:
    """A text of some worth: IBKR also writes N/A and -- for nothing."""
    text = fields.text(name)
    return None if text in NOTHING else text


def id_of(fields: Fields) -> ActivityId:
    """The id of a row: the transaction's, which a rebooked trade does not share."""
    for name in ("transactionID", "ibExecID", "actionID", "tradeID"):
        found = filled(fields, name)
        if found is not None:
            return ActivityId(found)
    return ActivityId(f"row {fields.row.number}")


def version_of(fields: Fields) -> tuple[str, int] | None:
    """The execution and its version: a correction differs in what is after the last period."""
    # "A correction is indicated by an ExecId which differs only in the digits after the final
    # period": IBKR's API, Execution.execId, which is ibExecID here.
    found = _VERSION.fullmatch(filled(fields, "ibExecID") or "")
    return (found[1], int(found[2])) if found else None


def codes_of(fields: Fields) -> frozenset[str]:
    """The codes in `notes`, such as A for assigned or Ca for cancelled."""
    return frozenset(part.strip() for part in re.split("[;,]", fields.text("notes") or ""))


def quantity_of(fields: Fields) -> Decimal:
    """The signed quantity. The sign is that of `buySell` where the row has it."""
    quantity = fields.needed_number("quantity")
    if not quantity:
        fields.refuse("quantity", "must not be 0")
    if fields.text("buySell") is None:
        return quantity
    sign = fields.word("buySell", SIGNS)
    return magnitude(quantity) if sign > 0 else negate(magnitude(quantity))


def fee_of(fields: Fields) -> Decimal:
    """What a trade cost: commission and taxes, which IBKR has negative."""
    paid = add(fields.number("ibCommission") or ZERO, fields.number("taxes") or ZERO)
    return negate(paid) if paid else ZERO


def is_closing(fields: Fields, figure: Decimal | None) -> bool:
    """Whether IBKR calls a trade a closing; one that also opens the other side is not one."""
    indicator = fields.text("openCloseIndicator")
    if indicator is None:
        return bool(figure)
    return "C" in indicator and "O" not in indicator


def is_percent(fields: Fields, *, price: Decimal, quantity: Decimal) -> bool:
    """Whether a bond's price is of 100 face value, as `tradeMoney` shows."""
    told = fields.number("tradeMoney")
    return told is not None and multiply(multiply(price, quantity), CENT) == told


def split_ratio(fields: Fields) -> Ratio | None:
    """The terms of a split by its description: 4 FOR 1."""
    text = fields.text("actionDescription") or fields.text("description") or ""
    found = _SPLIT.search(text)
    return Ratio(new=exact(found[1]), old=exact(found[2])) if found else None


def moment(fields: Fields) -> datetime:
    """When a trade was done; with only a day, at its beginning."""
    written = filled(fields, "dateTime")
    name = "dateTime" if written is not None else "tradeDate"
    if written is None:
        clock = filled(fields, "tradeTime")
        day = filled(fields, "tradeDate") or filled(fields, "reportDate") or ""
        written = f"{day};{clock}" if clock else day
    found = moment_of(written)
    if found is None:
        allowed = "a time such as 20261120;143000 or 2026-11-20;14:30:00"
        fields.refuse(name, f"{shortened(written)} is not {allowed}")
    return found


def moment_of(text: str) -> datetime | None:
    """A time in New York, in any of the ways a query can be set to, but day before month.

    >>> moment_of("20261120;143000").isoformat(), moment_of("2026-11-20, 14:30:00 EST").isoformat()
    ('2026-11-20T19:30:00+00:00', '2026-11-20T19:30:00+00:00')
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups(default="0"))
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=NEW_YORK)
    except ValueError:
        return None
    return local.astimezone(UTC)
