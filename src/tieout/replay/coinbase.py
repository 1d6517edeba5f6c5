"""Coinbase Advanced's historical fills (`/orders/historical/fills`), newest first.

A fill carries no position and no realized figure. Spot cannot be sold short, so coins that no fill
bought were there before. `size` is in the quote currency where
`size_in_quote` says so; `commission` is in the quote currency. A future's fill does not tell the
size of a contract, so futures are left out.

A coin has one wallet. What is traded in USD and in USDC is one position, counted in USD: Coinbase
changes the one for the other at par. A coin that the file has only in USDC is counted in USDC.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument, identity_key, told_by_symbol
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
        self._coins: dict[str, str] = {}
        self._products: dict[tuple[str | None, str], dict[str, None]] = {}
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
        """What a fill trades: of the products of one coin the one in USD, where there is one."""
        found = [told(symbol) for symbol in self._products[fill.account, fill.instrument]]
        return next((each for each in found if each.currency == "USD"), found[0])

    @property
    def passed_over(self) -> int:
        return self._left_out.total()

    def remarks(self) -> list[str]:
        left_out = [f"{count} x not used: {why}" for why, count in self._left_out.items()]
        joined = {key: None for (_, key), names in self._products.items() if len(names) > 1}
        together = "traded in USD and in USDC, which is one coin; counted in USD, one for one"
        return [*left_out, *(f"{key}: {together}" for key in joined), *self._repeats.remarks()]

    def _coin(self, account: str | None, symbol: str) -> str:
        """What tells the coin of a product apart; its products are remembered."""
        key = self._coins.get(symbol)
        if key is None:
            key = self._coins[symbol] = identity_key(told(symbol))
        self._products.setdefault((account, key), {})[symbol] = None
        return key

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
        account = fields.text("retail_portfolio_id")
        return Fill(
            row=fields.row.number,
            account=account,
            instrument=self._coin(account, symbol),
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


def told(product: str) -> Instrument:
    """What the name of a product tells; perpetuals are settled in USDC."""
    found = told_by_symbol(product, venue="coinbase", currency="USD")
    return replace(found, currency="USDC") if product.endswith(PERPETUALS) else found
