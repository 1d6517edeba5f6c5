"""The gateway's websocket: every call of JSON-RPC, and what happens to the user's perpetuals."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from tieout.simulators import coinbase_rpc as rpc
from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_gateway import Call, Gateway
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_records import Event, Trade
from tieout.simulators.coinbase_refusals import refused_by_gateway, rpc_error
from tieout.simulators.coinbase_values import Product
from tieout.simulators.connection import Line
from tieout.simulators.faults import FaultBook, Status
from tieout.simulators.messages import Reply, View
from tieout.simulators.streaming import Listener, Streams

PATH = "/ws/api/v2"
LOGIN = f"{PATH}/login"  # what a fault names to refuse public/auth here
KINDS = ("trades", "changes", "portfolio")
ISOLATED = "user.isolated."  # what happens in slots is told nowhere else


class _Client(Listener):
    """One connection, who signed in on it, and what it subscribed to."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.token = ""
        self.channels: list[str] = []
        self.beating: asyncio.TimerHandle | None = None


class GatewayStream:
    """Answers calls on a socket, and tells `user.trades.*`, `user.changes.*`, `user.portfolio.*`,
    and `user.isolated.trades.*` and so on of what is in isolated margin.

    The messages are `/ws/api/v2/reply`, `/ws/api/v2/subscription` and `/ws/api/v2/heartbeat`.
    """

    def __init__(
        self, market: CoinbaseMarket, faults: FaultBook, dialect: Dialect, gateway: Gateway
    ) -> None:
        self._market = market
        self._dialect = dialect
        self._gateway = gateway
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

    def wait_until_listening(self, count: int, timeout_s: float = 10) -> bool:
        """Waits, in another thread than the server's, for `count` subscriptions."""
        return self._streams.wait_for(
            lambda: sum(len(each.channels) for each in list(self._clients)) >= count, timeout_s
        )

    async def converse(self, line: Line) -> None:
        """Holds one connection until its end."""
        client = _Client(line)
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
            message = msgspec.json.decode(heard)
        except msgspec.DecodeError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("params", {}), dict):
            self._reply(client, Reply(400, rpc_error(-32700, "Parse error", "", None)))
            return
        params = message.get("params", {})
        token = str(params.get("access_token") or client.token)
        call = Call(
            method=str(message.get("method", "")), params=params, id=message.get("id"), token=token
        )
        self._reply(client, self._answer(client, call))

    def _answer(self, client: _Client, call: Call) -> Reply:
        match call.method:
            case "public/auth":
                return self._sign_in(client, call)
            case "private/subscribe":
                return self._subscribe(client, call)
            case "private/unsubscribe":
                wanted = _channels(call.params)
                client.channels = [each for each in client.channels if each not in wanted]
                return self._gateway.result(call, wanted)
            case "public/set_heartbeat":
                interval = call.params.get("interval")
                if (
                    not isinstance(interval, int)
                    or interval < self._dialect.gateway_heartbeat_s_min
                ):
                    return Reply(400, rpc_error(-32602, "Invalid params", "interval", call.id))
                self._beat_later(client, float(interval))
                return self._gateway.result(call, "ok")
            case _:
                return self._gateway.answer(call, View(self._account_of(call)))

    def _account_of(self, call: Call) -> str | None:
        key = self._gateway.key_of(call)
        owner = None if key is None else self._market.owner_of(key.name)
        return None if owner is None else owner.name

    def _sign_in(self, client: _Client, call: Call) -> Reply:
        """The token is the connection's from now on."""
        account = self._account_of(call)
        effects = self._faults.for_call("STREAM", LOGIN, account)
        for effect in effects:
            if isinstance(effect, Status):
                return refused_by_gateway(effect.code, effect.message, call.id)
        reply = self._gateway.answer(call, View(None))
        if reply.status == 200:
            client.account, client.token = account, reply.body["result"]["access_token"]
        return reply

    def _subscribe(self, client: _Client, call: Call) -> Reply:
        if self._account_of(call) is None:
            return refused_by_gateway(401, "invalid token", call.id)
        known = [each for each in _channels(call.params) if _kind_of(each) in KINDS]
        client.channels += [each for each in known if each not in client.channels]
        with self._streams.changed:
            self._streams.changed.notify_all()
        return self._gateway.result(call, known)

    def _beat_later(self, client: _Client, interval_s: float) -> None:
        if client.beating is not None:
            client.beating.cancel()
        client.beating = self._loop.call_later(interval_s, self._beat, client, interval_s)

    def _beat(self, client: _Client, interval_s: float) -> None:
        message = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "heartbeat"}}
        self._streams.say(client, f"{PATH}/heartbeat", client.account, message)
        self._beat_later(client, interval_s)

    def _reply(self, client: _Client, reply: Reply) -> None:
        self._streams.say(client, f"{PATH}/reply", client.account, numbered(reply.body))

    # What happens.

    def _on_event(self, event: Event) -> None:
        """Called in the thread that changed the market."""
        if event.trade is None:
            return
        owner = self._market.account(event.account)
        owner = owner if event.slot is None else owner.slots[event.slot]
        told = {kind: self._data(kind, owner, event.trade) for kind in KINDS}
        self._streams.later(self._tell, event, event.trade, told)

    def _data(self, kind: str, owner: CoinbaseAccount, trade: Trade) -> Any:
        product = self._market.products[trade.product_id]
        row = rpc.trade_row(trade, product, len(owner.trades)) | rpc.whose(self._market, owner)
        if kind == "trades":
            return [row]
        if kind == "portfolio":
            return rpc.summary(self._market, owner.state, product.settles_in)
        position = owner.state.perps.get(product.id)
        flat = {"instrument_name": product.id, "size": 0, "size_currency": 0}
        flat |= {"direction": "zero", "kind": "future"}
        shown = flat if position is None else rpc.position_row(self._market, product, position)
        whose = {} if owner.slot is None else rpc.whose(self._market, owner)
        facts = {"instrument_name": product.id, "orders": [], **whose}
        return {**facts, "trades": [row], "positions": [shown | whose]}

    def _tell(self, event: Event, trade: Trade, told: Mapping[str, Any]) -> None:
        account = event.account
        product = self._market.products[trade.product_id]
        for client in [each for each in self._clients if each.account == account]:
            for channel in client.channels:
                is_isolated = channel.startswith(ISOLATED)
                if is_isolated is (event.slot is None) or not _is_about(channel, product):
                    continue
                params = {"channel": channel, "data": told[_kind_of(channel)]}
                message = {"jsonrpc": "2.0", "method": "subscription", "params": params}
                self._streams.say(client, f"{PATH}/subscription", account, numbered(message))


def numbered(body: Any) -> Any:
    """The body with its decimals as JSON numbers."""
    return msgspec.Raw(_ENCODER.encode(body))


def _channels(params: Mapping[str, Any]) -> list[str]:
    asked = params.get("channels")
    return [str(each) for each in asked] if isinstance(asked, list) else []


def _is_about(channel: str, product: Product) -> bool:
    """`user.trades.any.USDC.raw` is about a currency, as is `user.portfolio.usdc`;
    `user.trades.BTC_USDC-PERPETUAL.raw` about one instrument. In slots it is the same."""
    channel = _plain(channel)
    first, second, *_ = [*channel.split(".")[2:], "", ""]
    if first == product.id:
        return True
    currency = second if first in ("any", "future") and second else first
    return currency.upper() in ("ANY", product.settles_in)


def _plain(channel: str) -> str:
    """The channel of the same kind that tells of what is not in isolated margin."""
    return channel.replace(ISOLATED, "user.", 1) if channel.startswith(ISOLATED) else channel


def _kind_of(channel: str) -> str:
    parts = _plain(channel).split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "user" else ""


_ENCODER = msgspec.json.Encoder(decimal_format="number")
