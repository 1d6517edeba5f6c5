"""Hyperliquid's `/ws`: subscriptions of users and prices, and the client's pings."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from tieout.simulators import hyperliquid_wire as wire
from tieout.simulators.connection import Line
from tieout.simulators.faults import FaultBook
from tieout.simulators.hyperliquid_info import ADDRESS
from tieout.simulators.hyperliquid_ledger import HyperliquidAccount, HyperliquidLedger
from tieout.simulators.hyperliquid_listings import mids
from tieout.simulators.hyperliquid_records import Event
from tieout.simulators.hyperliquid_values import MAIN
from tieout.simulators.hyperliquid_wire import Dialect, Json
from tieout.simulators.streaming import Listener, Streams

PATH = "/ws"
# What of an account is told at once when somebody subscribes.
SNAPSHOTS = {
    "userFills": "fills",
    "userFundings": "fundings",
    "userNonFundingLedgerUpdates": "nonFundingLedgerUpdates",
}
USER_TYPES = {*SNAPSHOTS, "userEvents", "orderUpdates"}


class _Heard(msgspec.Struct):
    """A client's message."""

    method: str
    subscription: dict[str, Any] = {}


class _Client(Listener):
    """One connection and what it subscribed to."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        super().__init__(line, idle_s=dialect.stream_idle_s)
        self.subscriptions: list[dict[str, Any]] = []

    def users(self) -> set[str]:
        return {each["user"] for each in self.subscriptions if "user" in each}


class HyperliquidStream:
    """The subscriptions of all connections."""

    def __init__(self, market: HyperliquidLedger, faults: FaultBook, dialect: Dialect) -> None:
        self._market = market
        self._dialect = dialect
        self._streams = Streams(faults, PATH)
        self._clients: list[_Client] = []
        market.listen(self._on_event)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server's loop: everything that is said goes through it."""
        self._clients.clear()
        self._streams.attach(loop)

    def wait_until_listening(self, count: int, timeout_s: float) -> bool:
        """Waits, in another thread than the server's, for `count` subscriptions."""
        return self._streams.wait_for(
            lambda: sum(len(each.subscriptions) for each in self._clients) >= count, timeout_s
        )

    async def converse(self, line: Line) -> None:
        """Holds one connection until its end."""
        client = _Client(line, self._dialect)
        self._clients.append(client)
        try:
            await self._streams.hold(line, client, lambda heard: self._obey(client, heard))
        finally:
            if client in self._clients:
                self._clients.remove(client)

    def _obey(self, client: _Client, heard: bytes) -> None:
        try:
            message = msgspec.json.decode(heard, type=_Heard)
        except msgspec.DecodeError:
            self._refuse(client, f"Error parsing JSON into valid websocket request: {heard!r}")
            return
        match message.method:
            case "ping":
                self._say(client, None, "pong", {"channel": "pong"})
            case "subscribe":
                self._subscribe(client, message.subscription)
            case "unsubscribe":
                self._unsubscribe(client, message.subscription)
            case _:
                self._refuse(client, f"Error parsing JSON into valid websocket request: {heard!r}")

    def _subscribe(self, client: _Client, asked: dict[str, Any]) -> None:
        why_not = self._why_not(client, asked)
        if why_not is not None:
            self._refuse(client, why_not)
            return
        subscription = _normal(asked)
        owner = self._owner(subscription)
        if client.account is None:
            client.account = "" if owner is None else owner.name
        with self._streams.changed:
            client.subscriptions.append(subscription)
            self._streams.changed.notify_all()
        self._confirm(client, "subscribe", asked)
        kind = subscription["type"]
        if kind == "allMids":
            self._tell_mids(client, subscription.get("dex", MAIN))
        elif kind in SNAPSHOTS:
            self._tell_snapshot(client, kind, subscription["user"], owner)

    def _unsubscribe(self, client: _Client, asked: dict[str, Any]) -> None:
        subscription = _normal(asked)
        if subscription not in client.subscriptions:
            self._refuse(client, f"Already unsubscribed: {_shown(asked)}")
            return
        client.subscriptions.remove(subscription)
        self._confirm(client, "unsubscribe", asked)

    def _why_not(self, client: _Client, asked: Mapping[str, Any]) -> str | None:
        """Why a subscription is refused; None where it is not."""
        kind, user = asked.get("type"), asked.get("user")
        is_of_user = kind in USER_TYPES
        is_address = isinstance(user, str) and ADDRESS.fullmatch(user)
        if (not is_of_user and kind != "allMids") or (is_of_user and not is_address):
            return f"Invalid subscription {_shown(asked)}"
        if _normal(asked) in client.subscriptions:
            return f"Already subscribed: {_shown(asked)}"
        if sum(len(each.subscriptions) for each in self._clients) >= (
            self._dialect.stream_subscriptions_max
        ):
            return "Cannot subscribe to more channels"
        users = {user for each in self._clients for user in each.users()}
        users |= {user.lower()} if isinstance(user, str) else set()
        if len(users) > self._dialect.stream_users_max:
            return f"Cannot track more than {self._dialect.stream_users_max} total users."
        return None

    def _owner(self, subscription: Mapping[str, Any]) -> HyperliquidAccount | None:
        user = subscription.get("user")
        return None if user is None else self._market.account_at(user)

    # What is said.

    def _refuse(self, client: _Client, words: str) -> None:
        self._say(client, None, "error", {"channel": "error", "data": words})

    def _confirm(self, client: _Client, method: str, asked: Mapping[str, Any]) -> None:
        data = {"method": method, "subscription": asked}
        message = {"channel": "subscriptionResponse", "data": data}
        self._say(client, None, "subscriptionResponse", message)

    def _tell_mids(self, client: _Client, dex: str) -> None:
        with self._market.changing():
            shown = mids(self._market, dex)
        data: Json = {"mids": shown} if dex == MAIN else {"dex": dex, "mids": shown}
        self._say(client, None, "allMids", {"channel": "allMids", "data": data})

    def _tell_snapshot(
        self, client: _Client, kind: str, user: str, owner: HyperliquidAccount | None
    ) -> None:
        """What was, marked as such; the newest fills only."""
        rows: list[Any] = []
        if owner is not None:
            with self._market.changing():
                rows = _past(kind, owner, self._dialect)
        data = {"isSnapshot": True, "user": user, SNAPSHOTS[kind]: rows}
        name = None if owner is None else owner.name
        self._say(client, name, kind, {"channel": kind, "data": data})

    def _on_event(self, event: Event) -> None:
        """Called in the thread that changed the market."""
        if event.kind == "prices":
            self._streams.later(self._tell_prices, event.dex)
            return
        assert event.account is not None, event.kind
        for kind, message in _messages(event, self._market.account(event.account).address):
            self._streams.later(self._tell, event.account, kind, message)

    def _tell_prices(self, dex: str) -> None:
        for client in self._clients:
            if _normal({"type": "allMids", "dex": dex}) in client.subscriptions:
                self._tell_mids(client, dex)

    def _tell(self, account: str, kind: str, message: Json) -> None:
        address = self._market.account(account).address
        for client in self._clients:
            for subscription in list(client.subscriptions):
                if (subscription["type"], subscription.get("user")) == (kind, address):
                    self._say(client, account, kind, message)

    def _say(self, client: _Client, account: str | None, kind: str, message: Json) -> None:
        self._streams.say(client, f"{PATH}/{kind}", account, message)


def _normal(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A subscription without what makes no difference."""
    kept = {"type": asked.get("type")}
    if isinstance(asked.get("user"), str):
        kept["user"] = asked["user"].lower()
    return kept | ({"dex": asked["dex"]} if asked.get("dex") else {})


def _shown(asked: Mapping[str, Any]) -> str:
    return msgspec.json.encode(asked).decode()


def _past(kind: str, owner: HyperliquidAccount, dialect: Dialect) -> list[Any]:
    match kind:
        case "userFills":
            newest = sorted(owner.fills, key=lambda fill: -fill.time)[: dialect.fills_page]
            return [wire.fill_row(fill) for fill in newest]
        case "userFundings":
            return [_flat(row) for row in owner.funding[-dialect.ledger_page :]]
        case _:
            return [wire.update_row(row) for row in owner.updates[-dialect.ledger_page :]]


def _flat(row: Any) -> Json:
    return {"time": row.time, **wire.funding_facts(row)}


def _messages(event: Event, address: str) -> list[tuple[str, Json]]:
    """What an event is called on each subscription it is told on. After the snapshot,
    `isSnapshot` is left out (captured by others)."""
    match event.kind:
        case "fills":
            rows = [wire.fill_row(fill) for fill in event.rows]
            return [
                ("userEvents", {"channel": "user", "data": {"fills": rows}}),
                ("userFills", _of_user("userFills", address, rows)),
            ]
        case "funding":
            rows = [_flat(row) for row in event.rows]
            return [
                *(("userEvents", {"channel": "user", "data": {"funding": row}}) for row in rows),
                ("userFundings", _of_user("userFundings", address, rows)),
            ]
        case "liquidation":
            data = {"liquidation": wire.worded(dict(event.facts))}
            return [("userEvents", {"channel": "user", "data": data})]
        case "ledger":
            rows = [wire.update_row(row) for row in event.rows]
            kind = "userNonFundingLedgerUpdates"
            return [(kind, _of_user(kind, address, rows))]
        case "orders":
            rows = [wire.order_update(order) for order in event.rows]
            return [("orderUpdates", {"channel": "orderUpdates", "data": rows})]
        case "cancels":
            data = {"nonUserCancel": [{"coin": each.coin, "oid": each.id} for each in event.rows]}
            return [("userEvents", {"channel": "user", "data": data})]
        case _:
            raise AssertionError(event.kind)


def _of_user(kind: str, address: str, rows: list[Any]) -> Json:
    return {"channel": kind, "data": {"user": address, SNAPSHOTS[kind]: rows}}
