"""What is listed, in Hyperliquid's words: dexes, perps, tokens, pairs and their prices."""

import hashlib
from typing import Any

from tieout.simulators.hyperliquid_ledger import HyperliquidLedger, address_of
from tieout.simulators.hyperliquid_values import MAIN, Perp
from tieout.simulators.hyperliquid_wire import Json, text


def perp_dexes(market: HyperliquidLedger) -> list[Any]:
    """`perpDexs`: the first is null, which is the venue's own dex."""
    return [
        None,
        *(
            {
                "name": dex.name,
                "fullName": dex.full_name,
                "deployer": dex.deployer,
                "oracleUpdater": None,
                "feeRecipient": address_of(f"fees of {dex.name}"),
                "assetToStreamingOiCap": [
                    [perp.coin, "1000000.0"] for perp in perps_of(market, dex.name)
                ],
            }
            for dex in market.dexes.values()
            if dex.name != MAIN
        ),
    ]


def perps_of(market: HyperliquidLedger, dex: str) -> list[Perp]:
    return [perp for perp in market.perps.values() if perp.dex == dex]


def meta(market: HyperliquidLedger, dex: str) -> Json:
    """`meta` of one dex; what is usual for a coin is left out of its row."""
    perps = perps_of(market, dex)
    leverages = sorted({perp.leverage_max for perp in perps})
    return {
        "universe": [_perp(perp) for perp in perps],
        "marginTables": [
            [
                leverage,
                {
                    "description": "",
                    "marginTiers": [{"lowerBound": "0.0", "maxLeverage": leverage}],
                },
            ]
            for leverage in leverages
        ],
        "collateralToken": market.tokens[market.dexes[dex].collateral].index,
    }


def _perp(perp: Perp) -> Json:
    row: Json = {
        "szDecimals": perp.size_decimals,
        "name": perp.coin,
        "maxLeverage": perp.leverage_max,
        "marginTableId": perp.leverage_max,
    }
    if perp.is_isolated_only:
        row |= {"onlyIsolated": True, "marginMode": "strictIsolated"}
    return row | ({"isDelisted": True} if perp.is_delisted else {})


def perp_contexts(market: HyperliquidLedger, dex: str) -> list[Json]:
    """The second half of `metaAndAssetCtxs`."""
    return [
        {
            "funding": "0.0000125",
            "openInterest": "1000.0",
            "prevDayPx": text(market.marks[perp.coin]),
            "dayNtlVlm": "1000000.0",
            "premium": "0.0",
            "oraclePx": text(market.marks[perp.coin]),
            "markPx": text(market.marks[perp.coin]),
            "midPx": text(market.marks[perp.coin]),
            "impactPxs": [text(market.marks[perp.coin])] * 2,
            "dayBaseVlm": "10000.0",
        }
        for perp in perps_of(market, dex)
    ]


def spot_meta(market: HyperliquidLedger) -> Json:
    """`spotMeta`."""
    tokens = market.tokens
    return {
        "universe": [
            {
                "tokens": [tokens[pair.base].index, tokens[pair.quote].index],
                "name": pair.coin,
                "index": pair.index,
                "isCanonical": pair.index == 0,
            }
            for pair in market.pairs.values()
        ],
        "tokens": [
            {
                "name": token.name,
                "szDecimals": token.size_decimals,
                "weiDecimals": token.wei_decimals,
                "index": token.index,
                "tokenId": "0x" + hashlib.sha256(token.name.encode()).hexdigest()[:32],
                "isCanonical": token.index in (0, 1),
                "evmContract": None,
                "fullName": None,
            }
            for token in tokens.values()
        ],
    }


def spot_contexts(market: HyperliquidLedger) -> list[Json]:
    """The second half of `spotMetaAndAssetCtxs`."""
    return [
        {
            "prevDayPx": text(market.marks[pair.coin]),
            "dayNtlVlm": "100000.0",
            "markPx": text(market.marks[pair.coin]),
            "midPx": text(market.marks[pair.coin]),
            "circulatingSupply": "1000000.0",
            "coin": pair.coin,
        }
        for pair in market.pairs.values()
    ]


def mids(market: HyperliquidLedger, dex: str) -> dict[str, str]:
    """`allMids` of one dex; the first has the spot pairs as well."""
    coins = [perp.coin for perp in perps_of(market, dex) if not perp.is_delisted]
    pairs = list(market.pairs) if dex == MAIN else []
    return {coin: text(market.marks[coin]) for coin in coins + pairs}
