"""Positions on every dex and spot balances, as holdings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.core.instrument import Instrument
from tieout.core.numbers import divide, is_unreadable, magnitude, normal, plain
from tieout.core.snapshot import Holding
from tieout.venues.http.bodies import number
from tieout.venues.hyperliquid.markets import MONEY, Markets, dex_of
from tieout.venues.hyperliquid.rows import BalanceRow, PositionRow, State, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The holdings of a reading, the instruments behind them, and what was left out and why."""

    holdings: tuple[Holding, ...]
    instruments: tuple[Instrument, ...]
    problems: tuple[str, ...]
    ignored: tuple[str, ...]


def translated(
    states: Mapping[str, State],
    balances: Iterable[BalanceRow | Unreadable],
    *,
    markets: Markets,
    mids: Mapping[str, str],
) -> Translated:
    """All rows, each as it came: a bad one carries its problem, a flat one says that it is flat."""
    holdings: list[Holding] = []
    instruments: list[Instrument] = []
    problems: list[str] = []
    for dex, state in states.items():
        for row in state.rows:
            problem = _problem(row, dex)
            if problem or isinstance(row, Unreadable):
                problems.append(f"positions on {named(dex)}: {problem}")
                holdings.append(Holding(symbol="", problem=problem))
                continue
            instruments.append(markets.perpetual(row.coin))
            holdings.append(position(row, instruments[-1]))
    money = []
    for balance in balances:
        if isinstance(balance, Unreadable):
            problems.append(f"spot balances: {balance}")
            holdings.append(Holding(symbol="", problem=balance))
        elif balance.coin in MONEY:
            money.append(f"{balance.total} {balance.coin}")
        else:
            instruments.append(markets.token(balance.coin))
            holdings.append(token(balance, instruments[-1], mids))
    return Translated(
        holdings=tuple(holdings),
        instruments=tuple(instruments),
        problems=tuple(problems),
        ignored=(f"spot money, which is no position: {', '.join(money)}",) if money else (),
    )


def _problem(row: PositionRow | Unreadable, dex: str) -> str | None:
    """Why a row cannot be used. One of another dex shows that the wrong one answered."""
    if isinstance(row, Unreadable):
        return row
    if dex_of(row.coin) != dex:
        return f"{row.coin} is listed, which is on {named(dex_of(row.coin))}"
    return None


def named(dex: str) -> str:
    """A dex in words."""
    return f"the dex {dex}" if dex else "the main dex"


def position(row: PositionRow, listed: Instrument) -> Holding:
    """One perpetual. The value is never negative; sign and direction are those of `szi`."""
    return Holding(
        symbol=listed.symbol,
        quantity=row.szi,
        average_price=reported(row.entry_px),
        price=mark_price(row, price_decimals=listed.price_decimals),
        asset_class=listed.asset_class,
        currency=listed.currency,
        leverage=reported(row.leverage),
        liquidation_price=reported(row.liquidation_px),
        margin_mode=row.margin_mode or None,
    )


def mark_price(row: PositionRow, *, price_decimals: int | None) -> str | None:
    """The mark price, which the row only implies: value by size, to the decimals of its prices.

    >>> mark_price(PositionRow(coin="BTC", szi="-0.0017", position_value="135.7382"),
    ...            price_decimals=1)
    '79846'
    """
    value, size = number(row.position_value), number(row.szi)
    if is_unreadable(row.position_value):
        return row.position_value
    if value is None or not size:
        return None
    price = divide(value, magnitude(size))
    if price_decimals is not None:
        price = price.quantize(Decimal(1).scaleb(-price_decimals), ROUND_HALF_EVEN)
    return plain(normal(price))


def token(row: BalanceRow, listed: Instrument, mids: Mapping[str, str]) -> Holding:
    """One spot balance: `total` contains what orders hold, `entryNtl` is what all of it cost."""
    total, cost = number(row.total), number(row.entry_ntl)
    average = divide(cost, magnitude(total)) if total and cost is not None else None
    unreadable = row.entry_ntl if is_unreadable(row.entry_ntl) else None
    names = (listed.symbol, *listed.spellings)
    return Holding(
        symbol=listed.symbol,
        quantity=row.total,
        average_price=unreadable if average is None else plain(normal(average)),
        price=next((mids[name] for name in names if number(mids.get(name)) is not None), None),
        asset_class=listed.asset_class,
        currency=listed.currency,
    )


def reported(text: str | None) -> str | None:
    """A figure as it is written, unreadable too; null, empty and NaN are not reported."""
    return text if number(text) is not None or is_unreadable(text) else None
