"""Alpaca's `trade_updates`, heard through its own client.

What the stream says is a hint that something happened and is never booked by itself: messages are
lost over every reconnect and none is sent again, so each hint makes the account be read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.legacy.exceptions import InvalidStatusCode

from tieout.ports import News, Tell
from tieout.venues.alpaca.limits import Limits
from tieout.venues.alpaca.sdk import TradingStream

PATH = "/stream"
STOP_AGAIN_S = 0.05
REFUSED = (401, 403)
Step = Callable[[], Awaitable[None]]  # the client's own methods, which have no types
INSECURE, SECURE = "http://", "https://"

# Its warnings come with tracebacks; what they say is told as news.
logging.getLogger("alpaca.trading.stream").addHandler(logging.NullHandler())
logging.getLogger("alpaca.trading.stream").propagate = False


def stream_address_of(address: str) -> str:
    """Where the updates of an address come from.

    >>> stream_address_of("https://paper-api.alpaca.markets")
    'wss://paper-api.alpaca.markets/stream'
    """
    if address.startswith(SECURE):
        return f"wss://{address.removeprefix(SECURE)}{PATH}"
    return f"ws://{address.removeprefix(INSECURE)}{PATH}"


class TradeUpdates:
    """One connection's end of the stream. Alpaca allows one listener for each account."""

    def __init__(self, *, address: str, key: str, secret: str, limits: Limits) -> None:
        self.address = address
        self._login = (key, secret)
        self._limits = limits

    async def listen(self, tell: Tell) -> None:
        """Tell what is heard until cancelled; connects again whenever the connection ends."""
        stream = _Stream(self.address, self._login, limits=self._limits, tell=tell)

        async def hear(message: dict[str, Any]) -> None:
            tell(News(kind="changed", reason=_event_in(message)))

        stream.subscribe_trade_updates(hear)
        run: Step = stream._run_forever  # its `run` would start a loop of its own
        listening = asyncio.ensure_future(run())
        try:
            await asyncio.wait({listening})
        finally:
            await stream.end(listening)

    def __repr__(self) -> str:
        return f"TradeUpdates({self.address!r})"


class _Stream(TradingStream):
    """The client's own loop, which also says when it is connected and when no longer."""

    def __init__(self, address: str, login: tuple[str, str], *, limits: Limits, tell: Tell) -> None:
        key, secret = login
        parameters = {
            "ping_interval": limits.ping_s,
            "ping_timeout": limits.ping_s,
            "open_timeout": limits.connect_s,
            "close_timeout": limits.connect_s,
            "max_queue": 1024,
        }
        super().__init__(
            key, secret, raw_data=True, url_override=address, websocket_params=parameters
        )
        self._reconnect_min_backoff = limits.reconnect_s
        self._reconnect_max_backoff = limits.reconnect_s_max
        self._limits = limits
        self._tell = tell
        self._reason = ""
        self._refusals = 0  # one after the other

    async def _start_ws(self) -> None:
        self._reason = "it cannot be reached"
        async with asyncio.timeout(2 * self._limits.connect_s):  # the login waits without limit
            start: Step = super()._start_ws
            try:
                await start()
            except InvalidStatusCode as error:
                if error.status_code in REFUSED:
                    self._refuse(f"the connection was refused ({error.status_code})")
                raise
        self._refusals = 0
        self._reason = "the connection ended"
        self._tell(News(kind="connected"))

    async def _auth(self) -> None:
        self._reason = "the login got no answer"
        try:
            log_in: Step = super()._auth
            await log_in()
        except ValueError:
            self._refuse("the keys were refused")
            raise

    def _refuse(self, reason: str) -> None:
        """The next try comes later and later: keys do not become right by themselves."""
        self._reason = ""
        self._refusals += 1
        self._tell(News(kind="refused", reason=reason))

    def _reconnect_delay(self, retries: int) -> float:
        if self._refusals:
            wait_s: float = self._limits.refused_s * 2 ** min(self._refusals - 1, 16)
            return min(wait_s, self._limits.refused_s_max)
        delay_s: float = super()._reconnect_delay(retries)
        return delay_s

    async def close(self) -> None:
        """Also called by the client's loop before it connects again."""
        reason, self._reason = self._reason, ""
        if reason:
            self._tell(News(kind="lost", reason=reason))
        await super().close()

    async def end(self, listening: asyncio.Future[None]) -> None:
        """Leave, which is no loss. The client's loop can miss a cancellation, so it is told too."""
        self._reason = ""
        await self.stop_ws()
        while not listening.done():
            listening.cancel()
            await asyncio.wait({listening}, timeout=STOP_AGAIN_S)
        self._reason = ""
        await super().close()


def _event_in(message: dict[str, Any]) -> str:
    """What happened to an order: `fill`, `canceled` and so on."""
    found = message.get("data")
    event = found.get("event") if isinstance(found, dict) else None
    return event if isinstance(event, str) else ""
