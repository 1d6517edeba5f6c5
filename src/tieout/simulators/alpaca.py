"""Alpaca on loopback, for the real `alpaca-py` and for anything else that speaks its wire.

simulator = AlpacaSimulator(market)
with running(simulator) as address:
    key = simulator.credentials("main")
    client = TradingClient(key.key_id, key.secret_key, url_override=address)
"""

import asyncio
import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from tieout.simulators.alpaca_refusals import refusal
from tieout.simulators.alpaca_rest import AlpacaRest
from tieout.simulators.alpaca_stream import PATH, AlpacaStream
from tieout.simulators.alpaca_wire import Dialect
from tieout.simulators.connection import Line
from tieout.simulators.market import Market
from tieout.simulators.messages import Reply, Request, View
from tieout.simulators.serving import Simulator, running

__all__ = ["AlpacaSimulator", "Credentials", "Dialect", "running"]

WINDOW = timedelta(minutes=1)


class Credentials(NamedTuple):
    """What Alpaca calls a key pair."""

    key_id: str
    secret_key: str


class AlpacaSimulator(Simulator[Market]):
    """Alpaca's trading API and its `trade_updates` stream, for every account of a market.

    Each account has a key pair of its own, see `credentials`; `keys` gives others by account.
    """

    stream_path = PATH

    def __init__(
        self,
        market: Market,
        *,
        keys: Mapping[str, Credentials] | None = None,
        dialect: Dialect | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(market, port=port)
        self.dialect = dialect or Dialect()
        self._keys = dict(keys or {})
        self._revoked: set[str] = set()
        self._rest = AlpacaRest(market, self.dialect)
        self._stream = AlpacaStream(market, self.faults, self.dialect, self._account_of_key)
        self._spent: dict[str | None, _Spent] = {}
        self._request_ids = itertools.count(1)

    def credentials(self, account: str) -> Credentials:
        """The key pair of an account."""
        self.market.account(account)
        usual = Credentials(f"PK{account.upper()}", f"secret-of-{account}")
        return self._keys.get(account, usual)

    def revoke(self, account: str) -> None:
        """From now on the account's key is refused."""
        self._revoked.add(account)

    def wait_until_listening(self, count: int = 1, *, timeout_s: float = 10) -> bool:
        """Waits until so many streams are told of orders; False when that took too long."""
        return self._stream.wait_until_listening(count, timeout_s)

    def account_of(self, request: Request) -> str | None:
        given = request.headers
        return self._account_of_key(
            given.get("apca-api-key-id", ""), given.get("apca-api-secret-key", "")
        )

    def answer(self, request: Request, view: View) -> Reply:
        account = self.account_of(request)
        if account is None:
            return refusal(401)
        if not self._allowance(account).take():
            return self._too_many(account)
        return self._rest.answer(request, view)

    def refusal(self, status: int, message: str) -> Reply:
        return refusal(status, message)

    def headers(self, request: Request, reply: Reply) -> Mapping[str, str]:
        allowance = self._allowance(self.account_of(request))
        left = 0 if reply.status == 429 else allowance.left
        return {
            "x-ratelimit-limit": str(allowance.limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(int(allowance.ends_at.timestamp())),
            "x-request-id": f"{next(self._request_ids):032x}",
        }

    async def converse(self, line: Line) -> None:
        await self._stream.converse(line)

    def on_start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._stream.attach(loop)

    def _account_of_key(self, key_id: str, secret_key: str) -> str | None:
        for account in list(self.market.accounts):
            is_right = self.credentials(account) == (key_id, secret_key)
            if is_right and account not in self._revoked:
                return account
        return None

    def _too_many(self, account: str) -> Reply:
        wait = self._allowance(account).ends_at - self.market.clock()
        seconds = max(1, round(wait.total_seconds()))
        refused = refusal(429)
        return Reply(429, refused.body, {"retry-after": str(seconds)})

    def _allowance(self, account: str | None) -> "_Spent":
        """What an account may still ask in this minute."""
        now = self.market.clock()
        spent = self._spent.get(account)
        if spent is None or now >= spent.ends_at:
            spent = _Spent(self.dialect.requests_per_minute, now + WINDOW)
            self._spent[account] = spent
        return spent


class _Spent:
    """The calls of one minute, counted."""

    def __init__(self, limit: int, ends_at: datetime) -> None:
        self.limit = limit
        self.left = limit
        self.ends_at = ends_at

    def take(self) -> bool:
        """Counts a call; False when there was none left."""
        if self.left == 0:
            return False
        self.left -= 1
        return True
