"""What the market holds, in the words of Advanced Trade: amounts are text."""

import uuid
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_records import Fill, Order
from tieout.simulators.coinbase_values import DOLLARS, Product, Wallet, cut
from tieout.simulators.holdings import ZERO

Json = dict[str, Any]
FIAT = {"USD", "EUR", "GBP"}
# Fields of a listing for those who look at it, recorded as empty.
NOT_OF_TRADING = (
    "market_cap",
    "base_cbrn",
    "quote_cbrn",
    "product_cbrn",
    "icon_color",
    "icon_url",
    "about_description",
)


def text(number: Decimal) -> str:
    """Plain digits without zeros at the end.

    >>> text(Decimal("0.1050")), text(Decimal("4E+3")), text(Decimal("-0.00"))
    ('0.105', '4000', '0')
    """
    return f"{cut(number).normalize() + ZERO:f}"


def wide(number: Decimal) -> str:
    """With sixteen decimals, as wallets are recorded.

    >>> wide(Decimal("0.24301409"))
    '0.2430140900000000'
    """
    return f"{number.quantize(Decimal('1E-16'), ROUND_HALF_EVEN):f}"


def bare(number: Decimal) -> float | int:
    """A JSON number as the breakdown has them, with a float's noise; whole ones have no point."""
    near = float(number)
    return int(near) if near.is_integer() else near


def money(number: Decimal, currency: str = "USD") -> Json:
    return {"value": text(number), "currency": currency}


def instant(at: datetime | None) -> str | None:
    """To the microsecond, as newer recordings have it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


# Accounts.


def account_row(owner: CoinbaseAccount, coin: str, wallet: Wallet, dialect: Dialect) -> Json:
    """A wallet."""
    is_fiat = coin in FIAT
    show = text if is_fiat else wide
    return {
        "uuid": wallet.id,
        "name": f"{coin} Wallet",
        "currency": coin,
        "available_balance": {"value": show(wallet.available), "currency": coin},
        "default": True,
        "active": True,
        "created_at": instant(owner.opened_at),
        "updated_at": instant(wallet.changed_at),
        "deleted_at": None,
        "type": dialect.account_type_prefix + ("FIAT" if is_fiat else "CRYPTO"),
        "ready": True,
        "hold": {"value": show(wallet.hold), "currency": coin},
        "retail_portfolio_id": owner.portfolio,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def portfolio_row(owner: CoinbaseAccount) -> Json:
    name = "Default" if owner.type == "DEFAULT" else owner.name
    return {"name": name, "uuid": owner.portfolio, "type": owner.type, "deleted": False}


# Orders and fills.


def fill_row(owner: CoinbaseAccount, fill: Fill) -> Json:
    size = abs(fill.quantity) if fill.quoted is None else fill.quoted
    return {
        "entry_id": fill.entry_id,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "trade_time": instant(fill.at),
        "trade_type": "FILL",
        "price": text(fill.price),
        "size": text(size),
        "commission": text(fill.commission),
        "product_id": fill.product_id,
        "sequence_timestamp": instant(fill.at),
        "liquidity_indicator": "MAKER" if fill.is_maker else "TAKER",
        "size_in_quote": fill.quoted is not None,
        "user_id": owner.user_id,
        "side": "BUY" if fill.quantity > ZERO else "SELL",
        "retail_portfolio_id": owner.portfolio,
    }


def order_row(owner: CoinbaseAccount, order: Order, product: Product) -> Json:
    """An order, open or done."""
    is_limit = order.limit_price is not None
    after_fees = order.filled_value + (order.fees if order.quantity > ZERO else -order.fees)
    share = order.filled * 100 / abs(order.quantity)
    return {
        "order_id": order.id,
        "product_id": order.product_id,
        "user_id": owner.user_id,
        "order_configuration": _configuration(order),
        "side": order.side,
        "client_order_id": order.client_id,
        "status": order.status,
        "time_in_force": "GOOD_UNTIL_CANCELLED" if is_limit else "IMMEDIATE_OR_CANCEL",
        "created_time": instant(order.created_at),
        "completion_percentage": text(share),
        "filled_size": text(order.filled),
        "average_filled_price": text(order.average),
        "fee": "",
        "number_of_fills": str(order.fills),
        "filled_value": text(order.filled_value),
        "pending_cancel": False,
        "size_in_quote": order.quote_size is not None,
        "total_fees": text(order.fees),
        "size_inclusive_of_fees": order.quote_size is not None,
        "total_value_after_fees": text(after_fees),
        "trigger_status": "INVALID_ORDER_TYPE",
        "order_type": "LIMIT" if is_limit else "MARKET",
        "reject_reason": "REJECT_REASON_UNSPECIFIED",
        "settled": order.status == "FILLED",
        "product_type": product.kind.upper(),
        "reject_message": "",
        "cancel_message": "User requested cancel" if order.status == "CANCELLED" else "",
        "order_placement_source": "RETAIL_ADVANCED",
        "outstanding_hold_amount": text(order.held),
        "is_liquidation": order.is_liquidation,
        "last_fill_time": instant(order.filled_at),
        "edit_history": [],
        "leverage": "",
        "margin_type": "UNKNOWN_MARGIN_TYPE",
        "retail_portfolio_id": owner.portfolio,
        "originating_order_id": "",
        "attached_order_id": "",
    }


def _configuration(order: Order) -> Json:
    if order.limit_price is not None:
        limit = {"base_size": text(abs(order.quantity)), "limit_price": text(order.limit_price)}
        return {"limit_limit_gtc": {**limit, "post_only": False}}
    if order.quote_size is not None:
        return {"market_market_ioc": {"quote_size": text(order.quote_size)}}
    return {"market_market_ioc": {"base_size": text(abs(order.quantity))}}


# Products.


def product_row(product: Product, price: Decimal, now: datetime) -> Json:
    """A listing; a future's says how much one contract is."""
    is_future = product.kind == "future"
    row: Json = {
        "product_id": product.id,
        "price": text(price),
        "price_percentage_change_24h": "0",
        "volume_24h": "0",
        "volume_percentage_change_24h": "0",
        "base_increment": "1" if is_future else "0.00000001",
        "quote_increment": "0.01",
        "quote_min_size": "0",
        "quote_max_size": "100000000",
        "base_min_size": "1" if is_future else "0.00000001",
        "base_max_size": "5000",
        "base_name": "" if is_future else product.base,
        "quote_name": "US Dollar" if product.quote == "USD" else product.quote,
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "" if is_future else "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "FUTURE" if is_future else "SPOT",
        "quote_currency_id": product.quote,
        "base_currency_id": "" if is_future else product.base,
        "fcm_trading_session_details": _session(now) if is_future else None,
        "mid_market_price": text(price),
        "alias": f"{product.base}-USD" if product.quote == "USDC" else "",
        "alias_to": [],
        "base_display_symbol": "" if is_future else product.base,
        "quote_display_symbol": product.quote,
        "view_only": False,
        "price_increment": "5" if is_future else "0.01",
        "display_name": product.id,
        "product_venue": "FCM" if is_future else "CBE",
        "approximate_quote_24h_volume": "0",
        "new_at": None,
        "best_bid_price": "",
        "best_ask_price": "",
        "display_name_overwrite": "",
        "is_alpha_testing": False,
        **dict.fromkeys(NOT_OF_TRADING, ""),
    }
    return row | ({"future_product_details": _future(product, price, now)} if is_future else {})


def _session(now: datetime) -> Json:
    ends = now + timedelta(days=1)
    return {
        "is_session_open": True,
        "open_time": instant(now),
        "close_time": instant(ends),
        "session_state": "FCM_TRADING_SESSION_STATE_OPEN",
        "after_hours_order_entry_disabled": False,
        "closed_reason": "FCM_TRADING_SESSION_CLOSED_REASON_EXCHANGE_MAINTENANCE",
        "maintenance": {"start_time": instant(ends), "end_time": instant(ends)},
    }


def _future(product: Product, price: Decimal, now: datetime) -> Json:
    assert product.expires_at is not None, product.id
    left_ms = int((product.expires_at - now).total_seconds() * 1000)
    margin = {"long_margin_rate": "0.1", "short_margin_rate": "0.1"}
    interest: Json = {"open_interest": "0", "funding_rate": "", "funding_time": None}
    return {
        "venue": "cde",
        "contract_code": product.code,
        "contract_expiry": instant(product.expires_at),
        "contract_size": text(product.contract_size),
        "contract_root_unit": product.base,
        "group_description": f"{product.base} futures",
        "contract_expiry_timezone": "Europe/London",
        "group_short_description": product.code,
        "risk_managed_by": "MANAGED_BY_FCM",
        "contract_expiry_type": "EXPIRING",
        "perpetual_details": {
            **interest,
            **dict.fromkeys(("max_leverage", "base_asset_uuid", "underlying_type"), ""),
        },
        "contract_display_name": product.id,
        "time_to_expiry_ms": str(left_ms),
        "non_crypto": False,
        "contract_expiry_name": f"{product.expires_at:%Y-%m}",
        "twenty_four_by_seven": True,
        "funding_interval": "3600s" if product.has_funding else None,
        "open_interest": "0",
        "funding_rate": "0.000013" if product.has_funding else "",
        "funding_time": instant(now) if product.has_funding else None,
        "display_name": product.id,
        "contract_code_display_name": "",
        "product_group_cbrn": "",
        "region_enabled": {},
        "intraday_margin_rate": margin,
        "overnight_margin_rate": margin,
        "settlement_price": text(price),
        "futures_asset_type": "FUTURES_ASSET_TYPE_CRYPTO",
        "index_price": text(price),
    }


def asset_id(coin: str) -> str:
    """The lasting id of a coin."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{coin}.simulated-coinbase"))


def is_cash(coin: str) -> bool:
    return coin in FIAT or coin in DOLLARS
