"""Advanced Trade's REST API, version 3, for reading; and orders for keys that may trade."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tieout.simulators import coinbase_wire as wire
from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_keys import Key
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_positions import Breakdown
from tieout.simulators.coinbase_refusals import refused
from tieout.simulators.coinbase_values import Product, milliseconds
from tieout.simulators.holdings import exact
from tieout.simulators.ledger import Impossible
from tieout.simulators.messages import Reply, Request, View

PREFIX = "/api/v3/brokerage"
PUBLIC = re.compile(rf"{PREFIX}/(time|market/.+)")
RETIRED = re.compile(rf"{PREFIX}/intx/.+")
NOWHERE = "the international perpetuals have moved to drb.coinbase.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call by somebody who may make it, and whose portfolio it is about."""

    request: Request
    view: View
    key: Key
    owner: CoinbaseAccount
    part: str = ""  # what stands in the path: an id

    def several(self, name: str) -> list[str]:
        return [value for key, value in self.request.pairs if key == name]

    def one(self, name: str) -> str | None:
        return self.request.query.get(name) or None


class CoinbaseRest:
    """Answers calls whose key has been checked."""

    def __init__(self, market: CoinbaseMarket, dialect: Dialect) -> None:
        self._market = market
        self._dialect = dialect
        part = "(?P<part>[^/]+)"
        # In order: the first that fits answers.
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Asked], Reply]]] = [
            (method, re.compile(PREFIX + path), answer)
            for method, path, answer in (
                ("GET", "/accounts", self._accounts),
                ("GET", f"/accounts/{part}", self._account),
                ("GET", "/portfolios", self._portfolios),
                ("GET", f"/portfolios/{part}", self._breakdown),
                ("GET", "/cfm/balance_summary", self._futures_summary),
                ("GET", "/cfm/positions", self._futures),
                ("GET", f"/cfm/positions/{part}", self._future),
                ("GET", "/orders/historical/fills", self._fills),
                ("GET", "/orders/historical/batch", self._orders),
                ("GET", f"/orders/historical/{part}", self._order),
                ("GET", "/key_permissions", self._permissions),
                ("GET", "/transaction_summary", self._fees),
                ("GET", "/products", self._products),
                ("GET", f"/products/{part}", self._product),
                ("POST", "/orders", self._place),
                ("POST", "/orders/batch_cancel", self._cancel),
            )
        ]

    def answer(self, request: Request, view: View, key: Key) -> Reply:
        """The answer to a call with a good token."""
        if RETIRED.fullmatch(request.path):
            return self._retired()
        for method, path, answer in self._routes:
            found = path.fullmatch(request.path)
            if found is None or method != request.method:
                continue
            assert view.account is not None, request.path
            part = found.groupdict().get("part", "")
            owner = self._market.account(view.account)
            asked = Asked(request=request, view=view, key=key, owner=owner, part=part)
            with self._market.changing():
                return _understood(answer, asked)
        return refused(404)

    def answer_anyone(self, request: Request) -> Reply:
        """The answer to a call that needs no key."""
        with self._market.changing():
            if request.path == f"{PREFIX}/time":
                now = self._market.clock()
                millis = milliseconds(now)
                at = {"epochSeconds": str(millis // 1000), "epochMillis": str(millis)}
                return Reply(200, {"iso": wire.instant(now), **at})
            name = request.path.removeprefix(f"{PREFIX}/market/products").strip("/")
            if not name:
                return self._listed(request.query.get("product_type"), [])
            return self._one_product(name)

    def _retired(self) -> Reply:
        match self._dialect.intx:
            case "gone":
                return refused(410, NOWHERE)
            case "not found":
                return refused(404, NOWHERE)
            case "empty":
                nothing = {"value": "0", "currency": "USDC"}
                return Reply(200, {"positions": [], "summary": {"aggregated_pnl": nothing}})
            case "no positions key":
                return Reply(200, {})

    # Accounts and portfolios.

    def _accounts(self, asked: Asked) -> Reply:
        owner, portfolio = asked.owner, asked.one("retail_portfolio_id")
        if portfolio is not None and not self._may_see(asked, portfolio):
            return refused(403)
        wallets = list(owner.as_of(asked.view.positions_at).wallets.items())
        size = _size(asked, self._dialect.accounts_page, self._dialect.accounts_page_max)
        begin = _begin([wallet.id for _, wallet in wallets], asked.one("cursor"))
        shown = wallets[begin : begin + size]
        has_next = begin + size < len(wallets)
        rows = [wire.account_row(owner, coin, each, self._dialect) for coin, each in shown]
        cursor = shown[-1][1].id if has_next else ""
        page = {"accounts": rows, "has_next": has_next, "cursor": cursor, "size": len(rows)}
        return Reply(200, page)

    def _account(self, asked: Asked) -> Reply:
        for coin, wallet in asked.owner.as_of(asked.view.positions_at).wallets.items():
            if asked.part == wallet.id:
                row = wire.account_row(asked.owner, coin, wallet, self._dialect)
                return Reply(200, {"account": row})
        return refused(404)

    def _portfolios(self, asked: Asked) -> Reply:
        wanted = asked.one("portfolio_type")
        rows = [wire.portfolio_row(each) for each in self._market.portfolios_of(asked.owner)]
        return Reply(200, {"portfolios": [row for row in rows if wanted in (None, row["type"])]})

    def _breakdown(self, asked: Asked) -> Reply:
        """A further portfolio needs a key of its own."""
        if not self._may_see(asked, asked.part):
            known = [each.portfolio for each in self._market.portfolios_of(asked.owner)]
            return refused(403 if asked.part in known else 404)
        return Reply(200, self._seen(asked.owner, asked.view).whole())

    def _may_see(self, asked: Asked, portfolio: str) -> bool:
        """Whether it is the key's own; what is shown then may yet be another, by a fault."""
        own = self._market.owner_of(asked.key.name)
        return own is not None and portfolio == own.portfolio

    def _seen(self, owner: CoinbaseAccount, view: View) -> Breakdown:
        return Breakdown(self._market, owner, owner.as_of(view.positions_at), self._dialect)

    def _permissions(self, asked: Asked) -> Reply:
        permissions = {
            "can_view": True,
            "can_trade": asked.key.can_trade,
            "can_transfer": asked.key.can_transfer,
            "portfolio_uuid": asked.owner.portfolio,
            "portfolio_type": asked.owner.type,
        }
        return Reply(200, permissions)

    def _fees(self, asked: Asked) -> Reply:
        fills = asked.owner.fills
        volume = sum(float(abs(each.quantity) * each.price) for each in fills)
        fees = sum(float(each.commission) for each in fills)
        tier = {
            "pricing_tier": "",
            "usd_from": "0",
            "usd_to": "10000",
            "taker_fee_rate": wire.text(asked.owner.taker_rate),
            "maker_fee_rate": wire.text(asked.owner.maker_rate),
        }
        summary = {
            "total_volume": volume,
            "total_fees": fees,
            "fee_tier": tier,
            "margin_rate": None,
            "goods_and_services_tax": None,
            "advanced_trade_only_volume": volume,
            "advanced_trade_only_fees": fees,
            "coinbase_pro_volume": 0,
            "coinbase_pro_fees": 0,
            "total_balance": "",
            "has_promo_fee": False,
        }
        return Reply(200, summary)

    # US futures.

    def _futures(self, asked: Asked) -> Reply:
        return Reply(200, {"positions": self._seen(asked.owner, asked.view).futures()})

    def _future(self, asked: Asked) -> Reply:
        found = self._seen(asked.owner, asked.view).future(asked.part)
        return refused(404) if found is None else Reply(200, {"position": found})

    def _futures_summary(self, asked: Asked) -> Reply:
        summary = self._seen(asked.owner, asked.view).futures_summary()
        return Reply(200, {"balance_summary": summary})

    # Orders and fills.

    def _fills(self, asked: Asked) -> Reply:
        """The newest first. A page ends with the number of its last fill as the cursor; the last
        page has none (recorded)."""
        after = _moment(asked.one("start_sequence_timestamp"))
        until = _moment(asked.one("end_sequence_timestamp"))
        wanted = {
            "order_id": set(asked.several("order_ids") + asked.several("order_id")),
            "trade_id": set(asked.several("trade_ids")),
            "product_id": set(asked.several("product_ids") + asked.several("product_id")),
        }
        rows = [
            each
            for each in reversed(asked.owner.fills)
            if (after is None or each.at >= after)
            and (until is None or each.at <= until)
            and all(getattr(each, name) in ids for name, ids in wanted.items() if ids)
        ]
        size = _size(asked, self._dialect.fills_page, self._dialect.fills_page_max)
        begin = _begin([str(each.number) for each in rows], asked.one("cursor"))
        shown = rows[begin : begin + size]
        cursor = str(shown[-1].number) if begin + size < len(rows) else ""
        fills = [wire.fill_row(asked.owner, each) for each in shown]
        return Reply(200, {"fills": fills, "cursor": cursor})

    def _orders(self, asked: Asked) -> Reply:
        statuses, products = asked.several("order_status"), asked.several("product_ids")
        rows = [
            each
            for each in reversed(asked.owner.orders.values())
            if self._market.products[each.product_id].kind != "perp"
            and (not statuses or each.status in statuses)
            and (not products or each.product_id in products)
        ]
        size = _size(asked, self._dialect.fills_page, self._dialect.fills_page_max)
        begin = _begin([str(each.number) for each in rows], asked.one("cursor"))
        shown = rows[begin : begin + size]
        has_next = begin + size < len(rows)
        page = {
            "orders": [
                wire.order_row(asked.owner, each, self._market.products[each.product_id])
                for each in shown
            ],
            "sequence": "0",
            "has_next": has_next,
            "cursor": str(shown[-1].number) if has_next else "",
        }
        return Reply(200, page)

    def _order(self, asked: Asked) -> Reply:
        order = asked.owner.orders.get(asked.part)
        if order is None:
            return refused(404)
        row = wire.order_row(asked.owner, order, self._market.products[order.product_id])
        return Reply(200, {"order": row})

    def _place(self, asked: Asked) -> Reply:
        """At the market, or resting at a limit; only with a key that may trade."""
        if not asked.key.can_trade:
            return refused(403)
        wanted = asked.request.json()
        name, sign = wanted["product_id"], 1 if wanted["side"] == "BUY" else -1
        account, client = asked.owner.name, wanted.get("client_order_id")
        kind, facts = next(iter(wanted["order_configuration"].items()))
        try:
            if kind == "limit_limit_gtc":
                size = exact(facts["base_size"]) * sign
                limit = facts["limit_price"]
                order = self._market.place_order(
                    account, name, size, limit_price=limit, client_id=client
                )
            elif "quote_size" in facts:
                order = self._market.buy_for(account, name, facts["quote_size"])
            else:
                size = exact(facts["base_size"]) * sign
                order = self._market.trade(account, name, size, client_id=client)
        except Impossible as why_not:
            error = {"error": "INSUFFICIENT_FUND", "message": str(why_not), "error_details": ""}
            shape = {"success": False, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": ""}
            configuration = wanted["order_configuration"]
            failed = {**shape, "error_response": error, "order_configuration": configuration}
            return Reply(200, failed)
        made = {
            "order_id": order.id,
            "product_id": name,
            "side": wanted["side"],
            "client_order_id": order.client_id,
        }
        return Reply(200, {"success": True, "order_id": order.id, "success_response": made})

    def _cancel(self, asked: Asked) -> Reply:
        if not asked.key.can_trade:
            return refused(403)
        results = []
        for wanted in asked.request.json()["order_ids"]:
            try:
                self._market.cancel_order(asked.owner.name, wanted)
                reason = "UNKNOWN_CANCEL_FAILURE_REASON"
            except Impossible:
                reason = "UNKNOWN_CANCEL_ORDER"
            is_done = reason == "UNKNOWN_CANCEL_FAILURE_REASON"
            results.append({"success": is_done, "failure_reason": reason, "order_id": wanted})
        return Reply(200, {"results": results})

    # Products.

    def _products(self, asked: Asked) -> Reply:
        return self._listed(asked.one("product_type"), asked.several("product_ids"))

    def _product(self, asked: Asked) -> Reply:
        return self._one_product(asked.part)

    def _listed(self, kind: str | None, names: Sequence[str]) -> Reply:
        rows = [
            self._row(each)
            for each in self._market.products.values()
            if each.kind != "perp"
            and kind in (None, each.kind.upper())
            and (not names or each.id in names)
        ]
        return Reply(200, {"products": rows, "num_products": len(rows), "pagination": None})

    def _one_product(self, name: str) -> Reply:
        product = self._market.products.get(name)
        if product is None or product.kind == "perp":
            return refused(404)
        return Reply(200, self._row(product))

    def _row(self, product: Product) -> wire.Json:
        return wire.product_row(product, self._market.prices[product.id], self._market.clock())


class _Invalid(Exception):
    """A parameter that cannot be understood."""


def _understood(answer: Callable[[Asked], Reply], asked: Asked) -> Reply:
    try:
        return answer(asked)
    except (_Invalid, ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
        return refused(400, f"{error}")


def _size(asked: Asked, usual: int, most: int) -> int:
    wanted = asked.one("limit")
    if wanted is None:
        return usual
    if not wanted.isdigit() or int(wanted) == 0:
        raise _Invalid("limit")
    return min(int(wanted), most)


def _begin(ids: Sequence[str], cursor: str | None) -> int:
    """Behind the row that a cursor names."""
    if cursor is None:
        return 0
    if cursor not in ids:
        raise _Invalid("cursor")
    return ids.index(cursor) + 1


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
