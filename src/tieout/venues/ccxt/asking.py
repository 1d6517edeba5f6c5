"""What is asked of an exchange: every market type by itself, so that none is silently left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tieout.venues.ccxt.calls import Question
from tieout.venues.ccxt.options import TYPES
from tieout.venues.ccxt.paging import Series
from tieout.venues.ccxt.positions import Markets
from tieout.venues.ccxt.quirks import Quirks

CONTRACTS = ("swap", "future", "option")
Combination = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The questions of one reading, and in words what is not asked or cannot be told."""

    positions: tuple[Question, ...]
    balances: tuple[Question, ...]
    trades: tuple[Series, ...]
    funding: tuple[Mapping[str, str], ...]
    heard: tuple[Mapping[str, str], ...]
    untold: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())


def asking_of(exchange: Any, markets: Markets, *, quirks: Quirks, types: tuple[str, ...]) -> Asking:
    """By ccxt's own table of what the exchange has (`has`), and the markets it lists."""
    has: Mapping[str, Any] = exchange.has
    offered = [each for each in TYPES if has.get(each) or _is_listed(each, markets)]
    wanted = [each for each in offered if not types or each in types]
    untold = [
        f"{each}: not asked, as types does not name it" for each in offered if each not in wanted
    ]
    untold += [
        f"{each}: not asked, as ccxt lists no such market here"
        for each in wanted
        if each in CONTRACTS and not _is_listed(each, markets)
    ]
    contracts = [each for each in wanted if each in CONTRACTS and _is_listed(each, markets)]
    problems = []
    if contracts and not has.get("fetchPositions"):
        problems.append(
            f"ccxt cannot read the positions of {', '.join(contracts)} at {exchange.id}: set types "
            "to spot if nothing is held there"
        )
    has_spot = "spot" in wanted or "margin" in wanted
    if has_spot and not has.get("fetchBalance"):
        problems.append(f"ccxt cannot read balances at {exchange.id}")
    if not has.get("fetchMyTrades"):
        untold.append("own trades: ccxt does not read them here, so P&L is estimated")
    asks_margin = "margin" in wanted and quirks.tells_all
    return Asking(
        positions=_positions(contracts, markets, quirks, asks_margin=asks_margin)
        if has.get("fetchPositions")
        else (),
        balances=_balances(quirks) if has_spot and has.get("fetchBalance") else (),
        trades=_trades(wanted, markets, quirks) if has.get("fetchMyTrades") else (),
        funding=_funding(contracts, markets, quirks) if has.get("fetchFundingHistory") else (),
        heard=_heard(wanted, contracts, markets, quirks),
        untold=tuple(untold),
        problems=tuple(problems),
    )


def _is_listed(kind: str, markets: Markets) -> bool:
    return any(market.get("type") == kind for market in markets.values())


def _positions(
    contracts: list[str], markets: Markets, quirks: Quirks, *, asks_margin: bool
) -> tuple[Question, ...]:
    if not contracts and not asks_margin:
        return ()
    if quirks.tells_all:
        return (Question(method="fetch_positions", arguments=(None,)),)
    found = _combinations(contracts, markets, settle=quirks.by_settle)
    return tuple(
        Question(method="fetch_positions", arguments=(None,), parameters=dict(each))
        for each in found
    )


def _combinations(kinds: list[str], markets: Markets, *, settle: str | None) -> list[Combination]:
    """Type, linear or inverse, and the coin it settles in, as far as markets have them."""
    found: dict[Combination, None] = {}
    for market in markets.values():
        kind = market.get("type")
        if kind not in kinds:
            continue
        parts = [("type", str(kind))]
        if kind != "option":
            parts.append(("subType", "inverse" if market.get("inverse") else "linear"))
        if settle is not None and kind != "option" and not market.get("inverse"):
            parts.append((settle, str(market.get("settleId") or market.get("settle"))))
        found[tuple(parts)] = None
    return sorted(found)


def _balances(quirks: Quirks) -> tuple[Question, ...]:
    wallets = ({"type": "spot"},) if quirks.wallets is None else quirks.wallets
    return tuple(Question(method="fetch_balance", parameters=dict(each)) for each in wallets)


def _trades(wanted: list[str], markets: Markets, quirks: Quirks) -> tuple[Series, ...]:
    if quirks.trades_by is None:
        return (Series(),)
    if quirks.trades_by == "type":
        return tuple(Series(parameters={"type": each}) for each in wanted)
    kinds = _combinations(wanted, markets, settle=None)
    # The subtype of spot and of options is no question, and a category has swaps and futures.
    found = dict.fromkeys(each[-1:] if each[0][1] in ("swap", "future") else each for each in kinds)
    series = []
    for parts in found:
        is_contract = parts[0][0] == "subType"
        base = {"type": "swap", **dict(parts)} if is_contract else dict(parts[:1])
        also = quirks.also if is_contract else ()
        series += [Series(parameters={**base, **each}) for each in ({}, *also)]
    return tuple(series)


def _funding(
    contracts: list[str], markets: Markets, quirks: Quirks
) -> tuple[Mapping[str, str], ...]:
    """What is asked for once each: all perpetuals, or the linear and the inverse ones."""
    if "swap" not in contracts:
        return ()
    if quirks.tells_all:
        return ({},)
    return tuple(dict(each) for each in _combinations(["swap"], markets, settle=None))


def _heard(
    wanted: list[str], contracts: list[str], markets: Markets, quirks: Quirks
) -> tuple[Mapping[str, str], ...]:
    """The market types that a stream is asked for, one by one where it does not tell all."""
    if quirks.hears_all:
        return ({},) if contracts else ({"type": "spot"},)
    coins = [{"type": each} for each in wanted if each not in CONTRACTS]
    return (*coins, *(dict(each) for each in _combinations(contracts, markets, settle=None)))
