"""ccxt's streaming class as it is used here: every market type, few sockets, no writing."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import ccxt

from tieout.venues.ccxt.sdk import WRITES, WriteRefused, moved

Kind = Mapping[str, str]

# The market type that a watch is for, as each task has it.
KIND: ContextVar[Kind] = ContextVar("kind", default={})  # noqa: B039  # nothing changes it
NAMES = {"defaultType": "type", "type": "type", "defaultSubType": "subType", "subType": "subType"}
_Exchange: Any = object  # stands for whichever of ccxt's classes
SNAPSHOTS = {
    "watchPositions": {"fetchPositionsSnapshot": False, "awaitPositionsSnapshot": False},
    "watchBalance": {"fetchBalanceSnapshot": False, "awaitBalanceSnapshot": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """What is called when a socket has connected, and when one that had connected ended."""

    connected: Callable[[], None]
    ended: Callable[[Exception], None]


class TooManySockets(Exception):
    """A watch wants a socket of its own, and there are as many as there may be."""


class _Options(dict[str, Any]):
    """ccxt's options, in which each task finds the market type that it watches.

    That type could be a parameter of a watch, too; but where ccxt does not know that parameter, it
    sends it on, and an exchange refuses what it does not know.
    """

    def __getitem__(self, name: str) -> Any:
        told = KIND.get().get(NAMES.get(name, ""))
        return super().__getitem__(name) if told is None else told

    def __contains__(self, name: object) -> bool:
        return KIND.get().get(NAMES.get(str(name), "")) is not None or super().__contains__(name)


class _Watching(_Exchange):  # type: ignore[misc]
    """Says when its sockets connect and end, and leaves nothing behind when it is closed."""

    def __init__(self, settings: dict[str, Any], *, ears: Ears, sockets_max: int) -> None:
        self.ears = ears
        self.sockets_max = sockets_max
        self.later: list[asyncio.TimerHandle] = []
        self.begun: set[asyncio.Task[Any]] = set()
        super().__init__(settings)

    def client(self, url: str) -> Any:
        if url not in (self.clients or {}) and len(self.clients or {}) >= self.sockets_max:
            raise TooManySockets(f"there are {self.sockets_max} sockets already")
        return super().client(url)

    def on_connected(self, client: Any, message: Any = None) -> None:
        super().on_connected(client, message)
        self.ears.connected()

    def on_error(self, client: Any, error: Any) -> None:
        super().on_error(client, error)
        self._ended(client, error)

    def on_close(self, client: Any, error: Any) -> None:
        super().on_close(client, error)
        self._ended(client, f"the socket was closed, code {error}")

    def _ended(self, client: Any, why: Any) -> None:
        if client.connectionEstablished is not None:
            self.ears.ended(why if isinstance(why, Exception) else ccxt.NetworkError(str(why)))

    async def fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        place = urlsplit(url).path
        if method not in ("GET", "POST", "PUT") or (method != "GET" and WRITES.search(place)):
            raise WriteRefused(f"{method} {place}")
        return await super().fetch(url, method, headers, body)

    def delay(self, timeout: float, method: Any, *given: Any) -> Any:
        handle = super().delay(timeout, method, *given)
        self.later.append(handle)
        return handle

    def spawn(self, method: Any, *given: Any) -> Any:
        async def kept() -> Any:
            task = asyncio.current_task()
            assert task is not None
            self.begun.add(task)
            try:
                return await method(*given)
            finally:
                self.begun.discard(task)

        return super().spawn(kept)

    async def close(self, clean_instance_data: bool = False) -> None:
        for handle in self.later:
            handle.cancel()
        for task in tuple(self.begun):
            task.cancel()
        await super().close(clean_instance_data)


def watcher_of(
    exchange: str,
    *,
    login: Mapping[str, str],
    address: str | None,
    stream_address: str | None,
    ping_s: float,
    sockets_max: int,
    ears: Ears,
) -> Any | None:
    """ccxt's streaming class for an exchange; None where it has none. Nothing is sent."""
    streams = import_module("ccxt.pro")
    if exchange not in streams.exchanges:
        return None
    kind = type(exchange, (_Watching, getattr(streams, exchange)), {})
    made: Any = kind({**login, "enableRateLimit": True}, ears=ears, sockets_max=sockets_max)
    made.options = _Options(made.options)
    for name, off in SNAPSHOTS.items():
        # A reading tells what is held; asking for it here would hold up the first message.
        if isinstance(made.options.get(name, {}), dict):
            made.options[name] = {**made.options.get(name, {}), **off}
    # ccxt's own pauses are up to half an hour, for as long as a dead socket would not be noticed.
    pause_ms = int(ping_s * 1000)
    made.streaming["keepAlive"] = min(made.streaming.get("keepAlive") or pause_ms, pause_ms)
    if address is not None:
        made.urls["api"] = moved(made.urls["api"], address)
    there = stream_address or (address.replace("http", "ws", 1) if address else None)
    if there is not None and "ws" in made.urls["api"]:
        made.urls["api"]["ws"] = moved(made.urls["api"]["ws"], there)
    return made


def prepare() -> None:
    """Load ccxt's streaming classes, which takes seconds: not where others wait for it."""
    import_module("ccxt.pro")


def is_no_such_watch(error: BaseException) -> bool:
    """Whether ccxt cannot watch that at all, or not without a symbol."""
    kinds = ccxt.NotSupported | ccxt.ArgumentsRequired | TooManySockets
    return isinstance(error, kinds)


def is_refusal(error: BaseException) -> bool:
    """Whether the exchange turned the login down."""
    return isinstance(error, ccxt.AuthenticationError)


def may_pass(error: BaseException) -> bool:
    """Whether a new connection may do better: not where the exchange refused what it was asked."""
    return is_refusal(error) or not isinstance(error, ccxt.ExchangeError)


def cause_of(error: Exception) -> Exception:
    """What the exchange said, where ccxt stumbled over that again."""
    before = error.__context__
    is_its_own = not isinstance(error, ccxt.BaseError) and isinstance(before, ccxt.BaseError)
    return before if is_its_own and isinstance(before, Exception) else error


def words_of(error: Exception) -> str:
    """What an error says; where it is none of ccxt's, its kind too."""
    is_plain = isinstance(error, ccxt.BaseError | TooManySockets) and str(error)
    return str(error) if is_plain else f"{type(error).__name__} {error}".strip()
