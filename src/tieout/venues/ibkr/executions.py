"""Executions and their commission reports as activities; a correction takes the place of what
it corrects.

"A correction is indicated by an ExecId which differs only in the digits after the final period"
(ib_insync #364). Whether the gateway gives the first version once more is not told, so the ids
that were told are kept in the cursor: a correction cancels what was told, and nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from tieout.core.activity import Activity, ActivityId
from tieout.core.instrument import Instrument
from tieout.core.numbers import ZERO, negate
from tieout.venues.ibkr.contracts import instrument_of, problem_of, symbol_of, why_left_out
from tieout.venues.ibkr.limits import AHEAD_MAX, LATE, REMEMBERED
from tieout.venues.ibkr.moments import moment
from tieout.venues.ibkr.sweep import is_pending
from tieout.venues.ibkr.wire import CommissionRow, ExecutionRow, number

SIGNS = {"BOT": 1, "SLD": -1}
_VERSION = re.compile(r"(.+)\.([0-9]{1,9})")


class Told(msgspec.Struct):
    """The cursor: the ids that were told, by the day of their executions."""

    days: dict[str, list[str]] = msgspec.field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None) -> "Told":
        """One that cannot be read tells nothing; the book knows what it has by itself."""
        try:
            return msgspec.json.decode(cursor or "{}", type=cls)
        except msgspec.MsgspecError:
            return cls()

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(each for day in self.days.values() for each in day)

    def with_more(self, activities: Iterable[Activity], *, now: datetime) -> str:
        """The next cursor; what is too old to come again is let go."""
        days = {day: set(ids) for day, ids in self.days.items()}
        for each in activities:
            days.setdefault(f"{each.at:%Y-%m-%d}", set()).add(each.id)
        oldest = f"{now - REMEMBERED:%Y-%m-%d}"
        kept = {day: sorted(ids) for day, ids in sorted(days.items()) if day >= oldest}
        return msgspec.json.encode(Told(kept)).decode()


@dataclass(slots=True)
class Translated:
    """The activities, the instruments they are of, what is wrong and what was left out."""

    activities: list[Activity] = field(default_factory=list)
    instruments: list[Instrument] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def translated(
    rows: Iterable[ExecutionRow],
    reports: Mapping[str, CommissionRow],
    *,
    told: Told,
    now: datetime,
) -> Translated:
    """The executions of one account as far as they are complete."""
    found = Translated()
    known = told.ids
    for versions in by_execution(rows).values():
        earlier = _told_before(versions, known)
        for row in versions:
            if row.id not in known and row is not versions[-1] and versions[-1].id in known:
                continue  # its correction was told as the whole of it
            activity = _activity(row, reports.get(row.id), found, now=now)
            if activity is None:
                continue
            cancels = None if earlier is None else ActivityId(earlier)
            found.activities.append(replace(activity, cancels=cancels))
            found.instruments.append(instrument_of(row.contract))
            earlier = row.id
    return found


def by_execution(rows: Iterable[ExecutionRow]) -> dict[str, list[ExecutionRow]]:
    """The versions of each execution, the first of them first."""
    found: dict[str, list[ExecutionRow]] = {}
    for row in rows:
        found.setdefault(_split(row.id)[0], []).append(row)
    for versions in found.values():
        versions.sort(key=lambda row: _split(row.id)[1])
    return found


def _told_before(versions: list[ExecutionRow], known: frozenset[str]) -> str | None:
    """The version that was told last of those before the first of these."""
    name, first = _split(versions[0].id)
    before = [each for each in known if _split(each)[0] == name and _split(each)[1] < first]
    return max(before, key=lambda each: _split(each)[1], default=None)


def _split(execution_id: str) -> tuple[str, int]:
    found = _VERSION.fullmatch(execution_id)
    return (found[1], int(found[2])) if found else (execution_id, 0)


def _activity(
    row: ExecutionRow, report: CommissionRow | None, found: Translated, *, now: datetime
) -> Activity | None:
    """One execution; None, and said why, where it does not count or not yet."""
    why = why_left_out(row.contract)
    if why is not None:
        found.ignored.append(f"execution {row.id} of {symbol_of(row.contract)}: {why}")
        return None
    at, shares, price = moment(row.time), number(row.shares), number(row.price)
    problem = problem_of(row.contract)
    if problem is None and row.side not in SIGNS:
        problem = f"its side is {row.side!r}, not BOT or SLD"
    if problem is None and at is None:
        problem = f"its time {row.time!r} has no zone that is known"
    if problem is None and at is not None and at >= now + AHEAD_MAX:
        problem = f"its time {row.time!r} is in the future; set this machine's clock (NTP)"
    if problem is None and (not shares or price is None):
        problem = "its quantity or price is not told"
    if problem is not None or at is None or shares is None:
        found.problems.append(f"execution {row.id} of {symbol_of(row.contract)}: {problem}")
        return None
    if report is None or is_pending(report):
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
