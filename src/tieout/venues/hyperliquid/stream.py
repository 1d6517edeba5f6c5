"""Hyperliquid's websocket, heard through its own client.

What the stream says is a hint that something happened and is never booked by itself: messages are
lost over every reconnect and none is sent again, so each hint makes the account be read. The
client does not notice a dead connection and never connects again; that is done here.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import websocket
from hyperliquid.websocket_manager import WebsocketManager

from tieout.core.book import AccountId
from tieout.core.errors import VenueError, VenueRefused
from tieout.ports import News, Tell
from tieout.venues.http.scrub import shown
from tieout.venues.hyperliquid.limits import Limits

Users = Callable[[], Awaitable[Sequence[str]]]
USERS_MAX = 10  # on all connections from one IP address: documentation, rate limits
CLOSE_S = 1.0
FILLS = "userFills"
TRANSFERS = "userNonFundingLedgerUpdates"
EVENTS = "userEvents"  # for one user on a connection; comes on the channel "user"
NOT_NEWS = "nonUserCancel"
REFUSED = (401, 403)
ADDRESS_ADVICE = (
    "check address and stream_address of this connection, and whether this machine's network may "
    "reach Hyperliquid"
)
USERS_ADVICE = (
    f"check the account of this connection; at most {USERS_MAX} addresses are heard from one IP "
    "address, other programs included"
)


def stream_address_of(address: str) -> str:
    """Where the stream of an address is.

    >>> stream_address_of("https://api.hyperliquid.xyz")
    'wss://api.hyperliquid.xyz/ws'
    """
    return f"ws{address.removeprefix('http')}/ws"


@dataclass(frozen=True, slots=True)
class _End:
    """Why a connection ended or did not come about, and whether that was a refusal."""

    reason: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Heard:
    """A message, or (without one) the end of the connection."""

    message: dict[str, Any] | None
    end: _End | None = None


class UserStream:
    """The stream of some accounts of one address."""

    def __init__(self, *, address: str, limits: Limits) -> None:
        self.address = address
        self._limits = limits

    async def listen(self, tell: Tell, *, users: Users) -> None:
        """Tell what is heard until cancelled; connects again whenever the connection ends.

        Before every connect it asks for the accounts, as sub-accounts may have been added. Those
        beyond the tenth are not heard, they wait for the schedule.
        """
        failures, limits = 0, self._limits
        while True:
            was_connected, end = await self._hear(tell, users)
            tell(News(kind="refused" if end.is_refused else "lost", reason=end.reason))
            failures = 0 if was_connected and not end.is_refused else failures + 1
            wait_s = limits.reconnect_s * 2 ** min(failures, 16)
            longest_s = limits.refused_s_max if end.is_refused else limits.reconnect_s_max
            await asyncio.sleep(min(wait_s, longest_s))

    async def _hear(self, tell: Tell, users: Users) -> tuple[bool, _End]:
        """One connection: whether there ever was one, and why it ended."""
        try:
            heard = await users()
        except VenueError as error:
            reason = f"the accounts to listen for are not known: {error}"
            return False, _End(reason, is_refused=isinstance(error, VenueRefused))
        hearing = _Hearing(self.address, heard[:USERS_MAX], limits=self._limits, tell=tell)
        try:
            end = await hearing.until_lost()
        finally:
            await asyncio.to_thread(hearing.stop)
        return hearing.was_connected, end

    def __repr__(self) -> str:
        return f"UserStream({self.address!r})"


class _Hearing:
    """One connection, from its beginning to its end."""

    def __init__(self, address: str, users: Sequence[str], *, limits: Limits, tell: Tell) -> None:
        loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[_Heard] = asyncio.Queue()
        self._users = users
        self._limits = limits
        self._tell = tell
        self.was_connected = False

        def hear(heard: _Heard) -> None:
            with suppress(RuntimeError):  # the loop may have ended
                loop.call_soon_threadsafe(self._heard.put_nowait, heard)

        self._socket = _Socket(address, ping_s=limits.ping_s, hear=hear)
        subscriptions: list[dict[str, str]] = [{"type": EVENTS, "user": users[0]}]
        for user in users:
            subscriptions += [{"type": FILLS, "user": user}, {"type": TRANSFERS, "user": user}]
        self._unconfirmed = len(subscriptions)
        for subscription in subscriptions:
            self._socket.subscribe(subscription, _nothing)

    async def until_lost(self) -> _End:
        """Tell what comes until nothing does any more; why it ended."""
        self._socket.start()
        silent_s, loop = self._limits.silent_s, asyncio.get_running_loop()
        confirmed_by = loop.time() + silent_s
        while True:
            try:
                async with asyncio.timeout(silent_s):
                    heard = await self._heard.get()
            except TimeoutError:
                return _End(f"nothing came for {silent_s:g} s, not even an answer to a ping")
            if not self.was_connected and loop.time() > confirmed_by:
                return _End(f"the subscriptions were not confirmed within {silent_s:g} s")
            if heard.message is None:
                return heard.end or _End("the connection was closed")
            refusal = self._take(heard.message)
            if refusal is not None:
                return refusal

    def stop(self) -> None:
        """Leave. Blocks for a moment."""
        self._socket.stop()

    def _take(self, message: dict[str, Any]) -> _End | None:
        """Tell of one message; why the connection is of no use, if it says so."""
        channel, inner = message.get("channel"), message.get("data")
        if channel == "error":
            reason = f"a subscription was refused: {shown(str(inner))} - {USERS_ADVICE}"
            return _End(reason, is_refused=True)
        if channel == "subscriptionResponse":
            self._confirm()
        found = inner if isinstance(inner, dict) else {}
        if channel in (FILLS, TRANSFERS) and not found.get("isSnapshot"):
            user = str(found.get("user", "")).lower()
            self._tell(News(kind="changed", account=AccountId(user) or None, reason=channel))
        elif channel == "user" and set(found) - {NOT_NEWS}:
            account = AccountId(self._users[0])
            self._tell(News(kind="changed", account=account, reason=", ".join(sorted(found))))
        return None

    def _confirm(self) -> None:
        self._unconfirmed -= 1
        if self._unconfirmed == 0:
            self.was_connected = True
            self._tell(News(kind="connected"))


class _Socket(WebsocketManager):  # type: ignore[misc]  # the client has no types
    """The client's own thread, which also hands on every message, pings, and says when it ends."""

    def __init__(self, address: str, *, ping_s: float, hear: Callable[[_Heard], None]) -> None:
        super().__init__("http")
        self.daemon = True
        self._hear = hear
        self._ping_s = ping_s
        self._end: _End | None = None
        self._link: Any = None
        self.ping_sender = threading.Thread(target=self.send_ping, daemon=True)
        self.ws = websocket.WebSocketApp(
            address, on_open=self.on_open, on_message=self.on_message, on_error=self._on_error
        )

    def run(self) -> None:
        try:
            super().run()
        finally:
            self.stop_event.set()
            if self._link is not None:
                self._link.shutdown()  # a link that the venue ends is not closed by its library
            self._hear(_Heard(None, self._end))

    def on_open(self, app: Any) -> None:
        """Begin, unless it was told to stop while it connected."""
        self._link = app.sock
        if self.stop_event.is_set():
            app.keep_running = False
        else:
            super().on_open(app)

    def send_ping(self) -> None:
        """More often than the client's own, so that silence is noticed early."""
        while not self.stop_event.wait(self._ping_s):
            if not self.ws_ready:
                continue
            try:
                self.ws.send(json.dumps({"method": "ping"}))
            except (websocket.WebSocketException, OSError):
                return  # the other thread sees it too

    def on_message(self, _: Any, message: str) -> None:
        """Every message counts as a sign of life, understood or not."""
        try:
            found = json.loads(message)
        except ValueError:
            found = {}
        self._hear(_Heard(found if isinstance(found, dict) else {}))

    def stop(self) -> None:
        """Leave without a farewell: the client's own waits for an answer, and its thread may have
        taken that, so that nobody ever gets it."""
        self.stop_event.set()
        self.ws.keep_running = False
        wire = getattr(self.ws.sock, "sock", None)
        if wire is not None:
            with suppress(OSError):  # it has ended meanwhile
                wire.shutdown(socket.SHUT_RDWR)  # which also wakes up the thread
        if self.is_alive():
            self.join(CLOSE_S)

    def _on_error(self, _: Any, error: object) -> None:
        reason = shown(str(error)) or type(error).__name__
        is_refused = getattr(error, "status_code", None) in REFUSED
        self._end = _End(f"{reason} - {ADDRESS_ADVICE}" if is_refused else reason, is_refused)


def _nothing(_: Any) -> None:
    """What the client is told to do with messages, which are taken before it sees them."""
