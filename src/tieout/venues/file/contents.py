"""What files say, whatever their format, before it is asked for one account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.snapshot import Failure, Holding

# The account a row names; None where the file has no such column.
Name = str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The rows with the account each names, and the oldest time that each account's rows tell.

    `is_complete` is what the file says of itself, `problems` why something of it is missing.
    """

    accounts: frozenset[str] = frozenset()
    holdings: tuple[tuple[Name, Holding], ...] = ()
    told_at: tuple[tuple[Name, datetime], ...] = ()
    activities: tuple[tuple[Name, Activity], ...] = ()
    instruments: tuple[Instrument, ...] = ()
    problems: tuple[tuple[Name, str], ...] = ()
    ignored: tuple[str, ...] = ()
    is_complete: bool = True
    failure: Failure | None = None

    def holdings_of(self, account: str) -> tuple[Holding, ...]:
        return tuple(each for name, each in self.holdings if name in (None, account))

    def activities_of(self, account: str) -> tuple[Activity, ...]:
        return tuple(each for name, each in self.activities if name in (None, account))

    def problems_of(self, account: str) -> tuple[str, ...]:
        return tuple(each for name, each in self.problems if name in (None, account))

    def told_of(self, account: str) -> datetime | None:
        return min((at for name, at in self.told_at if name in (None, account)), default=None)


def joined(statement: Contents, others: Iterable[Contents]) -> Contents:
    """A statement with files of activities. Whose it is the statement says, if it does."""
    every = (statement, *others)
    return Contents(
        accounts=statement.accounts or frozenset().union(*(each.accounts for each in every)),
        holdings=tuple(row for each in every for row in each.holdings),
        told_at=tuple(row for each in every for row in each.told_at),
        activities=tuple(row for each in every for row in each.activities),
        instruments=tuple(dict.fromkeys(row for each in every for row in each.instruments)),
        problems=tuple(row for each in every for row in each.problems),
        ignored=tuple(row for each in every for row in each.ignored),
        is_complete=all(each.is_complete for each in every),
        failure=next((each.failure for each in every if each.failure), None),
    )
