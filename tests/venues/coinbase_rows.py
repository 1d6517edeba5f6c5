"""Rows of Coinbase's replies, as recorded or documented, for the tests of the venue module."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from venues.stub import Said, said

PORTFOLIO = "cd5d3286-b5ad-5f48-b356-1fd3e4e73f72"
OTHER = "0b8e9f1c-6f4e-4a53-9a44-7c1e5d2b9f10"
NANO = "BIP-20DEC30-CDE"
TOKEN = "a3f8c2e1d4b7f09e5c6a2d8b1e4f7c0a9d3b6e2f5a8c1d4e7b0f3a6c9d2e5f8"
KEY = "organizations/3a51c7a0/apiKeys/0d6f4be2-planted-key"

Row = dict[str, Any]


def wallet(
    currency: str,
    available: str,
    hold: str = "0",
    *,
    kind: str = "CRYPTO",
    portfolio: str | None = PORTFOLIO,
) -> Row:
    """A row of `/accounts`, as recorded in 2023, with the portfolio of newer ones."""
    return {
        "uuid": f"8bfc20d7-f7c6-4422-bf07-{currency.encode().hex():0>12}",
        "name": f"{currency} Wallet",
        "currency": currency,
        "available_balance": {"value": available, "currency": currency},
        "default": True,
        "active": True,
        "type": f"ACCOUNT_TYPE_{kind}",
        "ready": True,
        "hold": {"value": hold, "currency": currency},
        "retail_portfolio_id": portfolio,
    }


def spot(asset: str, crypto: float, cost: str | None, **fields: Any) -> Row:
    """A row of `spot_positions`; amounts are floats there."""
    basis = None if cost is None else {"value": cost, "currency": "USD"}
    row = {
        "asset": asset,
        "total_balance_fiat": crypto * 100,
        "total_balance_crypto": crypto,
        "cost_basis": basis,
        "is_cash": False,
    }
    return {**row, **fields}


def fill(number: int, at: datetime, **fields: Any) -> Row:
    """A row of fills as recorded."""
    text = at.isoformat().replace("+00:00", "Z")
    row = {
        "entry_id": f"entry-{number:06d}",
        "trade_id": f"trade-{number:06d}",
        "order_id": f"order-{number:06d}",
        "trade_time": text,
        "trade_type": "FILL",
        "price": "100",
        "size": "1",
        "commission": "0",
        "product_id": "BTC-USD",
        "sequence_timestamp": text,
        "liquidity_indicator": "TAKER",
        "size_in_quote": False,
        "side": "BUY",
        "retail_portfolio_id": PORTFOLIO,
    }
    return {**row, **fields}


def future(product: str, contracts: str, price: str, **fields: Any) -> Row:
    """A row of `/cfm/positions`; contracts have no sign there."""
    size = Decimal(contracts)
    money = {"value": price, "currency": "USD"}
    row = {
        "product_id": product,
        "expiration_time": "",
        "side": "LONG" if size > 0 else "SHORT",
        "number_of_contracts": str(abs(size)),
        "current_price": money,
        "avg_entry_price": money,
        "unrealized_pnl": {"value": "0", "currency": "USD"},
        "daily_realized_pnl": {"value": "0", "currency": "USD"},
        "contract_size": "0.01",
    }
    return {**row, **fields}


def nano() -> Row:
    """A product as recorded in April 2026, shortened."""
    return {
        "product_id": NANO,
        "quote_currency_id": "USD",
        "display_name": "BTC PERP",
        "future_product_details": {
            "contract_expiry": "2030-12-20T16:00:00Z",
            "contract_size": "0.01",
            "group_description": "nano BTC Perp Futures",
            "contract_expiry_type": "EXPIRING",
            "funding_interval": "3600s",
        },
    }


def rpc(result: Any) -> Said:
    """An envelope with a result."""
    return said({"jsonrpc": "2.0", "id": 1, "result": result})


def rpc_error(code: int, message: str, **data: Any) -> Said:
    """An envelope with an error, which Deribit sends with a status of 400."""
    error = {"code": code, "message": message, **({"data": data} if data else {})}
    return said({"jsonrpc": "2.0", "id": 1, "error": error}, status=400)
