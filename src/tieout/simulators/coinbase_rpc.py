"""What the market holds, in the words of the JSON-RPC gateway: amounts are JSON numbers."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tieout.simulators.coinbase_ledger import CoinbaseAccount, CoinbaseLedger
from tieout.simulators.coinbase_positions import INITIAL, MAINTENANCE, exposure
from tieout.simulators.coinbase_records import Booking, Trade
from tieout.simulators.coinbase_values import Position, Product, State, milliseconds
from tieout.simulators.holdings import ZERO

Json = dict[str, Any]
Numeral = Decimal | int
DECIMALS = 12
USER = 100_000  # where the users' numbers begin


def number(value: Decimal) -> Numeral:
    """Plain digits: whole ones without a point, the others without zeros at the end.

    >>> number(Decimal("61250.50")), number(Decimal("2E+1"))
    (Decimal('61250.5'), 20)
    """
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        value = value.quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_EVEN)
    near = value.normalize()
    return int(near) if near == near.to_integral_value() else near


def position_row(market: CoinbaseLedger, product: Product, position: Position) -> Json:
    """`private/get_positions`: signed; the size is in dollars, `size_currency` in coins."""
    mark = market.prices[product.id]
    worth, profit = exposure(product, position, mark), product.profit(position, mark)
    row: Json = {
        "average_price": product.average(position),
        "delta": position.quantity if not product.is_inverse else position.quantity / mark,
        "direction": "buy" if position.quantity > ZERO else "sell",
        "estimated_liquidation_price": mark / 2 if position.quantity > ZERO else mark * 2,
        "floating_profit_loss": profit,
        "index_price": market.in_dollars(product.base) or mark,
        "initial_margin": worth * INITIAL,
        "instrument_name": product.id,
        "interest_value": ZERO,
        "kind": "future",
        "leverage": Decimal(10),
        "maintenance_margin": worth * MAINTENANCE,
        "mark_price": mark,
        "open_orders_margin": ZERO,
        "realized_funding": position.funding,
        "realized_profit_loss": position.realized,
        "settlement_price": mark,
        "size": position.quantity if product.is_inverse else position.quantity * mark,
        "size_currency": position.quantity / mark if product.is_inverse else position.quantity,
        "total_profit_loss": profit + position.realized,
    }
    return {key: number(it) if isinstance(it, Decimal) else it for key, it in row.items()}


def whose(market: CoinbaseLedger, owner: CoinbaseAccount) -> Json:
    """Whose a row is; a main account's own in the words of before isolated margin."""
    if owner.slot is None:
        return {"user_id": user_number(market, owner)}
    main = user_number(market, market.account(owner.name))
    return {"user_id": owner.slot, "main_uid": main, "isolated": True}


def subaccount_row(market: CoinbaseLedger, owner: CoinbaseAccount) -> Json:
    """`private/get_subaccounts`: a free slot is bound to nothing."""
    is_slot = owner.slot is not None
    return {
        "id": user_number(market, owner),
        "type": "subaccount" if is_slot else "main",
        "username": owner.name,
        "isolated": True if is_slot else None,
        "isolated_margin_instrument": next(iter(owner.state.perps), None) if is_slot else None,
    }


def trade_row(trade: Trade, product: Product, sequence: int) -> Json:
    """`private/get_user_trades_...`: the amount is not signed, the direction tells."""
    row = {
        "amount": number(abs(trade.quantity)),
        "api": False,
        "contracts": number(abs(trade.quantity)),
        "direction": "buy" if trade.quantity > ZERO else "sell",
        "fee": number(trade.fee),
        "fee_currency": product.settles_in,
        "index_price": number(trade.mark),
        "instrument_name": product.id,
        "label": trade.label,
        "liquidity": "M" if trade.is_maker else "T",
        "mark_price": number(trade.mark),
        "matching_id": None,
        "order_id": str(trade.order_number),
        "order_type": "limit" if trade.is_maker else "market",
        "post_only": False,
        "price": number(trade.price),
        "profit_loss": number(trade.profit),
        "reduce_only": False,
        "risk_reducing": False,
        "self_trade": False,
        "state": "filled",
        "tick_direction": 0,
        "timestamp": milliseconds(trade.at),
        "trade_id": trade.id,
        "trade_seq": sequence,
    }
    return row | ({"liquidation": "T"} if trade.is_liquidation else {})


def booking_row(booking: Booking, user: int) -> Json:
    """`private/get_transaction_log`."""
    info = {name: value for name, value in booking.facts.items() if name != "product"}
    settled: Json = {}
    if booking.kind == "settlement":  # of a session in which nothing but funding was realized
        funding = number(booking.change)
        settled = {
            "interest_pl": funding,
            "total_interest_pl": funding,
            "session_rpl": funding,
            "session_upl": 0,
        }
    return {
        "id": booking.number,
        "currency": booking.currency,
        "timestamp": milliseconds(booking.at),
        "user_id": user,
        "username": "user",
        "user_seq": booking.number,
        "type": booking.kind,
        "instrument_name": booking.facts.get("product"),
        "cashflow": number(booking.change),
        "change": number(booking.change),
        "balance": number(booking.balance),
        "commission": 0,
        "interest_pl": 0 if booking.kind == "trade" else None,
        "info": info,
        **settled,
    }


def summary(market: CoinbaseLedger, state: State, currency: str) -> Json:
    """The money of one currency, and what it has to bear."""
    profit = worth = ZERO
    for name, position in state.perps.items():
        product = market.products[name]
        if product.settles_in == currency:
            profit += product.profit(position, market.prices[name])
            worth += exposure(product, position, market.prices[name])
    realized = (
        each.realized
        for name, each in state.perps.items()
        if market.products[name].settles_in == currency
    )
    balance = state.purse.get(currency, ZERO)
    free = balance + profit - worth * INITIAL
    row = {
        "available_funds": free,
        "available_withdrawal_funds": free,
        "balance": balance,
        "equity": balance + profit,
        "margin_balance": balance + profit,
        "initial_margin": worth * INITIAL,
        "maintenance_margin": worth * MAINTENANCE,
        "futures_pl": profit,
        "futures_session_upl": profit,
        "futures_session_rpl": sum(realized, ZERO),
        "session_upl": profit,
        "total_pl": profit,
        "delta_total": ZERO,
        "fee_balance": ZERO,
        "spot_reserve": ZERO,
        "additional_reserve": ZERO,
    }
    numbers = {key: number(value) for key, value in row.items()}
    modes = {"cross_collateral_enabled": False, "portfolio_margining_enabled": False}
    return {"currency": currency, "margin_model": "segregated_sm", **modes, **numbers}


def instrument_row(product: Product, opened_ms: int) -> Json:
    """`public/get_instruments`."""
    name = "inverse" if product.is_inverse else "linear"
    return {
        "instrument_name": product.id,
        "instrument_id": product.number,
        "instrument_type": "reversed" if product.is_inverse else "linear",
        "future_type": "reversed" if product.is_inverse else "linear",
        "price_index": f"{product.base}_{product.quote}".lower(),
        "kind": "future",
        "base_currency": product.base,
        "quote_currency": product.quote,
        "counter_currency": "USD" if name == "inverse" else product.quote,
        "settlement_currency": product.settles_in,
        "settlement_period": "perpetual",
        "contract_size": number(product.contract_size),
        "min_trade_amount": number(Decimal("0.0001")),
        "tick_size": number(Decimal("0.5")),
        "maker_commission": 0,
        "taker_commission": number(Decimal("0.0003")),
        "max_leverage": 50,
        "is_active": True,
        "state": "open",
        "creation_timestamp": opened_ms,
        "expiration_timestamp": 32503708800000,
    }


def user_number(market: CoinbaseLedger, owner: CoinbaseAccount) -> int:
    if owner.slot is not None:
        return owner.slot
    return USER + list(market.accounts).index(owner.name)
