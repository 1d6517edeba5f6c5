"""Hyperliquid on loopback, for the real `hyperliquid-python-sdk` and anything else that speaks
its wire.

simulator = HyperliquidSimulator(market)
with running(simulator) as address:
    info = Info(address)
    info.user_state(simulator.address_of("main"))

All calls go to one path, so faults and `calls` name them by what is asked, with the builder's
dex behind it: `/info/clearinghouseState`, `/info/clearinghouseState/xyz`, `/info/userFills`.
The messages of a stream are `/ws/userFills`, `/ws/pong`, its opening is `/ws`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tieout.simulators.connection import Line
from tieout.simulators.hyperliquid_info import HyperliquidInfo, NotUnderstood
from tieout.simulators.hyperliquid_market import HyperliquidMarket
from tieout.simulators.hyperliquid_stream import PATH, HyperliquidStream
from tieout.simulators.hyperliquid_wire import Dialect
from tieout.simulators.messages import Reply, Request, View
from tieout.simulators.serving import Simulator, running
from tieout.simulators.spoiling import Html, Plain

__all__ = ["Dialect", "HyperliquidSimulator", "running"]

MINUTE = timedelta(minutes=1)
NOT_UNDERSTOOD = "Failed to deserialize the JSON body into the target type"
WORDS = {404: "Not Found", 422: NOT_UNDERSTOOD, 500: "Internal Server Error"}
# Docs: what a question weighs; all others 20, and some one more for every 20 rows.
WEIGHTS = {"allMids": 2, "clearinghouseState": 2, "spotClearinghouseState": 2, "userRole": 60}
WEIGHED_BY_ROW = {
    "historicalOrders",
    "userFills",
    "userFillsByTime",
    "userFunding",
    "userNonFundingLedgerUpdates",
    "userTwapSliceFills",
}


class HyperliquidSimulator(Simulator[HyperliquidMarket]):
    """Hyperliquid's `/info` and `/ws` for every account of a market. No key is needed, only the
    address."""

    stream_path = PATH

    def __init__(
        self, market: HyperliquidMarket, *, dialect: Dialect | None = None, port: int = 0
    ) -> None:
        super().__init__(market, port=port)
        self.dialect = dialect or Dialect()
        self._info = HyperliquidInfo(market, self.dialect)
        self._stream = HyperliquidStream(market, self.faults, self.dialect)
        self._spent: dict[str, tuple[datetime, int]] = {}  # by client: until when, how much

    def address_of(self, account: str) -> str:
        """The address an account is asked for by."""
        return self.market.account(account).address

    def wait_until_listening(self, count: int = 1, *, timeout_s: float = 10) -> bool:
        """Waits until there are so many subscriptions; False when that took too long."""
        return self._stream.wait_until_listening(count, timeout_s)

    def account_of(self, request: Request) -> str | None:
        user = _asked(request).get("user")
        found = self.market.account_at(user) if isinstance(user, str) else None
        return None if found is None else found.name

    def named(self, request: Request) -> Request:
        asked = _asked(request)
        parts = [request.path, str(asked.get("type", "")), str(asked.get("dex") or "")]
        facts = {name: str(value) for name, value in asked.items()}
        return replace(request, path="/".join(filter(None, parts)), query=facts)

    def answer(self, request: Request, view: View) -> Reply:
        if (request.method, request.path) != ("POST", "/info"):
            return self.refusal(404, "")
        asked = _asked(request)
        kind = asked.get("type")
        if not self._spend(request.client, WEIGHTS.get(str(kind), 20)):
            return self.refusal(429, "")
        try:
            body = self._info.answer(asked, view)
        except NotUnderstood:
            return self.refusal(422, "")
        if kind in WEIGHED_BY_ROW:
            self._spend(request.client, len(body) // 20)
        return Reply(200, body)

    def refusal(self, status: int, message: str) -> Reply:
        """429 says null, anything else words that are no JSON (as seen by the SDK)."""
        if status == 429:
            return Reply(429, None)
        return Reply(status, Plain(message or WORDS.get(status, "Service Unavailable")))

    def headers(self, _: Request, reply: Reply) -> Mapping[str, str]:
        shared = {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "*",
            "vary": "origin, access-control-request-method, access-control-request-headers",
        }
        is_json = not isinstance(reply.body, Html | Plain)
        return shared | ({"content-type": "application/json"} if is_json else {})

    async def converse(self, line: Line) -> None:
        await self._stream.converse(line)

    def on_start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stream.attach(loop)

    def _spend(self, client: str, weight: int) -> bool:
        """Counts what a question weighs; False when the minute's allowance is used up."""
        now = self.market.clock()
        until, spent = self._spent.get(client, (now, 0))
        if now >= until:
            until, spent = now + MINUTE, 0
        if spent >= self.dialect.weight_per_minute:
            return False
        self._spent[client] = (until, spent + weight)
        return True


def _asked(request: Request) -> dict[str, Any]:
    """The question; an empty one where it cannot be read."""
    try:
        body = request.json()
    except msgspec.DecodeError:
        return {}
    return body if isinstance(body, dict) else {}
