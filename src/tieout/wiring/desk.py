"""The desk: settings, store, venues and runs, put together."""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from tieout.cases.output import step_json
from tieout.core.book import Account, AccountId
from tieout.core.breaks import Break
from tieout.core.errors import (
    SettingsError,
    TieoutError,
    UnreadableBook,
    VenueError,
    VenueUnavailable,
    fault_of,
)
from tieout.core.instrument import LedgerId
from tieout.core.position import Ledger
from tieout.core.rebuilding import method_of_book
from tieout.core.snapshot import LocalAction
from tieout.ports import Clock, Finding, RunTrigger, Store, Venue
from tieout.runs import Finished, Order, Parts, plan_only, run
from tieout.runs.approvals import approve, reject, settle
from tieout.runs.past import ledgers_as_of, rebuilt
from tieout.settings import Connection, Settings
from tieout.settings.schema import HOW_TO_CONNECT
from tieout.settings.values import connection_of
from tieout.store.checks import Problem
from tieout.store.memory import MemoryStore
from tieout.store.opening import open_store
from tieout.store.sqlite import SqliteStore
from tieout.store.verify import Anchor, VerifyReport, verify
from tieout.venues.registry import connect, factory
from tieout.wiring.bookfile import file_of
from tieout.wiring.casefile import case_text_of
from tieout.wiring.clock import SystemClock
from tieout.wiring.connected import Connected, Unreachable, keys_of
from tieout.wiring.in_effect import InEffect, in_effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one account: a finished run, or the error that kept it from running."""

    subject: str
    finished: Finished | None = None
    error: TieoutError | None = None


class Desk:
    """Everything a command or route needs, put together. `aclose` lets go of it."""

    def __init__(self, settings: Settings, *, store: Store, clock: Clock) -> None:
        self.given = settings
        self.store = store
        self.take_up()
        self.clock = clock
        self.parts = Parts(
            store=store,
            clock=clock,
            name_run=name_of_run,
            statement=step_json,
            deadline_s=float(settings.deadline_s),
        )
        self._venues: dict[str, Venue] = {}

    def take_up(self) -> InEffect:
        """Go by the settings as they are now, with what was changed at run time."""
        found = in_effect(self.given, self.store)
        self.settings = found.settings
        return found

    async def aclose(self) -> None:
        """Let go of every connection and of the store."""
        await self.leave()
        self.store.close()

    async def leave(self) -> None:
        """Let go of every connection."""
        for venue in self._venues.values():
            await venue.aclose()
        self._venues.clear()

    # Venues and accounts

    def venue(self, connection: str) -> Venue:
        """The venue behind a connection; made when first asked for."""
        if connection not in self._venues:
            found = self.settings.connection(connection)
            self._venues[connection] = connected(found, clock=self.clock)
        return self._venues[connection]

    def order(self, account: Account, trigger: RunTrigger = "manual") -> Order:
        """A run of this account by its policy."""
        policy = self.settings.policy_for(account.id, venue=account.venue)
        declared = self.settings.declared_for(account.id)
        return Order(
            account=account,
            name=self.name_of(account.id),
            policy=policy,
            trigger=trigger,
            declared=declared,
        )

    def name_of(self, account: AccountId) -> str:
        """What people call an account."""
        return self.settings.name_of(account)

    async def accounts_at(self, connection: str) -> list[Account]:
        """The accounts to sync at a connection: those we know, and those it reaches.

        A login that no longer reaches an account we know is suspicious: it may be that of
        somebody else, so nothing new is taken over from it.
        """
        found = self.settings.connection(connection)
        expected = self._expected_at(found)
        told = await self.venue(connection).accounts()
        reached = {each.id: each for each in told if not self.settings.is_retired(each.id)}
        if expected.keys() <= reached.keys():
            return list(reached.values())
        return [reached.get(key, account) for key, account in expected.items()]

    def _expected_at(self, connection: Connection) -> dict[AccountId, Account]:
        stored = {each.id: each for each in self.store.accounts()}
        known = {
            key: each
            for key, each in stored.items()
            if connection_of(key) == connection.name and not self.settings.is_retired(key)
        }
        for key in self.settings.accounts_of(connection.name):
            account = Account(id=AccountId(key), venue=connection.venue)
            known.setdefault(account.id, account)
        return known

    def account(self, name: str) -> Account:
        """The account in the book that a person means: by its name, or `connection/account`."""
        stored = self.store.accounts()
        names = {self.name_of(each.id): each for each in stored}
        names |= {each.id: each for each in stored}
        if name in names:
            return names[name]
        known = ", ".join(sorted(self.name_of(each.id) for each in stored)) or "none yet"
        raise SettingsError(f"no account is named {name!r}; in the book: {known}")

    def ledgers_as_of(
        self, account: Account, *, as_of: datetime, known_at: datetime
    ) -> Mapping[LedgerId, Ledger]:
        """The ledgers of an account with what was open at a time, as known at another."""
        book = self.store.load(account).book
        return ledgers_as_of(
            self.store,
            account.id,
            method=method_of_book(book),
            as_of=as_of,
            known_at=known_at,
        )

    # Runs

    async def sync(self, chosen: Iterable[str] = (), *, is_plan: bool = False) -> list[Answer]:
        """Tie out the accounts that are named, else all; with `is_plan` only say what would be."""
        self.take_up()
        wanted = set(chosen)
        connections = connections_named(self.settings, wanted)
        groups = await asyncio.gather(
            *(self._sync_connection(each, wanted, is_plan=is_plan) for each in connections)
        )
        if not is_plan:
            self.forget()
        answers = [answer for group in groups for answer in group]
        return [*answers, *self._not_found(wanted, answers)]

    def _not_found(self, wanted: Collection[str], answers: Iterable[Answer]) -> list[Answer]:
        """The names for which there was no account."""
        found: set[str] = set()
        for each in answers:
            account = AccountId(each.subject)
            found |= {account, self.name_of(account), connection_of(account)}
        message = "there is no such account at this connection; `tieout accounts` lists them"
        return [
            Answer(subject=each, error=SettingsError(message))
            for each in sorted(wanted)
            if each not in found
        ]

    async def reach(self, connection: str) -> tuple[Venue, list[Account]]:
        """A connection and its accounts. Where it does not even say which, those we know of,
        and a venue of which every reading fails like that. Raises its error where we know none.
        """
        try:
            return self.venue(connection), await self._accounts_in_time(connection)
        except VenueError as error:
            expected = list(self._expected_at(self.settings.connection(connection)).values())
            if not expected:
                raise
            return Unreachable(connection, error), expected

    async def _accounts_in_time(self, connection: str) -> list[Account]:
        deadline_s = float(self.settings.deadline_s)
        try:
            async with asyncio.timeout(deadline_s):
                return await self.accounts_at(connection)
        except TimeoutError:
            raise VenueUnavailable(
                f"did not answer within {deadline_s:g} s",
                venue=connection,
                advice="try again later",
            ) from None

    async def _sync_connection(
        self, connection: str, wanted: set[str], *, is_plan: bool
    ) -> list[Answer]:
        try:
            venue, accounts = await self.reach(connection)
        except Exception as error:
            return [Answer(subject=connection, error=fault_of(error))]
        chosen = [each for each in accounts if self.is_meant(each.id, wanted)]
        runs = (self._sync_account(venue, each, is_plan=is_plan) for each in chosen)
        return list(await asyncio.gather(*runs))

    def is_meant(self, account: AccountId, wanted: Collection[str]) -> bool:
        """Whether an account is among those named: by its name, its connection, or both."""
        names = {account, self.name_of(account), connection_of(account)}
        return not wanted or not names.isdisjoint(wanted)

    async def _sync_account(self, venue: Venue, account: Account, *, is_plan: bool) -> Answer:
        action = plan_only if is_plan else run
        try:
            finished = await action(self.order(account), venue=venue, parts=self.parts)
        except Exception as error:  # the other accounts go on
            return Answer(subject=account.id, error=fault_of(error))
        return Answer(subject=account.id, finished=finished)

    def inspected(self, name: str | None = None) -> Sequence[AccountId]:
        """The accounts to verify: all of which there is a row, or the one that a person means."""
        every = self._inspectable().inspected()
        if name is None:
            return every
        named = [each for each in every if name in (each, self.name_of(each))]
        return named[:1] or [self.account(name).id]

    def verify(self, account: AccountId, *, head: str | None = None) -> VerifyReport:
        """Compare the book of an account with its journal, and fold every position anew."""
        store = self._inspectable()
        expected = None if head is None else Anchor.read(head)
        try:
            known = {each.id: each for each in store.accounts()}
            book = store.load(known.get(account, Account(id=account, venue=""))).book
            method = method_of_book(book)
            rebuild = partial(rebuilt, book.ledgers, method=method)
            return verify(store, account, expected=expected, rebuild=rebuild, method=method)
        except UnreadableBook as unreadable:
            report = verify(store, account, expected=expected)
            problem = Problem("book", unreadable.finding)
            return replace(report, problems=report.problems or (problem,))

    def _inspectable(self) -> SqliteStore | MemoryStore:
        if not isinstance(self.store, SqliteStore | MemoryStore):
            raise SettingsError("store.url: this kind of book cannot be verified yet")
        return self.store

    async def approve(self, run_id: str) -> Finished:
        """Approve a held run."""
        return await approve(self._order_of(run_id), run_id, parts=self.parts)

    def reject(self, run_id: str) -> Finished:
        """Reject a held run."""
        return reject(self._order_of(run_id), run_id, parts=self.parts)

    def _order_of(self, run_id: str) -> Order:
        record = self.store.run(run_id)
        if record is None:
            raise SettingsError(f"there is no run {run_id}; `tieout runs` lists them")
        return self.order(self.account(record.account), "approval")

    async def settle(self, account: Account, found: Break, action: LocalAction) -> Finished:
        """A person's decision about a break."""
        return await settle(self.order(account), found, action, parts=self.parts)

    def forget(self) -> int:
        """Let go of events and of evidence that are older than is set; how many replies."""
        now = self.clock.now()
        self.store.forget_events(now - timedelta(days=self.settings.events_days))
        return self.store.forget_evidence(now - timedelta(days=self.settings.evidence_days))

    def case_file(self, run_id: str, *, is_whole: bool = False) -> str:
        """A run as the text of a case file."""
        return case_text_of(self.store, run_id, is_whole=is_whole)


def connections_named(settings: Settings, wanted: Collection[str]) -> tuple[str, ...]:
    """The connections behind these accounts (by name or `connection/account`), all for none."""
    if not settings.connections:
        raise SettingsError(f"no connection is set up: {HOW_TO_CONNECT}")
    names = tuple(each.name for each in settings.connections)
    if not wanted:
        return names
    called = {settings.name_of(AccountId(key)): key for key in settings.accounts}
    found = {each: connection_of(called.get(each, each)) for each in sorted(wanted)}
    for each, connection in found.items():
        if connection not in names:
            known = ", ".join(dict.fromkeys((*names, *called)))
            raise SettingsError(f"no account or connection is named {each!r}; there are: {known}")
    return tuple(dict.fromkeys(found.values()))


def check_connections(settings: Settings, connections: Iterable[str]) -> None:
    """Refuse wrong or missing settings of connections, all at once, before anything is done."""
    faults = []
    for name in connections:
        try:
            connected(settings.connection(name), clock=SystemClock())
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n".join(faults))


def connected(connection: Connection, *, clock: Clock) -> Connected:
    """The venue behind a connection. Nothing goes over the network yet."""
    try:
        factory(connection.venue)
    except SettingsError as error:
        raise SettingsError(f"connections.{connection.name}.venue: {error}") from None
    venue = connect(
        connection.venue, name=connection.name, settings=keys_of(connection), clock=clock
    )
    return Connected(venue, connection.name)


def open_desk(
    settings: Settings,
    *,
    clock: Clock | None = None,
    has_book: bool = False,
    is_reading: bool = False,
    is_plan: bool = False,
) -> Desk:
    """The parts for these settings. Nothing goes over the network yet.

    With `has_book` a book that is not there is an error, with `is_plan` it is not made. Those
    who are only `is_reading` may have a book that they may not write.
    """
    path = file_of(settings.store_url)
    is_missing = path is not None and not path.exists()
    if is_missing and has_book:
        raise SettingsError(f"there is no book at {path} yet; `tieout sync` makes one")
    url = "sqlite:///:memory:" if is_missing and is_plan else settings.store_url
    store = open_store(url, is_there=has_book, is_reading=is_reading)
    return Desk(settings, store=store, clock=clock if clock else SystemClock())


async def check_connection(settings: Settings, connection: str) -> Sequence[Finding]:
    """What `doctor` says about a connection; wrong settings of it are a finding too."""
    try:
        venue = connected(settings.connection(connection), clock=SystemClock())
    except SettingsError as error:
        faults = str(error).splitlines()
        return [Finding(subject=connection, level="error", message=each) for each in faults]
    try:
        findings = await venue.check()
        return [_named(each, connection) for each in findings]
    finally:
        await venue.aclose()


def _named(found: Finding, connection: str) -> Finding:
    """A finding with the name of its connection, once."""
    message = found.message.removeprefix(f"{connection}: ")
    return replace(found, subject=f"{connection} {found.subject}", message=message)


def name_of_run(started_at: datetime) -> str:
    """A name for a run that sorts by time and that a person can read out."""
    return f"{started_at:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
