"""Interactive Brokers as a venue: one gateway, one client id, all accounts of its login."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tieout.core.book import Account, AccountId
from tieout.core.snapshot import Snapshot
from tieout.ports import Clock, Finding, News, Read, Tell, Venue
from tieout.venues.connection import require_known, timeout_of
from tieout.venues.ibkr import checkup, executions, failures, holdings
from tieout.venues.ibkr.address import Address, address_of, client_id_of
from tieout.venues.ibkr.evidence import Trace
from tieout.venues.ibkr.flex import each_once, evidence_of, first_day
from tieout.venues.ibkr.flex_books import Library
from tieout.venues.ibkr.flex_files import FlexFiles, Shelf, files_at
from tieout.venues.ibkr.limits import DEFAULT, Limits
from tieout.venues.ibkr.link import Link
from tieout.venues.ibkr.own_loop import OwnLoop
from tieout.venues.ibkr.session import Session
from tieout.venues.ibkr.sizes import in_gateway_units, sizes_in
from tieout.venues.ibkr.sweep import Sleep, Sweep
from tieout.venues.ibkr.wire import PortfolioRow

SETTINGS = ("account", "address", "client_id", "flex", "timeout_s")


def connect(*, venue: str, name: str, settings: Mapping[str, str], clock: Clock) -> Venue:
    """A connection to a gateway. Settings: address, client_id, account, timeout_s, flex.

    Nothing is sent yet. A wrong setting is a SettingsError that names it.
    """
    require_known(settings, SETTINGS, venue=venue, connection=name)
    flex = settings.get("flex")
    return IbkrVenue(
        name=name,
        address=address_of(settings.get("address"), connection=name),
        client_id=client_id_of(settings.get("client_id"), connection=name),
        account=settings.get("account"),
        limits=_limits(settings.get("timeout_s"), connection=name),
        clock=clock,
        flex=files_at(flex, setting=f"connections.{name}.flex") if flex else None,
    )


def _limits(timeout_s: str | None, *, connection: str) -> Limits:
    if timeout_s is None:
        return DEFAULT
    request_s = timeout_of(timeout_s, connection=connection)
    return replace(
        DEFAULT,
        connect_s=request_s,
        request_s=request_s,
        deadline_s=max(DEFAULT.deadline_s, 4 * request_s),
    )


class IbkrVenue:
    """One socket client, shared by all its accounts and by every event loop that asks."""

    def __init__(
        self,
        *,
        name: str,
        address: Address,
        client_id: int,
        clock: Clock,
        account: str | None = None,
        limits: Limits = DEFAULT,
        sleep: Sleep = asyncio.sleep,
        flex: FlexFiles | None = None,
    ) -> None:
        self.name = name
        self.address = address
        self._client_id = client_id
        self._account = account
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._flex = flex
        self._library = Library()
        self._loop = OwnLoop(f"ibkr-{name}")
        self._found: Link | None = None

    def __repr__(self) -> str:
        return f"IbkrVenue({self.name!r}, {str(self.address)!r}, client {self._client_id})"

    async def accounts(self) -> Sequence[Account]:
        """The accounts of the login. A gateway tells a day of executions, no full history."""
        return await self._loop.do(self._accounts())

    async def read(self, account: AccountId, *, cursor: str | None) -> Read:
        """Positions and executions. `as_of` is our clock before the last list was asked for."""
        return await self._loop.do(self._read(account, cursor))

    async def listen(self, tell: Tell) -> None:
        """Tell of positions, portfolios and executions that change, and of the connection."""
        loop = asyncio.get_running_loop()

        def hear(news: News) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, news)

        await self._loop.do(self._listen(hear))

    async def check(self) -> Sequence[Finding]:
        """What `doctor` shows. A gateway that does not answer is a finding, not an error."""
        return await self._loop.do(self._check())

    async def aclose(self) -> None:
        """Let go of the socket and of the thread."""
        if self._loop.is_running:
            await self._loop.do(self._close())
            await asyncio.to_thread(self._loop.stop)

    # In the loop of its own

    @property
    def _link(self) -> Link:
        if self._found is None:
            self._found = Link(
                venue=self.name,
                address=self.address,
                client_id=self._client_id,
                limits=self._limits,
                clock=self._clock,
                sleep=self._sleep,
            )
        return self._found

    async def _accounts(self) -> list[Account]:
        async def asked(session: Session, trace: Trace) -> tuple[tuple[str, ...], dict[str, str]]:
            names = await session.managed_accounts(trace)
            if not set(names) <= session.heard.currencies.keys():
                await session.currencies(trace)
            return names, session.heard.currencies

        names, currencies = await self._link.ask(asked, Trace())
        if self._account is not None and self._account not in names:
            raise failures.other_account(self.name, self._account, names)
        return [
            Account(
                id=AccountId(each),
                venue="ibkr",
                currency=currencies.get(each, "USD"),
                history="partial",
            )
            for each in names
            if self._account in (None, each)
        ]

    async def _read(self, account: AccountId, cursor: str | None) -> Read:
        sweep = await self._link.sweep()
        if account not in sweep.accounts or self._account not in (None, account):
            refused = failures.other_account(self.name, account, sweep.accounts)
            refused.evidence = sweep.trace.replies(bytes_max=self._limits.evidence_bytes_max)
            raise refused
        marks, trace, problems = await self._marks(account, sweep)
        held = holdings.translated(
            sweep.rows.get(account, ()), marks=marks, repeated=sweep.repeated
        )
        shelf = await asyncio.to_thread(self._flex.shelf) if self._flex else Shelf()
        booked = await asyncio.to_thread(self._library.told_by, account, shelf.of(account))
        sizes = sizes_in(marks)
        statements, listed = in_gateway_units(booked.activities, booked.instruments, sizes=sizes)
        told = executions.Told.read(cursor)
        done = executions.translated(
            sweep.executions.get(account, ()),
            sweep.commissions,
            told=told,
            now=sweep.as_of,
            statements=statements,
            sizes=sizes,
        )
        problems = (*sweep.problems_of(account), *problems, *done.problems)
        problems += (*shelf.problems, *booked.problems)
        replies = Trace([*sweep.trace.exchanges, *trace.exchanges]).replies(
            account=account, bytes_max=self._limits.evidence_bytes_max
        )
        used = [booked.source[each.id] for each in done.of_statements]
        return Read(
            snapshot=Snapshot(
                as_of=sweep.as_of,
                holdings=held.holdings,
                complete=not problems,
                problems=problems,
            ),
            activities=tuple(done.activities),
            evidence=(*replies, *evidence_of(used)),
            instruments=each_once((*listed, *held.instruments, *done.instruments)),
            contract_costs=held.costs,
            ignored=(*held.ignored, *done.ignored, *booked.ignored, *self._unmanaged(sweep)),
            cursor=told.with_more(
                done.of_gateway,
                statements=done.of_statements,
                now=sweep.as_of,
                first_day=first_day(booked.statements),
            ),
        )

    def _unmanaged(self, sweep: Sweep) -> tuple[str, ...]:
        """The accounts of the login that hold something and that this connection is not for."""
        if self._account is None:
            return ()
        others = sorted(set(sweep.rows) - {self._account})
        return tuple(f"unmanaged account {each}: its positions are left out" for each in others)

    async def _marks(
        self, account: str, sweep: Sweep
    ) -> tuple[Mapping[str, PortfolioRow], Trace, tuple[str, ...]]:
        """The prices of an account's positions. An account may have no portfolio, or nothing."""
        trace = Trace()
        if not sweep.rows.get(account):
            return {}, trace, ()

        async with self._link.open_session() as session:
            if session is None:
                return {}, trace, ()
            session.heard.problems.clear()
            await session.portfolio(account, trace)
            own = (None, account)
            problems = [each.message for each in session.heard.problems if each.account in own]
            marks = dict(session.heard.portfolio.get(account, {}))
        return marks, trace, tuple(problems)

    async def _listen(self, tell: Tell) -> None:
        await self._link.listen(tell)

    async def _check(self) -> Sequence[Finding]:
        return await checkup.findings(
            self._link,
            address=self.address,
            client_id=self._client_id,
            account=self._account,
            clock=self._clock,
            limits=self._limits,
        )

    async def _close(self) -> None:
        link, self._found = self._found, None
        if link is not None:
            await link.close()
