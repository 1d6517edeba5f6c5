"""Executions and their commission reports as activities; a correction takes the place of what
it corrects.

A correction has an id that differs in its last digits only. Whether the gateway gives the first
version once more is not told, so the ids that were told are kept in the cursor: a correction
cancels what was told, and nothing else.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

import msgspec

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, negate
from tieout.venues.ibkr.contracts import instrument_of, problem_of, symbol_of, why_left_out
from tieout.venues.ibkr.flex_words import version_of
from tieout.venues.ibkr.limits import AHEAD_MAX, LATE, REMEMBERED
from tieout.venues.ibkr.moments import moment
from tieout.venues.ibkr.sizes import sized
from tieout.venues.ibkr.sweep import is_pending
from tieout.venues.ibkr.wire import CommissionRow, ExecutionRow, number

SIGNS = {"BOT": 1, "SLD": -1}


class Told(msgspec.Struct, omit_defaults=True):
    """The cursor: the ids that were told, by the day of their executions.

    `days` are those that the gateway told, `flex` those of statements: which of the two was first
    to tell an execution goes on telling it, as they do not tell all of it in the same words.
    """

    days: dict[str, list[str]] = msgspec.field(default_factory=dict)
    flex: dict[str, list[str]] = msgspec.field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None) -> "Told":
        """One that cannot be read tells nothing; the book knows what it has by itself."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()

    @property
    def ids(self) -> frozenset[str]:
        return self.of_gateway | self.of_statements

    @property
    def of_gateway(self) -> frozenset[str]:
        return frozenset(each for day in self.days.values() for each in day)

    @property
    def of_statements(self) -> frozenset[str]:
        return frozenset(each for day in self.flex.values() for each in day)

    def with_more(
        self,
        activities: Iterable[Activity],
        *,
        statements: Iterable[Activity] = (),
        now: datetime,
        first_day: str | None = None,
    ) -> str:
        """The next cursor; what is too old to come again is let go.

        Statements tell again what happened since the first day of the oldest that is kept.
        """
        oldest = min(f"{now - REMEMBERED:%Y-%m-%d}", first_day or "9999")
        days = _by_day(self.days, activities, oldest=oldest)
        flex = _by_day(self.flex, statements, oldest=oldest)
        return msgspec.json.encode(Told(days, flex)).decode()


def _by_day(
    before: Mapping[str, list[str]], activities: Iterable[Activity], *, oldest: str
) -> dict[str, list[str]]:
    days = {day: set(ids) for day, ids in before.items()}
    for each in activities:
        days.setdefault(f"{each.at:%Y-%m-%d}", set()).add(each.id)
    return {day: sorted(ids) for day, ids in sorted(days.items()) if day >= oldest}


@dataclass(slots=True)
class Translated:
    """The activities, the instruments they are of, what is wrong and what was left out."""

    activities: list[Activity] = field(default_factory=list)
    instruments: list[Instrument] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    of_gateway: list[Activity] = field(default_factory=list)
    of_statements: list[Activity] = field(default_factory=list)


def translated(
    rows: Iterable[ExecutionRow],
    reports: Mapping[str, CommissionRow],
    *,
    told: Told,
    now: datetime,
    statements: Iterable[Activity] = (),
    sizes: Mapping[str, str] = MappingProxyType({}),
) -> Translated:
    """The executions of one account as far as they are complete, and what only statements tell.

    What was told before is told again by the gateway, and not by statements.
    """
    found = Translated()
    flex = {each.id: each for each in statements}
    live: dict[str, Activity] = {}
    for told_row in rows:
        row = told_row._replace(contract=sized(told_row.contract, sizes))
        activity = _activity(row, reports.get(row.id), found, now=now, known=flex)
        if activity is not None and row.id not in told.of_statements:
            live[row.id] = activity
            found.instruments.append(instrument_of(row.contract))
    new = {key: each for key, each in flex.items() if key not in told.ids and key not in live}
    before = _versions(told.ids)
    for name, versions in by_execution([*live.values(), *new.values()]).items():
        _chain(versions, before.get(name, []), found)
    found.of_statements = [each for each in found.activities if each.id in new]
    found.of_gateway = [each for each in found.activities if each.id in live]
    return found


def _chain(versions: list[Activity], before: list[str], found: Translated) -> None:
    """Each version takes back the one that was told before it."""
    first = version_of(versions[0].id)[1]
    older = [each for each in before if version_of(each)[1] < first]
    earlier = older[-1] if older else None
    for each in versions:
        if each.id not in before and each is not versions[-1] and versions[-1].id in before:
            continue  # its correction was told as the whole of it
        cancels = each.cancels if earlier is None else ActivityId(earlier)
        found.activities.append(replace(each, cancels=cancels))
        earlier = each.id


def _versions(known: Iterable[str]) -> dict[str, list[str]]:
    """The ids that were told by execution, the first version first."""
    found: dict[str, list[str]] = {}
    for each in sorted(known, key=lambda one: version_of(one)[1]):
        found.setdefault(version_of(each)[0], []).append(each)
    return found


def by_execution(activities: Iterable[Activity]) -> dict[str, list[Activity]]:
    """The versions of each execution, the first of them first."""
    found: dict[str, list[Activity]] = {}
    for each in activities:
        found.setdefault(version_of(each.id)[0], []).append(each)
    for versions in found.values():
        versions.sort(key=lambda each: version_of(each.id)[1])
    return found


def _activity(
    row: ExecutionRow,
    report: CommissionRow | None,
    found: Translated,
    *,
    now: datetime,
    known: Container[str],
) -> Activity | None:
    """One execution; None, and said why, where it does not count or not yet."""
    why = why_left_out(row.contract)
    if why is not None:
        found.ignored.append(f"execution {row.id} of {symbol_of(row.contract)}: {why}")
        return None
    at, shares, price = moment(row.time), number(row.shares), number(row.price)
    problem = problem_of(row.contract) or _problem_of(row, now=now)
    if problem is not None or at is None or shares is None:
        found.problems.append(f"execution {row.id} of {symbol_of(row.contract)}: {problem}")
        return None
    if report is None or is_pending(report):
        if row.id not in known:
            _tell_pending(row, at, found, now=now)
        return None
    return Activity(
        id=ActivityId(row.id),
        type="liquidation" if number(row.liquidation) else "fill",
        symbol=symbol_of(row.contract),
        at=at,
        quantity=shares if SIGNS[row.side] > 0 else negate(shares),
        price=price,
        fee=number(report.commission) or ZERO,
        fee_currency=report.currency or None,
        currency=row.contract.currency,
        venue_id=row.contract.con_id,
        realized_pnl=number(report.realized_pnl),
    )


def _problem_of(row: ExecutionRow, *, now: datetime) -> str | None:
    """What keeps an execution from being booked, if anything."""
    at = moment(row.time)
    if row.side not in SIGNS:
        return f"its side is {row.side!r}, not BOT or SLD"
    if at is None:
        return f"its time {row.time!r} has no zone that is known"
    if at >= now + AHEAD_MAX:
        return f"its time {row.time!r} is in the future; set this machine's clock (NTP)"
    if not number(row.shares) or number(row.price) is None:
        return "its quantity or price is not told"
    return None


def _tell_pending(row: ExecutionRow, at: datetime, found: Translated, *, now: datetime) -> None:
    """Without its commission an execution would count once more when it comes."""
    words = f"execution {row.id} of {symbol_of(row.contract)} has no commission report"
    if now - at < LATE:
        found.problems.append(f"{words} yet")
        return
    found.ignored.append(
        f"{words}: it is left to a Flex statement; a gateway reports the commissions of other "
        "clients to its Master API client id only"
    )
