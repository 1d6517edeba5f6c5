"""Alpaca's `trade_updates` over a websocket: authenticate, listen, be told of orders."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from tieout.simulators.alpaca_refusals import refusal
from tieout.simulators.alpaca_wire import Dialect, trade_update
from tieout.simulators.connection import Line
from tieout.simulators.faults import (
    CloseStream,
    DropMessages,
    DuplicateMessages,
    FaultBook,
    MuteStream,
    Standing,
)
from tieout.simulators.market import Market
from tieout.simulators.records import OrderEvent

PATH = "/stream"
WAITING_MAX = 10_000
REPLACED = 1000  # the code an older connection is closed with


class _Heard(msgspec.Struct):
    """A client's message; the newer documentation puts the key beside the action."""

    action: str
    data: dict[str, Any] = {}
    key: str = ""
    secret: str = ""


class _Listener:
    """One client's end of the stream. Used in the server's thread only."""

    def __init__(self, line: Line, *, is_binary: bool) -> None:
        self.account: str | None = None
        self.is_listening = False
        self.is_mute = False
        self._line = line
        self._frame = "bytes" if is_binary else "text"
        self._waiting: asyncio.Queue[bytes | int] = asyncio.Queue(WAITING_MAX)

    def say(self, message: Any) -> None:
        if not self.is_mute and not self._waiting.full():  # who reads too slowly loses messages
            self._waiting.put_nowait(msgspec.json.encode(message))

    def close(self, code: int) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(code)

    async def write(self) -> None:
        """Sends what waits, until told to close."""
        while True:
            message = await self._waiting.get()
            if isinstance(message, int):
                await self._line.send({"type": "websocket.close", "code": message})
                return
            shown = message if self._frame == "bytes" else message.decode()
            await self._line.send({"type": "websocket.send", self._frame: shown})


class AlpacaStream:
    """The listeners of all accounts."""

    def __init__(
        self,
        market: Market,
        faults: FaultBook,
        dialect: Dialect,
        account_of_key: Callable[[str, str], str | None],
    ) -> None:
        self._market = market
        self._faults = faults
        self._dialect = dialect
        self._account_of_key = account_of_key
        self._listeners: list[_Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = threading.Condition()
        market.listen(self._on_order)
        faults.listen(self._on_fault)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server's loop: everything that is said goes through it."""
        self._loop = loop
        self._listeners.clear()

    def wait_until_listening(self, count: int, timeout_s: float) -> bool:
        """Waits, in another thread than the server's, until `count` clients listen."""
        with self._changed:
            return self._changed.wait_for(lambda: self._listening() >= count, timeout_s)

    def _listening(self) -> int:
        return sum(listener.is_listening for listener in self._listeners)

    async def converse(self, line: Line) -> None:
        """Holds one connection until its end."""
        is_full = len(self._listeners) >= len(self._market.accounts)
        if is_full and self._dialect.second_stream == "is refused":
            await line.reply(refusal(429, "connection limit exceeded"))
            return
        await line.receive()
        await line.send({"type": "websocket.accept"})
        listener = _Listener(line, is_binary=self._dialect.has_binary_frames)
        self._listeners.append(listener)
        writing = asyncio.create_task(listener.write())
        try:
            while (heard := await line.receive())["type"] == "websocket.receive":
                self._obey(listener, heard.get("bytes") or heard.get("text") or b"")
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _obey(self, listener: _Listener, heard: bytes | str) -> None:
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
            with self._changed:
                listener.is_listening = bool(streams)
                self._changed.notify_all()
            listener.say({"stream": "listening", "data": {"streams": streams}})

    def _admit(self, listener: _Listener, key_id: str, secret_key: str) -> None:
        account = self._account_of_key(key_id, secret_key)
        said = {"status": "authorized" if account else "unauthorized", "action": "authenticate"}
        if account is not None:
            for older in [each for each in self._listeners if each.account == account]:
                older.close(REPLACED)
            listener.account = account
        listener.say({"stream": "authorization", "data": said})

    def _on_order(self, event: OrderEvent) -> None:
        """Called in the thread that changed the market."""
        message = trade_update(self._market, event)
        self._later(self._tell, event.account, message)

    def _on_fault(self, standing: Standing) -> None:
        """A fault that closes streams does so at once, where one is open."""
        if isinstance(standing.fault.effect, CloseStream):
            self._later(self._close_now, standing, standing.fault.effect.code)

    def _later(self, action: Callable[..., None], *facts: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action, *facts)

    def _tell(self, account: str, message: Any) -> None:
        for listener in [each for each in self._listeners if each.account == account]:
            if listener.is_listening:
                self._tell_one(listener, account, message)

    def _tell_one(self, listener: _Listener, account: str, message: Any) -> None:
        copies = 1
        for effect in self._faults.for_message(PATH, account):
            match effect:
                case DropMessages():
                    copies = 0
                case DuplicateMessages():
                    copies += effect.copies
                case MuteStream():
                    listener.is_mute = True
                case CloseStream():
                    listener.close(effect.code)
                    copies = 0
                case _:
                    raise AssertionError(effect)
        for _ in range(copies):
            listener.say(message)

    def _close_now(self, standing: Standing, code: int) -> None:
        fault = standing.fault
        for listener in [each for each in self._listeners if each.account is not None]:
            if standing.fires("STREAM", PATH, listener.account):
                listener.close(code)
        if fault.times is not None and standing.fired >= fault.times:
            self._faults.remove(standing.number)
