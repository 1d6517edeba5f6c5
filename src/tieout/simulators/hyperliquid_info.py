"""`POST /info`: every question a position keeper asks of Hyperliquid, by its `type`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.simulators import hyperliquid_listings as listings
from tieout.simulators import hyperliquid_wire as wire
from tieout.simulators.holdings import ZERO
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, HyperliquidLedger
from tieout.simulators.hyperliquid_margin import Margins
from tieout.simulators.hyperliquid_records import Fill, Order
from tieout.simulators.hyperliquid_values import MAIN, State, milliseconds
from tieout.simulators.hyperliquid_wire import Dialect, Json
from tieout.simulators.messages import View

ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
PERIODS = ("day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime")


class NotUnderstood(ValueError):
    """A question that gets 422."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question; the owner is None where nobody has that address, and for an agent's."""

    body: Mapping[str, Any]
    address: str  # nothing where the question is about no one
    owner: HyperliquidAccount | None
    moment: datetime | None

    @property
    def state(self) -> State:
        return State() if self.owner is None else self.owner.as_of(self.moment)

    def time(self, name: str, usual: int | None = None) -> int:
        value = self.body.get(name)
        if value is None and usual is not None:
            return usual
        if not isinstance(value, int) or isinstance(value, bool):
            raise NotUnderstood(name)
        return value


class HyperliquidInfo:
    """Answers what comes in under `/info`."""

    def __init__(self, market: HyperliquidLedger, dialect: Dialect) -> None:
        self._market = market
        self._dialect = dialect

    def answer(self, body: Mapping[str, Any], view: View) -> Any:
        """The reply to a question. Raises NotUnderstood."""
        kind = str(body.get("type"))
        route = OF_ALL.get(kind) or OF_ONE.get(kind)
        if route is None:
            raise NotUnderstood("type")
        address = _address(body) if kind in OF_ONE else ""
        with self._market.changing():
            owner = None if view.account is None else self._market.account(view.account)
            return route(self, _Asked(body, address, owner, view.positions_at))

    # What is listed.

    def meta(self, asked: _Asked) -> Any:
        return listings.meta(self._market, self._dex(asked))

    def all_metas(self, _: _Asked) -> Any:
        return [listings.meta(self._market, dex) for dex in self._market.dexes]

    def meta_and_contexts(self, asked: _Asked) -> Any:
        contexts = listings.perp_contexts(self._market, self._dex(asked))
        return [listings.meta(self._market, self._dex(asked)), contexts]

    def spot_meta(self, _: _Asked) -> Any:
        return listings.spot_meta(self._market)

    def spot_meta_and_contexts(self, _: _Asked) -> Any:
        return [listings.spot_meta(self._market), listings.spot_contexts(self._market)]

    def dexes(self, _: _Asked) -> Any:
        return listings.perp_dexes(self._market)

    def mids(self, asked: _Asked) -> Any:
        return listings.mids(self._market, self._dex(asked))

    def _dex(self, asked: _Asked) -> str:
        dex = asked.body.get("dex") or MAIN
        if not isinstance(dex, str) or dex not in self._market.dexes:
            raise NotUnderstood("dex")
        return dex

    # What an account holds.

    def clearinghouse(self, asked: _Asked) -> Any:
        return self._clearinghouse(asked, self._dex(asked))

    def _clearinghouse(self, asked: _Asked, dex: str) -> Json:
        if asked.owner is None:
            return wire.empty_clearinghouse(self._market.now())
        return wire.clearinghouse(self._market, asked.owner, asked.state, dex, self._dialect)

    def spot_clearinghouse(self, asked: _Asked) -> Any:
        return wire.spot_clearinghouse(self._market, asked.state)

    def sub_accounts(self, asked: _Asked) -> Any:
        """Null where there are none; only the first dex is shown."""
        rows = [
            {
                **self._named(part),
                "clearinghouseState": self._clearinghouse(replace(asked, owner=part), MAIN),
                "spotState": wire.spot_clearinghouse(self._market, part.as_of(asked.moment)),
            }
            for part in self._parts(asked)
        ]
        return rows or None

    def sub_accounts_by_dex(self, asked: _Asked) -> Any:
        """As the older one, but by dex. A unified account has an empty list there, one with
        portfolio margin the first dex only (an issue of another client)."""
        shown = {"unifiedAccount": [], "portfolioMargin": [MAIN]}
        rows = [
            {
                **self._named(part),
                "dexToClearinghouseState": [
                    [dex, self._clearinghouse(replace(asked, owner=part), dex)]
                    for dex in shown.get(part.mode, list(self._market.dexes))
                ],
                "spotState": wire.spot_clearinghouse(self._market, part.as_of(asked.moment)),
            }
            for part in self._parts(asked)
        ]
        return rows or None

    def _parts(self, asked: _Asked) -> list[HyperliquidAccount]:
        if asked.owner is None:
            return []
        return [each for each in self._market.accounts.values() if each.master == asked.owner.name]

    def _named(self, part: HyperliquidAccount) -> Json:
        assert part.master is not None, part.name
        master = self._market.account(part.master).address
        return {"name": part.name, "subAccountUser": part.address, "master": master}

    def role(self, asked: _Asked) -> Any:
        """What an address is. Only here does an agent's look different from an empty one."""
        owner, agent = asked.owner, self._market.agents.get(asked.address)
        if agent is not None:
            master = self._market.account(agent["account"]).address
            return {"role": "agent", "data": {"user": master}}
        if owner is None:
            return {"role": "missing"}
        if owner.master is not None:
            master = self._market.account(owner.master).address
            return {"role": "subAccount", "data": {"master": master}}
        return {"role": owner.kind}

    def agents(self, asked: _Asked) -> Any:
        name = asked.owner.name if asked.owner else None
        return [
            {"name": each["name"], "address": address, "validUntil": each["valid_until"]}
            for address, each in self._market.agents.items()
            if each["account"] == name
        ]

    def mode(self, asked: _Asked) -> Any:
        """The word alone, as a JSON string."""
        return asked.owner.mode if asked.owner else "default"

    def dex_abstraction(self, asked: _Asked) -> Any:
        return self.mode(asked) == "dexAbstraction"

    def nothing(self, _: _Asked) -> Any:
        """Vault deposits and TWAPs: this market has none."""
        return []

    def portfolio(self, asked: _Asked) -> Any:
        """Account value and P&L since it was opened: two points, the same for every period."""
        if asked.owner is None:
            return []
        owner, now = asked.owner, self._market.now()
        opened, worth = milliseconds(owner.opened_at), self._worth(asked, owner)
        volume = sum((abs(fill.quantity) * fill.price for fill in owner.fills), ZERO)
        history = {
            "accountValueHistory": [[opened, "0.0"], [now, wire.text(worth)]],
            "pnlHistory": [[opened, "0.0"], [now, wire.text(worth - owner.paid_in)]],
            "vlm": wire.text(volume),
        }
        return [[period, history] for period in PERIODS]

    def _worth(self, asked: _Asked, owner: HyperliquidAccount) -> Decimal:
        market, state = self._market, asked.state
        perps = [Margins(market, owner, state, dex).whole().value for dex in market.dexes]
        coins = [each.total * market.price_of_token(token) for token, each in state.coins.items()]
        return sum(perps + coins, ZERO)

    def rate_limit(self, asked: _Asked) -> Any:
        fills = asked.owner.fills if asked.owner else []
        volume = sum((abs(fill.quantity) * fill.price for fill in fills), ZERO)
        return {
            "cumVlm": wire.text(volume),
            "nRequestsUsed": len(asked.owner.orders) if asked.owner else 0,
            "nRequestsCap": 10_000 + int(volume),
        }

    # What happened.

    def fills(self, asked: _Asked) -> Any:
        """The newest first, but inside a millisecond the oldest (recorded)."""
        rows = _newest_first(self._kept(asked))
        return [wire.fill_row(fill) for fill in rows[: self._dialect.fills_page]]

    def fills_by_time(self, asked: _Asked) -> Any:
        """One page, from the start on; both times are inclusive."""
        start, end = asked.time("startTime"), asked.time("endTime", self._market.now())
        rows = [fill for fill in self._kept(asked) if start <= fill.time <= end]
        if asked.body.get("aggregateByTime"):
            rows = _aggregated(rows)
        if self._dialect.fills_by_time == "newest first":
            rows = _newest_first(rows)
        return [wire.fill_row(fill) for fill in rows[: self._dialect.fills_page]]

    def _kept(self, asked: _Asked) -> list[Fill]:
        fills = asked.owner.fills if asked.owner else []
        return sorted(fills[-self._dialect.fills_kept :], key=lambda fill: fill.time)

    def funding(self, asked: _Asked) -> Any:
        rows = asked.owner.funding if asked.owner else []
        return [wire.funding_row(row) for row in self._between(asked, rows)]

    def updates(self, asked: _Asked) -> Any:
        rows = asked.owner.updates if asked.owner else []
        return [wire.update_row(row) for row in self._between(asked, rows)]

    def _between(self, asked: _Asked, rows: Sequence[Any]) -> list[Any]:
        """Docs: a reply to a range of time has at most so many rows; the next page begins at the
        time of the last."""
        start, end = asked.time("startTime"), asked.time("endTime", self._market.now())
        within = [row for row in rows if start <= row.time <= end]
        return within[: self._dialect.ledger_page]

    def orders(self, asked: _Asked) -> Any:
        return [wire.order_row(order) for order in self._open(asked)]

    def frontend_orders(self, asked: _Asked) -> Any:
        """Children are listed beside their parents, and again inside them (recorded)."""
        found = self._open(asked)
        return [
            wire.frontend_order_row(
                order,
                [wire.frontend_order_row(each, []) for each in found if each.parent == order.id],
            )
            for order in found
        ]

    def _open(self, asked: _Asked) -> list[Order]:
        """Of one dex; the first has the spot orders too. The newest first."""
        dex, perps = self._dex(asked), self._market.perps
        orders = asked.owner.orders.values() if asked.owner else []
        return [
            order
            for order in reversed(list(orders))
            if order.is_open and (perps[order.coin].dex if order.coin in perps else MAIN) == dex
        ]

    def order_history(self, asked: _Asked) -> Any:
        orders = list(asked.owner.orders.values()) if asked.owner else []
        return [
            {
                "order": wire.frontend_order_row(order, []),
                "status": order.status,
                "statusTimestamp": order.changed,
            }
            for order in reversed(orders)
        ]


def _address(body: Mapping[str, Any]) -> str:
    user = body.get("user")
    if not isinstance(user, str) or not ADDRESS.fullmatch(user):
        raise NotUnderstood("user")
    return user.lower()


def _newest_first(fills: list[Fill]) -> list[Fill]:
    return sorted(fills, key=lambda fill: -fill.time)


def _aggregated(fills: list[Fill]) -> list[Fill]:
    """Docs: the fills of one crossing order in one moment become one, at their average price."""
    merged: list[Fill] = []
    for fill in fills:
        last = merged[-1] if merged else None
        is_same = last is not None and (
            (last.time, last.order_id, last.coin, last.is_taker)
            == (fill.time, fill.order_id, fill.coin, True)
        )
        if last is None or not is_same:
            merged.append(fill)
            continue
        size = last.quantity + fill.quantity
        value = last.quantity * last.price + fill.quantity * fill.price
        merged[-1] = replace(
            last,
            quantity=size,
            price=value / size,
            fee=last.fee + fill.fee,
            closed_pnl=last.closed_pnl + fill.closed_pnl,
        )
    return merged


Route = Callable[[HyperliquidInfo, _Asked], Any]

OF_ALL: dict[str, Route] = {
    "allMids": HyperliquidInfo.mids,
    "allPerpMetas": HyperliquidInfo.all_metas,
    "meta": HyperliquidInfo.meta,
    "metaAndAssetCtxs": HyperliquidInfo.meta_and_contexts,
    "perpDexs": HyperliquidInfo.dexes,
    "spotMeta": HyperliquidInfo.spot_meta,
    "spotMetaAndAssetCtxs": HyperliquidInfo.spot_meta_and_contexts,
}
OF_ONE: dict[str, Route] = {
    "clearinghouseState": HyperliquidInfo.clearinghouse,
    "extraAgents": HyperliquidInfo.agents,
    "frontendOpenOrders": HyperliquidInfo.frontend_orders,
    "historicalOrders": HyperliquidInfo.order_history,
    "openOrders": HyperliquidInfo.orders,
    "portfolio": HyperliquidInfo.portfolio,
    "spotClearinghouseState": HyperliquidInfo.spot_clearinghouse,
    "subAccounts": HyperliquidInfo.sub_accounts,
    "subAccounts2": HyperliquidInfo.sub_accounts_by_dex,
    "userAbstraction": HyperliquidInfo.mode,
    "userDexAbstraction": HyperliquidInfo.dex_abstraction,
    "userFills": HyperliquidInfo.fills,
    "userFillsByTime": HyperliquidInfo.fills_by_time,
    "userFunding": HyperliquidInfo.funding,
    "userNonFundingLedgerUpdates": HyperliquidInfo.updates,
    "userRateLimit": HyperliquidInfo.rate_limit,
    "userRole": HyperliquidInfo.role,
    "userTwapSliceFills": HyperliquidInfo.nothing,
    "userVaultEquities": HyperliquidInfo.nothing,
}
