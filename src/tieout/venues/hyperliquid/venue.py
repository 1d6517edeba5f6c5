"""Hyperliquid as a venue: one address with its sub-accounts, each an account of its own."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from tieout.core.book import Account, AccountId
from tieout.core.errors import VenueError
from tieout.ports import Clock, Finding, Read, Tell, Venue
from tieout.venues.connection import login_finding, mismatch, require_known
from tieout.venues.http.address import stream_address_in
from tieout.venues.http.limits import with_timeout
from tieout.venues.http.scrub import Scrub
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.http.waiting import Chance, Sleep
from tieout.venues.hyperliquid.address import account_of, address_of, is_account
from tieout.venues.hyperliquid.bookmark import Anchor, Bookmark, anchor_after
from tieout.venues.hyperliquid.checkup import Told, findings, findings_before
from tieout.venues.hyperliquid.exchange import Calls, Kind, Question, Wire
from tieout.venues.hyperliquid.failures import ADVICE
from tieout.venues.hyperliquid.identity import role_of
from tieout.venues.hyperliquid.limits import DEFAULT, Limits
from tieout.venues.hyperliquid.markets import DOLLAR, Markets
from tieout.venues.hyperliquid.reading import Reading
from tieout.venues.hyperliquid.rows import Role, SubAccount
from tieout.venues.hyperliquid.stream import UserStream, stream_address_of
from tieout.venues.hyperliquid.wire import (
    agents_in,
    limits_in,
    mode_in,
    sub_accounts_in,
)

SETTINGS = ("account", "address", "key", "secret", "stream_address", "timeout_s")

# Sub-accounts are never closed and seldom opened, and a role does not change: asked this often.
OWN_KEPT = timedelta(minutes=10)
# A reading that follows so soon need not ask for the role again.
JUST_NOW = timedelta(seconds=10)

Result = TypeVar("Result")


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to Hyperliquid. Setting: account, the address of the account.

    `key` may stand for it; a private key in `key` or `secret` is not used and not kept. Nothing
    is sent yet. A missing or wrong setting is a SettingsError that names it.
    """
    require_known(settings, SETTINGS, venue=venue, connection=name)
    key, secret = (settings.get(each, "").strip() for each in ("key", "secret"))
    user = account_of(settings.get("account", "").strip(), key, connection=name)
    has_secret = {"key": bool(key) and not is_account(key), "secret": bool(secret)}
    address = address_of(settings.get("address"), connection=name)
    return HyperliquidVenue(
        name=name,
        address=address,
        user=user,
        secrets=tuple(each for each, is_set in has_secret.items() if is_set),
        stream_address=stream_address_in(settings.get("stream_address"), connection=name),
        limits=with_timeout(DEFAULT, settings.get("timeout_s"), connection=name),
        clock=clock,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What the address is and which sub-accounts it has, as asked at a time."""

    role: Role
    subs: tuple[SubAccount, ...]
    asked_at: datetime


class HyperliquidVenue:
    """One address. Safe to read from several tasks at once."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        user: str,
        clock: Clock,
        secrets: tuple[str, ...] = (),
        stream_address: str | None = None,
        limits: Limits = DEFAULT,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self._user = user.lower()
        self._secrets = secrets
        self._markets = Markets()
        self._own: _Own | None = None
        self._anchors: dict[str, Anchor] = {}
        self._stream = UserStream(
            address=stream_address or stream_address_of(address), limits=limits
        )
        self._calls = Calls(
            Wire(address=address, limits=limits),
            name=name,
            address=address,
            advice=ADVICE,
            scrub=Scrub(),  # no login, no secret
            limits=limits,
            clock=clock,
            sleep=sleep,
            chance=chance,
        )

    def __repr__(self) -> str:
        return f"HyperliquidVenue({self.name!r}, {self._calls.address!r}, {self._user!r})"

    async def accounts(self) -> Sequence[Account]:
        """The address and its sub-accounts, each by its own address.

        Only the latest 10,000 fills are listed. That is said to be all of the history: fills
        that do not begin with nothing held do not add up to what is held, and so are not taken
        for more than they are.
        """
        users = await self._users()
        return tuple(
            Account(id=AccountId(user), venue="hyperliquid", currency=DOLLAR) for user in users
        )

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Positions and activities of the address or one of its sub-accounts.

        `as_of` is the venue's own time. A fill so fresh that the positions may lack it makes
        them be read again until two readings agree.
        """
        return await self._calls.in_time(partial(self._read, account, cursor))

    async def listen(self, tell: Tell) -> None:
        """Tell of fills, liquidations, funding and transfers, and of every connect."""
        await self._stream.listen(tell, users=self._users)

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. An account that cannot be read is a finding, not an error."""
        before = findings_before(self._calls.address, user=self._user, secrets=self._secrets)
        try:
            return (*before, *await self._calls.in_time(self._check))
        except VenueError as error:
            return (*before, login_finding(error, subject="account"))

    async def aclose(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._calls.close)

    async def _users(self) -> Sequence[str]:
        """The address and its sub-accounts."""
        own = await self._calls.in_time(self._own_accounts)
        return (self._user, *(sub.address for sub in own.subs))

    async def _own_accounts(self, trace: Trace) -> _Own:
        """The role and the sub-accounts, asked now or a little while ago."""
        if self._own is not None and self._calls.now() - self._own.asked_at < OWN_KEPT:
            return self._own
        return await self._ask_own(trace)

    async def _ask_own(self, trace: Trace) -> _Own:
        role, subs = await self._role_and_subs(trace)
        self._own = _Own(role=role, subs=subs, asked_at=self._calls.now())
        return self._own

    async def _role_and_subs(self, trace: Trace) -> tuple[Role, tuple[SubAccount, ...]]:
        subs: list[SubAccount] = []
        roles: list[Role] = []

        async def ask_role() -> None:
            roles.append(await role_of(self._calls, self._user, trace=trace))

        async def ask_subs() -> None:
            question = Question(kind="subAccounts", user=self._user)
            found, _ = await self._calls.ask(question, sub_accounts_in, trace=trace)
            subs.extend(found)

        await together(ask_role(), ask_subs())
        foreign = [sub.master for sub in subs if sub.master != self._user]
        if foreign:
            raise mismatch(
                f"the sub-accounts that were listed are those of {foreign[0]}, not {self._user}",
                venue=self.name,
                advice="check the address of this connection and what stands behind it",
            )
        return roles[0], tuple(subs)

    async def _read(self, account: AccountId, cursor: str | None, trace: Trace) -> Read:
        user = account.lower()
        await self._refuse_other(user, trace)
        own = self._own
        is_asked = own is not None and self._calls.now() - own.asked_at < JUST_NOW
        reading = Reading(
            self._calls,
            self._markets,
            user=user,
            bookmark=Bookmark.read(cursor),
            anchor=self._anchors.get(user),
            has_role=is_asked and user == self._user,
            trace=trace,
        )
        found, bookmark = await reading.read()
        anchor = anchor_after(bookmark, self._anchors.get(user))
        if anchor is not None:
            self._anchors[user] = anchor
        return found

    async def _refuse_other(self, user: str, trace: Trace) -> None:
        """See that an account is this address or one of its sub-accounts."""
        if user == self._user:
            return
        if is_account(user):
            own = await self._own_accounts(trace)
            if user in {sub.address for sub in own.subs}:
                return
        raise mismatch(
            f"asked for {user}, but this connection is set up for {self._user} and has no such "
            "sub-account",
            venue=self.name,
            advice=f"set up a connection for {user}; nothing was changed",
        )

    async def _check(self, trace: Trace) -> tuple[Finding, ...]:
        own = await self._ask_own(trace)
        return findings(
            user=self._user,
            role=own.role,
            subs=own.subs,
            mode=await self._told("userAbstraction", mode_in, trace),
            rate=await self._told("userRateLimit", limits_in, trace),
            agents=await self._told("extraAgents", agents_in, trace),
        )

    async def _told(
        self, kind: Kind, decode: Callable[[bytes], Result], trace: Trace
    ) -> Told[Result]:
        """What is good to know, and no error where it is not told."""
        question = Question(kind=kind, user=self._user)
        try:
            value, reply = await self._calls.ask(question, decode, trace=trace)
        except VenueError as error:
            return Told(error=error)
        return Told(value=value, reply=reply)
