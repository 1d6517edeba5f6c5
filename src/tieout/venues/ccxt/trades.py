"""ccxt's own trades as activities: contracts as such, spot as what it does to each coin."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from tieout.core.activity import Activity, ActivityId, ActivityType
from tieout.core.instrument import DOLLARS, Instrument
from tieout.core.numbers import multiply, negate
from tieout.venues.ccxt import balances
from tieout.venues.ccxt.legs import leg_of
from tieout.venues.ccxt.positions import Markets, instrument_of
from tieout.venues.ccxt.quirks import Quirks
from tieout.venues.ccxt.values import Row, moment, number, told_numbers, word

NOT_TRADES = ("funding", "settle", "delivery", "usdcsettlement", "sessionsettlepnl")
LIQUIDATIONS: Mapping[str, ActivityType] = {"busttrade": "liquidation", "adltrade": "liquidation"}
DELEVERAGED = "adltrade"


@dataclass(slots=True)
class Translated:
    """The activities, what was told about things, what was left out, what could not be read."""

    activities: list[Activity] = field(default_factory=list)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def ignored(self) -> list[str]:
        return [f"{count} x {what}" for what, count in self.left_out.items()]


def translated(
    rows: Iterable[Row],
    markets: Markets,
    *,
    venue: str,
    currency: str,
    quirks: Quirks,
    hedged: Collection[str] = (),
) -> Translated:
    """Every trade, in the order in which they came. Of `hedged` symbols each is of a leg."""
    result = Translated()
    for row in rows:
        _translate(
            row, markets, result, venue=venue, currency=currency, quirks=quirks, hedged=hedged
        )
    result.activities.sort(key=lambda each: each.at)
    return result


def _translate(
    row: Row,
    markets: Markets,
    result: Translated,
    *,
    venue: str,
    currency: str,
    quirks: Quirks,
    hedged: Collection[str],
) -> None:
    raw = row.get("info")
    kind = str(raw.get("execType") or "trade").lower() if isinstance(raw, Mapping) else "trade"
    if kind in NOT_TRADES:
        result.left_out[f"a record of {kind} among the trades: moves no position"] += 1
        return
    trade = _trade(row, quirks)
    market = markets.get(word(row.get("symbol")) or "")
    if isinstance(trade, str) or market is None:
        why = trade if isinstance(trade, str) else f"{row.get('symbol')} is not among the markets"
        result.problems.append(f"trade {row.get('id') or 'without id'}: {why}")
        return
    trade = replace(trade, type=LIQUIDATIONS.get(kind, "fill"), deleveraged=kind == DELEVERAGED)
    if market.get("contract"):
        result.instruments[trade.symbol] = instrument_of(market, venue)
        result.activities.append(replace(trade, side=leg_of(row, is_hedged=trade.symbol in hedged)))
    else:
        result.activities.extend(_coins(trade, market, result, currency))


def _trade(row: Row, quirks: Quirks) -> Activity | str:
    """A trade, or in words why it is none."""
    id_, symbol, at = word(row.get("id")), word(row.get("symbol")), moment(row.get("timestamp"))
    amount, price = _amount(row, quirks), number(row.get("price"))
    if id_ is None or symbol is None or at is None:
        return "has no id, symbol or time"
    if not amount or price is None or row.get("side") not in ("buy", "sell"):
        return "has no amount, price or side"
    fee, fee_currency = _fee(row, quirks)
    return Activity(
        id=ActivityId(f"{symbol}:{id_}"),
        type="fill",
        symbol=symbol,
        at=at,
        quantity=amount if row["side"] == "buy" else negate(amount),
        price=price,
        fee=fee,
        fee_currency=fee_currency,
    )


def _amount(row: Row, quirks: Quirks) -> Decimal | None:
    amount, raw = number(row.get("amount")), row.get("info")
    if amount is None and quirks.amount is not None and isinstance(raw, Mapping):
        return number(raw.get(quirks.amount))
    return amount


def _fee(row: Row, quirks: Quirks) -> tuple[Decimal | None, str | None]:
    """The fee that the exchange told. One that ccxt worked out from a rate is not one."""
    raw = row.get("info")
    if not isinstance(raw, Mapping):
        return None, None
    if quirks.fee is not None:
        cost, code = (raw.get(name) for name in quirks.fee)
        return number(cost), word(code)
    fee = row.get("fee")
    if not isinstance(fee, Mapping):
        return None, None
    amount = number(fee.get("cost"))
    if amount is None or amount.copy_abs() not in set(told_numbers(raw)):
        return None, None
    return amount, word(fee.get("currency"))


def _coins(trade: Activity, market: Row, result: Translated, currency: str) -> list[Activity]:
    """What a spot trade does: the coin, what it was paid with, and what the fee was taken in.

    The coin is a fill where it was paid in the currency of the account. Otherwise its units are
    counted, but what they cost is not known in that currency.
    """
    base, quote = str(market.get("base")), str(market.get("quote"))
    quantity, price = trade.quantity, trade.price
    assert quantity is not None, trade.id
    assert price is not None, trade.id
    is_priced = quote == currency or {quote, currency} <= set(DOLLARS)
    found = []
    if not balances.is_cash(base, currency):
        moved = replace(trade, symbol=base)
        found.append(moved if is_priced else _units(moved, base, trade.id))
        if not is_priced:
            words = f"trade paid in {quote}: its units are counted, its cost in {currency} is not"
            result.left_out[words] += 1
    if not balances.is_cash(quote, currency):
        paid = replace(trade, quantity=negate(multiply(quantity, price)))
        found.append(_units(paid, quote, ActivityId(f"{trade.id}#quote")))
    taken_in = trade.fee_currency
    is_third = taken_in not in (None, *([base] if is_priced else []))
    if trade.fee and taken_in and is_third and not balances.is_cash(taken_in, currency):
        fee = replace(trade, quantity=negate(trade.fee))
        found.append(_units(fee, taken_in, ActivityId(f"{trade.id}#fee")))
    for each in found:
        result.instruments[each.symbol] = balances.instrument_of(each.symbol, currency=currency)
    return found


def _units(trade: Activity, code: str, id_: ActivityId) -> Activity:
    """Units that come or go without a cost that is known."""
    return Activity(id=id_, type="transfer", symbol=code, at=trade.at, quantity=trade.quantity)


def latest(rows: Iterable[Row]) -> datetime | None:
    """When the newest trade was."""
    times = (moment(row.get("timestamp")) for row in rows)
    return max((at for at in times if at is not None), default=None)


def funding_of(
    rows: Iterable[Row], markets: Markets, *, venue: str, hedged: Collection[str] = ()
) -> Translated:
    """Payments for holding perpetuals: money that came (+) or went (-).

    Of `hedged` symbols it is left out where its leg is not told; it moves no position.
    """
    result = Translated()
    for row in rows:
        symbol, at = word(row.get("symbol")), moment(row.get("timestamp"))
        cash, market = number(row.get("amount")), markets.get(word(row.get("symbol")) or "")
        if symbol is None or at is None or cash is None or market is None:
            result.problems.append(f"funding {row.get('id') or ''}: has no symbol, time or amount")
            continue
        leg = leg_of(row, is_hedged=False)
        if leg is None and symbol in hedged:
            result.left_out[f"funding of {symbol}: does not say its leg, so it is not booked"] += 1
            continue
        id_ = word(row.get("id")) or f"{at.astimezone(UTC):%Y%m%dT%H%M%S}"
        result.instruments[symbol] = instrument_of(market, venue)
        result.activities.append(
            Activity(
                id=ActivityId(f"{symbol}:funding:{id_}"),
                type="funding",
                symbol=symbol,
                at=at,
                cash=cash,
                currency=word(row.get("code")),
                side=leg,
            )
        )
    return result
