"""Replies of real exchanges that others keep, and the lists of markets that ccxt needs with them.

The replies lie beside this repository, not in it; the lists are written here.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from venues.ccxt_stub import ExchangeStub

FOLDER = Path(__file__).parents[3] / "shared" / "venues" / "others"
ABSENT = "the recorded replies are not here: put them into ../shared/venues/others"


def recorded(name: str) -> bytes:
    """A reply, byte by byte; the test is left out, with the reason, where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(ABSENT)
    return path.read_bytes()


def kraken(stub: ExchangeStub) -> None:
    """Kraken's spot exchange with three pairs and nothing held."""
    assets = {
        name: {"aclass": "currency", "altname": alt, "decimals": 10, "display_decimals": 5,
               "status": "enabled"}
        for name, alt in [("XXBT", "XBT"), ("XETH", "ETH"), ("ZUSD", "USD"), ("USDT", "USDT")]
    }  # fmt: skip
    pairs = {
        f"{base}{quote}": {
            "altname": alt, "wsname": ws, "base": base, "quote": quote, "pair_decimals": 1,
            "cost_decimals": 5, "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [2],
            "leverage_sell": [2], "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]],
            "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online",
        }
        for base, quote, alt, ws in [
            ("XXBT", "ZUSD", "XBTUSD", "XBT/USD"),
            ("XBT", "USDT", "XBTUSDT", "XBT/USDT"),
            ("ETH", "USDT", "ETHUSDT", "ETH/USDT"),
        ]
    }  # fmt: skip
    stub.say("/0/public/Assets", {"error": [], "result": assets})
    stub.say("/0/public/AssetPairs", {"error": [], "result": pairs})
    stub.say("/0/private/BalanceEx", {"error": [], "result": {}})
    stub.say("/0/private/OpenPositions", {"error": [], "result": []})
    stub.say("/0/private/TradesHistory", {"error": [], "result": {"trades": {}, "count": 0}})


def bybit_pair(symbol: str, category: str, settle: str) -> dict[str, Any]:
    base = symbol[:3]
    return {
        "symbol": symbol, "contractType": category, "status": "Trading", "baseCoin": base,
        "quoteCoin": symbol[3:], "settleCoin": settle, "launchTime": "1584230400000",
        "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": "2", "fundingInterval": 480,
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
        "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": "0.001", "qtyStep": "0.001",
                          "basePrecision": "0.001", "quotePrecision": "0.001"},
    }  # fmt: skip


BYBIT = {
    "spot": [bybit_pair("BTCUSDT", "", "")],
    "linear": [
        bybit_pair("BTCUSDT", "LinearPerpetual", "USDT"),
        bybit_pair("ETHUSDT", "LinearPerpetual", "USDT"),
        {**bybit_pair("BTCUSDC", "LinearPerpetual", "USDC"), "symbol": "BTCPERP"},
    ],
    "inverse": [bybit_pair("BTCUSD", "InversePerpetual", "BTC")],
    "option": [],
}


def good(rows: Any, **fields: Any) -> dict[str, Any]:
    """A reply of Bybit's."""
    result = {"list": rows, "nextPageCursor": "", **fields}
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1}


def bybit_position(**fields: Any) -> dict[str, Any]:
    row = {"symbol": "BTCUSDT", "side": "Buy", "size": "0.5", "avgPrice": "50000", "positionIdx": 0}
    return {**row, **fields}


def bybit_execution(number: int, *, at: datetime, **fields: Any) -> dict[str, Any]:
    """A fill of a linear contract."""
    row: dict[str, Any] = {
        "symbol": "BTCUSDT", "side": "Buy", "execId": f"e{number}", "execPrice": "50000",
        "execQty": "0.1", "execFee": "0.015", "feeCurrency": "USDT", "execType": "Trade",
        "createType": "CreateByUser",
        "execTime": str(int(at.timestamp() * 1000)),
    }  # fmt: skip
    return {**row, **fields}


def bybit(stub: ExchangeStub) -> None:
    """Bybit with a unified account in which nothing is held."""
    stub.say("/v5/market/instruments-info", lambda query: good(
        BYBIT[query["category"]] if query.get("status", "Trading") == "Trading" else [],
        category=query["category"],
    ))  # fmt: skip
    stub.say("/v5/user/query-api", {**good([]), "result": {"userID": 7, "readOnly": 1, "uta": 1}})
    stub.say("/v5/account/info", {**good([]), "result": {"unifiedMarginStatus": 6}})
    stub.say("/v5/position/list", good([]))
    stub.say("/v5/execution/list", good([]))
    stub.say("/v5/account/wallet-balance", good([{"accountType": "UNIFIED", "coin": []}]))
    stub.say("/v5/account/transaction-log", good([]))


def okx_row(kind: str, id_: str, **fields: str) -> dict[str, str]:
    return {
        "instType": kind, "instId": id_, "uly": "", "instFamily": "", "baseCcy": "",
        "quoteCcy": "", "settleCcy": "", "ctVal": "", "ctMult": "1", "ctValCcy": "", "ctType": "",
        "optType": "", "stk": "", "listTime": "1584230400000", "expTime": "", "lever": "10",
        "tickSz": "0.1", "lotSz": "0.01", "minSz": "0.01", "state": "live", "alias": "",
        **fields,
    }  # fmt: skip


OKX = {
    "SPOT": [okx_row("SPOT", "BTC-USDT", baseCcy="BTC", quoteCcy="USDT")],
    "SWAP": [okx_row("SWAP", "BTC-USDT-SWAP", uly="BTC-USDT", instFamily="BTC-USDT",
                     settleCcy="USDT", ctVal="0.01", ctValCcy="BTC", ctType="linear")],
}  # fmt: skip


def okx(stub: ExchangeStub) -> None:
    """OKX with an account in which nothing is held."""

    def said(rows: Any) -> dict[str, Any]:
        return {"code": "0", "msg": "", "data": rows}

    stub.say("/api/v5/public/instruments", lambda query: said(OKX.get(query["instType"], [])))
    stub.say("/api/v5/account/config", said([{"uid": "4433", "perm": "read_only"}]))
    stub.say("/api/v5/account/positions", said([]))
    stub.say("/api/v5/account/balance", said([{"details": []}]))
    stub.say("/api/v5/asset/balances", said([]))
    stub.say("/api/v5/trade/fills-history", said([]))
    stub.say("/api/v5/account/bills-archive", said([]))


def binance_row(symbol: str, base: str, quote: str, **fields: Any) -> dict[str, Any]:
    return {
        "symbol": symbol, "status": "TRADING", "baseAsset": base, "quoteAsset": quote,
        "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "pricePrecision": 2, "quantityPrecision": 3, "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]], "isSpotTradingAllowed": True, "orderTypes": ["LIMIT"],
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10", "minPrice": "0.1",
                     "maxPrice": "1000000"}],
        **fields,
    }  # fmt: skip


def binance(stub: ExchangeStub) -> None:
    """Binance with a spot, a margin and two futures wallets in which nothing is held."""
    spot = [binance_row("BTCUSDT", "BTC", "USDT"), binance_row("BNBBTC", "BNB", "BTC")]
    linear = binance_row("BTCUSDT", "BTC", "USDT", contractType="PERPETUAL", marginAsset="USDT",
                         deliveryDate=4133404800000, onboardDate=1569398400000)  # fmt: skip
    inverse = binance_row("BTCUSD_PERP", "BTC", "USD", contractType="PERPETUAL", contractSize=100,
                          marginAsset="BTC", deliveryDate=4133404800000, contractStatus="TRADING",
                          onboardDate=1597042800000)  # fmt: skip
    stub.say("/api/v3/exchangeInfo", {"symbols": spot})
    stub.say("/fapi/v1/exchangeInfo", {"symbols": [linear]})
    stub.say("/dapi/v1/exchangeInfo", {"symbols": [inverse]})
    stub.say("/api/v3/account", {"uid": 354937868, "balances": []})
    stub.say("/api/v3/myTrades", [])
    stub.say("/fapi/v3/positionRisk", [])
    stub.say("/dapi/v1/positionRisk", [])
    stub.say("/sapi/v1/margin/account", {"userAssets": []})
    stub.say("/sapi/v1/asset/get-funding-asset", [])
    stub.say("/fapi/v1/income", [])
    stub.say("/dapi/v1/income", [])
    stub.say("/fapi/v1/userTrades", [])
    stub.say("/dapi/v1/userTrades", [])
