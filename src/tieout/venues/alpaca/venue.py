"""Alpaca as a venue: one login, one account, its positions and everything that happened to it."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from tieout.core.book import Account, AccountId
from tieout.core.errors import SettingsError, VenueError
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import Clock, Finding, Read, Tell, Venue
from tieout.venues.alpaca.activities import translated as activities_of
from tieout.venues.alpaca.address import address_of
from tieout.venues.alpaca.checkup import findings, findings_before
from tieout.venues.alpaca.exchange import THREADS, Calls, Question, Wire
from tieout.venues.alpaca.failures import ADVICE
from tieout.venues.alpaca.history import History
from tieout.venues.alpaca.limits import DEFAULT, Limits
from tieout.venues.alpaca.lookback import Lookback
from tieout.venues.alpaca.positions import quantities, without_quote
from tieout.venues.alpaca.positions import translated as holdings_of
from tieout.venues.alpaca.scrub import scrub_of
from tieout.venues.alpaca.stream import TradeUpdates, stream_address_of
from tieout.venues.alpaca.wire import (
    AccountRow,
    PositionRow,
    Unreadable,
    account_in,
    assets_in,
    positions_in,
)
from tieout.venues.connection import login_finding, mismatch, require_known
from tieout.venues.http.address import stream_address_in
from tieout.venues.http.calls import Reply
from tieout.venues.http.limits import with_timeout
from tieout.venues.http.together import together
from tieout.venues.http.trace import Trace
from tieout.venues.http.waiting import Chance, Sleep

SETTINGS = ("account", "address", "key", "secret", "stream_address", "timeout_s")

# A fill this fresh may not be in the positions yet, and clocks differ by as much.
FRESH = timedelta(seconds=5)

# `accounts` has asked who the keys belong to; a reading that follows need not ask again.
JUST_NOW = timedelta(seconds=10)

NOT_YET = Holding(
    symbol="", problem="positions are compared once all activities before them are read"
)

Rows = list[PositionRow | Unreadable]


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to Alpaca. Settings: key, secret, and where wanted address, account, timeout_s.

    Nothing is sent yet. A missing or wrong setting is a SettingsError that names it.
    """
    require_known(settings, SETTINGS, venue=venue, connection=name)
    key = _login(settings, "key", variable="APCA_API_KEY_ID", connection=name)
    secret = _login(settings, "secret", variable="APCA_API_SECRET_KEY", connection=name)
    address = address_of(settings.get("address"), connection=name, key=key)
    return AlpacaVenue(
        name=name,
        address=address,
        key=key,
        secret=secret,
        account=settings.get("account"),
        stream_address=stream_address_in(settings.get("stream_address"), connection=name),
        limits=with_timeout(DEFAULT, settings.get("timeout_s"), connection=name),
        clock=clock,
    )


def _login(settings: Mapping[str, str], which: str, *, variable: str, connection: str) -> str:
    text = settings.get(which, "").strip()
    if not text:
        raise SettingsError(
            f"connections.{connection}.{which} is not set; set the environment variable "
            f"{variable}, or {which} in tieout.toml"
        )
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise SettingsError(
            f"connections.{connection}.{which} ({variable}) has spaces or characters that no key "
            "has; copy it again"
        )
    return text


class AlpacaVenue:
    """One pair of keys, which reach one account. Safe to read from several tasks at once."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        key: str,
        secret: str,
        clock: Clock,
        account: str | None = None,
        stream_address: str | None = None,
        limits: Limits = DEFAULT,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self._account = account
        self._pairs: dict[str, str] = {}
        self._lookback = Lookback()
        self._asked: tuple[AccountRow, Reply] | None = None  # by `accounts`, for the reading after
        self._updates = TradeUpdates(
            address=stream_address or stream_address_of(address),
            key=key,
            secret=secret,
            limits=limits,
        )
        self._calls = Calls(
            Wire(address=address, key=key, secret=secret, limits=limits),
            name=name,
            address=address,
            advice=ADVICE,
            scrub=scrub_of(key=key, secret=secret),
            limits=limits,
            clock=clock,
            sleep=sleep,
            chance=chance,
            threads=THREADS,
        )

    def __repr__(self) -> str:
        return f"AlpacaVenue({self.name!r}, {self._calls.address!r})"

    async def accounts(self) -> Sequence[Account]:
        """The one account of the keys. Alpaca gives all of its activities since it was opened."""
        row, reply = await self._calls.in_time(self._own_account)
        self._asked = (row, reply)
        assert row.number is not None, row  # a reply without one was refused
        return (Account(id=AccountId(row.number), venue="alpaca", currency=row.currency or "USD"),)

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Positions and activities. `as_of` is our clock before the positions were asked for.

        What happened after that moment is among the activities; a fill so fresh that the
        positions may lack it makes them be read again until two readings agree.
        """
        return await self._calls.in_time(partial(self._read, account, cursor))

    async def listen(self, tell: Tell) -> None:
        """Tell of orders that were filled, cancelled and so on, and of every connect."""
        await self._updates.listen(tell)

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. A login that does not work is a finding, not an error."""
        address = self._calls.address
        try:
            row, reply = await self._calls.in_time(self._own_account)
        except VenueError as error:
            return (*findings_before(address), login_finding(error))
        return (*findings_before(address), *findings(row, reply))

    async def aclose(self) -> None:
        """Let go of the connections."""
        await asyncio.to_thread(self._calls.close)

    async def _read(self, account: AccountId, cursor: str | None, trace: Trace) -> Read:
        history = History(self._calls, cursor=cursor, trace=trace)
        _, (rows, as_of, problems) = await together(
            self._account_named(account, trace), self._positions_and(history, cursor, trace)
        )
        positions = holdings_of(rows, pairs=await self._pair_names(rows, trace))
        if history.is_unfinished:
            # Not compared with a book that is still of long ago. The activities count, which they
            # would not if there were no row at all.
            positions = replace(positions, holdings=(NOT_YET,))
        activities = activities_of(history.rows, now=as_of)
        problems = (*problems, *positions.problems, *history.problems, *activities.problems)
        next_cursor = history.cursor(as_of=as_of)
        if problems:
            self._lookback.forget()
        elif history.has_lookback:
            self._lookback.note(rows, history.rows, cursor=next_cursor, now=as_of)
        return Read(
            snapshot=Snapshot(
                as_of=as_of,
                holdings=positions.holdings,
                complete=not problems,
                problems=tuple(problems),
            ),
            activities=tuple(activities.activities),
            evidence=tuple(trace.replies),
            instruments=positions.instruments,
            ignored=tuple(activities.ignored),
            cursor=next_cursor,
        )

    async def _own_account(self, trace: Trace) -> tuple[AccountRow, Reply]:
        row, reply = await self._account_row(trace)
        if self._account is not None:
            self._refuse_other(row, self._account)
        return row, reply

    async def _account_named(self, account: str, trace: Trace) -> None:
        """See that the keys still belong to this account: asked for every reading, or just now."""
        asked, self._asked = self._asked, None
        if asked is not None and self._calls.now() - asked[1].received_at < JUST_NOW:
            row, reply = asked
            trace.replies.append(reply.evidence)
        else:
            row, _ = await self._account_row(trace)
        self._refuse_other(row, account)

    async def _account_row(self, trace: Trace) -> tuple[AccountRow, Reply]:
        return await self._calls.ask(Question(path="/account"), account_in, trace=trace)

    def _refuse_other(self, row: AccountRow, account: str) -> None:
        if account in row.names:
            return
        raise mismatch(
            f"asked for account {account}, but these keys belong to {row.number}",
            venue=self.name,
            advice=f"use the keys of {account}, or give the connection another name to take "
            f"{row.number} in; nothing was changed",
        )

    async def _positions_and(
        self, history: History, cursor: str | None, trace: Trace
    ) -> tuple[Rows, datetime, tuple[str, ...]]:
        """Positions, then activities, until nothing happened between or two readings agree."""
        reads_max = self._calls.limits.position_reads_max
        before: Rows | None = None
        for reads in range(1, reads_max + 1):
            as_of = self._calls.now()
            rows = await self._positions(trace)
            if before is None:
                is_due = self._lookback.is_due(rows, cursor=cursor, now=as_of)
                news = await history.read(has_lookback=is_due)
            else:
                news = await history.continue_reading()
            is_quiet = not history.has_news_after(as_of - FRESH)
            is_same = before is not None and not news and quantities(before) == quantities(rows)
            if is_quiet or is_same:
                return rows, as_of, ()
            before = rows
            if reads < reads_max:
                await self._calls.pause(self._calls.limits.settle_s)
        return rows, as_of, (f"trades went on while the positions were read {reads_max} times",)

    async def _positions(self, trace: Trace) -> Rows:
        question = Question(path="/positions")
        return (await self._calls.ask(question, positions_in, trace=trace))[0]

    async def _pair_names(self, rows: Rows, trace: Trace) -> Mapping[str, str]:
        """BTC/XYZ for BTCXYZ, from the asset list where no known quote currency is its end."""
        if any(symbol not in self._pairs for symbol in without_quote(rows)):
            question = Question(path="/assets", parameters={"asset_class": "crypto"})
            listed, _ = await self._calls.ask(question, assets_in, trace=trace)
            self._pairs = {symbol.replace("/", ""): symbol for symbol in listed}
            for symbol in without_quote(rows):
                self._pairs.setdefault(symbol, symbol)  # not listed: not asked for again
        return self._pairs
