"""The listeners of a stream, and what faults make of the messages to them."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from tieout.simulators.connection import Line
from tieout.simulators.faults import (
    CloseStream,
    DropMessages,
    DuplicateMessages,
    FaultBook,
    MuteStream,
    Standing,
)

WAITING_MAX = 10_000
NORMAL = 1000  # the code of a close without a fault


class Listener:
    """One client's end of a stream. Used in the server's thread only."""

    def __init__(self, line: Line, *, is_binary: bool = False, idle_s: float | None = None) -> None:
        self.account: str | None = None
        self.is_listening = False
        self.is_mute = False
        self._line = line
        self._frame = "bytes" if is_binary else "text"
        self._idle_s = idle_s
        self._waiting: asyncio.Queue[bytes | int] = asyncio.Queue(WAITING_MAX)

    def say(self, message: Any) -> None:
        """Sends this, after what waits; who reads too slowly loses messages."""
        if not self.is_mute and not self._waiting.full():
            self._waiting.put_nowait(msgspec.json.encode(message))

    def close(self, code: int) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(code)

    async def write(self) -> None:
        """Sends what waits, until told to close, or for too long there was nothing to send."""
        while True:
            expiry = self._expiry()
            message = await self._waiting.get()
            if expiry is not None:
                expiry.cancel()
            if isinstance(message, int):
                await self._line.send({"type": "websocket.close", "code": message})
                return
            shown = message if self._frame == "bytes" else message.decode()
            await self._line.send({"type": "websocket.send", self._frame: shown})

    def _expiry(self) -> asyncio.TimerHandle | None:
        if self._idle_s is None:
            return None
        return asyncio.get_running_loop().call_later(self._idle_s, self._expire)

    def _expire(self) -> None:
        if not self.is_mute:  # who is dead does not even close
            self.close(NORMAL)


class Streams:
    """All listeners of a simulator. What happens in other threads is told through its loop."""

    def __init__(self, faults: FaultBook, path: str) -> None:
        self.listeners: list[Listener] = []
        self.changed = threading.Condition()
        self._faults = faults
        self._path = path
        self._loop: asyncio.AbstractEventLoop | None = None
        faults.listen(self._on_fault)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server's loop: everything that is said goes through it."""
        self._loop = loop
        self.listeners.clear()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Waits, in another thread than the server's, for what `changed` was notified of."""
        with self.changed:
            return self.changed.wait_for(condition, timeout_s)

    def later(self, action: Callable[..., None], *facts: Any) -> None:
        """Lets the server's thread do it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action, *facts)

    async def hold(self, line: Line, listener: Listener, obey: Callable[[bytes], None]) -> None:
        """Accepts a connection and holds it until its end; `obey` is given what comes in."""
        await line.receive()
        await line.send({"type": "websocket.accept"})
        self.listeners.append(listener)
        writing = asyncio.create_task(listener.write())
        try:
            while (heard := await line.receive())["type"] == "websocket.receive":
                obey(heard.get("bytes") or (heard.get("text") or "").encode())
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            if listener in self.listeners:
                self.listeners.remove(listener)

    def say(self, listener: Listener, path: str, account: str | None, message: Any) -> None:
        """Sends a message, as often as the faults let it through."""
        copies = 1
        for effect in self._faults.for_message(path, account):
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

    def _on_fault(self, standing: Standing) -> None:
        """A fault that closes streams does so at once, where one is open."""
        if isinstance(standing.fault.effect, CloseStream):
            self.later(self._close_now, standing, standing.fault.effect.code)

    def _close_now(self, standing: Standing, code: int) -> None:
        fault = standing.fault
        for listener in [each for each in self.listeners if each.account is not None]:
            if standing.fires("STREAM", self._path, listener.account):
                listener.close(code)
        if fault.times is not None and standing.fired >= fault.times:
            self._faults.remove(standing.number)
