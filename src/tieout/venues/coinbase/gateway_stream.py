"""The gateway's own socket: what happens to international derivatives.

It speaks JSON-RPC: we sign in, subscribe, and from then on are told. Its heartbeats come every ten
seconds at best, so that silence is broken by a ping of ours, which has to be answered.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence

from websockets.asyncio.client import ClientConnection

from tieout.ports import News, Tell
from tieout.venues.coinbase.channel import Channel
from tieout.venues.coinbase.gateway import AUTH, GRANT, TOKEN_SHARE
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.rpc import EXPIRES_S
from tieout.venues.coinbase.scrub import scrub_of
from tieout.venues.coinbase.slots import Slots
from tieout.venues.http.bodies import BodyInvalid, decoded
from tieout.venues.http.scrub import shown

PLACE = "the gateway for international derivatives"
TRADES, CHANGES, PORTFOLIO = "user.trades", "user.changes", "user.portfolio"
# Raw: each trade at once, and not what happened within some milliseconds.
# What happens in isolated margin is told on channels of its own, or not at all.
ISOLATED = ("user.isolated.trades", "user.isolated.changes")
CHANNELS = (
    f"{TRADES}.any.any.raw", f"{CHANGES}.any.any.raw", f"{PORTFOLIO}.any",
    *(f"{channel}.any.any.raw" for channel in ISOLATED),
)  # fmt: skip
SUBSCRIBE, TEST = "private/subscribe", "public/test"
SIGN_IN_ID, SUBSCRIBE_ID, PING_ID = 1, 2, 3
PINGS = 4  # within the time after which silence is the end
# What of a change is about what is held; an order that rests is not.
HELD = ("trades", "positions")


class GatewayChannel(Channel):
    """The gateway's socket of one key."""

    def __init__(
        self,
        *,
        address: str,
        login: Login,
        limits: Limits,
        ca_file: str | None,
        slots: Slots | None = None,
    ) -> None:
        super().__init__(
            address=address,
            limits=limits,
            ca_file=ca_file,
            hearing=lambda tell: _Hearing(login, limits=limits, tell=tell, slots=slots),
        )


class _Hearing:
    """One connection, from its beginning to its end."""

    def __init__(
        self, login: Login, *, limits: Limits, tell: Tell, slots: Slots | None = None
    ) -> None:
        self._login = login
        self._slots = slots
        self._scrub = scrub_of(key=login.key, secret=login.secret)
        self._limits = limits
        self._tell = tell
        self._balances: dict[str, str] = {}
        self._sign_in_at = 0.0  # again, by the loop's time
        self.was_connected = False

    async def until_lost(self, socket: ClientConnection) -> str:
        """Sign in, subscribe, and tell what comes until nothing does; why it ended."""
        reason = await self._until_lost(socket)
        return f"{PLACE}: {reason}"

    async def _until_lost(self, socket: ClientConnection) -> str:
        await self._sign_in(socket)
        loop, silent_s, unanswered = asyncio.get_running_loop(), self._limits.silent_s, 0
        told_by = loop.time() + silent_s
        while unanswered < PINGS:
            if not self.was_connected and loop.time() > told_by:
                return f"the subscriptions were not confirmed within {silent_s:g} s"
            if loop.time() >= self._sign_in_at:
                await self._sign_in(socket)
            try:
                async with asyncio.timeout(silent_s / PINGS):
                    message = await socket.recv()
            except TimeoutError:
                unanswered += 1
                await self._send(socket, PING_ID, TEST)
                continue
            unanswered = 0
            refusal = await self._take(message, socket)
            if refusal:
                return refusal
        return f"nothing came for {silent_s:g} s, not even an answer to a ping"

    async def _sign_in(self, socket: ClientConnection) -> None:
        """Exchange a signature for a token, which is this connection's until it is too old."""
        self._sign_in_at = asyncio.get_running_loop().time() + TOKEN_SHARE * EXPIRES_S
        await self._send(socket, SIGN_IN_ID, AUTH, grant_type=GRANT, token=self._login.token())

    async def _send(
        self, socket: ClientConnection, number: int, method: str, **parameters: object
    ) -> None:
        asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        await socket.send(json.dumps(asked))

    async def _take(self, message: str | bytes, socket: ClientConnection) -> str:
        """Tell of one message; why the connection is of no use, if it says so."""
        body = message.encode() if isinstance(message, str) else message
        try:
            found = decoded(body)
        except BodyInvalid:
            found = None
        if not isinstance(found, dict):
            self._tell(News(kind="changed", reason="a message that cannot be read"))
            return ""
        number, parameters = found.get("id"), found.get("params")
        if number in (SIGN_IN_ID, SUBSCRIBE_ID):
            return await self._answered(number, found, socket)
        if found.get("method") == "heartbeat" and _of(parameters, "type") == "test_request":
            await self._send(socket, PING_ID, TEST)
        elif found.get("method") == "subscription":
            self._take_news(_of(parameters, "channel"), _of(parameters, "data"))
        return ""

    async def _answered(
        self, number: object, found: Mapping[str, object], socket: ClientConnection
    ) -> str:
        """Go on after an answer to what was asked; why it cannot go on."""
        error, result = found.get("error"), found.get("result")
        if error is not None:
            said = f"{_of(error, 'code')} {_of(error, 'message')}"
            return f"it was refused: {self._scrub.text(said)}"
        if number == SIGN_IN_ID:
            return await self._signed_in(result, socket)
        listed = result if isinstance(result, list) else []
        missing = [channel for channel in CHANNELS[:2] if channel not in listed]
        if missing:
            return f"it does not tell of {', '.join(missing)}"
        self.was_connected = True
        if self._slots is not None:
            self._slots.forget()
        self._tell(News(kind="connected", reason=PLACE))
        return ""

    async def _signed_in(self, result: object, socket: ClientConnection) -> str:
        expires = _of(result, "expires_in")
        if isinstance(expires, int) and expires > 0:
            loop = asyncio.get_running_loop()
            self._sign_in_at = loop.time() + TOKEN_SHARE * expires
        if not self.was_connected:
            await self._send(socket, SUBSCRIBE_ID, SUBSCRIBE, channels=CHANNELS)
        return ""

    def _take_news(self, channel: object, found: object) -> None:
        """Tell of trades, of positions, and of money that moved; the rest is only prices."""
        name = str(channel)
        if name.startswith(ISOLATED) and (name.startswith(ISOLATED[0]) or _is_about_held(found)):
            self._hear_of_slots(found)
            self._tell(News(kind="changed", reason=shown(name)))
        elif name.startswith(TRADES) or (name.startswith(CHANGES) and _is_about_held(found)):
            self._tell(News(kind="changed", reason=shown(name)))
        elif name.startswith(PORTFOLIO):
            currency, balance = str(_of(found, "currency")), str(_of(found, "balance"))
            before = self._balances.get(currency)
            self._balances[currency] = balance
            if before not in (None, balance):
                self._tell(News(kind="changed", reason=shown(f"{PORTFOLIO}.{currency}")))

    def _hear_of_slots(self, found: object) -> None:
        """Note in which slots something happened, as far as that is told."""
        rows = found if isinstance(found, list) else [found, *_rows(found)]
        for slot in {_of(row, "user_id") for row in rows}:
            if self._slots is not None and type(slot) is int and slot >= 0:
                self._slots.hear(slot)


def _rows(found: object) -> list[object]:
    """The trades and positions of a change."""
    lists = [_of(found, key) for key in HELD]
    return [row for each in lists if isinstance(each, list) for row in each]


def _of(found: object, key: str) -> object:
    return found.get(key) if isinstance(found, dict) else None


def _is_about_held(found: object) -> bool:
    """Whether a change is one of what is held. One that cannot be read may be."""
    if not isinstance(found, dict):
        return True
    lists = [found.get(key) for key in HELD]
    return any(not isinstance(each, Sequence) or bool(each) for each in lists)
