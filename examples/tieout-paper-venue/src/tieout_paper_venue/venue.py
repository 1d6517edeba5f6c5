"""The paper broker as a venue: it translates and decides nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from tieout.core.activity import Activity, ActivityId
from tieout.core.book import Account, AccountId
from tieout.core.errors import (
    NumberError,
    SettingsError,
    VenueError,
    VenueRefused,
    VenueReplyInvalid,
    VenueUnavailable,
)
from tieout.core.numbers import exact
from tieout.core.snapshot import Holding, Snapshot
from tieout.ports import Clock, Finding, Read, Tell, Venue
from tieout_paper_venue.wire import ADVICE_ADDRESS, ADVICE_AGAIN, DEADLINE_S, Trace, Wire

SETTINGS = ("account", "address", "key")
PAGES_MAX = 1000

Result = TypeVar("Result")


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to a paper broker. Nothing is sent yet."""
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise SettingsError(
            f"connections.{name}: {venue} has no setting {', '.join(unknown)}; "
            f"allowed are {', '.join(SETTINGS)}"
        )
    for needed in ("address", "key"):
        if not settings.get(needed):
            raise SettingsError(f"connections.{name}.{needed} is not set")
    wire = Wire(name=name, address=settings["address"], key=settings["key"], clock=clock)
    return PaperVenue(wire, account=settings.get("account"))


class PaperVenue:
    """One key, which reaches one account."""

    def __init__(self, wire: Wire, *, account: str | None = None) -> None:
        self.name = wire.name
        self._wire = wire
        self._account = account

    async def accounts(self) -> Sequence[Account]:
        return (await self._within(self._own_account),)

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        async def work(trace: Trace) -> Read:
            return await self._read(account, cursor, trace)

        return await self._within(work)

    async def listen(self, tell: Tell) -> None:
        """The broker has no stream."""

    async def check(self) -> Sequence[Finding]:
        try:
            (account,) = await self.accounts()
        except VenueError as error:
            return (
                Finding(subject="login", level="error", message=str(error), advice=error.advice),
            )
        return (Finding(subject="login", level="ok", message=f"the key is of {account.id}"),)

    async def aclose(self) -> None:
        """Every request has a connection of its own, so there is nothing to let go of."""

    async def _within(self, work: Callable[[Trace], Awaitable[Result]]) -> Result:
        """Do it in time; what did arrive hangs on the error."""
        trace = Trace()
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await work(trace)
        except TimeoutError:
            message = f"did not answer everything within {DEADLINE_S:g} s"
            error: VenueError = VenueUnavailable(message, venue=self.name, advice=ADVICE_AGAIN)
        except VenueError as caught:
            error = caught
        error.evidence = tuple(trace.replies)
        raise error

    async def _own_account(self, trace: Trace) -> Account:
        found = await self._wire.get("/v1/account", trace)
        name, currency = found.get("id"), found.get("currency")
        if not isinstance(name, str) or not isinstance(currency, str):
            raise self._invalid("/v1/account names no account")
        if self._account not in (None, name):
            raise self._mismatch(str(self._account), name)
        return Account(id=AccountId(name), venue="paper", currency=currency)

    async def _read(self, account: AccountId, cursor: str | None, trace: Trace) -> Read:
        own = await self._own_account(trace)  # at every reading: keys may be exchanged
        if own.id != account:
            raise self._mismatch(account, own.id)
        before = None
        for _ in range(3):  # until nothing was traded while the positions were read
            as_of = self._wire.clock.now()
            rows = await self._rows("positions", "/v1/positions", trace)
            trades, cursor_now = await self._trades(cursor, trace)
            if before == (rows, cursor_now) or not _is_after(trades, as_of):
                break
            before = (rows, cursor_now)
        activities, problems = _activities(trades)
        return Read(
            snapshot=Snapshot(
                as_of=as_of,
                holdings=tuple(_holding(row) for row in rows),
                complete=not problems,
                problems=tuple(problems),
            ),
            activities=tuple(activities),
            evidence=tuple(trace.replies),
            cursor=cursor_now,
        )

    async def _rows(self, name: str, path: str, trace: Trace) -> list[Any]:
        """The list in a reply. A key that is missing is not an empty list."""
        found = (await self._wire.get(path, trace)).get(name)
        if not isinstance(found, list):
            raise self._invalid(f"{path} has no list of {name}")
        return found

    async def _trades(self, cursor: str | None, trace: Trace) -> tuple[list[Any], str | None]:
        """Every trade after the cursor, page by page, and the cursor after them."""
        found: list[Any] = []
        for _ in range(PAGES_MAX):
            path = f"/v1/trades?after={cursor}" if cursor else "/v1/trades"
            rows = await self._rows("trades", path, trace)
            if not rows:
                return found, cursor
            found += rows
            cursor = str(rows[-1].get("seq"))
        raise self._invalid("/v1/trades does not end")

    def _invalid(self, message: str) -> VenueReplyInvalid:
        return VenueReplyInvalid(message, venue=self.name, advice=ADVICE_ADDRESS)

    def _mismatch(self, asked: str, found: str) -> VenueRefused:
        error = VenueRefused(
            f"account_mismatch: asked for account {asked}, but this key belongs to {found}",
            venue=self.name,
            advice=f"use the key of {asked}; nothing was changed",
        )
        error.reason = "account_mismatch"
        return error


def _holding(row: Any) -> Holding:
    """A row as it is; one that cannot be told is its own problem and spoils no other."""
    if not isinstance(row, dict) or not isinstance(row.get("symbol"), str):
        return Holding("", problem="a position has no symbol")
    symbol = row["symbol"]
    quantity = row.get("quantity")
    if not isinstance(quantity, str) or not quantity:
        return Holding(symbol, problem="the quantity is not reported, which is not 0")
    return Holding(symbol=symbol, quantity=quantity, average_price=row.get("average") or None)


def _activities(rows: Sequence[Any]) -> tuple[list[Activity], list[str]]:
    found: list[Activity] = []
    problems: list[str] = []
    for row in rows:
        try:
            found.append(
                Activity(
                    id=ActivityId(row["seq"]),
                    type="fill",
                    symbol=row["symbol"],
                    at=datetime.fromisoformat(row["at"]).astimezone(UTC),
                    quantity=exact(row["quantity"]),
                    price=exact(row["price"]),
                )
            )
        except (KeyError, TypeError, ValueError, NumberError) as error:
            problems.append(f"a trade cannot be read: {error!r}")
    return found, problems


def _is_after(rows: Sequence[Any], at: datetime) -> bool:
    """Whether something was traded after a moment, as far as the rows tell."""
    activities, _ = _activities(rows)
    return any(activity.at > at for activity in activities)
