"""Coinbase Advanced's historical fills (`/orders/historical/fills`), newest first.

A fill carries no position and no realized figure. Spot cannot be sold short, so coins that no fill
bought were there before. `size` is in the quote currency where
`size_in_quote` says so; `commission` is in the quote currency. A future's fill does not tell the
size of a contract, so futures are left out.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument, spelling_key, told_by_symbol
from tieout.core.numbers import divide, negate, normal
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile
from tieout.replay.judging import PLAIN, Judge
from tieout.replay.repeats import Repeats

SIDES = {"BUY": 1, "SELL": -1}
PERPETUALS = "-PERP-INTX"
AMOUNT_DIGIT = Decimal("1E-16")  # an account's amounts have 16 decimals
_FUTURE = re.compile(r"[A-Z0-9]+-[0-9]{1,2}[A-Z]{3}[0-9]{2}-CDE")


class CoinbaseFills:
    """Replies of the API, one or several, or the list of their fills."""

    judge: Judge = PLAIN
    zone: tzinfo = UTC
    is_ordered = True

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._left_out: Counter[str] = Counter()
        self._repeats = Repeats(file, column="entry_id")

    def fills(self) -> Iterator[Fill]:
        self._repeats.begin()
        self._left_out.clear()
        for row in self.file.rows():
            fields = Fields(self.file, row)
            why = self._reason_to_leave_out(fields)
            if why is not None:
                self._left_out[why] += 1
                continue
            fill = self._fill(fields)
            if self._repeats.is_first(fill):
                yield fill

    def instrument(self, fill: Fill) -> Instrument:
        found = told_by_symbol(fill.activity.symbol, venue="coinbase", currency="USD")
        if fill.activity.symbol.endswith(PERPETUALS):
            return replace(found, currency="USDC")
        return found

    def remarks(self) -> list[str]:
        left_out = [f"{count} x not used: {why}" for why, count in self._left_out.items()]
        return [*left_out, *self._repeats.remarks()]

    def _reason_to_leave_out(self, fields: Fields) -> str | None:
        kind = fields.text("trade_type") or "FILL"
        if kind != "FILL":
            return f"trade_type {kind}, the position may be off by it"
        if _FUTURE.fullmatch(fields.needed("product_id")):
            return "a future, and the size of a contract is not in the file"
        return None

    def _fill(self, fields: Fields) -> Fill:
        symbol = fields.needed("product_id")
        side = fields.word("side", SIDES)
        price = fields.needed_number("price")
        size = self._size(fields, price)
        return Fill(
            row=fields.row.number,
            account=fields.text("retail_portfolio_id"),
            instrument=spelling_key(symbol),
            activity=Activity(
                id=ActivityId(fields.needed("entry_id")),
                type="fill",
                symbol=symbol,
                at=fields.moment("trade_time"),
                quantity=size if side > 0 else negate(size),
                price=price,
                fee=fields.number("commission"),
            ),
            closes=side < 0 and not symbol.endswith(PERPETUALS),
        )

    def _size(self, fields: Fields, price: Decimal) -> Decimal:
        """The quantity in the base currency."""
        size = fields.size("size")
        if not fields.flag("size_in_quote"):
            return size
        if price <= 0:
            fields.refuse("price", "must be more than 0 where the size is in the quote currency")
        return normal(divide(size, price).quantize(AMOUNT_DIGIT, ROUND_HALF_EVEN))
