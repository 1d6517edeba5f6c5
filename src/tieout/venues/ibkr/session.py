"""One life of the socket: from a connect to whatever ends it. Nothing is kept over its end.

Every request is made one at a time by whoever has the link's lock: ib_async ends a request by
its kind, so the late answer to one would be taken for the answer to the next. Where one is not
answered, the session is over, and the next one asks anew.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tieout.core.book import AccountId
from tieout.core.errors import VenueError
from tieout.ports import Clock, News
from tieout.venues.ibkr import failures, wire
from tieout.venues.ibkr.address import Address
from tieout.venues.ibkr.evidence import Exchange, Trace
from tieout.venues.ibkr.heard import (
    LINK_DOWN,
    LINK_UP,
    PORT_CHANGED,
    TAKEN_NUMBER,
    TOO_FAST,
    Download,
    Frame,
    Heard,
)
from tieout.venues.ibkr.limits import Limits
from tieout.venues.ibkr.sdk import IB, RequestError, StartupFetchNONE
from tieout.venues.ibkr.tap import Tap
from tieout.venues.ibkr.wire import ErrorRow

CURRENCY_TAG = "NetLiquidation"  # whose row is in the currency that the account counts in
READ_ONLY = 321
LENGTH_BYTES = 4
# A portfolio that did not come is asked for again after this long; some never come.
SILENCE_KEPT = timedelta(hours=1)


class Session:
    """A connection to one gateway with one client id."""

    def __init__(
        self,
        *,
        venue: str,
        address: Address,
        client_id: int,
        limits: Limits,
        clock: Clock,
        tell: Callable[[News], None],
    ) -> None:
        self.venue = venue
        self.address = address
        self.heard = Heard(hint=self._hint, notice=self._notice)
        self.heard.ended = self._ended
        self.broken: asyncio.Future[VenueError] = asyncio.get_running_loop().create_future()
        self._silent_portfolios: dict[str, datetime] = {}
        self._client_id = client_id
        self._limits = limits
        self._clock = clock
        self._tell = tell
        self._waits: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._subscribed: str | None = None
        self._left_over = 0
        self._is_plain_end = False
        self._last_data_s = asyncio.get_running_loop().time()
        self._ib: Any = IB()
        self._ib.TimezoneTWS = "UTC"
        self._ib.RaiseRequestErrors = True
        # At every 1102 it would ask for one more summary of the accounts, and TWS allows two.
        self._ib.errorEvent -= self._ib._onError
        self._ib.client.MaxRequests = limits.messages_per_s
        self._ib.client.decoder = Tap(self._ib.wrapper, hear=self._take, dropped=self.heard.dropped)
        self._ib.client.conn.hasData += self._has_data
        self._ib.client.conn.disconnected += self._disconnected

    @property
    def is_open(self) -> bool:
        return not self.broken.done() and bool(self._ib.isConnected())

    @property
    def version(self) -> int:
        """The version that gateway and client agreed on."""
        return int(self._ib.client.serverVersion())

    @property
    def quiet_s(self) -> float:
        """How long nothing has come."""
        return asyncio.get_running_loop().time() - self._last_data_s

    # Life

    async def open(self, trace: Trace) -> None:
        """Connect and log on: read-only, nothing fetched, and errors are errors."""
        self.heard.download = Download()  # a connect asks for the positions; they are no news
        connecting = asyncio.ensure_future(
            self._ib.connectAsync(
                self.address.host,
                self.address.port,
                clientId=self._client_id,
                timeout=self._limits.connect_s,
                readonly=True,
                raiseSyncErrors=True,
                fetchFields=StartupFetchNONE,
            )
        )
        try:
            await asyncio.wait({connecting, self.broken}, return_when=asyncio.FIRST_COMPLETED)
            if not self.broken.done() or (self._is_plain_end and connecting.done()):
                connecting.result()
            if self.broken.done():
                raise self.broken.result()
        except OSError as error:
            failure = self._failure_of(error)
            self.break_off(failure)
            raise failure from None
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            self.keep(f"connect to {self.address} as client {self._client_id}", trace)

    def _failure_of(self, error: OSError) -> VenueError:
        where = str(self.address)
        if error.args and isinstance(error.args[0], list):  # of the requests that timed out
            call, limit_s = "reqPositions", self._limits.connect_s
            return failures.no_answer(self.venue, call, limit_s, self.heard.last_error)
        if isinstance(error, ConnectionRefusedError):
            return failures.not_reached(self.venue, where, "connection refused")
        if isinstance(error, TimeoutError) and self._ib.client.conn.numBytesSent:
            return failures.no_login(self.venue, where, self._limits.connect_s)
        if isinstance(error, ConnectionError):
            return failures.not_connected(self.venue, where, str(error) or "it was reset")
        return failures.not_reached(self.venue, where, error.strerror or "no answer")

    def break_off(self, error: VenueError) -> None:
        """End it for a reason. What is being asked fails with it; the first reason counts."""
        if not self.broken.done():
            self.broken.set_result(error)
        try:
            self._ib.disconnect()
        except ConnectionError:  # it was still logging on
            self._ib.client.disconnect()

    # Requests

    async def managed_accounts(self, trace: Trace) -> tuple[str, ...]:
        """The accounts of the login, asked anew."""
        wait = self._wait_for(wire.MANAGED_ACCOUNTS)
        self._ib.client.reqManagedAccts()
        await self._answer("reqManagedAccts", wait, trace)
        return self.heard.accounts

    async def positions(self, trace: Trace) -> Download:
        """All positions of all accounts, as they are listed now."""
        download = self.heard.download = Download()
        await self._answer("reqPositions", self._ib.reqPositionsAsync(), trace)
        return download

    async def executions(self, trace: Trace) -> None:
        """The executions of the day, of all clients; their commissions may come later."""
        await self._answer("reqExecutions", self._ib.reqExecutionsAsync(), trace)

    async def commissions_of(self, ids: set[str], trace: Trace) -> None:
        """Wait for these reports, for as long as they may take; some may not come at all."""
        waits = {self._wait_for(wire.COMMISSION, each) for each in ids}
        left_s = self._limits.reports_s
        loop = asyncio.get_running_loop()
        end_s = loop.time() + left_s
        while waits and left_s > 0 and not self.broken.done():
            await self._until(waits, left_s)
            waits = {each for each in waits if not each.done()}
            left_s = end_s - loop.time()
        self.keep("commission reports", trace)

    async def portfolio(self, account: str, trace: Trace) -> bool:
        """Have the prices of an account sent; whether they came. Some accounts have none."""
        now = self._clock.now()
        silent_at = self._silent_portfolios.get(account)
        if silent_at is not None and now - silent_at < SILENCE_KEPT:
            return False
        if self._subscribed == account:  # another account takes its place by itself: 2100
            self._ib.client.reqAccountUpdates(False, account)
        wait = self._wait_for(wire.ACCOUNT_END, account)
        self._subscribed = account
        self._ib.client.reqAccountUpdates(True, account)
        await self._until({wait}, self._limits.marks_s)
        self.keep(f"reqAccountUpdates {account}", trace)
        if not wait.done():
            self._silent_portfolios[account] = now
        return wait.done()

    async def currencies(self, trace: Trace) -> None:
        """What currency each account counts in."""
        request = self._ib.client.getReqId()
        wait = self._wait_for(wire.SUMMARY_END, str(request))
        self._ib.client.reqAccountSummary(request, "All", CURRENCY_TAG)
        await self._answer("reqAccountSummary", wait, trace)
        self._ib.client.cancelAccountSummary(request)

    async def current_time(self, trace: Trace, *, timeout_s: float) -> datetime:
        """The gateway's clock, to the second."""
        answer = self._ib.reqCurrentTimeAsync()
        found: datetime = await self._answer("reqCurrentTime", answer, trace, timeout_s=timeout_s)
        return found

    async def is_read_only(self, trace: Trace) -> bool | None:
        """Whether the gateway refuses orders: then it does not even list them. None: no answer."""
        refused = self._wait_for(wire.ERROR, str(READ_ONLY))
        listed = self._wait_for(wire.OPEN_ORDERS_END)
        self._ib.client.reqOpenOrders()
        await self._until({refused, listed}, self._limits.answer_s)
        self.keep("reqOpenOrders", trace)
        return refused.done() if refused.done() or listed.done() else None

    async def _answer(
        self,
        call: str,
        answer: "asyncio.Future[Any]",
        trace: Trace,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """The answer to a request. Without one the session is over."""
        limit_s = self._limits.request_s if timeout_s is None else timeout_s
        answer.add_done_callback(_is_seen)
        error: VenueError = failures.no_answer(self.venue, call, limit_s, None)
        try:
            await self._until({answer}, limit_s)
            if self.broken.done():
                raise self.broken.result()
            if answer.done():
                return answer.result()
            error = failures.no_answer(self.venue, call, limit_s, self.heard.last_error)
        except RequestError as refused:
            error = failures.request_refused(self.venue, call, refused.code, refused.message)
            raise error from None
        except ConnectionError as lost:
            error = failures.not_connected(self.venue, str(self.address), str(lost))
        finally:
            self.keep(call, trace)
            if not answer.done():  # a late one must not be taken for the next
                answer.cancel()
                self.break_off(error)
        raise error

    async def _until(self, waits: "set[asyncio.Future[Any]]", timeout_s: float) -> None:
        """Wait for one of these, or until the session ends, or no longer."""
        await asyncio.wait(
            {*waits, self.broken}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )

    def _wait_for(self, kind: str, of: str = "") -> "asyncio.Future[None]":
        """The next message of a kind, about something."""
        key = (kind, of)
        if key not in self._waits or self._waits[key].done():
            self._waits[key] = asyncio.get_running_loop().create_future()
        return self._waits[key]

    def keep(self, call: str, trace: Trace) -> None:
        """Note what came since the last time, as the answer to this."""
        frames = tuple(self.heard.frames())
        trace.exchanges.append(Exchange(call=call, ended_at=self._clock.now(), frames=frames))

    # What comes

    def _take(self, fields: Frame) -> None:
        if not (fields and fields[0].isdecimal()):
            self._not_understood("a message without a number")
            return
        self.heard.version = self.version
        self.heard.take(fields)

    def _has_data(self, _: bytes) -> None:
        """After the client took the data; what is left is the beginning of a message."""
        self._last_data_s = asyncio.get_running_loop().time()
        rest = bytes(self._ib.client._data)
        self._left_over = len(rest)
        length = int.from_bytes(rest[:LENGTH_BYTES], "big")
        if len(rest) >= LENGTH_BYTES and length > self._limits.frame_bytes_max:
            self._not_understood(f"it begins with {rest[:12]!r}")

    def _not_understood(self, what: str) -> None:
        self.break_off(failures.not_understood(self.venue, str(self.address), what))

    def _disconnected(self, why: str) -> None:
        if self._left_over:
            self._not_understood("it broke off in the middle of a message")
        self._is_plain_end = not self.broken.done()
        self.break_off(
            failures.not_connected(self.venue, str(self.address), why or "the gateway closed it")
        )

    def _ended(self, kind: str, of: str) -> None:
        wait = self._waits.pop((kind, of), None)
        if wait is not None and not wait.done():
            wait.set_result(None)

    def _hint(self, account: AccountId) -> None:
        self._tell(News(kind="changed", account=account))

    def _notice(self, row: ErrorRow) -> None:
        self._ended(wire.ERROR, str(row.code))
        where = str(self.address)
        if row.code == TAKEN_NUMBER:
            self.break_off(failures.number_taken(self.venue, where, self._client_id))
        elif row.code == TOO_FAST:
            self.break_off(failures.too_fast(self.venue, row.text))
        elif row.code == PORT_CHANGED:
            self.break_off(failures.not_connected(self.venue, where, f"1300: {row.text}"))
        elif row.code in LINK_DOWN:
            self._tell(News(kind="lost", reason=f"{row.code}: {row.text}"))
        elif row.code in LINK_UP:
            self._tell(News(kind="connected", reason=f"{row.code}: {row.text}"))


def _is_seen(answer: "asyncio.Future[Any]") -> None:
    """ib_async fails every open request when the socket ends; the session has its own reason."""
    if not answer.cancelled():
        answer.exception()
