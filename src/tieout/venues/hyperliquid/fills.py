"""Fills as activities: trades, liquidations of this account, deleveraging, dust conversions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, add, multiply, negate, plain, subtract
from tieout.venues.http.bodies import number
from tieout.venues.http.scrub import shown
from tieout.venues.hyperliquid.markets import MONEY, Markets, currency_of, is_spot
from tieout.venues.hyperliquid.rows import FillRow
from tieout.venues.moments import moment_of

BUY, SELL = "B", "A"
DUST = "Spot Dust Conversion"
DELEVERAGED = "Auto-Deleveraging"
LIQUIDATED = "Liquidat"  # "Liquidated Cross Long" and so on, of the one who is liquidated
DIRECTIONS = frozenset({
    "Open Long", "Close Long", "Open Short", "Close Short", "Long > Short", "Short > Long", "Buy",
    "Sell", DUST, DELEVERAGED, "Net Child Vaults", "Settlement",
    "Liquidated Cross Long", "Liquidated Cross Short", "Liquidated Isolated Long",
    "Liquidated Isolated Short",
})  # fmt: skip


def fill_id(row: FillRow) -> str:
    """The trade, the order and the side that is ours.

    A self-trade gives both its sides the same `tid`. A dust conversion has 0 and rows of 2023 have
    none: they go by their whole content, whose `startPosition` tells parts of an order apart.
    """
    if row.tid and row.tid != "0":
        return f"{row.tid}/{row.oid or ''}/{row.side or ''}"
    parts = (str(row.time), row.coin, row.oid, row.side, row.start, row.px, row.sz)
    return "/".join(part or "" for part in parts)


@dataclass(slots=True)
class Translated:
    """The activities of some fills, the instruments they are of, and what was noticed."""

    activities: list[Activity] = field(default_factory=list)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """A fill whose numbers are read; quantity signed."""

    row: FillRow
    quantity: Decimal
    price: Decimal
    fee: Decimal | None


def translated(rows: Iterable[FillRow], *, user: str, markets: Markets) -> Translated:
    """Each fill as an activity of what it moves. One that cannot be read is a problem."""
    found = Translated()
    for row in rows:
        fill = _read(row)
        if fill is None:
            found.problems.append(
                f"a fill of {shown(row.coin)} at {row.time} cannot be read: side {row.side!r}, "
                f"size {row.sz!r}, price {row.px!r}"
            )
            continue
        if row.dir not in DIRECTIONS:
            found.ignored.append(
                f"the direction {shown(str(row.dir))!r} of a fill of {row.coin} is not known; it "
                "was booked by its side"
            )
        if is_spot(row.coin):
            _spot(fill, markets, found)
        else:
            listed = markets.perpetual(row.coin)
            found.instruments[listed.symbol] = listed
            found.activities.append(_trade(fill, listed, user=user))
    return found


def _read(row: FillRow) -> _Fill | None:
    quantity, price = quantity_of(row), number(row.px)
    if quantity is None or price is None:
        return None
    fee = number(row.fee)
    if row.fee and fee is None:
        return None
    return _Fill(row=row, quantity=quantity, price=price, fee=fee)


def is_readable(row: FillRow) -> bool:
    """Whether side, size, price and fee are what they should be."""
    return _read(row) is not None


def quantity_of(row: FillRow) -> Decimal | None:
    """The signed size of a fill; None where it cannot be read."""
    size = number(row.sz)
    if row.side not in (BUY, SELL) or size is None:
        return None
    return size if row.side == BUY else negate(size)


def _trade(fill: _Fill, listed: Instrument, *, user: str) -> Activity:
    """A fill of a perpetual, or of a token paid in the currency of its instrument."""
    row = fill.row
    is_deleveraged = _is_deleveraged(row, user)
    is_forced = is_deleveraged or _is_liquidation(row, user)
    return Activity(
        id=ActivityId(fill_id(row)),
        type="liquidation" if is_forced else "fill",
        symbol=listed.symbol,
        at=moment_of(row.time),
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_currency=currency_of(row.fee_token) if row.fee_token else None,
        currency=listed.currency,
        deleveraged=is_deleveraged,
        realized_pnl=None if row.dir == DUST else number(row.closed_pnl),
    )


def _is_liquidation(row: FillRow, user: str) -> bool:
    """Whether this account was liquidated: the other side of the trade is told of it too."""
    if row.liquidated_user is not None:
        return row.liquidated_user.lower() == user
    return LIQUIDATED in (row.dir or "")


def _is_deleveraged(row: FillRow, user: str) -> bool:
    """Whether a position was closed to settle somebody else's loss."""
    return row.dir == DELEVERAGED and (row.liquidated_user or "").lower() != user


def _spot(fill: _Fill, markets: Markets, found: Translated) -> None:
    """A fill of a spot pair: a trade of its base token, paid in its quote token."""
    row = fill.row
    pair = markets.pair(row.coin)
    if pair is None:
        found.problems.append(
            f"a fill of the spot pair {shown(row.coin)}, which is in no table of pairs"
        )
        return
    base = markets.token(pair.base)
    if base.currency == currency_of(pair.quote):
        found.instruments[base.symbol] = base
        found.activities.append(_trade(fill, base, user=""))
    else:
        found.ignored.append(
            f"the price of a fill of {pair.base} in {pair.quote}: it is kept in {base.currency}, "
            "so its cost is not known until somebody enters it"
        )
        _leg(fill, pair.base, fill.quantity, markets, found)
    if pair.quote not in MONEY:
        _leg(fill, pair.quote, negate(multiply(fill.quantity, fill.price)), markets, found)


def _leg(fill: _Fill, token: str, quantity: Decimal, markets: Markets, found: Translated) -> None:
    """What a fill in a strange currency moves of one token, without a price."""
    row = fill.row
    listed = markets.token(token)
    charged = fill.fee if row.fee_token == token and fill.fee is not None else ZERO
    found.instruments[listed.symbol] = listed
    found.activities.append(
        Activity(
            id=ActivityId(f"{fill_id(row)}/{token}"),
            type="transfer",
            symbol=listed.symbol,
            at=moment_of(row.time),
            quantity=subtract(quantity, charged),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Fills of a coin that are missing before a time: the position moved without them."""

    coin: str
    time: int
    expected: Decimal
    found: Decimal

    @property
    def words(self) -> str:
        return (
            f"missing_fills: {self.coin} went from {plain(self.expected)} to {plain(self.found)} "
            f"before {moment_of(self.time).isoformat()} without any fill that is still listed"
        )


def gaps(rows: Iterable[FillRow], *, held: Mapping[str, Decimal]) -> list[Gap]:
    """Where fills of perpetuals do not continue each other; `held` is what was held before them."""
    return _followed(rows, held)[0]


def positions_after(
    rows: Iterable[FillRow], *, held: Mapping[str, Decimal] | None = None
) -> Mapping[str, Decimal]:
    """What fills of perpetuals leave of what was `held` before them, as far as that is known."""
    return _followed(rows, held or {})[1]


def _followed(
    rows: Iterable[FillRow], held: Mapping[str, Decimal]
) -> tuple[list[Gap], dict[str, Decimal]]:
    """Fill after fill: the gaps between them, and what they leave.

    Fills of one millisecond have no order and both sides of a self-trade have the same
    `startPosition`, so a millisecond is looked at as a whole: one of its fills has to start where
    the position stood.
    """
    found = []
    known = dict(held)
    ordered = sorted((row for row in rows if not is_spot(row.coin)), key=_by_coin_and_time)
    for (coin, time), group in groupby(ordered, key=_by_coin_and_time):
        fills = [fill for row in group if (fill := _read(row)) is not None]
        starts = [start for fill in fills if (start := number(fill.row.start)) is not None]
        if not starts:
            continue
        expected = known.get(coin)
        if expected is not None and expected not in starts:
            found.append(Gap(coin=coin, time=time, expected=expected, found=starts[0]))
        position = expected if expected is not None and expected in starts else starts[0]
        for fill in fills:
            position = add(position, fill.quantity)
        known[coin] = position
    return found, known


def _by_coin_and_time(row: FillRow) -> tuple[str, int]:
    return (row.coin, row.time)
