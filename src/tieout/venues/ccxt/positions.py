"""ccxt's positions as holdings: contracts with the size of one, signed by their side."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.core.activity import Side
from tieout.core.instrument import AssetClass, Instrument, told_by_symbol
from tieout.core.numbers import exponent_of, normal
from tieout.core.snapshot import Holding
from tieout.venues.ccxt.values import Row, number, text, word

CLASSES: Mapping[str, AssetClass] = {"swap": "perpetual", "future": "future", "option": "option"}
SIDES: Mapping[str, Side] = {"long": "long", "short": "short"}
# How raw rows name a side or a leg, where they do; a number below 0 is short at every exchange.
WORDS: Mapping[str, Side] = {"buy": "long", "long": "long", "sell": "short", "short": "short"}
LEGS: Mapping[str, Side] = {"1": "long", "2": "short"}
NAMES = ("side", "posSide", "positionSide", "holdSide", "direction")
AMOUNTS = ("positionAmt", "size", "pos", "contracts", "qty", "quantity", "currentQty")
SIGNED = ("positionAmt",)
Markets = Mapping[str, Row]


def holdings_of(rows: Iterable[Row], markets: Markets) -> list[Holding]:
    """Every row once, however many questions brought it."""
    found: dict[tuple[Any, ...], Holding] = {}
    doubts: list[Holding] = []
    for row in rows:
        holding = _holding(row, markets)
        key = (holding.symbol, holding.side, holding.margin_mode, holding.quantity)
        found.setdefault((*key, holding.average_price, holding.problem), holding)
        if holding.problem is not None and holding.side is not None:
            doubts.append(holding._replace(side="long" if holding.side == "short" else "short"))
    told = {(each.symbol, each.side) for each in found.values()}
    # Which leg it really is about is not known, so neither is gone.
    others = {each: None for each in doubts if (each.symbol, each.side) not in told}
    return [*found.values(), *others]


def _holding(row: Row, markets: Markets) -> Holding:
    symbol = word(row.get("symbol"))
    market = markets.get(symbol or "")
    problem = _problem(row, symbol, market)
    if problem is not None or market is None:
        leg = SIDES.get(str(row.get("side")), "long") if row.get("hedged") is True else None
        id_ = word(market.get("id")) if market is not None else None
        return Holding(symbol or "", venue_id=id_, side=leg, problem=problem)
    contracts = number(row.get("contracts"))
    assert contracts is not None, symbol
    side = SIDES.get(str(row.get("side")))
    if side == "short":
        contracts = contracts.copy_abs().copy_negate()
    return Holding(
        symbol=str(symbol),
        quantity=text(contracts),
        average_price=text(row.get("entryPrice")),
        price=text(row.get("markPrice")) or text(row.get("lastPrice")),
        venue_id=word(market.get("id")),
        side=side if row.get("hedged") is True else None,
        asset_class=CLASSES.get(str(market.get("type"))),
        currency=word(market.get("settle")),
        multiplier=text(row.get("contractSize")) or text(market.get("contractSize")),
        leverage=text(row.get("leverage")),
        liquidation_price=text(row.get("liquidationPrice")),
        margin_mode=word(row.get("marginMode")),
        realized_pnl=text(row.get("realizedPnl")),
    )


def _problem(row: Row, symbol: str | None, market: Row | None) -> str | None:
    if symbol is None:
        return "a position row names no symbol"
    if market is None:
        return f"{symbol} is not among the exchange's markets, so its contract size is not known"
    contracts = number(row.get("contracts"))
    if contracts is None:
        return f"{symbol}: the number of contracts is not reported"
    if contracts and str(row.get("side")) not in SIDES:
        return f"{symbol}: {text(contracts)} contracts, but neither long nor short"
    if contracts < 0 and row.get("side") == "long":
        return f"{symbol}: {text(contracts)} contracts, but the side is long"
    contradiction = _contradiction(row) if contracts else None
    if contradiction is not None:
        return f"{symbol}: {contradiction}, but the position is {row['side']}"
    if contracts and not market.get("contract"):
        return (
            f"{symbol}: a margin position of {text(contracts)}, whose trades ccxt does not tell "
            "apart from those of the coins; close it here by hand, or set types to what is read"
        )
    if contracts and number(row.get("contractSize") or market.get("contractSize")) is None:
        return f"{symbol}: the exchange does not say how much one contract is"
    if contracts and not (market.get("linear") or market.get("inverse") or market.get("option")):
        return f"{symbol}: settles in a third currency, which is not read yet"
    return None


def _contradiction(row: Row) -> str | None:
    """What the exchange's own row says against the side that ccxt made of it."""
    raw, side = row.get("info"), row.get("side")
    if not isinstance(raw, Mapping):
        return None
    told = {name: WORDS.get(str(raw.get(name)).lower()) for name in NAMES}
    told["positionIdx"] = LEGS.get(str(raw.get("positionIdx")))
    for name in AMOUNTS:
        amount = number(raw.get(name))
        is_signed = amount and (amount < 0 or name in SIGNED)
        if amount is not None and is_signed:
            told[name] = "short" if amount < 0 else "long"
    wrong = next((name for name, said in told.items() if said not in (None, side)), None)
    return None if wrong is None else f"{wrong} is {raw[wrong]}"


def instrument_of(market: Row, venue: str) -> Instrument:
    """What the exchange's list of markets says about a contract."""
    symbol = str(market["symbol"])
    told = told_by_symbol(symbol, venue=venue, currency=str(market.get("settle") or "USD"))
    expires = word(market.get("expiryDatetime"))
    return replace(
        told,
        asset_class=CLASSES.get(str(market.get("type")), told.asset_class),
        multiplier=number(market.get("contractSize")),
        inverse=market.get("inverse") is True and market.get("type") != "option",
        venue_ids=(str(market["id"]),),
        expires=date.fromisoformat(expires[:10]) if expires else told.expires,
        price_decimals=_decimals(market),
    )


def _decimals(market: Row) -> int | None:
    """The decimals of a price, where the smallest step says so."""
    precision = market.get("precision")
    step = number(precision.get("price")) if isinstance(precision, Mapping) else None
    if step is None or not Decimal(0) < step < 1:
        return None
    return -exponent_of(normal(step))
