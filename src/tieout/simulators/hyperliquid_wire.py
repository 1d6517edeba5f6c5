"""What the market holds, in Hyperliquid's words: numbers are text, times are milliseconds."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ZERO
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, HyperliquidLedger
from tieout.simulators.hyperliquid_margin import Margins, Summary
from tieout.simulators.hyperliquid_records import Fill, Funding, Order, Update
from tieout.simulators.hyperliquid_values import MILLION, Position, State, truncated

Json = dict[str, Any]
DECIMALS = 10  # of quotients


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where Hyperliquid differs by year, or its documentation does not say."""

    weight_per_minute: int = 1200
    # Docs: at most so many rows in a reply, and only the last so many fills at all.
    fills_page: int = 2000
    fills_kept: int = 10_000
    ledger_page: int = 500
    # Docs: the next page begins at the last row's time, so the oldest come first. In a recording
    # of 2023 the newest come first, though inside a millisecond the oldest.
    fills_by_time: Literal["oldest first", "newest first"] = "oldest first"
    # Recorded: null. An example of the SDK's documentation says NaN.
    no_liquidation_price: Literal["null", "NaN"] = "null"
    # That example also shows a coin that is not held, with an entry price of null.
    has_flat_rows: bool = False
    # Docs: so many users per address of a client, and silence is ended after so long.
    stream_users_max: int = 10
    stream_subscriptions_max: int = 1000
    stream_idle_s: float = 60


def text(number: Decimal, decimals: int = DECIMALS) -> str:
    """As recorded: plain digits, no zeros at the end, but always one decimal.

    >>> text(Decimal("26951")), text(Decimal("-0.00785")), text(Decimal("0E-6"))
    ('26951.0', '-0.00785', '0.0')
    """
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -decimals:
        number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    plain = f"{number.normalize() + ZERO:f}"
    return plain if "." in plain else f"{plain}.0"


def clearinghouse(
    market: HyperliquidLedger, account: HyperliquidAccount, state: State, dex: str, dialect: Dialect
) -> Json:
    """`clearinghouseState` of one dex."""
    margins = Margins(market, account, state, dex)
    rows = [
        {"type": "oneWay", "position": _position(margins, coin, position, dialect)}
        for coin, position in margins.positions().items()
    ]
    if dialect.has_flat_rows:
        rows += _flat_rows(margins, account)
    return {
        "marginSummary": _summary(margins.whole()),
        "crossMarginSummary": _summary(margins.cross()),
        "crossMaintenanceMarginUsed": text(margins.cross_maintenance(), MILLION),
        "withdrawable": text(margins.withdrawable(), MILLION),
        "assetPositions": rows,
        "time": market.now(),
    }


def empty_clearinghouse(now: int) -> Json:
    """What an address that never traded has; an agent's too."""
    nothing = _summary(Summary(value=ZERO, used=ZERO, notional=ZERO, raw=ZERO))
    return {
        "marginSummary": nothing,
        "crossMarginSummary": nothing,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": "0.0",
        "assetPositions": [],
        "time": now,
    }


def _summary(summary: Summary) -> Json:
    return {
        "accountValue": text(summary.value, MILLION),
        "totalNtlPos": text(summary.notional, MILLION),
        "totalRawUsd": text(summary.raw, MILLION),
        "totalMarginUsed": text(summary.used, MILLION),
    }


def _position(margins: Margins, coin: str, position: Position, dialect: Dialect) -> Json:
    perp, mark = margins.market.perps[coin], margins.market.marks[coin]
    gain = position.size * mark - position.cost
    stake = abs(position.cost) / position.leverage
    price = margins.liquidation_price(coin, position)
    nowhere = None if dialect.no_liquidation_price == "null" else "NaN"
    paid = margins.state.funding.get(coin, ZERO)
    return {
        "coin": coin,
        "szi": text(position.size),
        "leverage": _leverage(position),
        "entryPx": text(truncated(position.average, perp.price_decimals)),
        "positionValue": text(margins.notional(coin, position), MILLION),
        "unrealizedPnl": text(gain, MILLION),
        "returnOnEquity": text(gain / stake),
        "liquidationPx": nowhere if price is None else text(price),
        "marginUsed": text(margins.used(coin, position), MILLION),
        "maxLeverage": perp.leverage_max,
        "cumFunding": {
            "allTime": text(paid, MILLION),
            "sinceOpen": text(position.funding_since_open, MILLION),
            "sinceChange": text(position.funding_since_change, MILLION),
        },
    }


def _leverage(position: Position) -> Json:
    if position.is_isolated:
        money = text(position.money, MILLION)
        return {"type": "isolated", "value": position.leverage, "rawUsd": money}
    return {"type": "cross", "value": position.leverage}


def _flat_rows(margins: Margins, account: HyperliquidAccount) -> list[Json]:
    """A row for every coin of the dex that was held and is not any more."""
    traded = dict.fromkeys(fill.coin for fill in account.fills)
    perps = margins.market.perps
    gone = [
        coin
        for coin in traded
        if coin in perps and perps[coin].dex == margins.dex and coin not in margins.state.positions
    ]
    nothing = dict.fromkeys(
        ("szi", "marginUsed", "positionValue", "returnOnEquity", "unrealizedPnl"), "0.0"
    )
    return [
        {
            "type": "oneWay",
            "position": {
                "coin": coin,
                **nothing,
                "leverage": {"type": "cross", "value": 20},
                "entryPx": None,
                "liquidationPx": "NaN",
            },
        }
        for coin in gone
    ]


def spot_clearinghouse(market: HyperliquidLedger, state: State) -> Json:
    """`spotClearinghouseState`; the total contains what orders hold."""
    return {
        "balances": [
            {
                "coin": token,
                "token": market.tokens[token].index,
                "total": text(coins.total),
                "hold": text(coins.hold),
                "entryNtl": text(coins.cost),
            }
            for token, coins in state.coins.items()
            if coins.total != ZERO or coins.hold != ZERO
        ]
    }


def fill_row(fill: Fill) -> Json:
    row: Json = {
        "coin": fill.coin,
        "px": text(fill.price),
        "sz": text(abs(fill.quantity)),
        "side": side(fill.quantity),
        "time": fill.time,
        "startPosition": text(fill.start),
        "dir": fill.direction,
        "closedPnl": text(fill.closed_pnl),
        "hash": fill.hash,
        "oid": fill.order_id,
        "crossed": fill.is_taker,
        "fee": text(fill.fee),
        "tid": fill.trade_id,
    }
    if fill.client_id is not None:
        row["cloid"] = fill.client_id
    if fill.liquidation is not None:
        row["liquidation"] = {
            "liquidatedUser": fill.liquidation.user,
            "markPx": text(fill.liquidation.mark),
            "method": fill.liquidation.method,
        }
    return row | {"feeToken": fill.fee_token, "twapId": None}


def side(quantity: Decimal) -> str:
    """Bid or ask."""
    return "B" if quantity > ZERO else "A"


def funding_row(funding: Funding) -> Json:
    """A row of `userFunding`."""
    delta = {"type": "funding", **funding_facts(funding)}
    return {"time": funding.time, "hash": funding.hash, "delta": delta}


def funding_facts(funding: Funding) -> Json:
    """What REST calls the delta; streams say it flat, with the time."""
    return {
        "coin": funding.coin,
        "usdc": text(funding.money),
        "szi": text(funding.size),
        "fundingRate": text(funding.rate),
        "nSamples": funding.samples,
    }


def update_row(update: Update) -> Json:
    """A row of `userNonFundingLedgerUpdates`."""
    return {"time": update.time, "hash": update.hash, "delta": worded(update.delta)}


def worded(facts: Any) -> Any:
    """Facts with their numbers as text."""
    if isinstance(facts, Decimal):
        return text(facts)
    if isinstance(facts, dict):
        return {name: worded(value) for name, value in facts.items()}
    return [worded(value) for value in facts] if isinstance(facts, list) else facts


def order_row(order: Order) -> Json:
    """A row of `openOrders`."""
    row: Json = {
        "coin": order.coin,
        "side": side(order.original),
        "limitPx": text(order.limit_price),
        "sz": text(abs(order.quantity)),
        "oid": order.id,
        "timestamp": order.time,
    }
    return row if order.client_id is None else row | {"cloid": order.client_id}


def frontend_order_row(order: Order, children: list[Json]) -> Json:
    """A row of `frontendOpenOrders`."""
    return order_row(order) | {
        "triggerCondition": order.trigger_condition,
        "isTrigger": order.trigger_price != ZERO,
        "triggerPx": text(order.trigger_price),
        "children": children,
        "isPositionTpsl": order.is_position_exit,
        "reduceOnly": order.is_reduce_only,
        "orderType": order.type,
        "origSz": text(abs(order.original)),
        "tif": order.time_in_force,
        "cloid": order.client_id,
    }


def order_update(order: Order) -> Json:
    """A row of the stream `orderUpdates`."""
    row = order_row(order) | {"origSz": text(abs(order.original))}
    return {"order": row, "status": order.status, "statusTimestamp": order.changed}
