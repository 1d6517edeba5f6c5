"""International derivatives: signing in at the gateway, its positions and its trades.

They left `/intx/...` on 2026-10-01. What those paths answer since is not known, so they are not
asked: nothing of theirs could be read as flat.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TypeVar

from tieout.core.errors import VenueRefused, VenueReplyInvalid
from tieout.venues.coinbase.exchange import Calls, Question
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.rows import (
    Access,
    Log,
    LogRow,
    PerpetualRow,
    SubaccountRow,
    TradeRow,
    Unreadable,
)
from tieout.venues.coinbase.rpc import (
    access_in,
    log_in,
    of_request,
    perpetuals_in,
    subaccounts_in,
    trades_in,
)
from tieout.venues.http.trace import Trace
from tieout.venues.moments import milliseconds_of, moment_of

Decoded = TypeVar("Decoded")
AUTH = "public/auth"
GRANT = "coinbase_cdp"
POSITIONS = "private/get_positions"
SUBACCOUNTS = "private/get_subaccounts"
TRADES = "private/get_user_trades_by_currency_and_time"
LOG = "private/get_transaction_log"
TRADES_A_PAGE = 1000
LOG_A_PAGE = 250
TOKEN_SHARE = 0.8  # of its life, after which a token is not used any more
UNAUTHORIZED = 401
# Recent trades and older ones are kept apart for a day (Deribit's documentation, `historical`).
RECENT = timedelta(hours=12)
AHEAD = timedelta(minutes=5)
OVERLAP_MS = 60_000


class Gateway:
    """One login at the gateway. The token is kept for as long as it is good."""

    def __init__(self, calls: Calls, login: Login) -> None:
        self._calls = calls
        self._login = login
        self._access: Access | None = None
        self._good_until: datetime | None = None
        self._numbers = count(1)

    async def sign_in(self, *, trace: Trace) -> None:
        """Have a token that is good."""
        now = self._calls.now()
        if self._good_until is not None and now < self._good_until:
            return
        body = {"grant_type": GRANT, "token": self._login.token()}
        question = Question(method=AUTH, body=body, number=next(self._numbers))
        decode = partial(of_request, question.number, access_in)
        access, _ = await self._calls.ask(question, decode, trace=trace)
        self._calls.scrub.learn(access.token)
        self._access = access
        self._good_until = now + timedelta(seconds=TOKEN_SHARE * access.expires_s)

    async def positions(
        self, *, of: int | None = None, trace: Trace
    ) -> tuple[PerpetualRow | Unreadable, ...]:
        """The positions of a slot; without one those of the login, and those of its slots as far
        as the gateway adds them (it does its best, says the guide to isolated positions)."""
        body: dict[str, object] = {"currency": "any"}
        body |= {"include_isolated": True} if of is None else {"subaccount_id": of}
        rows = await self._ask(POSITIONS, body, perpetuals_in, trace)
        return tuple(
            row._replace(slot=of) if isinstance(row, PerpetualRow) else row for row in rows
        )

    async def subaccounts(self, *, trace: Trace) -> tuple[SubaccountRow, ...]:
        """The accounts of the login: its own, and those of isolated margin, which are hidden."""
        return await self._ask(SUBACCOUNTS, {"include_isolated": True}, subaccounts_in, trace)

    async def trades(
        self, currency: str, since: int | None, *, of: int | None = None, trace: Trace
    ) -> list[TradeRow | Unreadable]:
        """Every trade of the login or of a slot, in what is settled in a currency, since a time in
        milliseconds, each once."""
        now = self._calls.now()
        start = 0 if since is None else max(0, since - OVERLAP_MS)
        rows: dict[TradeRow | Unreadable, None] = {}
        is_old = moment_of(start) < now - RECENT
        for historical in (True, False) if is_old else (False,):
            body: dict[str, object] = {"currency": currency, "historical": historical}
            if of is not None:
                body["subaccount_id"] = of
            await self._pages(body, start, rows, trace)
        return [row._replace(slot=of) if isinstance(row, TradeRow) else row for row in rows]

    async def _pages(
        self,
        body: dict[str, object],
        start: int,
        rows: dict[TradeRow | Unreadable, None],
        trace: Trace,
    ) -> None:
        """From a time on. The next page begins at the time of the last row, not after it."""
        body |= {
            "start_timestamp": start,
            "end_timestamp": milliseconds_of(self._calls.now() + AHEAD),
            "count": TRADES_A_PAGE,
            "sorting": "asc",
        }
        for _ in range(self._calls.limits.pages_max):
            page = await self._ask(TRADES, body, trades_in, trace)
            rows.update(dict.fromkeys(page.rows))
            if not page.has_more:
                return
            times = [row.time for row in page.rows if isinstance(row, TradeRow)]
            latest = max(times, default=start)
            if latest <= start:
                break
            start = body["start_timestamp"] = latest
        raise self._endless(TRADES)

    async def log(self, currency: str, since: int, *, trace: Trace) -> Log:
        """Every row of the log of a currency from a time on, newest first, as far as it is not too
        long."""
        rows: dict[LogRow | Unreadable, None] = {}
        is_whole = await self._log_pages(currency, since, rows, trace)
        times = [row.time for row in rows if isinstance(row, LogRow)]
        return Log(rows=tuple(rows), is_whole=is_whole, reached=min(times, default=since))

    async def _log_pages(
        self,
        currency: str,
        since: int,
        rows: dict[LogRow | Unreadable, None],
        trace: Trace,
    ) -> bool:
        """From the end back to a time; whether all of it was read."""
        body: dict[str, object] = {
            "currency": currency,
            "start_timestamp": since,
            "end_timestamp": milliseconds_of(self._calls.now() + AHEAD),
            "count": LOG_A_PAGE,
        }
        seen: set[str] = set()
        for _ in range(self._calls.limits.pages_max):
            page = await self._ask(LOG, body, log_in, trace)
            rows.update(dict.fromkeys(page.rows))
            if page.continuation is None:
                return True
            if page.continuation in seen:
                raise self._endless(LOG)
            seen.add(page.continuation)
            is_number = page.continuation.isdecimal()
            body["continuation"] = int(page.continuation) if is_number else page.continuation
        return False

    def _endless(self, method: str) -> VenueReplyInvalid:
        address = self._calls.address_of(Question(method=method))
        return VenueReplyInvalid(
            f"POST {method} at {address}: its pages do not come to an end",
            venue=self._calls.name,
            advice="nothing was changed; if it stays, please report this with the evidence of the "
            "run",
        )

    async def _ask(
        self,
        method: str,
        body: dict[str, object],
        decode: Callable[[bytes], Decoded],
        trace: Trace,
    ) -> Decoded:
        """Ask with a token; once more with a new one where it is good no longer."""
        await self.sign_in(trace=trace)
        try:
            return await self._ask_once(method, body, decode, trace)
        except VenueRefused as refused:
            if refused.status != UNAUTHORIZED:
                raise
        self._good_until = None
        await self.sign_in(trace=trace)
        return await self._ask_once(method, body, decode, trace)

    async def _ask_once(
        self,
        method: str,
        body: dict[str, object],
        decode: Callable[[bytes], Decoded],
        trace: Trace,
    ) -> Decoded:
        assert self._access is not None, method
        question = Question(
            method=method,
            token=self._access.token,
            body=dict(body),
            number=next(self._numbers),
        )
        decode_own = partial(of_request, question.number, decode)
        found, _ = await self._calls.ask(question, decode_own, trace=trace)
        return found

    def __repr__(self) -> str:
        return "Gateway()"
