"""Hyperliquid's fills as its API gives them: `userFills`, `userFillsByTime`, and websocket pushes.

Newest first, but fills of one millisecond stand oldest first and have no order among themselves.
`fee` is in `feeToken`: of a spot purchase that is the coin that was bought. `tid` names a trade,
whose two sides a self-trade gives both; a dust conversion has 0.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, ActivityType
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, exponent_of, negate, normal
from tieout.replay.export import Fill
from tieout.replay.fields import Fields
from tieout.replay.files import FillsFile
from tieout.replay.judging import HYPERLIQUID, Judge
from tieout.replay.repeats import Repeats

SIDES = {"B": 1, "A": -1}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DUST = "Spot Dust Conversion"
POSITION_DIGITS = 10
PRICE_DECIMALS = 6

# The venue settles contracts in USDC, which an account counts as its dollars.
CURRENCIES = {"USDC": "USD"}
CURRENCY = "USD"

# szDecimals of `meta`: as recorded in 2023, and HYPE. Sizes alone may show too few.
SIZE_DECIMALS = {
    "BTC": 5, "ETH": 4, "ATOM": 2, "MATIC": 1, "DYDX": 1, "SOL": 2, "AVAX": 2, "BNB": 3,
    "APE": 1, "OP": 1, "LTC": 2, "ARB": 1, "DOGE": 0, "INJ": 1, "SUI": 1, "kPEPE": 0, "CRV": 1,
    "LDO": 1, "LINK": 1, "STX": 1, "RNDR": 1, "CFX": 0, "FTM": 0, "GMX": 2, "SNX": 1, "XRP": 0,
    "BCH": 3, "APT": 2, "HYPE": 2,
}  # fmt: skip


def is_spot(coin: str) -> bool:
    """Whether a coin names a spot pair: PURR/USDC, or @107 by its index."""
    return coin.startswith("@") or "/" in coin


class Coins:
    """What the fills show about each coin: how finely it trades, and what it is paid in.

    A contract's prices have 6 - szDecimals decimals. szDecimals is the table's, else the most
    decimals that any of its sizes has.
    """

    def __init__(self) -> None:
        self._decimals: dict[str, int] = {}
        self._currencies: dict[str, str] = {}

    def see(self, coin: str, size: Decimal) -> None:
        """Learn from the size of a fill."""
        decimals = -exponent_of(normal(size))
        if decimals > self._decimals.get(coin, 0):
            self._decimals[coin] = decimals

    def is_paid_in(self, coin: str, token: str) -> None:
        """Learn from a fee that was taken in money."""
        self._currencies[coin] = CURRENCIES.get(token, token)

    def instrument(self, coin: str) -> Instrument:
        currency = self._currencies.get(coin, CURRENCY)
        if is_spot(coin):
            return Instrument(symbol=coin, asset_class="spot", currency=currency)
        size_decimals = SIZE_DECIMALS.get(coin, self._decimals.get(coin, 0))
        return Instrument(
            symbol=coin,
            asset_class="perpetual",
            currency=currency,
            price_decimals=max(0, PRICE_DECIMALS - size_decimals),
        )


class HyperliquidFills:
    """Fills in JSON. The account is not in them."""

    judge: Judge = HYPERLIQUID
    zone: tzinfo = UTC
    passed_over = 0
    is_ordered = False

    def __init__(self, file: FillsFile) -> None:
        self.file = file
        self.name = file.name
        self._coins = Coins()
        self._repeats = Repeats(file, column="tid")

    def fills(self) -> Iterator[Fill]:
        self._repeats.begin()
        for row in self.file.rows():
            fill = self._fill(Fields(self.file, row))
            if self._repeats.is_first(fill):
                yield fill

    def instrument(self, fill: Fill) -> Instrument:
        return self._coins.instrument(fill.instrument)

    def remarks(self) -> list[str]:
        return self._repeats.remarks()

    def _fill(self, fields: Fields) -> Fill:
        coin = fields.needed("coin")
        side = fields.word("side", SIDES)
        size = fields.size("sz")
        self._coins.see(coin, size)
        start = fields.needed_number("startPosition")
        return Fill(
            row=fields.row.number,
            account=None,
            instrument=coin,
            activity=Activity(
                id=self._id(fields),
                type=type_of(fields.text("dir")),
                symbol=coin,
                at=moment(fields),
                quantity=size if side > 0 else negate(size),
                price=fields.needed_number("px"),
                fee=fields.number("fee"),
                fee_currency=self._fee_currency(fields, coin, side),
                deleveraged=is_deleveraged(fields.text("dir")),
                realized_pnl=venue_figure(fields.needed_number("closedPnl"), fields.text("dir")),
            ),
            start=start,
            start_error=tenth_digit(start) if is_spot(coin) else ZERO,
        )

    def _id(self, fields: Fields) -> ActivityId:
        """The trade and the side of it that is ours; a row without a trade goes by its place."""
        trade = fields.text("tid")
        if trade in (None, "0"):
            return ActivityId(f"row {fields.row.number}")
        return ActivityId(f"{trade}/{fields.text('oid') or ''}/{fields.needed('side')}")

    def _fee_currency(self, fields: Fields, coin: str, side: int) -> str | None:
        """What the fee is taken in: None is the money that the fill is paid in.

        A sale's fee shows what a spot pair is paid in; a purchase's is in the coin, unless it is
        in USDC.
        """
        token = fields.text("feeToken")
        if token is None:
            return None
        if is_spot(coin) and side > 0 and token not in CURRENCIES:
            return Instrument(symbol=coin).base
        self._coins.is_paid_in(coin, token)
        return None


def moment(fields: Fields) -> datetime:
    """Milliseconds since 1970 as a time."""
    milliseconds = fields.needed_number("time")
    try:
        return EPOCH + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        fields.refuse("time", f"{milliseconds} is no time; give milliseconds since 1970")


def type_of(direction: str | None) -> ActivityType:
    """A liquidation is one of the account itself: `dir` says it, not the `liquidation` object."""
    forced = direction is not None and ("Liquidat" in direction or is_deleveraged(direction))
    return "liquidation" if forced else "fill"


def is_deleveraged(direction: str | None) -> bool:
    """Whether the venue closed a position to settle somebody else's loss."""
    return direction == "Auto-Deleveraging"


def venue_figure(closed_pnl: Decimal, direction: str | None) -> Decimal | None:
    """The venue's realized figure; it does not value a dust conversion and says 0."""
    return None if direction == DUST else closed_pnl


def tenth_digit(position: Decimal) -> Decimal:
    """One unit of the tenth digit of a position.

    >>> tenth_digit(Decimal("1002.518996"))
    Decimal('0.000001')
    """
    if not position:
        return ZERO
    return Decimal(1).scaleb(position.adjusted() + 1 - POSITION_DIGITS)
