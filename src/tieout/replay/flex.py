"""IBKR Flex statements: the trades of an activity query, in XML.

One `Trade` element with `levelOfDetail` EXECUTION is a fill. `quantity` is signed, a commission or
tax is negative where it costs, and `fifoPnlRealized` is IBKR's own figure: first in, first out, net
of the commissions of both sides. What is assigned or exercised realizes nothing there, its premium
goes into the stock, so that is not compared; nor are currency trades.

What the option events (`OptionEAE`) tell and no trade does is read too: see `flex_events`.
An execution that IBKR corrected is there in every version; the highest `ibExecID` counts.

A corporate action of which only the new quantity is told brings units of unknown cost; a forward
split is told by its description. Times are New York's, as Flex has them unless set otherwise.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, ActivityType
from tieout.core.instrument import AssetClass, Instrument
from tieout.core.numbers import ONE, ZERO, negate
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile
from tieout.replay.flex_events import DELIVERIES, OptionEvents, event_fill
from tieout.replay.flex_fields import (
    bond_size,
    codes_of,
    fee_of,
    filled,
    id_of,
    is_closing,
    moment,
    quantity_of,
    split_ratio,
    version_of,
)
from tieout.replay.flex_xml import Element, elements
from tieout.replay.judging import IBKR, Judge
from tieout.replay.repeats import Repeats
from tieout.venues.ibkr.contracts import CLASSES as CATEGORIES
from tieout.venues.ibkr.contracts import DERIVED as CONTRACTS
from tieout.venues.ibkr.flex_words import NEW_YORK

OPTION_ENDS: Mapping[str, ActivityType] = {"Ep": "expiry", "A": "assignment", "Ex": "exercise"}
PREMIUM_MOVES = frozenset(("A", "Ex"))
CANCEL = "TradeCancel"
SECTIONS = ("Trades", "Trade", "CorporateAction", "OptionEAE")


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
        self._events = OptionEvents()
        self._has_trades = False
        self._executions = self._other_levels = self._unused_events = 0
        for fill in self._read():
            if self._repeats.is_first(fill):
                yield fill
        if not self._has_trades:
            needs = "the query needs the section Trades with the level Executions"
            raise self.file.fault(f"has no trades; {needs}")

    def instrument(self, fill: Fill) -> Instrument:
        return self._instruments[fill.instrument]

    @property
    def passed_over(self) -> int:
        """Option events that could not be used, and trades where no execution is among them."""
        return self._unused_events + (0 if self._executions else self._other_levels)

    def remarks(self) -> list[str]:
        left_out = [f"{count} x {why}" for why, count in self._left_out.items()]
        return [*left_out, *self._repeats.remarks()]

    def _read(self) -> Iterator[Fill]:
        """The rows in the order of the file, then the events that are among no trades."""
        for element in elements(self.file, SECTIONS):
            fill = self._fill(element)
            if fill is not None:
                yield fill
        for fields, contract in self._events.unbooked():
            fill = self._event(fields, contract)
            if fill is not None:
                yield fill

    def _event(self, fields: Fields, contract: str) -> Fill | None:
        """An option event that counts, where its contract is known well enough."""
        found = event_fill(fields, contract)
        is_option = fields.text("transactionType") not in DELIVERIES
        kind = CATEGORIES.get(filled(fields, "assetCategory") or ("OPT" if is_option else "STK"))
        is_sized = contract in self._instruments or kind not in CONTRACTS
        if isinstance(found, Fill) and (
            kind is None or not (is_sized or fields.number("multiplier"))
        ):
            found = f"option event {found.activity.symbol}: the size of a contract is not told"
        if isinstance(found, str):
            self._unused_events += 1
            self._left_out[f"not used: {found}"] += 1
            return None
        self._learn(fields, kind or "other", key=contract)
        return found

    def _fill(self, element: Element) -> Fill | None:
        fields = Fields(self.file, element.row)
        match element.name:
            case "Trades":
                self._has_trades = True
                return None
            case "OptionEAE":
                self._events.see(fields)
                return None
            case "Trade":
                level = fields.text("levelOfDetail") or "EXECUTION"
                if level == "EXECUTION":
                    self._executions += 1
                    return self._trade(fields)
                self._other_levels += 1
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
        self._events.see_trade(fields, key, is_event=bool(codes.intersection(OPTION_ENDS)))
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
        key: str | None = None,
        price: Decimal = ZERO,
        quantity: Decimal = ZERO,
    ) -> str:
        """The instrument of a row, told apart by IBKR's contract id."""
        key = key or filled(fields, "conid") or fields.needed("symbol")
        if key in self._instruments:
            return key
        multiplier = fields.number("multiplier")
        if category in CONTRACTS and not multiplier:
            fields.refuse("multiplier", "is missing or empty; a future or option needs it")
        if category == "bond":
            multiplier = bond_size(fields, price=price, quantity=quantity) or multiplier
        self._instruments[key] = Instrument(
            symbol=fields.needed("symbol"),
            asset_class=category,
            currency=fields.text("currency") or "USD",
            multiplier=multiplier or ONE,
        )
        return key
