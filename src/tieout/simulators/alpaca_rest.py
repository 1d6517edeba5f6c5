"""Alpaca's trading endpoints that read: account, positions, activities, assets, the clock."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tieout.simulators import alpaca_wire as wire
from tieout.simulators.alpaca_activities import listed
from tieout.simulators.alpaca_orders import AlpacaOrders
from tieout.simulators.alpaca_refusals import Refused, refusal
from tieout.simulators.alpaca_wire import Dialect, plain_symbol
from tieout.simulators.holdings import ZERO, Asset, Holding
from tieout.simulators.market import Account, Impossible, Market
from tieout.simulators.messages import Reply, Request, View

Answer = tuple[int, Any]
Route = Callable[["AlpacaRest", "_Asked"], Answer]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call, and what it is about; `which` is the last part of the path."""

    owner: Account
    request: Request
    view: View
    which: str

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query


class AlpacaRest:
    """Answers calls under `/v2`."""

    def __init__(self, market: Market, dialect: Dialect) -> None:
        self._market = market
        self._dialect = dialect
        self._orders = AlpacaOrders(market)

    def answer(self, request: Request, view: View) -> Reply:
        """The reply to a call whose key was right."""
        assert view.account is not None, request.path
        for method, pattern, route in ROUTES:
            found = pattern.fullmatch(request.path)
            if found is None or method != request.method:
                continue
            which = found.groupdict().get("which") or ""
            with self._market.changing():
                try:
                    owner = self._market.account(view.account)
                    return Reply(*route(self, _Asked(owner, request, view, which)))
                except Refused as refused:
                    return refused.reply
                except Impossible as impossible:
                    return refusal(422, str(impossible))
        return refusal(404, "endpoint not found")

    def account(self, asked: _Asked) -> Answer:
        return 200, wire.account(self._market, asked.owner)

    def positions(self, asked: _Asked) -> Answer:
        return 200, self._rows(asked, self._held(asked))

    def position(self, asked: _Asked) -> Answer:
        """By symbol without a slash, or by asset id."""
        held = self._held(asked)
        symbol = self._named(asked, held)
        return 200, self._rows(asked, {symbol: held[symbol]})[0]

    def activities(self, asked: _Asked) -> Answer:
        types = asked.which or asked.query.get("activity_types")
        return 200, listed(asked.owner.records, asked.query, types, self._dialect)

    def assets(self, asked: _Asked) -> Answer:
        wanted = asked.query.get("asset_class")
        rows = [wire.asset(each) for each in self._market.assets.values() if each.option is None]
        if asked.query.get("status") == "inactive":
            return 200, []
        return 200, [row for row in rows if wanted in (None, row["class"])]

    def asset(self, asked: _Asked) -> Answer:
        found = self._find(asked.which)
        if found is None or found.option is not None:
            raise Refused(404, f"asset not found for {asked.which}")
        return 200, wire.asset(found)

    def contract(self, asked: _Asked) -> Answer:
        found = self._find(asked.which)
        if found is None or found.option is None:
            raise Refused(404, f"option contract not found for {asked.which}")
        return 200, wire.option_contract(self._market, found)

    def announcements(self, asked: _Asked) -> Answer:
        kinds = asked.query.get("ca_types", "").lower()
        symbol = asked.query.get("symbol")
        since, until = asked.query.get("since", ""), asked.query.get("until", "9999")
        return 200, [
            wire.announcement(made)
            for made in self._market.announcements
            if (not kinds or made.kind in kinds.split(","))
            and symbol in (None, made.symbol)
            and since[:10] <= made.on.isoformat() <= until[:10]
        ]

    def clock(self, _: _Asked) -> Answer:
        return 200, wire.market_clock(self._market.clock())

    def orders(self, asked: _Asked) -> Answer:
        return 200, self._orders.listed(asked.owner, asked.query)

    def order(self, asked: _Asked) -> Answer:
        return 200, self._orders.one(asked.owner, asked.which)

    def order_by_client_id(self, asked: _Asked) -> Answer:
        return 200, self._orders.by_client_id(asked.owner, asked.query.get("client_order_id", ""))

    def place(self, asked: _Asked) -> Answer:
        return 200, self._orders.placed(asked.owner, asked.request)

    def cancel(self, asked: _Asked) -> Answer:
        self._orders.cancel(asked.owner, asked.which)
        return 204, None

    def cancel_all(self, asked: _Asked) -> Answer:
        return 207, self._orders.cancel_all(asked.owner)

    def close(self, asked: _Asked) -> Answer:
        symbol = self._named(asked, asked.owner.holdings)
        return 200, self._orders.close(asked.owner, symbol, asked.query)

    def close_all(self, asked: _Asked) -> Answer:
        return 207, self._orders.close_all(asked.owner, asked.query)

    def exercise(self, asked: _Asked) -> Answer:
        """All contracts held."""
        symbol = self._named(asked, asked.owner.holdings)
        held = asked.owner.holdings[symbol].quantity
        self._market.exercise_option(asked.owner.name, symbol, held)
        return 200, None

    def _held(self, asked: _Asked) -> Mapping[str, Holding]:
        moment = asked.view.positions_at
        return asked.owner.holdings if moment is None else asked.owner.as_of(moment)[0]

    def _named(self, asked: _Asked, held: Mapping[str, Holding]) -> str:
        """The symbol of the holding a path names."""
        for symbol in held:
            asset = self._market.asset_on_record(symbol)
            if asked.which in (plain_symbol(symbol), wire.position_asset_id(asset)):
                return symbol
        raise Refused(404, "position does not exist")

    def _rows(self, asked: _Asked, held: Mapping[str, Holding]) -> list[dict[str, Any]]:
        waiting = wire.waiting_to_close(asked.owner)
        return [
            wire.position(
                self._market, symbol, holding, self._dialect, waiting=waiting.get(symbol, ZERO)
            )
            for symbol, holding in held.items()
        ]

    def _find(self, which: str) -> Asset | None:
        """By id, or by symbol with or without the slash, which may be written %2F."""
        name = unquote(which)
        for asset in self._market.assets.values():
            if name in (asset.id, asset.symbol, plain_symbol(asset.symbol)):
                return asset
        return None


def _route(method: str, path: str, route: Route) -> tuple[str, re.Pattern[str], Route]:
    return method, re.compile(path), route


ROUTES = [
    _route("GET", "/v2/account", AlpacaRest.account),
    _route("GET", "/v2/account/activities(/(?P<which>[^/]+))?", AlpacaRest.activities),
    _route("GET", "/v2/positions", AlpacaRest.positions),
    _route("GET", "/v2/positions/(?P<which>[^/]+)", AlpacaRest.position),
    _route("DELETE", "/v2/positions", AlpacaRest.close_all),
    _route("DELETE", "/v2/positions/(?P<which>[^/]+)", AlpacaRest.close),
    _route("POST", "/v2/positions/(?P<which>[^/]+)/exercise", AlpacaRest.exercise),
    _route("GET", "/v2/assets", AlpacaRest.assets),
    _route("GET", "/v2/assets/(?P<which>.+)", AlpacaRest.asset),
    _route("GET", "/v2/options/contracts/(?P<which>[^/]+)", AlpacaRest.contract),
    _route("GET", "/v2/corporate_actions/announcements", AlpacaRest.announcements),
    _route("GET", "/v2/clock", AlpacaRest.clock),
    _route("GET", "/v2/orders", AlpacaRest.orders),
    _route("POST", "/v2/orders", AlpacaRest.place),
    _route("DELETE", "/v2/orders", AlpacaRest.cancel_all),
    _route("GET", "/v2/orders:by_client_order_id", AlpacaRest.order_by_client_id),
    _route("GET", "/v2/orders/(?P<which>[^/]+)", AlpacaRest.order),
    _route("DELETE", "/v2/orders/(?P<which>[^/]+)", AlpacaRest.cancel),
]
