"""Alpaca as a venue: one login, one account, its positions and everything that happened to it."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tieout.core.book import Account, AccountId
from tieout.core.errors import NumberError, SettingsError, VenueError, VenueRefused, VenueUnavailable
from tieout.core.numbers import exact
from tieout.core.snapshot import Snapshot
from tieout.ports import Clock, Finding, Read
from tieout.venues.alpaca.activities import translated as activities_of
from tieout.venues.alpaca.address import address_of
from tieout.venues.alpaca.calls import Calls, Reply, Trace, with_evidence
from tieout.venues.alpaca.checkup import findings, sdk_finding
from tieout.venues.alpaca.exchange import Wire
from tieout.venues.alpaca.history import History
from tieout.venues.alpaca.limits import DEFAULT, Limits
from tieout.venues.alpaca.positions import quantities, without_quote
from tieout.venues.alpaca.positions import translated as holdings_of
from tieout.venues.alpaca.scrub import Scrub
from tieout.venues.alpaca.wire import (
    AccountRow,
    PositionRow,
    Unreadable,
    account_in,
    assets_in,
    positions_in,
)

VENUE = "alpaca"
SETTINGS = ("account", "address", "key", "secret", "stream_address", "timeout_s")
ACCOUNT_MISMATCH = "account_mismatch"

# A fill this fresh may not be in the positions yet, and clocks differ by as much.
FRESH = timedelta(seconds=5)

Rows = list[PositionRow | Unreadable]


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> "AlpacaVenue":
    """A connection to Alpaca. Settings: key, secret, and where wanted address, account, timeout_s.

    Nothing is sent yet. A missing or wrong setting is a SettingsError that names it.
    """
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise SettingsError(
            f"connections.{name}: {venue} has no setting {', '.join(unknown)}; "
            f"allowed are {', '.join(SETTINGS)}"
        )
    key = _login(settings, "key", variable="APCA_API_KEY_ID", connection=name)
    secret = _login(settings, "secret", variable="APCA_API_SECRET_KEY", connection=name)
    address = address_of(settings.get("address"), connection=name, key=key)
    return AlpacaVenue(
        name=name,
        address=address,
        key=key,
        secret=secret,
        account=settings.get("account"),
        limits=_limits(settings.get("timeout_s"), connection=name),
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


def _limits(timeout_s: str | None, *, connection: str) -> Limits:
    if timeout_s is None:
        return DEFAULT
    try:
        seconds = exact(timeout_s)
    except NumberError:
        seconds = Decimal(0)
    if not Decimal("0.1") <= seconds <= 600:
        raise SettingsError(f"connections.{connection}.timeout_s must be a number from 0.1 to 600")
    read_s = float(seconds)
    deadline_s = max(DEFAULT.deadline_s, 3 * read_s)
    return replace(DEFAULT, read_s=read_s, call_s=2 * read_s, deadline_s=deadline_s)


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
        limits: Limits = DEFAULT,
        sleep: Sleep = asyncio.sleep,
        chance: Chance = random.random,
    ) -> None:
        self.name = name
        self._account = account
        self._pairs: dict[str, str] = {}
        self._calls = Calls(
            Wire(address=address, key=key, secret=secret, limits=limits),
            name=name,
            address=address,
            scrub=Scrub(key=key, secret=secret),
            limits=limits,
            clock=clock,
            sleep=sleep,
            chance=chance,
        )

    def __repr__(self) -> str:
        return f"AlpacaVenue({self.name!r}, {self._calls.address!r})"

    async def accounts(self) -> Sequence[Account]:
        """The one account of the keys. Alpaca gives all of its activities since it was opened."""
        trace = self._trace(self._calls.limits.deadline_s)
        try:
            row, _ = await self._identity(trace)
            if self._account is not None:
                self._refuse_other(row, AccountId(self._account))
        except VenueError as error:
            raise with_evidence(error, trace) from None
        assert row.number is not None
        currency = row.currency or "USD"
        return (Account(id=AccountId(row.number), venue=VENUE, currency=currency),)
