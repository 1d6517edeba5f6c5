"""Coinbase Advanced as a venue: one key, one portfolio, all that is in it."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, VenueError, VenueRefused
from tieout.ports import Clock, Finding, Read, Tell, Venue
from tieout.venues.coinbase.address import REST_PATH, Addresses, addresses_of
from tieout.venues.coinbase.bookmark import Bookmark
from tieout.venues.coinbase.checkup import findings, findings_before, gateway_finding
from tieout.venues.coinbase.derivatives import Derivatives, Known, Wanted
from tieout.venues.coinbase.exchange import Calls, Question, Wire
from tieout.venues.coinbase.failures import ADVICE, judged
from tieout.venues.coinbase.gateway import Gateway
from tieout.venues.coinbase.gateway_stream import GatewayChannel
from tieout.venues.coinbase.limits import DEFAULT, Limits
from tieout.venues.coinbase.login import Login
from tieout.venues.coinbase.reading import Reading
from tieout.venues.coinbase.rows import Permissions, Portfolio
from tieout.venues.coinbase.scrub import scrub_of
from tieout.venues.coinbase.stream import UserChannel
from tieout.venues.coinbase.wire import permissions_in, portfolios_in
from tieout.venues.connection import login_finding, mismatch, require_known
from tieout.venues.http.calls import Reply
from tieout.venues.http.limits import with_timeout
from tieout.venues.http.trace import Trace
from tieout.venues.http.waiting import Chance, Sleep

SETTINGS = (
    "account", "address", "ca_file", "futures", "gateway_address", "key", "perpetuals", "secret",
    "stream_address", "timeout_s",
)  # fmt: skip
PERMISSIONS = f"{REST_PATH}/key_permissions"
PORTFOLIOS = f"{REST_PATH}/portfolios"
WANTED: tuple[Wanted, ...] = ("auto", "yes", "no")

# `accounts` has asked whose the key is; a reading that follows need not ask again.
JUST_NOW = timedelta(seconds=10)


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to Coinbase. Settings: key and secret; the others have defaults.

    Nothing is sent yet. A missing or wrong setting is a SettingsError that names it.
    """
    require_known(settings, SETTINGS, venue=venue, connection=name)
    return CoinbaseVenue(
        name=name,
        login=Login.of(settings, connection=name),
        addresses=addresses_of(
            settings.get("address"),
            settings.get("gateway_address"),
            settings.get("stream_address"),
            connection=name,
        ),
        account=settings.get("account"),
        ca_file=_ca_file(settings.get("ca_file"), connection=name),
        futures=_wanted(settings, "futures", connection=name),
        perpetuals=_wanted(settings, "perpetuals", connection=name),
        limits=with_timeout(DEFAULT, settings.get("timeout_s"), connection=name),
        clock=clock,
    )


def _wanted(settings: Mapping[str, str], which: str, *, connection: str) -> Wanted:
    text = settings.get(which, "auto").strip().lower()
    for each in WANTED:
        if text == each:
            return each
    raise SettingsError(
        f"connections.{connection}.options.{which} must be one of: {', '.join(WANTED)}"
    )


def _ca_file(text: str | None, *, connection: str) -> str | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_file():
        raise SettingsError(
            f"connections.{connection}.options.ca_file: there is no file {path}; it must be a "
            "file with certificates (PEM)"
        )
    return str(path)


class CoinbaseVenue:
    """One key, which reads one portfolio. Safe to read from several tasks at once."""

    def __init__(
        self,
        *,
        name: str,
        login: Login,
        addresses: Addresses,
        clock: Clock,
        account: str | None = None,
        ca_file: str | None = None,
        futures: Wanted = "auto",
        perpetuals: Wanted = "auto",
        limits: Limits = DEFAULT,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self._account = account
        self._addresses = addresses
        self._own: tuple[Permissions, Reply] | None = None
        self._names_portfolio = False
        self._calls = Calls(
            Wire(addresses=addresses, login=login, limits=limits, ca_file=ca_file),
            name=name,
            address=addresses.rest,
            advice=ADVICE,
            judged=judged,
            scrub=scrub_of(key=login.key, secret=login.secret),
            limits=limits,
            clock=clock,
            sleep=sleep,
            chance=chance,
        )
        self._gateway = Gateway(self._calls, login)
        self._known = Known(futures=futures, perpetuals=perpetuals, now=self._calls.now)
        self._channel = UserChannel(
            address=addresses.stream, login=login, limits=limits, ca_file=ca_file
        )
        self._gateway_channel = GatewayChannel(
            address=addresses.gateway_stream,
            login=login,
            limits=limits,
            ca_file=ca_file,
            slots=self._known.slots,
        )

    def __repr__(self) -> str:
        return f"CoinbaseVenue({self.name!r}, {self._calls.address!r})"

    async def accounts(self) -> Sequence[Account]:
        """The one portfolio of the key.

        Its fills are said to be all of its history: those that are not, as coins came in some
        other way too, do not add up to what is held and so are not taken for more than they are.
        """
        permissions, _ = await self._calls.in_time(self._own_portfolio)
        return (Account(id=AccountId(permissions.portfolio), venue="coinbase"),)

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Balances, positions and activities.

        `as_of` is our clock before anything was asked for. A fill so fresh that the balances may
        lack it makes all be read again until two readings agree.
        """
        return await self._calls.in_time(partial(self._read, account, cursor))

    async def listen(self, tell: Tell) -> None:
        """Tell of orders, fills and trades, of money that moved, and of every connect."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._channel.listen(tell))
            if self._known.perpetuals != "no":
                both.create_task(self._listen_to_gateway(tell))

    async def _listen_to_gateway(self, tell: Tell) -> None:
        """Listen there too, once it has answered this login."""
        answered = asyncio.Event()
        self._known.when_gateway(answered.set)
        await answered.wait()
        await self._gateway_channel.listen(tell)

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. A login that does not work is a finding, not an error."""
        before = findings_before(self._addresses)
        try:
            return (*before, *await self._calls.in_time(self._check))
        except VenueError as error:
            return (*before, login_finding(error))

    async def aclose(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._calls.close)

    async def _own_portfolio(self, trace: Trace) -> tuple[Permissions, Reply]:
        """Whose the key is, as Coinbase says now."""
        question = Question(path=PERMISSIONS)
        found, reply = await self._calls.ask(question, permissions_in, trace=trace)
        if self._account is not None:
            self._refuse_other(found, self._account)
        self._own = (found, reply)
        return found, reply

    def _refuse_other(self, found: Permissions, account: str) -> None:
        if found.portfolio == account:
            return
        raise mismatch(
            f"asked for portfolio {account}, but this key belongs to {found.portfolio}",
            venue=self.name,
            advice=f"use a key of {account}, or set this connection up for {found.portfolio}; "
            "nothing was changed",
        )

    async def _read(self, account: AccountId, cursor: str | None, trace: Trace) -> Read:
        await self._refuse_foreign(account, trace)
        bookmark = Bookmark.read(cursor, portfolio=account)
        derivatives = Derivatives(self._calls, self._gateway, self._known)
        reading = Reading(self._calls, derivatives, account=account, bookmark=bookmark, trace=trace)
        try:
            found, _ = await reading.read()
        except VenueRefused as refused:
            if refused.status in (403, 404):  # as the portfolio of another key is answered
                self._refuse_other((await self._own_portfolio(trace))[0], account)
            raise
        if reading.has_gateway:
            self._known.gateway_answered()
        # With the portfolio's name in every wallet each reading proves by itself whose it is.
        rows = reading.wallets
        self._names_portfolio = bool(rows) and all(row.portfolio for row in rows)
        return found

    async def _refuse_foreign(self, account: AccountId, trace: Trace) -> None:
        """See that the key still belongs to this portfolio, where the wallets do not say so."""
        own = self._own
        if own is not None and self._calls.now() - own[1].received_at < JUST_NOW:
            self._refuse_other(own[0], account)
            trace.replies.append(own[1].evidence)
        elif own is None or own[0].portfolio != account or not self._names_portfolio:
            self._refuse_other((await self._own_portfolio(trace))[0], account)

    async def _check(self, trace: Trace) -> tuple[Finding, ...]:
        permissions, reply = await self._own_portfolio(trace)
        found = findings(permissions, await self._portfolios(trace), reply)
        if self._known.perpetuals == "no":
            return found
        try:
            await self._gateway.sign_in(trace=trace)
        except VenueError as error:
            return (*found, gateway_finding(error))
        return (*found, gateway_finding(None))

    async def _portfolios(self, trace: Trace) -> tuple[Portfolio, ...] | VenueError:
        question = Question(path=PORTFOLIOS)
        try:
            return (await self._calls.ask(question, portfolios_in, trace=trace))[0]
        except VenueError as error:
            return error
