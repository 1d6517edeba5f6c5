"""Small exports in each venue's own shape; what a test does not say has an ordinary value."""

from typing import Any

HEADING = (
    "Account,Coin,Execution Price,Size Tokens,Size USD,Side,Timestamp IST,Start Position,"
    "Direction,Closed PnL,Transaction Hash,Order ID,Crossed,Fee,Trade ID,Timestamp"
)


def activities(*lines: str) -> str:
    """A CSV with the activity fields: id, symbol, signed quantity, price, and the minute."""
    rows = [f"{line},2026-11-20T15:{at:02}:00Z" for at, line in enumerate(lines)]
    return "\n".join(["id,symbol,quantity,price,at", *rows]) + "\n"


def trade_history(*rows: str) -> str:
    """Hyperliquid's trade history, from rows of `coin side size price start closed_pnl fee`."""
    lines = [HEADING]
    for row in rows:
        coin, side, size, price, start, closed_pnl, fee, *more = row.split()
        account, minute = (more + ["0xa", "50"][len(more) :])[:2]
        lines.append(
            f"{account},{coin},{price},{size},0,{side},02-12-2024 22:{minute},{start},"
            f"Trade,{closed_pnl},0x0,1,TRUE,{fee},8.95E+14,1.73E+12"
        )
    return "\n".join(lines) + "\n"


def hyperliquid_fill(**values: Any) -> dict[str, Any]:
    """One fill as Hyperliquid's API gives it."""
    standard = {
        "coin": "BTC", "px": "100", "sz": "1", "side": "B", "time": 1700000000000,
        "startPosition": "0.0", "dir": "Open Long", "closedPnl": "0.0", "hash": "0x1", "oid": 7,
        "crossed": True, "fee": "0.0", "feeToken": "USDC",
    }  # fmt: skip
    return {**standard, **values}


def coinbase_fill(**values: Any) -> dict[str, Any]:
    """One fill as Coinbase gives it."""
    standard = {
        "entry_id": "e1", "trade_id": "t1", "order_id": "o1", "trade_type": "FILL",
        "trade_time": "2026-11-20T15:00:00Z", "price": "100", "size": "2", "commission": "0.5",
        "product_id": "ETH-USD", "size_in_quote": False, "side": "BUY",
    }  # fmt: skip
    return {**standard, **values}


def alpaca_fill(**values: Any) -> dict[str, Any]:
    """One activity as Alpaca gives it."""
    standard = {
        "id": "20261120100000000::1", "activity_type": "FILL", "type": "fill", "side": "buy",
        "transaction_time": "2026-11-20T15:00:00Z", "price": "100", "qty": "10", "symbol": "AAPL",
    }  # fmt: skip
    return {**standard, **values}


def trade(**values: str) -> str:
    """One execution of a Flex statement."""
    standard = {
        "currency": "USD", "assetCategory": "STK", "symbol": "AAPL", "conid": "265598",
        "multiplier": "1", "dateTime": "20261120;100000", "transactionType": "ExchTrade",
        "quantity": "10", "tradePrice": "100", "taxes": "0", "ibCommission": "-1",
        "ibCommissionCurrency": "USD", "openCloseIndicator": "O", "fifoPnlRealized": "0",
        "buySell": "BUY", "levelOfDetail": "EXECUTION",
    }  # fmt: skip
    return element("Trade", {**standard, **values})


def sale(**values: str) -> str:
    """An execution that closes."""
    standard = {"quantity": "-10", "buySell": "SELL", "openCloseIndicator": "C"}
    return trade(**{**standard, **values})


def corporate_action(**values: str) -> str:
    """A corporate action of a Flex statement."""
    standard = {
        "currency": "USD", "assetCategory": "STK", "symbol": "AAPL", "conid": "265598",
        "dateTime": "20261120;202500", "levelOfDetail": "DETAIL",
    }  # fmt: skip
    return element("CorporateAction", {**standard, **values})


def option_event(**values: str) -> str:
    """An option event of a Flex statement; the section has the name of its rows."""
    standard = {
        "currency": "USD", "assetCategory": "OPT", "symbol": "SPY   261120C00500000",
        "conid": "9", "multiplier": "100", "date": "20261120", "transactionType": "Expiration",
        "quantity": "-2", "tradePrice": "0", "tradeID": "77",
    }  # fmt: skip
    return element("OptionEAE", {**standard, **values})


def element(name: str, attributes: dict[str, str]) -> str:
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f"<{name} {written} />"


def statement(*trades: str, actions: str = "", events: str = "", account: str = "U1234567") -> str:
    """A Flex statement with these trades."""
    inner = f"<Trades>\n{''.join(f'{each}{chr(10)}' for each in trades)}</Trades>"
    inner += f"<CorporateActions>{actions}</CorporateActions>"
    inner += f"<OptionEAE>{events}</OptionEAE>" if events else ""
    body = f'<FlexStatement accountId="{account}">{inner}</FlexStatement>'
    return (
        '<FlexQueryResponse queryName="Trades" type="AF"><FlexStatements count="1">'
        f"{body}</FlexStatements></FlexQueryResponse>"
    )
