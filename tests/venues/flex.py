"""Flex statements, written small: rows with the attributes that matter, around them a statement."""

from pathlib import Path

STOCK = {
    "currency": "USD", "assetCategory": "STK", "symbol": "AAPL", "conid": "265598",
    "multiplier": "1",
}  # fmt: skip
OPTION = {
    "currency": "USD", "assetCategory": "OPT", "symbol": "SPY   261120C00500000", "conid": "9",
    "multiplier": "100", "expiry": "20261120",
}  # fmt: skip
STEM = "0000e0d5.6576fd38.01"


def element(name: str, **attributes: str) -> str:
    """One row."""
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f"<{name} {written} />"


def trade(quantity: str = "10", price: str = "100", **more: str) -> str:
    """An execution; a sale has a minus and closes unless told otherwise."""
    is_sale = quantity.startswith("-")
    given = {
        **STOCK, "dateTime": "20261120;093000", "transactionType": "ExchTrade",
        "quantity": quantity, "tradePrice": price, "taxes": "0", "ibCommission": "-1",
        "ibCommissionCurrency": "USD", "openCloseIndicator": "C" if is_sale else "O",
        "fifoPnlRealized": "0", "buySell": "SELL" if is_sale else "BUY",
        "levelOfDetail": "EXECUTION", "notes": "",
    }  # fmt: skip
    return element("Trade", **{**given, **more})


def action(kind: str, quantity: str, text: str = "", **more: str) -> str:
    """A row of a corporate action."""
    given = {
        **STOCK, "dateTime": "20261120;202500", "type": kind, "quantity": quantity,
        "description": text, "proceeds": "0", "actionID": "77", "levelOfDetail": "DETAIL",
    }  # fmt: skip
    return element("CorporateAction", **{**given, **more})


def position(quantity: str, cost: str, **more: str) -> str:
    """An open position; `cost` is that of all units."""
    given = {
        **STOCK, "reportDate": "20261120", "position": quantity, "costBasisMoney": cost,
        "markPrice": "191.5", "levelOfDetail": "SUMMARY",
    }  # fmt: skip
    return element("OpenPosition", **{**given, **more})


def statement(
    *,
    account: str = "U1",
    days: tuple[str, str] = ("20261116", "20261120"),
    made: str = "20261121;013000",
    currency: str = "",
    **sections: str,
) -> str:
    """A statement with these sections."""
    inner = "".join(f"<{name}>{rows}</{name}>" for name, rows in sections.items())
    if currency:
        inner = f'<AccountInformation accountId="{account}" currency="{currency}" />{inner}'
    return (
        f'<FlexStatement accountId="{account}" fromDate="{days[0]}" toDate="{days[1]}" '
        f'period="" whenGenerated="{made}">{inner}</FlexStatement>'
    )


def response(*statements: str, count: int | None = None) -> str:
    """A file of statements."""
    told = len(statements) if count is None else count
    return (
        '<FlexQueryResponse queryName="Tieout" type="AF">'
        f'<FlexStatements count="{told}">{"".join(statements)}</FlexStatements>'
        "</FlexQueryResponse>"
    )


def write(folder: Path, *statements: str, name: str = "one.xml") -> Path:
    """Put a file of statements into a folder."""
    path = folder / name
    path.write_text(response(*statements), encoding="utf-8")
    return path
