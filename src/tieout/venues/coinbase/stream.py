"""Coinbase's user channel: what happens to orders, coins and US futures.

It gives sums of orders and no fills, so what it says is a hint that makes the portfolio be read.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection

from tieout.ports import News, Tell
from tieout.venues.coinbase.channel import Channel
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.scrub import scrub_of
from tieout.venues.http.scrub import shown

HEARTBEATS, USER, FUTURES = "heartbeats", "user", "futures_balance_summary"
CHANNELS = (HEARTBEATS, USER, FUTURES)  # silence closes a connection without heartbeats
# What of a futures balance says that something happened; the rest moves with the market.
TELLING = ("daily_realized_pnl", "cfm_usd_balance", "cbi_usd_balance")


class UserChannel(Channel):
    """The channel of one key."""

    def __init__(self, *, address: str, login: Login, limits: Limits, ca_file: str | None) -> None:
        super().__init__(
            address=address,
            limits=limits,
            ca_file=ca_file,
            hearing=lambda tell: _Hearing(login, limits=limits, tell=tell),
        )


class _Hearing:
    """One connection, from its beginning to its end."""

    def __init__(self, login: Login, *, limits: Limits, tell: Tell) -> None:
        self._login = login
        self._scrub = scrub_of(key=login.key, secret=login.secret)
        self._limits = limits
        self._tell = tell
        self._sequence: int | None = None
        self._balance: dict[str, str] | None = None
        self.was_connected = False

    async def until_lost(self, socket: ClientConnection) -> str:
        """Subscribe, and tell what comes until nothing does any more; why it ended."""
        for channel in CHANNELS:
            await socket.send(json.dumps(self._subscription(channel)))
        while True:
            try:
                # Not `wait_for`: Python 3.11's forgets a cancellation that comes with a message.
                async with asyncio.timeout(self._limits.silent_s):
                    message = await socket.recv()
            except TimeoutError:
                return f"nothing came for {self._limits.silent_s:g} s, not even a heartbeat"
            refusal = self._take(message)
            if refusal:
                return refusal

    def _subscription(self, channel: str) -> dict[str, object]:
        return {
            "type": "subscribe",
            "product_ids": [],
            "channel": channel,
            "jwt": self._login.token(),
        }

    def _take(self, message: str | bytes) -> str:
        """Tell of one message; why the connection is of no use, if it says so."""
        try:
            found = json.loads(message)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self._tell(News(kind="changed", reason="a message that cannot be read"))
            return ""
        if found.get("type") == "error":
            return f"it was refused: {self._scrub.text(str(found.get('message', '')))}"
        if not self._is_next(found.get("sequence_num")):
            return ""
        self._take_events(found.get("channel"), found.get("events"))
        return ""

    def _is_next(self, sequence: object) -> bool:
        """Whether a message is not an older one. After a gap what was missed is read."""
        if not isinstance(sequence, int) or isinstance(sequence, bool):
            return True
        before, self._sequence = self._sequence, max(sequence, self._sequence or 0)
        if before is None or sequence == before + 1:
            return True
        if sequence > before:
            missed = sequence - before - 1
            self._tell(News(kind="changed", reason=f"{missed} messages were missed"))
            return True
        return False

    def _take_events(self, channel: object, events: object) -> None:
        for event in events if isinstance(events, list) else ():
            if not isinstance(event, dict):
                continue
            if channel == "subscriptions":
                self._confirm(event)
            elif channel == USER and event.get("type") != "snapshot":
                self._tell(News(kind="changed", reason=_statuses(event)))
            elif channel == FUTURES:
                self._take_balance(event.get("fcm_balance_summary"))

    def _confirm(self, event: Mapping[str, Any]) -> None:
        listed = event.get("subscriptions")
        if not self.was_connected and isinstance(listed, dict) and USER in listed:
            self.was_connected = True
            self._tell(News(kind="connected"))

    def _take_balance(self, balance: object) -> None:
        """Tell of money that moved; profits of open positions change with every price."""
        if not isinstance(balance, dict):
            return
        found = {key: json.dumps(balance.get(key)) for key in TELLING}
        before, self._balance = self._balance, found
        if before is not None and found != before:
            self._tell(News(kind="changed", reason=FUTURES))


def _statuses(event: Mapping[str, Any]) -> str:
    """What happened to orders: FILLED, CANCELLED and so on."""
    orders = event.get("orders")
    rows = orders if isinstance(orders, list) else []
    words = {str(row.get("status", "")) for row in rows if isinstance(row, dict)}
    return shown(", ".join(sorted(words - {""}))) or USER
