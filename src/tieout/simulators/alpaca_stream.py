"""Alpaca's `trade_updates` over a websocket: authenticate, listen, be told of orders."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from tieout.simulators.alpaca_refusals import refusal
from tieout.simulators.alpaca_wire import Dialect, trade_update
from tieout.simulators.connection import Line
from tieout.simulators.faults import FaultBook
from tieout.simulators.market import Market
from tieout.simulators.records import OrderEvent
from tieout.simulators.streaming import Listener, Streams

PATH = "/stream"
REPLACED = 1000  # the code an older connection is closed with


class _Heard(msgspec.Struct):
    """A client's message; the newer documentation puts the key beside the action."""

    action: str
    data: dict[str, Any] = {}
    key: str = ""
    secret: str = ""


class AlpacaStream:
    """The listeners of all accounts."""

    def __init__(
        self,
        market: Market,
        faults: FaultBook,
        dialect: Dialect,
        account_of_key: Callable[[str, str], str | None],
    ) -> None:
        self._dialect = dialect
        self._market = market
        self._account_of_key = account_of_key
        self._streams = Streams(faults, PATH)
        market.listen(self._on_order)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server's loop: everything that is said goes through it."""
        self._streams.attach(loop)

    def wait_until_listening(self, count: int, timeout_s: float) -> bool:
        """Waits, in another thread than the server's, until `count` clients listen."""
        return self._streams.wait_for(lambda: self._listening() >= count, timeout_s)

    def _listening(self) -> int:
        return sum(listener.is_listening for listener in self._streams.listeners)

    async def converse(self, line: Line) -> None:
        """Holds one connection until its end."""
        is_full = len(self._streams.listeners) >= len(self._market.accounts)
        if is_full and self._dialect.second_stream == "is refused":
            await line.reply(refusal(429, "connection limit exceeded"))
            return
        listener = Listener(line, is_binary=self._dialect.has_binary_frames)
        await self._streams.hold(line, listener, lambda heard: self._obey(listener, heard))

    def _obey(self, listener: Listener, heard: bytes) -> None:
        try:
            message = msgspec.json.decode(heard, type=_Heard)
        except msgspec.DecodeError:
            return  # Alpaca says nothing to what it cannot read
        action, asked = message.action, message.data
        if action in ("authenticate", "auth"):
            key_id, secret_key = asked.get("key_id", message.key), asked.get("secret_key")
            self._admit(listener, str(key_id), str(secret_key or message.secret))
        elif action == "listen" and listener.account is None:
            refused = {"status": "unauthorized", "action": "listen"}
            listener.say({"stream": "authorization", "data": refused})
        elif action == "listen":
            streams = ["trade_updates"] if "trade_updates" in asked.get("streams", ()) else []
            with self._streams.changed:
                listener.is_listening = bool(streams)
                self._streams.changed.notify_all()
            listener.say({"stream": "listening", "data": {"streams": streams}})

    def _admit(self, listener: Listener, key_id: str, secret_key: str) -> None:
        account = self._account_of_key(key_id, secret_key)
        said = {"status": "authorized" if account else "unauthorized", "action": "authenticate"}
        if account is not None:
            for older in [each for each in self._streams.listeners if each.account == account]:
                older.close(REPLACED)
            listener.account = account
        listener.say({"stream": "authorization", "data": said})

    def _on_order(self, event: OrderEvent) -> None:
        """Called in the thread that changed the market."""
        message = trade_update(self._market, event)
        self._streams.later(self._tell, event.account, message)

    def _tell(self, account: str, message: Any) -> None:
        for listener in [each for each in self._streams.listeners if each.account == account]:
            if listener.is_listening:
                self._streams.say(listener, PATH, account, message)
