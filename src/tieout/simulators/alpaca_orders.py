"""Orders through Alpaca's wire, so that a bot can be tried out: market orders fill at once."""

import uuid
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, Literal

import msgspec

from tieout.simulators import alpaca_wire as wire
from tieout.simulators.alpaca_refusals import Refused
from tieout.simulators.alpaca_wire import Json, plain_symbol, text
from tieout.simulators.holdings import ZERO, exact
from tieout.simulators.market import Account, Market
from tieout.simulators.messages import Request
from tieout.simulators.records import Order
from tieout.simulators.trading import SMALLEST

LISTED_MAX = 500


class AlpacaOrders:
    """The order endpoints. Called with the market locked."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def listed(self, owner: Account, query: Mapping[str, str]) -> list[Json]:
        """Open ones unless asked otherwise, newest first."""
        status, symbols = query.get("status", "open"), query.get("symbols", "")
        found = [
            order
            for order in owner.orders.values()
            if (status == "all" or order.is_open == (status == "open"))
            and (not symbols or order.symbol in symbols.split(","))
            and query.get("side") in (None, order.side)
            and query.get("after", "") < wire.instant(order.created_at)
            and wire.instant(order.created_at) < query.get("until", "9999")
        ]
        if query.get("direction", "desc") == "desc":
            found.reverse()
        size = query.get("limit", "50")
        if not size.isdigit():
            raise Refused(422, f"invalid limit: {size}")
        shown = found[: min(int(size), LISTED_MAX)]
        return [wire.order(self._market, order) for order in shown]

    def one(self, owner: Account, order_id: str) -> Json:
        try:
            uuid.UUID(order_id)
        except ValueError:
            raise Refused(422, "order_id is missing") from None
        if order_id not in owner.orders:
            raise Refused(404, f"order not found for {order_id}")
        return wire.order(self._market, owner.orders[order_id])

    def by_client_id(self, owner: Account, client_id: str) -> Json:
        for order in owner.orders.values():
            if order.client_id == client_id:
                return wire.order(self._market, order)
        raise Refused(404, f"order not found for {client_id}")

    def placed(self, owner: Account, request: Request) -> Json:
        """Accepts an order as Alpaca does; a marketable one is filled right after."""
        try:
            asked = request.json()
        except msgspec.DecodeError:
            raise Refused(422, "request body format is invalid") from None
        if not isinstance(asked, dict):
            raise Refused(422, "request body format is invalid")
        wish = _Wish(asked)
        symbol = self._symbol(str(asked.get("symbol", "")))
        client_id = asked.get("client_order_id")
        if any(order.client_id == client_id for order in owner.orders.values()):
            raise Refused(422, "client_order_id must be unique")
        self._afford(owner, symbol, wish)
        order = self._market.place_order(
            owner.name,
            symbol,
            side=wish.side,
            quantity=wish.quantity,
            notional=wish.notional,
            type=wish.type,
            limit_price=wish.limit_price,
            time_in_force=str(asked.get("time_in_force", "day")),
            extended_hours=bool(asked.get("extended_hours", False)),
            client_id=client_id,
        )
        accepted = wire.order(self._market, order) | {"status": "accepted"}
        self._fill_if_marketable(owner, order)
        return accepted

    def cancel(self, owner: Account, order_id: str) -> None:
        self.one(owner, order_id)
        if not owner.orders[order_id].is_open:
            status = owner.orders[order_id].status
            raise Refused(422, f'order is already in "{status}" state')
        self._market.cancel_order(owner.name, order_id)

    def cancel_all(self, owner: Account) -> list[Json]:
        answers = []
        for order in [each for each in owner.orders.values() if each.is_open]:
            ended = self._market.cancel_order(owner.name, order.id)
            body = wire.order(self._market, ended)
            answers.append({"id": order.id, "status": 200, "body": body})
        return answers

    def close(self, owner: Account, symbol: str, query: Mapping[str, str]) -> Json:
        """Sells a holding, or buys a short back: all, `qty` or `percentage` of it."""
        held = owner.holdings[symbol].quantity
        size = abs(held)
        try:
            if "qty" in query:
                size = exact(query["qty"])
            elif "percentage" in query:
                size = (size * exact(query["percentage"]) / 100).quantize(SMALLEST, ROUND_DOWN)
        except (ValueError, InvalidOperation):
            raise Refused(422, "qty or percentage is not a number") from None
        waiting = [
            order
            for order in owner.orders.values()
            if order.is_open and order.symbol == symbol and (order.side == "sell") == (held > ZERO)
        ]
        bound = sum((abs((each.quantity or ZERO) - each.filled_quantity) for each in waiting), ZERO)
        free = max(abs(held) - bound, ZERO)
        if size > free:
            raise Refused(
                403,
                "insufficient qty available for order"
                f" (requested: {text(size)}, available: {text(free)})",
                available=text(free),
                existing_qty=text(abs(held)),
                held_for_orders=text(bound),
                related_orders=[order.id for order in waiting],
                symbol=plain_symbol(symbol),
            )
        side: Literal["buy", "sell"] = "sell" if held > ZERO else "buy"
        order = self._market.place_order(owner.name, symbol, side=side, quantity=size)
        accepted = wire.order(self._market, order) | {"status": "accepted"}
        self._fill_if_marketable(owner, order)
        return accepted

    def close_all(self, owner: Account, query: Mapping[str, str]) -> list[Json]:
        if query.get("cancel_orders", "").lower() == "true":
            self.cancel_all(owner)
        return [self._closed(owner, symbol) for symbol in list(owner.holdings)]

    def _closed(self, owner: Account, symbol: str) -> Json:
        try:
            status, body = 200, self.close(owner, symbol, {})
        except Refused as refused:
            status, body = refused.reply.status, refused.reply.body
        return {"symbol": plain_symbol(symbol), "status": status, "body": body}

    def _symbol(self, given: str) -> str:
        for symbol in self._market.assets:
            if given in (symbol, plain_symbol(symbol)):
                return symbol
        raise Refused(422, f'could not find asset "{given}"')

    def _afford(self, owner: Account, symbol: str, wish: "_Wish") -> None:
        price = wish.limit_price or self._market.prices[symbol]
        held = owner.holdings.get(symbol)
        if price is None or wish.side == "sell" or (held is not None and held.quantity < ZERO):
            return
        cost = wish.notional or self._market.value_of(symbol, wish.quantity or ZERO, price)
        power = exact(wire.account(self._market, owner)["buying_power"])
        if cost > power:
            facts = {"buying_power": text(power), "cost_basis": text(cost)}
            raise Refused(403, "insufficient buying power", **facts)

    def _fill_if_marketable(self, owner: Account, order: Order) -> None:
        price = self._market.prices[order.symbol]
        if price is None:
            return
        if order.limit_price is not None:
            is_better = price <= order.limit_price
            if order.side == "sell":
                is_better = price >= order.limit_price
            if not is_better:
                return
        self._market.fill_order(owner.name, order.id)


class _Wish:
    """The numbers of an order, or a refusal in Alpaca's words."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self.type = str(asked.get("type", "market"))
        self.quantity = self._number(asked, "qty")
        self.notional = self._number(asked, "notional")
        self.limit_price = self._number(asked, "limit_price")
        self.side: Literal["buy", "sell"] = "sell" if asked.get("side") == "sell" else "buy"
        if asked.get("side") not in ("buy", "sell"):
            raise Refused(422, "side must be one of buy, sell")
        if (self.quantity is None) == (self.notional is None):
            raise Refused(422, "qty or notional is required")
        if (self.type == "limit") != (self.limit_price is not None):
            raise Refused(422, "limit orders require only limit price")

    def _number(self, asked: Mapping[str, Any], name: str) -> Decimal | None:
        if asked.get(name) is None:
            return None
        try:
            number = exact(asked[name])
        except (TypeError, ValueError, InvalidOperation):
            raise Refused(422, f"{name} is not a number") from None
        if number <= ZERO:
            raise Refused(422, f"{name} must be > 0")
        return number
