"""Hyperliquid's trade history as a spreadsheet keeps it: one row a fill, oldest first.

Times are Indian Standard Time to the minute, so the order of the rows is the order in which an
account's fills happened. The spreadsheet keeps ten digits of a number and has destroyed the trade
ids. The fee of a spot purchase is in the coin that was bought, of a spot sale in its money.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from tieout.bulk.exact import shortened
from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument
from tieout.core.numbers import negate
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile
from tieout.replay.hyperliquid import (
    Coins,
    is_deleveraged,
    is_spot,
    tenth_digit,
    type_of,
    venue_figure,
)
from tieout.replay.judging import HYPERLIQUID, Judge

INDIA = timezone(timedelta(hours=5, minutes=30))
SIDES = {"BUY": 1, "SELL": -1}
COLUMNS = (
    "Account", "Coin", "Execution Price", "Size Tokens", "Side", "Timestamp IST",
    "Start Position", "Direction", "Closed PnL", "Fee",
)  # fmt: skip
_MOMENT = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4}) ([0-9]{1,2}):([0-9]{2})")


class HyperliquidTrades:
    """The trade history of one or more accounts."""

    judge: Judge = HYPERLIQUID
    zone: tzinfo = UTC
    passed_over = 0
    is_ordered = True

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._coins = Coins()
        for name in COLUMNS:
            if name not in file.columns():
                message = f"is missing; a trade history has {', '.join(COLUMNS)}"
                raise file.fault(message, place="line 1", column=name)

    def fills(self) -> Iterator[Fill]:
        for row in self.file.rows():
            yield self._fill(Fields(self.file, row))

    def instrument(self, fill: Fill) -> Instrument:
        return self._coins.instrument(fill.instrument)

    def remarks(self) -> list[str]:
        return []

    def _fill(self, fields: Fields) -> Fill:
        coin = fields.needed("Coin")
        side = fields.word("Side", SIDES)
        size = fields.size("Size Tokens")
        direction = fields.needed("Direction")
        start = fields.needed_number("Start Position")
        self._coins.see(coin, size)
        pays_in_coin = is_spot(coin) and side > 0
        return Fill(
            row=fields.row.number,
            account=fields.needed("Account"),
            instrument=coin,
            activity=Activity(
                id=ActivityId(f"row {fields.row.number}"),
                type=type_of(direction),
                symbol=coin,
                at=moment(fields),
                quantity=size if side > 0 else negate(size),
                price=fields.needed_number("Execution Price"),
                fee=fields.needed_number("Fee"),
                fee_currency=Instrument(symbol=coin).base if pays_in_coin else None,
                deleveraged=is_deleveraged(direction),
                realized_pnl=venue_figure(fields.needed_number("Closed PnL"), direction),
            ),
            start=start,
            start_error=tenth_digit(start),
        )


def moment(fields: Fields) -> datetime:
    """The minute of a fill, in UTC."""
    text = fields.needed("Timestamp IST")
    found = moment_of(text)
    if found is None:
        example = "02-12-2024 22:50 (day-month-year)"
        fields.refuse("Timestamp IST", f"{shortened(text)} is not a time such as {example}")
    return found


@lru_cache(maxsize=1024)
def moment_of(text: str) -> datetime | None:
    """A minute in India as a time in UTC.

    >>> moment_of("02-12-2024 22:50").isoformat()
    '2024-12-02T17:20:00+00:00'
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=INDIA).astimezone(UTC)
    except ValueError:
        return None
