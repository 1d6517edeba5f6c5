"""What the market holds, in Alpaca's words: every number is text, every key as recorded."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from tieout.simulators.holdings import ZERO, Asset, Holding, Kind, average_price
from tieout.simulators.ledger import NEW_YORK, Account
from tieout.simulators.market import Market
from tieout.simulators.records import Announcement, Order, OrderEvent

ASSET_CLASSES: dict[Kind, str] = {
    "stock": "us_equity",
    "crypto": "crypto",
    "option": "us_option",
}  # Alpaca lists no futures, bonds or currencies
DIGITS = Decimal("0.0000000000000001")  # quotients are shown with sixteen decimals
MULTIPLIER = Decimal(4)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where Alpaca differs by year, account or page of its documentation."""

    # Orders and assets say BTC/USD, positions BTCUSD; for activities both were seen, and the
    # documented fee ("mixed") has no slash where fills have one.
    activity_coins: Literal["slash", "plain", "mixed"] = "slash"
    # In a recording of May 2020 the hour inside activity ids is on a 12-hour clock.
    has_twelve_hour_ids: bool = True
    # Rates and symbols of corporate actions beside the documented fields of an activity.
    has_corporate_detail: bool = True
    # Bookings are listed by when they were written, or by the day they are for.
    bookings_by: Literal["created", "date"] = "created"
    # Recorded shorts say -100 and "short"; some clients were written for 100 and "short".
    short_quantity: Literal["negative", "positive"] = "negative"
    requests_per_minute: int = 200
    # Paper sends its stream in binary frames.
    has_binary_frames: bool = True
    # What becomes of a second stream for the same account.
    second_stream: Literal["replaces", "is refused"] = "replaces"


def text(number: Decimal) -> str:
    """Plain digits, no zeros at the end, at most sixteen decimals.

    >>> text(Decimal("100.500")), text(Decimal("1E+5")), text(Decimal("-0.0"))
    ('100.5', '100000', '0')
    """
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -16:
        number = number.quantize(DIGITS, ROUND_HALF_UP)
    return f"{number.normalize() + ZERO:f}"


def instant(at: datetime) -> str:
    """As Go prints it: no zeros at the end of the fraction.

    >>> instant(datetime(2020, 6, 3, 13, 30, 4, 179120, tzinfo=UTC))
    '2020-06-03T13:30:04.17912Z'
    """
    seconds = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{at.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{seconds}{fraction}Z"


def plain_symbol(symbol: str) -> str:
    """How positions write a coin pair."""
    return symbol.replace("/", "")


def position_asset_id(asset: Asset) -> str:
    """For coins the id in a position is another one than in `/v2/assets` (alpaca-py issue 490)."""
    if asset.kind != "crypto":
        return asset.id
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"position.{asset.id}"))


def position(
    market: Market, symbol: str, holding: Holding, dialect: Dialect, *, waiting: Decimal
) -> Json:
    """A row of `/v2/positions`; `waiting` is what open orders will add to the quantity."""
    asset = market.asset_on_record(symbol)
    quantity = available = holding.quantity
    if waiting * quantity < ZERO:
        available -= min(abs(waiting), abs(quantity)).copy_sign(quantity)
    if dialect.short_quantity == "positive":
        quantity, available = abs(quantity), abs(available)
    return {
        "asset_id": position_asset_id(asset),
        "symbol": plain_symbol(symbol),
        "exchange": asset.exchange,
        "asset_class": ASSET_CLASSES[asset.kind],
        "asset_marginable": asset.kind == "stock",
        "qty": text(quantity),
        "avg_entry_price": text(average_price(holding, asset.multiplier)),
        "side": "long" if holding.quantity > ZERO else "short",
        "cost_basis": text(holding.cost),
        **_marks(market, asset, holding),
        "qty_available": text(available),
    }


def waiting_to_close(account: Account) -> dict[str, Decimal]:
    """By symbol, what open orders against the holding will add to it."""
    waiting: dict[str, Decimal] = {}
    for order in account.orders.values():
        held = account.holdings.get(order.symbol)
        if not order.is_open or held is None or order.quantity is None:
            continue
        left = order.quantity - order.filled_quantity
        if left * held.quantity < ZERO:
            waiting[order.symbol] = waiting.get(order.symbol, ZERO) + left
    return waiting


def _marks(market: Market, asset: Asset, holding: Holding) -> Json:
    """What depends on prices; null where there is none (since 2021-09-09)."""
    price, close = market.prices.get(asset.symbol), market.closes.get(asset.symbol)
    shown: Json = dict.fromkeys(
        (
            "market_value",
            "unrealized_pl",
            "unrealized_plpc",
            "unrealized_intraday_pl",
            "unrealized_intraday_plpc",
            "current_price",
            "lastday_price",
            "change_today",
        )
    )
    if close is not None:
        shown["lastday_price"] = text(close)
    if price is None:
        return shown
    value = holding.quantity * price * asset.multiplier
    gain, day_gain = value - holding.cost, value - holding.day_cost
    shown |= {
        "market_value": text(value),
        "unrealized_pl": text(gain),
        "unrealized_plpc": text(_share(gain, holding.cost)),
        "unrealized_intraday_pl": text(day_gain),
        "unrealized_intraday_plpc": text(_share(day_gain, holding.day_cost)),
        "current_price": text(price),
    }
    if close is not None:
        shown["change_today"] = text(_share(price - close, close))
    return shown


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return ZERO if whole == ZERO else (part / abs(whole)).quantize(DIGITS, ROUND_HALF_UP)


def account(market: Market, owner: Account) -> Json:
    """`/v2/account`; holdings without a price are left out of the totals."""
    values = [
        market.value_of(symbol, holding.quantity, price)
        for symbol, holding in owner.holdings.items()
        if (price := market.prices.get(symbol)) is not None
    ]
    long_value = sum((value for value in values if value > ZERO), ZERO)
    short_value = sum((value for value in values if value < ZERO), ZERO)
    gross, equity = long_value - short_value, owner.cash + long_value + short_value
    initial, maintenance = gross * Decimal("0.5"), gross * Decimal("0.3")
    free = max(equity - initial, ZERO)
    power = max(equity - maintenance, ZERO) * MULTIPLIER
    today = market.clock().astimezone(NEW_YORK).date()
    return {
        "id": owner.id,
        "admin_configurations": {},
        "user_configurations": None,
        "account_number": owner.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "options_approved_level": 3,
        "options_trading_level": 3,
        "currency": "USD",
        "buying_power": text(power),
        "regt_buying_power": text(free * 2),
        "daytrading_buying_power": text(power),
        "effective_buying_power": text(power),
        "non_marginable_buying_power": text(free),
        "options_buying_power": text(free),
        "bod_dtbp": "0",
        "cash": text(owner.cash),
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "portfolio_value": text(equity),
        "pattern_day_trader": False,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": instant(owner.opened_at),
        "trade_suspended_by_user": False,
        "multiplier": text(MULTIPLIER),
        "shorting_enabled": True,
        "equity": text(equity),
        "last_equity": text(owner.last_equity),
        "long_market_value": text(long_value),
        "short_market_value": text(short_value),
        "position_market_value": text(gross),
        "initial_margin": text(initial),
        "maintenance_margin": text(maintenance),
        "last_maintenance_margin": "0",
        "sma": "0",
        "daytrade_count": 0,
        "balance_asof": (today - timedelta(days=1)).isoformat(),
        "crypto_tier": 1,
        "intraday_adjustments": "0",
        "pending_reg_taf_fees": "0",
    }


def order(market: Market, placed: Order) -> Json:
    """An order, as every endpoint and the stream show it."""
    asset = market.asset_on_record(placed.symbol)
    by_money = placed.notional is not None
    average = None
    if placed.filled_quantity != ZERO:
        average = text(placed.filled_value / placed.filled_quantity)
    return {
        "id": placed.id,
        "client_order_id": placed.client_id,
        "created_at": instant(placed.created_at),
        "updated_at": instant(placed.updated_at),
        "submitted_at": instant(placed.created_at),
        "filled_at": None if placed.filled_at is None else instant(placed.filled_at),
        "expired_at": None,
        "canceled_at": None if placed.canceled_at is None else instant(placed.canceled_at),
        "failed_at": None,
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "asset_id": asset.id,
        "symbol": placed.symbol,
        "asset_class": ASSET_CLASSES[asset.kind],
        "notional": text(placed.notional) if placed.notional is not None else None,
        "qty": None if by_money or placed.quantity is None else text(abs(placed.quantity)),
        "filled_qty": text(abs(placed.filled_quantity)),
        "filled_avg_price": average,
        "order_class": "",
        "order_type": placed.type,
        "type": placed.type,
        "side": placed.side,
        "time_in_force": placed.time_in_force,
        "limit_price": None if placed.limit_price is None else text(placed.limit_price),
        "stop_price": None,
        "status": placed.status,
        "extended_hours": placed.extended_hours,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "subtag": None,
        "source": None,
    }


def trade_update(market: Market, event: OrderEvent) -> Json:
    """A message of the `trade_updates` stream."""
    said: Json = {
        "event": event.name,
        "timestamp": instant(event.at),
        "execution_id": _event_id(event) if event.fill is None else event.fill.id,
        "order": order(market, event.order),
    }
    if event.fill is not None:
        said |= {
            "price": text(event.fill.price),
            "qty": text(abs(event.fill.quantity)),
            "position_qty": text(event.held_after),
        }
        if event.fill.corrects is not None:
            said["previous_execution_id"] = event.fill.corrects
    return {"stream": "trade_updates", "data": said}


def _event_id(event: OrderEvent) -> str:
    return str(uuid.uuid5(uuid.UUID(event.order.id), event.name))


def asset(listed: Asset) -> Json:
    """A row of `/v2/assets`."""
    is_stock = listed.kind == "stock"
    row: Json = {
        "id": listed.id,
        "class": ASSET_CLASSES[listed.kind],
        "exchange": listed.exchange,
        "symbol": listed.symbol,
        "name": listed.name,
        "status": "active",
        "tradable": True,
        "marginable": is_stock,
        "shortable": is_stock,
        "easy_to_borrow": is_stock,
        "fractionable": True,
        "attributes": [],
    }
    if not is_stock:
        row |= {
            "min_order_size": "0.000000001",
            "min_trade_increment": "0.000000001",
            "price_increment": "0.000000001",
        }
    return row


def option_contract(market: Market, listed: Asset) -> Json:
    """What `/v2/options/contracts/{symbol}` says of an option that is not over."""
    terms = listed.option
    assert terms is not None, listed.symbol
    underlying = market.assets.get(terms.underlying)
    price = market.closes.get(listed.symbol)
    return {
        "id": listed.id,
        "symbol": listed.symbol,
        "name": listed.name,
        "status": "active",
        "tradable": True,
        "expiration_date": terms.expires_on.isoformat(),
        "root_symbol": terms.underlying,
        "underlying_symbol": terms.underlying,
        "underlying_asset_id": underlying.id if underlying else listed.id,
        "type": terms.right,
        "style": "american",
        "strike_price": text(terms.strike),
        "multiplier": text(listed.multiplier),
        "size": text(listed.multiplier),
        "close_price": None if price is None else text(price),
    }


def announcement(made: Announcement) -> Json:
    """A row of `/v2/corporate_actions/announcements`."""
    return {
        "id": made.id,
        "corporate_action_id": made.id.replace("-", "")[:16],
        "ca_type": made.kind,
        "ca_sub_type": made.variant,
        "initiating_symbol": made.symbol,
        "initiating_original_cusip": "",
        "target_symbol": made.target,
        "target_original_cusip": "",
        "declaration_date": made.declared_on.isoformat(),
        "ex_date": made.on.isoformat(),
        "record_date": made.on.isoformat(),
        "payable_date": made.on.isoformat(),
        "cash": text(made.cash),
        "old_rate": text(made.old_rate),
        "new_rate": text(made.new_rate),
    }


OPENS, CLOSES = time(9, 30), time(16)


def market_clock(now: datetime) -> Json:
    """`/v2/clock`, without holidays."""
    local = now.astimezone(NEW_YORK)

    def next_at(hour: time) -> str:
        day = local.date()
        while day.weekday() > 4 or datetime.combine(day, hour, NEW_YORK) <= local:
            day += timedelta(days=1)
        return datetime.combine(day, hour, NEW_YORK).isoformat()

    is_open = local.weekday() < 5 and OPENS <= local.time() < CLOSES
    return {
        "timestamp": local.isoformat(),
        "is_open": is_open,
        "next_open": next_at(OPENS),
        "next_close": next_at(CLOSES),
    }
