"""An exchange by ccxt as a venue: one login, one account."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, VenueError, VenueRefused, VenueReplyInvalid
from tieout.ports import Clock, Finding, News, Read, Tell, Venue
from tieout.venues.ccxt.asking import Asking, asking_of
from tieout.venues.ccxt.bookmark import Bookmark
from tieout.venues.ccxt.calls import Calls, Question
from tieout.venues.ccxt.checkup import findings, findings_before
from tieout.venues.ccxt.limits import DEFAULT, Limits
from tieout.venues.ccxt.options import Options, options_of
from tieout.venues.ccxt.quirks import at_path, quirks_of
from tieout.venues.ccxt.reading import Reading
from tieout.venues.ccxt.sdk import exchange_of, require_exchange
from tieout.venues.ccxt.stream import Updates
from tieout.venues.ccxt.watcher import Ears, prepare, watcher_of
from tieout.venues.connection import login_finding, mismatch
from tieout.venues.http.address import is_loopback
from tieout.venues.http.limits import with_timeout
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.trace import Trace
from tieout.venues.http.waiting import Chance, Sleep

MAIN = "main"  # what an account is called that neither the settings nor the exchange names
MARKETS_KEPT = timedelta(hours=1)
JUST_NOW = timedelta(seconds=10)
LOGIN_NAMES = {"apiKey": "key", "secret": "secret", "password": "password", "uid": "uid"}


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to an exchange that ccxt knows: `ccxt:kraken`. Settings: its key and secret.

    Nothing is sent yet. A missing or wrong setting is a SettingsError that names it.
    """
    options = options_of(settings, connection=name, venue=venue)
    require_exchange(options.exchange, connection=name)
    limits = with_timeout(DEFAULT, settings.get("timeout_s"), connection=name)
    return CcxtVenue(name=name, options=options, clock=clock, limits=limits)


class CcxtVenue:
    """One login at one exchange. Safe to read from several tasks: they are served in turn."""

    def __init__(
        self,
        *,
        name: str,
        options: Options,
        clock: Clock,
        limits: Limits = DEFAULT,
        is_paced: bool = True,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self._options = options
        self._quirks = quirks_of(options.exchange)
        self._exchange, taker = exchange_of(
            options.exchange,
            login=options.login,
            address=options.address,
            is_loopback=is_loopback(options.address or ""),
            is_paced=is_paced,
            limits=limits,
        )
        self._require_login(name)
        self._listed_at: datetime | None = None
        self._seen: tuple[str, str, int] | None = None
        self._asked: tuple[str, datetime] | None = None  # by `accounts`, for the reading after
        self._calls = Calls(
            self._exchange,
            taker,
            name=name,
            scrub=Scrub(*options.login.values()),
            limits=limits,
            clock=clock,
            sleep=sleep,
            chance=chance,
        )

        self._updates = Updates(
            self._watcher, scrub=Scrub(*options.login.values()), limits=limits, sleep=sleep
        )

    def __repr__(self) -> str:
        return f"CcxtVenue({self.name!r}, {self._options.exchange!r})"

    async def accounts(self) -> Sequence[Account]:
        """The one account of the keys: as the exchange names it, else as it is set."""
        account, _ = await self._calls.in_time(self._own_account)
        if self._quirks.identity is not None:
            self._asked = (account, self._calls.now())
        return (
            Account(
                id=AccountId(account),
                venue=f"ccxt:{self._options.exchange}",
                currency=self._options.currency,
                history="partial",
            ),
        )

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Positions, coins and trades. What ccxt cannot tell here is named in `ignored`."""
        return await self._calls.in_time(partial(self._read, account, cursor))

    async def listen(self, tell: Tell) -> None:
        """Tell of news on the exchange's stream until cancelled, where ccxt has one."""
        while True:
            try:
                # The markets, which a stream needs too.
                asking = await self._calls.in_time(self._asking)
                break
            except VenueError as error:
                tell(News(kind="lost", reason=str(error)))
                await self._calls.pause(self._calls.limits.reconnect_s_max)
        await asyncio.to_thread(prepare)
        await self._updates.listen(tell, markets_of=self._exchange, kinds=asking.heard)

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. A login that does not work is a finding, not an error."""
        before = findings_before(self._exchange, address=self._options.address)
        try:
            return (*before, *await self._calls.in_time(self._check))
        except VenueError as error:
            return (*before, login_finding(error))

    async def aclose(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._calls.close)

    def _require_login(self, connection: str) -> None:
        needed = [
            name for name, is_needed in self._exchange.requiredCredentials.items() if is_needed
        ]
        missing = [name for name in needed if not self._options.login.get(name)]
        if missing:
            names = ", ".join(LOGIN_NAMES.get(each, each) for each in missing)
            raise SettingsError(
                f"connections.{connection}: {self._exchange.id} needs {names}, which is not set; "
                "take a key that can only read"
            )

    def _watcher(self, ears: Ears) -> Any | None:
        return watcher_of(
            self._options.exchange,
            login=self._options.login,
            address=self._options.address,
            stream_address=self._options.stream_address,
            ping_s=self._calls.limits.ping_s,
            sockets_max=self._calls.limits.sockets_max,
            ears=ears,
        )

    async def _own_account(self, trace: Trace) -> tuple[str, Any]:
        """Whose keys these are, and the reply that says so."""
        identity = self._quirks.identity
        if identity is None:
            return self._options.account or MAIN, None
        question = Question(method=identity.method, parameters=identity.parameters)
        reply = await self._calls.ask(question, trace)
        found = at_path(reply, identity.path)
        if found is None:
            raise VenueReplyInvalid(
                f"{question.words} does not say whose keys these are",
                venue=self.name,
                advice="nothing was changed; see the evidence for what it says",
            )
        if self._options.account not in (None, found):
            raise self._mismatch(str(self._options.account), found)
        return found, reply

    def _mismatch(self, asked: str, found: str) -> VenueRefused:
        return mismatch(
            f"asked for account {asked}, but these keys belong to {found}",
            venue=self.name,
            advice=f"use the keys of {asked}, or set this connection up for {found}; nothing was "
            "changed",
        )

    async def _asking(self, trace: Trace) -> Asking:
        """What to ask, by the markets that are listed; they are asked for once an hour."""
        now = self._calls.now()
        if self._listed_at is None or now - self._listed_at >= MARKETS_KEPT:
            await self._calls.ask(Question(method="load_markets"), trace)
            self._listed_at = now
        return asking_of(
            self._exchange,
            self._exchange.markets,
            quirks=self._quirks,
            types=self._options.types,
        )

    async def _read(self, account: AccountId, cursor: str | None, trace: Trace) -> Read:
        await self._refuse_other(account, trace)
        reading = Reading(
            self._calls,
            await self._asking(trace),
            options=self._options,
            quirks=self._quirks,
            markets=self._exchange.markets,
            bookmark=Bookmark.read(cursor),
            seen=self._seen,
            trace=trace,
        )
        found, bookmark = await reading.read()
        self._seen = bookmark.seen
        return found

    async def _refuse_other(self, account: AccountId, trace: Trace) -> None:
        asked, self._asked = self._asked, None
        if asked is not None and self._calls.now() - asked[1] < JUST_NOW:
            found = asked[0]
        else:
            found, _ = await self._own_account(trace)
        if account != found:
            raise self._mismatch(account, found)

    async def _check(self, trace: Trace) -> tuple[Finding, ...]:
        account, reply = await self._own_account(trace)
        asking = await self._asking(trace)
        for question in (*asking.positions[:1], *asking.balances[:1]):
            await self._calls.ask(question, trace)
        return findings(
            asking,
            quirks=self._quirks,
            reply=reply,
            account=account,
            is_told=self._quirks.identity is not None,
            heard=self._calls.heard,
        )
