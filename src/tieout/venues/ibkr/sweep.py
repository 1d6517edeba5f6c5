"""One reading of all accounts of a login: positions, executions, positions until two agree.

A gateway has no pages, sequence numbers or times of its rows. Two equal lists with the day's
executions between them are the only sign that nothing was going on, so every reading has two.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from tieout.ports import Clock
from tieout.venues.ibkr import failures
from tieout.venues.ibkr.evidence import Trace
from tieout.venues.ibkr.heard import Download, Heard, Problem
from tieout.venues.ibkr.limits import AHEAD_MAX, FRESH, LATE, Limits
from tieout.venues.ibkr.moments import moment
from tieout.venues.ibkr.session import Session
from tieout.venues.ibkr.wire import CommissionRow, ExecutionRow, PositionRow, number

Sleep = Callable[[float], Awaitable[None]]
Row = TypeVar("Row", PositionRow, ExecutionRow)

# What stands in a report until the commission is known.
PLACEHOLDER = Decimal(-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What was read of all accounts. `repeated` rows stood more than once in both lists."""

    as_of: datetime
    accounts: tuple[str, ...]
    rows: Mapping[str, tuple[PositionRow, ...]]
    repeated: frozenset[tuple[str, str]]
    executions: Mapping[str, tuple[ExecutionRow, ...]]
    commissions: Mapping[str, CommissionRow]
    problems: tuple[Problem, ...]
    trace: Trace

    def problems_of(self, account: str) -> tuple[str, ...]:
        """What keeps the reading of an account from being complete."""
        found = (each.message for each in self.problems if each.account in (None, account))
        return tuple(dict.fromkeys(found))


class Agreed(NamedTuple):
    """The last two lists, when the last was asked for, where they differ, and the executions that
    were known then."""

    before: Download
    found: Download
    as_of: datetime
    moved: frozenset[str]
    executions: tuple[ExecutionRow, ...]


class Sweeper:
    """Reads all accounts over one session."""

    def __init__(self, session: Session, *, limits: Limits, clock: Clock, sleep: Sleep) -> None:
        self._session = session
        self._heard: Heard = session.heard
        self._limits = limits
        self._clock = clock
        self._sleep = sleep

    async def sweep(self, trace: Trace) -> Sweep:
        """Raises where nothing can be trusted; where a part cannot, it says of which account."""
        heard, session = self._heard, self._session
        outages = heard.outages
        heard.problems.clear()
        accounts = await session.managed_accounts(trace)
        if len(accounts) > self._limits.accounts_max:
            raise failures.too_many_accounts(
                session.venue, len(accounts), self._limits.accounts_max
            )
        agreed = await self._two_that_agree(trace)
        found = agreed.found
        if heard.is_down or heard.outages != outages:
            raise failures.link_lost(session.venue)
        words = f"trades went on while the positions were read {self._limits.reads_max} times"
        problems = [*heard.problems, *(Problem(each, words) for each in sorted(agreed.moved))]
        held = {account for account, _ in found.rows}
        problems += _foreign("positions", held, accounts)
        traded = {each.account for each in agreed.executions}
        problems += _foreign("executions", traded, accounts)
        return Sweep(
            as_of=agreed.as_of,
            accounts=accounts,
            rows=self._rows(found),
            repeated=agreed.before.repeated & found.repeated,
            executions=_by_account(agreed.executions),
            commissions=dict(heard.commissions),
            problems=tuple(problems),
            trace=trace,
        )

    async def _two_that_agree(self, trace: Trace) -> "Agreed":
        """Lists until two say the same, and no execution came while the last was on its way."""
        before = await self._session.positions(trace)
        is_quiet = await self._executions(trace)
        for reads in range(2, self._limits.reads_max + 1):
            if not is_quiet:
                await self._sleep(self._limits.settle_s)
            as_of, executions = self._asked_at(), dict(self._heard.executions)
            found = await self._session.positions(trace)
            newer = [each for key, each in self._heard.executions.items() if key not in executions]
            moved = found.moved_since(before) | {each.account for each in newer}
            if not moved or reads == self._limits.reads_max:
                return Agreed(before, found, as_of, frozenset(moved), tuple(executions.values()))
            before = found
            await self._executions(trace)
            is_quiet = False
        raise AssertionError(self._limits.reads_max)

    def _asked_at(self) -> datetime:
        """Our time, but not before an execution that was told already: clocks differ."""
        now = self._clock.now()
        told = (moment(each.time) for each in self._heard.executions.values())
        return max([now, *(at for at in told if at is not None and at < now + AHEAD_MAX)])

    async def _executions(self, trace: Trace) -> bool:
        """The executions with their commissions; whether none is so fresh that rows may lag."""
        heard = self._heard
        await self._session.executions(trace)
        now = self._clock.now()
        pending = {
            each.id
            for each in heard.executions.values()
            if is_pending(heard.commissions.get(each.id)) and _is_since(each, now - LATE)
        }
        if pending:
            await self._session.commissions_of(pending, trace)
        return not any(_is_since(each, now - FRESH) for each in heard.executions.values())

    def _rows(self, found: Download) -> Mapping[str, tuple[PositionRow, ...]]:
        """The rows of each account, and those that were pushed as flat and are listed no more."""
        listed = found.last
        flat = {
            key: row
            for key, row in self._heard.positions.items()
            if key not in listed and number(row.quantity) == 0
        }
        return _by_account([*listed.values(), *flat.values()])


def is_pending(report: CommissionRow | None) -> bool:
    """Whether the commission of an execution is still to come: -1 is what stands in for it."""
    found = number(report.commission) if report is not None else None
    return found is None or found == PLACEHOLDER


def _is_since(row: ExecutionRow, since: datetime) -> bool:
    at = moment(row.time)
    return at is None or at >= since


def _foreign(what: str, told: set[str], accounts: Iterable[str]) -> list[Problem]:
    """Rows of an account that the login does not have: then nobody knows whose the others are."""
    strangers = sorted(told - set(accounts))
    return [
        Problem(None, f"there are {what} of {each}, which this login does not have")
        for each in strangers
    ]


def _by_account(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for each in rows:
        found.setdefault(each.account, []).append(each)
    return {account: tuple(own) for account, own in found.items()}
