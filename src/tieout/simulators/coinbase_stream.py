"""Coinbase's user stream: orders and positions, heartbeats, and one number after the other."""

import asyncio
from typing import Any

import msgspec

from tieout.simulators import coinbase_wire as wire
from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_keys import Doorman
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_positions import Breakdown, side_of
from tieout.simulators.coinbase_records import Event, Order
from tieout.simulators.connection import Line
from tieout.simulators.faults import FaultBook, Status
from tieout.simulators.holdings import ZERO
from tieout.simulators.streaming import Listener, Streams

PATH = "/ws"
LOGIN = f"{PATH}/login"  # what a fault names to refuse a subscription's token
NEED_KEYS = {"user", "futures_balance_summary"}
CHANNELS = {*NEED_KEYS, "heartbeats"}
SNAPSHOT_ORDERS = 50  # documented: open orders come in batches of so many


class _Heard(msgspec.Struct):
    """A client's message."""

    type: str
    channel: str = ""
    product_ids: list[str] = []
    jwt: str = ""


class _Client(Listener):
    """One connection, what it subscribed to, and how many messages it was sent."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        super().__init__(line, idle_s=dialect.stream_idle_s)
        self.channels: dict[str, set[str]] = {}
        self.sequence = 0
        self.beats = 0
        self.beating: asyncio.TimerHandle | None = None
        self.heard_at: list[float] = []

    def wants(self, channel: str, product: str) -> bool:
        products = self.channels.get(channel)
        return products is not None and (not products or product in products)


class CoinbaseStream:
    """The subscriptions of all connections."""

    def __init__(
        self, market: CoinbaseMarket, faults: FaultBook, dialect: Dialect, doorman: Doorman
    ) -> None:
        self._market = market
        self._dialect = dialect
        self._doorman = doorman
        self._faults = faults
        self._streams = Streams(faults, PATH)
        self._clients: list[_Client] = []
        self._loop: asyncio.AbstractEventLoop
        market.listen(self._on_event)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server's loop: everything that is said goes through it."""
        self._loop = loop
        self._clients.clear()
        self._streams.attach(loop)

    def wait_until_listening(self, count: int, timeout_s: float) -> bool:
        """Waits, in another thread than the server's, for `count` subscriptions."""
        return self._streams.wait_for(
            lambda: sum(len(each.channels) for each in list(self._clients)) >= count, timeout_s
        )

    async def converse(self, line: Line) -> None:
        """Holds one connection until its end."""
        client = _Client(line, self._dialect)
        self._clients.append(client)
        try:
            await self._streams.hold(line, client, lambda heard: self._obey(client, heard))
        finally:
            if client.beating is not None:
                client.beating.cancel()
            if client in self._clients:
                self._clients.remove(client)

    def _obey(self, client: _Client, heard: bytes) -> None:
        try:
            message = msgspec.json.decode(heard, type=_Heard)
        except msgspec.DecodeError:
            self._refuse(client, "failed to parse message")
            return
        if not message.jwt and self._is_too_fast(client):
            self._refuse(client, "rate limit exceeded")
        elif message.channel not in CHANNELS:
            self._refuse(client, f"channel {message.channel!r} is not supported")
        elif message.type == "subscribe":
            self._subscribe(client, message)
        elif message.type == "unsubscribe":
            self._unsubscribe(client, message)
        else:
            self._refuse(client, "type not supported")

    def _is_too_fast(self, client: _Client) -> bool:
        if self._dialect.messages_per_s is None:
            return False
        now = self._loop.time()
        client.heard_at = [at for at in client.heard_at if now - at < 1] + [now]
        return len(client.heard_at) > self._dialect.messages_per_s

    def _subscribe(self, client: _Client, message: _Heard) -> None:
        owner = self._owner(message)
        if message.channel in NEED_KEYS and owner is None:
            self._refuse(client, "authentication failure")
            return
        if owner is not None:
            client.account = owner.name
        elif client.account is None:
            client.account = ""
        with self._streams.changed:
            known = client.channels.get(message.channel)
            products = set(message.product_ids)
            # Without products it is all of them.
            whole = known == set() or not products
            client.channels[message.channel] = set() if whole else (known or set()) | products
            self._streams.changed.notify_all()
        self._confirm(client)
        match message.channel:
            case "heartbeats":
                self._beat(client)
            case "user":
                assert owner is not None
                self._tell_orders(client, owner)
            case _:
                assert owner is not None
                self._tell_balance(client, owner, "snapshot")

    def _owner(self, message: _Heard) -> CoinbaseAccount | None:
        """Whose token came with a subscription; None where it is no good, or a fault says so."""
        key = self._doorman.key_of(message.jwt) if message.jwt else None
        owner = None if key is None else self._market.owner_of(key.name)
        if owner is None or message.channel not in NEED_KEYS:
            return owner
        effects = self._faults.for_call("STREAM", LOGIN, owner.name)
        return None if any(isinstance(effect, Status) for effect in effects) else owner

    def _unsubscribe(self, client: _Client, message: _Heard) -> None:
        with self._streams.changed:
            left = client.channels.get(message.channel, set()) - set(message.product_ids)
            client.channels.pop(message.channel, None)
            if left and message.product_ids:
                client.channels[message.channel] = left
        if message.channel == "heartbeats" and client.beating is not None:
            client.beating.cancel()
        self._confirm(client)

    # What is said.

    def _refuse(self, client: _Client, words: str) -> None:
        message = {"type": "error", "message": words}
        self._streams.say(client, f"{PATH}/error", client.account, message)

    def _say(self, client: _Client, channel: str, events: list[Any]) -> None:
        """A message in its envelope; its number is used up even where it never arrives."""
        message = {
            "channel": channel,
            "client_id": "",
            "timestamp": wire.instant(self._market.clock()),
            "sequence_num": client.sequence,
            "events": events,
        }
        client.sequence += 1
        self._streams.say(client, f"{PATH}/{channel}", client.account, message)

    def _confirm(self, client: _Client) -> None:
        shown = {name: sorted(products) or [name] for name, products in client.channels.items()}
        self._say(client, "subscriptions", [{"subscriptions": shown}])

    def _beat(self, client: _Client) -> None:
        """Once a second, until the connection ends."""
        if client.beating is not None:
            client.beating.cancel()
        client.beats += 1
        now = self._market.clock()
        at = f"{now:%Y-%m-%d %H:%M:%S.%f}000+00:00"
        self._say(client, "heartbeats", [{"current_time": at, "heartbeat_counter": client.beats}])
        client.beating = self._loop.call_later(self._dialect.heartbeat_s, self._beat, client)

    def _tell_orders(self, client: _Client, owner: CoinbaseAccount) -> None:
        """The open orders, in batches; one message too when there are none."""
        with self._market.changing():
            rows = [
                self._order(each)
                for each in owner.orders.values()
                if each.status == "OPEN" and self._is_told(client, each)
            ]
            positions = self._positions(owner)
        for begin in range(0, max(len(rows), 1), SNAPSHOT_ORDERS):
            batch = rows[begin : begin + SNAPSHOT_ORDERS]
            event = {"type": "snapshot", "orders": batch, "positions": positions}
            self._say(client, "user", [event])

    def _is_told(self, client: _Client, order: Order) -> bool:
        is_here = self._market.products[order.product_id].kind != "perp"
        return is_here and client.wants("user", order.product_id)

    def _tell_balance(self, client: _Client, owner: CoinbaseAccount, kind: str) -> None:
        with self._market.changing():
            seen = Breakdown(self._market, owner, owner.state, Dialect(futures_money="text"))
            summary = _plain(seen.futures_summary())
        event = {"type": kind, "fcm_balance_summary": summary}
        self._say(client, "futures_balance_summary", [event])

    def _on_event(self, event: Event) -> None:
        """Called in the thread that changed the market."""
        if event.order is None or event.slot is not None:
            return
        owner = self._market.account(event.account)
        row, positions = self._order(event.order), self._positions(owner)
        told = {"type": "update", "orders": [row], "positions": positions}
        self._streams.later(self._tell, event.account, event.order, told)

    def _tell(self, account: str, order: Order, told: Any) -> None:
        is_future = self._market.products[order.product_id].kind == "future"
        for client in [each for each in self._clients if each.account == account]:
            if self._is_told(client, order):
                self._say(client, "user", [told])
            if is_future and "futures_balance_summary" in client.channels:
                self._tell_balance(client, self._market.account(account), "update")

    def _order(self, order: Order) -> wire.Json:
        """What has been done of it in all; single fills are not told."""
        product = self._market.products[order.product_id]
        is_future, is_limit = product.kind == "future", order.limit_price is not None
        after_fees = order.filled_value + (order.fees if order.quantity > ZERO else -order.fees)
        share = order.filled * 100 / abs(order.quantity)
        return {
            "order_id": order.id,
            "client_order_id": order.client_id,
            "cumulative_quantity": wire.text(order.filled),
            "leaves_quantity": wire.text(order.left),
            "avg_price": wire.text(order.average),
            "total_fees": wire.text(order.fees),
            "status": order.status,
            "product_id": order.product_id,
            "creation_time": wire.instant(order.created_at),
            "order_side": order.side,
            "order_type": "Limit" if is_limit else "Market",
            "cancel_reason": "User requested cancel" if order.status == "CANCELLED" else "",
            "reject_reason": "",
            "total_value_after_fees": wire.text(after_fees),
            "contract_expiry_type": "EXPIRING" if is_future else "UNKNOWN_CONTRACT_EXPIRY_TYPE",
            "product_type": product.kind.upper(),
            "risk_managed_by": "MANAGED_BY_FCM" if is_future else "UNKNOWN_RISK_MANAGEMENT_TYPE",
            "time_in_force": "GOOD_UNTIL_CANCELLED" if is_limit else "IMMEDIATE_OR_CANCEL",
            "trigger_status": "INVALID_ORDER_TYPE",
            "completion_percentage": wire.text(share),
            "filled_value": wire.text(order.filled_value),
            "limit_price": wire.text(order.limit_price or ZERO),
            "number_of_fills": str(order.fills),
            "outstanding_hold_amount": wire.text(order.held),
            "post_only": "false",
            "retail_portfolio_id": "",
            "stop_price": "0",
            "start_time": "0001-01-01T00:00:00Z",
            "end_time": "0001-01-01T00:00:00Z",
        }

    def _positions(self, owner: CoinbaseAccount) -> wire.Json:
        """Beta: empty unless the venue enabled them. Their money is text here."""
        empty: wire.Json = {"perpetual_futures_positions": [], "expiring_futures_positions": []}
        if not self._dialect.stream_positions:
            return empty
        expiring = []
        for name, position in owner.state.futures.items():
            product, price = self._market.products[name], self._market.prices[name]
            expiring.append(
                {
                    "product_id": name,
                    "side": side_of(position.quantity).title(),
                    "number_of_contracts": wire.text(abs(position.quantity)),
                    "realized_pnl": wire.text(position.realized),
                    "unrealized_pnl": wire.text(product.profit(position, price)),
                    "entry_price": wire.text(product.average(position)),
                }
            )
        return empty | {"expiring_futures_positions": expiring}


def _plain(body: Any) -> Any:
    """Amounts as text in place of objects."""
    if isinstance(body, dict):
        if body.keys() == {"value", "currency"}:
            return body["value"]
        return {name: _plain(value) for name, value in body.items()}
    return body
