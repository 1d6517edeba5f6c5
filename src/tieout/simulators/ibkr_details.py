"""Contract details: what a gateway tells of something that is listed."""

from decimal import Decimal, InvalidOperation

from tieout.simulators.holdings import ZERO
from tieout.simulators.ibkr_contracts import Contract
from tieout.simulators.ibkr_requests import Heard
from tieout.simulators.ibkr_wire import Dialect, Message, double, local_symbol, multiplier


def is_asked(contract: Contract, heard: Heard) -> bool:
    """Whether the description fits; an id is enough."""
    if heard["conId"] not in ("", "0"):
        return heard["conId"] == str(contract.con_id)
    right = contract.option.right[0].upper() if contract.option else ""
    day = f"{contract.expires_on:%Y%m%d}" if contract.expires_on else ""
    asked = {
        "symbol": contract.root,
        "secType": contract.sec_type,
        "currency": contract.currency,
        "localSymbol": local_symbol(contract),
        "right": right,
    }
    fits = all(heard[name] in ("", own) for name, own in asked.items())
    return (
        fits
        and _is_strike(contract, heard["strike"])
        and day.startswith(heard["lastTradeDateOrContractMonth"])
    )


def _is_strike(contract: Contract, asked: str) -> bool:
    """Whether the strike fits, written in whichever way; 0 is none."""
    try:
        strike = Decimal(asked or "0")
    except InvalidOperation:
        return False
    return strike in (ZERO, contract.option.strike if contract.option else ZERO)


def contract_details(contract: Contract, req_id: str, dialect: Dialect) -> Message:
    on, option = contract.expires_on, contract.option
    is_derived = contract.sec_type in ("OPT", "FOP", "FUT")
    return {
        "id": "10",
        "version": "8",
        "reqId": req_id,
        "symbol": contract.root,
        "secType": contract.sec_type,
        "lastTrade": f"{on:%Y%m%d}" if on else "",
        "strike": double(option.strike) if option else "0",
        "right": option.right[0].upper() if option else "",
        "exchange": contract.exchange,
        "currency": contract.currency,
        "localSymbol": local_symbol(contract),
        "marketName": contract.root,
        "tradingClass": contract.root,
        "conId": str(contract.con_id),
        "minTick": "0.01",
        "mdSizeMultiplier": "1",
        "multiplier": multiplier(contract),
        "orderTypes": "LMT,MKT",
        "validExchanges": contract.exchange,
        "priceMagnifier": "1",
        "underConId": "0",
        "longName": contract.name,
        "primaryExchange": contract.exchange if contract.sec_type == "STK" else "",
        "contractMonth": f"{on:%Y%m}" if on else "",
        "industry": "",
        "category": "",
        "subcategory": "",
        "timeZoneId": dialect.time_zone,
        "tradingHours": "",
        "liquidHours": "",
        "evRule": "",
        "evMultiplier": "",
        "numSecIds": "0",
        "aggGroup": "1",
        "underSymbol": contract.root if is_derived else "",
        "underSecType": {"OPT": "STK", "FOP": "FUT"}.get(contract.sec_type, ""),
        "marketRuleIds": "26",
        "realExpirationDate": f"{on:%Y%m%d}" if on else "",
        "stockType": "COMMON" if contract.sec_type == "STK" else "",
        "minSize": "0.0001",
        "sizeIncrement": "0.0001",
        "suggestedSizeIncrement": "100",
    }
